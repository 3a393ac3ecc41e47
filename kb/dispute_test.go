package kb

import (
	"testing"

	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/gate"
	"signpost/diag/lab"
)

// TestNothingIsBuiltOnADispute examines a domain whose servers name different providers, and one whose servers have
// different records of each sort: no provider is called the domain's, and no record is recommended.
func TestNothingIsBuiltOnADispute(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	l, err := lab.Start(lab.Zones(map[string]string{
		"disputed-mx.example": `;! with: dmarc
;! at 203.0.113.110: @ MX 5 mx1.qiye.aliyun.com.
@ NS ns1
@ NS ns2
ns1 A 192.0.2.110
ns2 A 203.0.113.110
@ MX 10 aspmx.l.google.com.
@ TXT "v=spf1 include:_spf.google.com -all"
`, "disputed-all.example": `;! at 203.0.113.111: @ MX 5 mx1.qiye.aliyun.com.
;! at 203.0.113.111: @ TXT "v=spf1 mx"
;! at 203.0.113.111: _dmarc TXT "v=DMARC1; p=none; pct=50"
@ NS ns1
@ NS ns2
ns1 A 192.0.2.111
ns2 A 203.0.113.111
@ MX 5 mx
mx A 192.0.2.80
@ TXT "v=spf1 ip4:192.0.2.1 +all"
_dmarc TXT "v=DMARC1; p=none"
`, "google.com": "_spf TXT \"v=spf1 -all\"\naspmx.l A 192.0.2.80\n", "aliyun.com": "mx1.qiye A 192.0.2.81\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for domain, want := range map[string][]diag.Code{
		"disputed-mx.example":  {"mx.in-dispute"},
		"disputed-all.example": {"mx.in-dispute", "spf.in-dispute", "dmarc.in-dispute"},
	} {
		r := diag.Run(t.Context(), l.Net(), checks.All(), diag.Target{Domain: domain, Unicode: domain}, diag.Options{
			Providers: b.Fingerprints(), Operators: b.Operators(), Conclude: gate.Conclusion(b.Proposals),
		}, nil)
		seen := map[diag.Code]bool{}
		for _, f := range r.Findings() {
			seen[f.Code] = true
			if len(f.Records) > 0 {
				t.Errorf("%s: %s recommends %v", domain, f.Code, f.Records)
			}
			if id, ok := f.Args["provider"]; ok && f.Code != "spf.provider-missing" {
				t.Errorf("%s: %s is built on %v", domain, f.Code, id)
			}
		}
		for _, code := range append(want, "delegation.answers-differ") {
			if !seen[code] {
				t.Errorf("%s: no %s", domain, code)
			}
		}
		if seen["spf.provider-missing"] || seen["mx.provider-incomplete"] {
			t.Errorf("%s: one of the answers is called the domain's", domain)
		}
		for _, p := range r.Providers {
			if p.By == "mx" || domain == "disputed-all.example" {
				t.Errorf("%s: %v is called its provider", domain, p)
			}
		}
		if smtp := r.Result("smtp"); smtp.Status != diag.Skipped || smtp.Because != "mx.in-dispute" {
			t.Errorf("%s: mail hosts: %s %s", domain, smtp.Status, smtp.Because)
		}
	}
}
