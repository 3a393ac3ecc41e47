package kb

import (
	"context"
	"encoding/json"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/gate"
	"signpost/diag/lab"

	"golang.org/x/text/language"
)

// moreZones shows findings that no domain of the lab shows, and whose records we know.
var moreZones = map[string]string{
	"many-faults.example":    "@ TXT \"v=spf1 inlude:spf.qiye.aliyun.com ip4=192.0.2.1 mx mx -all a:mx1.many-faults.example\"\n;! with: mx dkim dmarc\n",
	"neutral.example":        "@ TXT \"v=spf1 mx ?all\"\n;! with: mx dkim dmarc\n",
	"joined.example":         "@ TXT \"v=spf1 ip4:192.0.2.1\" \"ip4:192.0.2.2 -all\"\n;! with: mx dkim dmarc\n",
	"provider-all.example":   "@ MX 5 mx1.qiye.aliyun.com.\n@ MX 10 mx2.qiye.aliyun.com.\n@ MX 15 mx3.qiye.aliyun.com.\n@ TXT \"v=spf1 ip4:192.0.2.7 +all\"\n;! with: dkim dmarc\n",
	"old-dmarc.example":      "_dmarc TXT \"v=DMARC1; p=reject; sp=none; pct=50; rf=afrf; rua=mailto:postmaster@old-dmarc.example\"\n;! with: mx spf dkim\n",
	"open-below.example":     "_dmarc TXT \"v=DMARC1; p=reject; sp=none; rua=mailto:postmaster@open-below.example\"\n;! with: mx spf dkim\n",
	"half.example":           "_dmarc TXT \"v=DMARC1; p=reject; pct=50; rua=mailto:postmaster@half.example\"\n;! with: mx spf dkim\n",
	"old-tags.example":       "_dmarc TXT \"v=DMARC1; p=reject; pct=100; ri=86400; rua=mailto:postmaster@old-tags.example\"\n;! with: mx spf dkim\n",
	"dmarc-slip.example":     "_dmarc TXT \"v=DMARC1; p=rejct; rua=postmaster@dmarc-slip.example\"\n;! with: mx spf dkim\n",
	"watching.example":       "_dmarc TXT \"v=DMARC1; p=none; rua=mailto:postmaster@watching.example\"\n;! with: mx spf dkim\n",
	"watching-old.example":   "_dmarc TXT \"v=DMARC1; p=none; pct=100; rua=mailto:postmaster@watching-old.example\"\n;! with: mx spf dkim\n",
	"spaced.example":         "@ TXT \" v=spf1 mx -all\"\n_dmarc TXT \" v=DMARC1; p=reject; rua=mailto:postmaster@spaced.example\"\n;! with: mx dkim\n",
	"sender-id.example":      "@ TXT \"spf2.0/pra mx -all\"\n;! with: mx spf dkim dmarc\n",
	"null-sends.example":     "@ MX 0 .\n@ TXT \"v=spf1 ip4:192.0.2.1 -all\"\n;! with: dmarc\n",
	"null-no-spf.example":    "@ MX 0 .\n;! with: dmarc\n",
	"own-circle.example":     "@ TXT \"v=spf1 mx include:own-circle.example -all\"\n;! with: mx dkim dmarc\n",
	"own-voids.example":      "@ TXT \"v=spf1 mx a:one.own-voids.example a:two.own-voids.example a:three.own-voids.example -all\"\n;! with: mx dkim dmarc\n",
	"twice-alike.example":    "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:postmaster@twice-alike.example\"\n_dmarc TXT \"v=DMARC1;p=reject;rua=mailto:postmaster@twice-alike.example\"\n;! with: mx spf dkim\n",
	"twice-unlike.example":   "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:postmaster@twice-unlike.example\"\n_dmarc TXT \"v=DMARC1; p=none; rua=mailto:postmaster@twice-unlike.example\"\n;! with: mx spf dkim\n",
	"suffix.example":         "_dmarc TXT \"v=DMARC1; p=reject; psd=y; rua=mailto:postmaster@suffix.example\"\n;! with: mx spf dkim\n",
	"type-99.example":        "@ SPF \"v=spf1 mx -all\"\n;! with: mx spf dkim dmarc\n",
	"caa-whole-line.example": "@ CAA 0 issue \"0 issue \\\"ca.example\\\"\"\n;! with: mx spf dkim dmarc\n",
	"caa-text.example":       "@ TXT \"0 issue ca.example\"\n;! with: mx spf dkim dmarc\n",
	"caa-critical.example":   "@ CAA 128 issuwild \"ca.example\"\n;! with: mx spf dkim dmarc\n",
	"web-takes-mail.example": "@ A 192.0.2.80\n@ TXT \"v=spf1 a -all\"\n;! with: dkim dmarc\n",
}

