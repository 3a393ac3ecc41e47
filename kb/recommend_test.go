package kb

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/lab"

	"golang.org/x/text/language"
)

// moreZones shows findings that no domain of the lab shows, and whose records we know.
var moreZones = map[string]string{
	"many-faults.example":  "@ TXT \"v=spf1 inlude:spf.qiye.aliyun.com ip4=192.0.2.1 mx mx ?all a:mx1.many-faults.example\"\n;! with: mx dkim dmarc\n",
	"joined.example":       "@ TXT \"v=spf1 ip4:192.0.2.1\" \"ip4:192.0.2.2 -all\"\n;! with: mx dkim dmarc\n",
	"provider-all.example": "@ MX 5 mx1.qiye.aliyun.com.\n@ MX 10 mx2.qiye.aliyun.com.\n@ MX 15 mx3.qiye.aliyun.com.\n@ TXT \"v=spf1 ip4:192.0.2.7 +all\"\n;! with: dkim dmarc\n",
	"old-dmarc.example":    "_dmarc TXT \"v=DMARC1; p=reject; sp=none; pct=50; rf=afrf\"\n;! with: mx spf dkim\n",
	"dmarc-slip.example":   "_dmarc TXT \"v=DMARC1; p=rejct; rua=postmaster@dmarc-slip.example\"\n;! with: mx spf dkim\n",
	"watching.example":     "_dmarc TXT \"v=DMARC1; p=none; rua=mailto:postmaster@watching.example\"\n;! with: mx spf dkim\n",
	"spaced.example":       "@ TXT \" v=spf1 mx -all\"\n_dmarc TXT \" v=DMARC1; p=reject; rua=mailto:postmaster@spaced.example\"\n;! with: mx dkim\n",
	"sender-id.example":    "@ TXT \"spf2.0/pra mx -all\"\n;! with: mx spf dkim dmarc\n",
	"null-sends.example":   "@ MX 0 .\n@ TXT \"v=spf1 ip4:192.0.2.1 -all\"\n;! with: dmarc\n",
	"null-no-spf.example":  "@ MX 0 .\n;! with: dmarc\n",
}

// TestRecommendedRecordsPass publishes, in the lab, each change that an answer recommends, and diagnoses again: the finding is gone,
// and the new records bring no error or warning of their own.
func TestRecommendedRecordsPass(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	zones := map[string]string{}
	files, err := filepath.Glob("../diag/lab/zones/*.zone")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d zones, %v", len(files), err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		zones[strings.TrimSuffix(filepath.Base(f), ".zone")] = string(raw)
	}
	maps.Copy(zones, moreZones)
	l, err := lab.Start(lab.Zones(zones))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	run := func(domain string) *diag.Report {
		ctx, cancel := context.WithTimeout(t.Context(), diag.DefaultTimeout)
		defer cancel()
		return diag.Run(ctx, l.Net(), diag.Checks(), diag.Target{Domain: domain, Unicode: domain}, diag.Options{Providers: b.Fingerprints(), Operators: b.Operators()}, nil)
	}
	mended := map[diag.Code]int{}
	for _, domain := range slices.Sorted(maps.Keys(zones)) {
		if !strings.HasSuffix(domain, ".example") || strings.Contains(zones[domain], ": drop") {
			continue
		}
		before := run(domain)
		for _, f := range before.Findings() {
			records := b.Advise(language.English, before, f).Records
			if len(records) == 0 {
				continue
			}
			undo, err := publish(l, records)
			if err != nil {
				t.Errorf("%s %s: %v", domain, f.Code, err)
				continue
			}
			after := run(domain)
			for _, g := range after.Findings() {
				same := g.Code == f.Code && fmt.Sprint(g.Args) == fmt.Sprint(f.Args)
				isNew := g.Severity >= diag.Warning && !slices.ContainsFunc(before.Findings(), func(x diag.Finding) bool { return x.Code == g.Code })
				if same || isNew {
					t.Errorf("%s: after %v was published for %s there is %s %v", domain, records, f.Code, g.Code, g.Args)
				}
			}
			mended[f.Code]++
			if err := undo(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, code := range slices.Concat(mendsSPF, mendsDMARC, []diag.Code{
		"spf.none", "spf.multiple", "spf.misplaced", "spf.sender-id", "mx.provider-incomplete", "mx.relative-name", "mx.null-but-sends", "dmarc.none",
		"dmarc.misplaced", "dmarc.report-unauthorized",
	}) {
		if mended[code] == 0 && code != "spf.source-not-covered" { // that one needs a source: TestSourceRecord
			t.Errorf("no zone shows that what is recommended for %s helps", code)
		}
	}
	t.Logf("mended: %v", mended)
}

// publish makes a recommended change in the lab.
func publish(l *lab.Lab, records []Record) (undo func() error, err error) {
	var changes []lab.Published
	for _, r := range records {
		changes = append(changes, lab.Published(r))
	}
	return l.Publish(changes)
}

// TestSourceRecord publishes what is recommended for a source that SPF does not cover.
func TestSourceRecord(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	text := ";! with: mx spf dkim dmarc\n"
	zones := map[string]string{"shop.example": text}
	l, err := lab.Start(lab.Zones(zones))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, ip := range []string{"203.0.113.99", "2001:db8::99"} {
		target, options := diag.Target{Domain: "shop.example", Unicode: "shop.example"}, diag.Options{SourceIPs: addrs(ip)}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		r := diag.Run(ctx, l.Net(), diag.Checks(), target, options, nil)
		faults := func(r *diag.Report) []diag.Finding {
			return slices.DeleteFunc(r.Findings(), func(f diag.Finding) bool { return f.Severity == diag.Info })
		}
		found := faults(r)
		if len(found) != 1 || found[0].Code != "spf.source-not-covered" {
			t.Fatalf("%v", found)
		}
		undo, err := publish(l, b.Advise(language.English, r, found[0]).Records)
		if err != nil {
			t.Fatal(err)
		}
		if r := diag.Run(ctx, l.Net(), diag.Checks(), target, options, nil); len(faults(r)) > 0 {
			t.Errorf("%s: after the record there is %v", ip, faults(r))
		}
		cancel()
		if err := undo(); err != nil {
			t.Fatal(err)
		}
	}
}

func addrs(text string) []netip.Addr { return []netip.Addr{netip.MustParseAddr(text)} }