// TestRenewalIsKept: a CAA record is not mended where the authority of the domain's own certificates would then refuse
// to renew them.
func TestRenewalIsKept(t *testing.T) {
	b := load(t)
	const with = ";! with: spf dkim dmarc\n"
	l, err := lab.Start(lab.Zones(map[string]string{
		"would-lock.example": "@ MX 10 mail\nmail A 192.0.2.80\n@ CAA 0 isue \"letsencrypt.org\"\n" + with,
		"would-open.example": "@ MX 10 mail\nmail A 192.0.2.80\n@ CAA 0 isue \"lab.test\"\n" + with,
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	own := diag.Issuer{Name: "Lab", Organizations: []string{"Lab Authority"}, Names: []string{"lab.test"}}
	o := diag.Options{Conclude: gate.Conclusion(b.Proposals), Only: []string{"caa"}, Issuers: append(b.Issuers(), own)}
	for domain, want := range map[string]string{"would-lock.example": gate.NoteRemains, "would-open.example": ""} {
		ctx, cancel := context.WithTimeout(t.Context(), diag.DefaultTimeout)
		r := diag.Run(ctx, l.Net(), checks.All(), diag.Target{Domain: domain, Unicode: domain}, o, nil)
		cancel()
		found := slices.DeleteFunc(r.Findings(), func(f diag.Finding) bool { return f.Code != "caa.syntax" })
		if len(found) != 1 {
			t.Fatalf("%s: %v", domain, r.Findings())
		}
		got := ""
		for _, n := range found[0].Notes {
			got += n.Code
		}
		if got != want || (want == "") != (len(found[0].Records) == 2) {
			t.Errorf("%s: %q %v, want %q", domain, got, found[0].Records, want)
		}
	}
}

// labZones is the zones of the lab and those of this test.
func labZones(t *testing.T) map[string]string {
	t.Helper()
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
	return zones
}

// TestRecommendedRecordsPass publishes, in the lab, each change that an answer recommends, and diagnoses again: the
// finding is gone, nothing new is wrong, and what the gate promises holds.
func TestRecommendedRecordsPass(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	zones := labZones(t)
	l, err := lab.Start(lab.Zones(zones))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	run := func(domain string) *diag.Report {
		ctx, cancel := context.WithTimeout(t.Context(), diag.DefaultTimeout)
		defer cancel()
		o := diag.Options{Providers: b.Fingerprints(), Operators: b.Operators(), Conclude: gate.Conclusion(b.Proposals)}
		return diag.Run(ctx, l.Net(), checks.All(), diag.Target{Domain: domain, Unicode: domain}, o, nil)
	}
	mended, reasons := map[diag.Code]int{}, map[string]int{}
	for _, domain := range slices.Sorted(maps.Keys(zones)) {
		if !strings.HasSuffix(domain, ".example") || strings.Contains(zones[domain], ": drop") {
			continue
		}
		before := run(domain)
		for _, wrong := range unpromised(before) {
			t.Errorf("%s: %s", domain, wrong)
		}
		for _, f := range before.Findings() {
			for _, n := range f.Notes {
				reasons[n.Code]++
			}
			if len(f.Records) == 0 {
				continue
			}
			undo, err := publish(l, f.Records)
			if err != nil {
				t.Errorf("%s %s: %v", domain, f.Code, err)
				continue
			}
			after := run(domain)
			for _, wrong := range worse(before, after, f, f.Records) {
				t.Errorf("%s: after %v was published for %s: %s", domain, f.Records, f.Code, wrong)
			}
			mended[f.Code]++
			if err := undo(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, code := range slices.Concat(mendsSPF, endsSPF, mendsDMARC, stepsDMARC, []diag.Code{
		"caa.syntax", "caa.as-text", "caa.unknown-critical",
		"spf.sender-id", "spf.leftover-type", "mx.provider-incomplete", "mx.relative-name", "mx.implicit", "dmarc.none",
		"dmarc.multiple",
		"dmarc.misplaced", "dmarc.report-unauthorized", "dkim.misplaced", "dkim.selector-missing", "mx.misplaced",
		"mtasts.misplaced",
	}) {
		if mended[code] == 0 && code != "spf.source-not-covered" { // that one needs a source: TestSourceRecord
			t.Errorf("no zone shows that what is recommended for %s helps", code)
		}
	}
	t.Logf("mended: %v\nnotes: %v", mended, reasons)
}

// publish makes a recommended change in the lab.
func publish(l *lab.Lab, records []Record) (undo func() error, err error) {
	return l.Publish(published(records))
}

func published(records []Record) (changes []lab.Published) {
	for _, r := range records {
		changes = append(changes, lab.Published(r))
	}
	return changes
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
		target := diag.Target{Domain: "shop.example", Unicode: "shop.example"}
		options := diag.Options{SourceIPs: []netip.Addr{netip.MustParseAddr(ip)}, Conclude: gate.Conclusion(b.Proposals)}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		r := diag.Run(ctx, l.Net(), checks.All(), target, options, nil)
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
		if r := diag.Run(ctx, l.Net(), checks.All(), target, options, nil); len(faults(r)) > 0 {
			t.Errorf("%s: after the record there is %v", ip, faults(r))
		}
		cancel()
		if err := undo(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRecordsAreKept stores a report and reads it again: what is shown of it stays the same.
func TestRecordsAreKept(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	m, err := lab.NewMemory(map[string]string{"d.example": moreZones["many-faults.example"] + "; d.example\n"})
	if err != nil {
		t.Fatal(err)
	}
	before := offline(t, b, m, "d.example")
	raw, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	var after diag.Report
	if err := json.Unmarshal(raw, &after); err != nil {
		t.Fatal(err)
	}
	shown := 0
	for i, f := range before.Findings() {
		for _, lang := range []language.Tag{language.English, language.Chinese} {
			was, now := b.Advise(lang, before, f), b.Advise(lang, &after, after.Findings()[i])
			if !reflect.DeepEqual(was.Records, now.Records) || !reflect.DeepEqual(was.Notes, now.Notes) {
				t.Errorf("%s: %v %q, and read again %v %q", f.Code, was.Records, was.Notes, now.Records, now.Notes)
			}
			shown += len(was.Records)
		}
	}
	if shown == 0 || !strings.Contains(string(raw), `"records":[{"name":"d.example","type":"TXT","value":"v=spf1`) {
		t.Errorf("no record is shown: %s", raw)
	}
}
