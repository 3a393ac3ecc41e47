package kb

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
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
			undo, err := publish(l, zones, domain, records)
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

// publish makes a change in a domain's zone, or in another one where a record's name stands there.
func publish(l *lab.Lab, zones map[string]string, domain string, records []Record) (undo func() error, err error) {
	changed := map[string]string{}
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b Record) int { // what goes, goes first
		switch {
		case a.Remove == b.Remove:
			return 0
		case a.Remove:
			return -1
		}
		return 1
	})
	for _, r := range records {
		origin := ""
		for z := range zones {
			if (r.Name == z || strings.HasSuffix(r.Name, "."+z)) && len(z) > len(origin) {
				origin = z
			}
		}
		if _, ok := changed[origin]; !ok {
			changed[origin] = unfold(zones[origin], origin)
		}
		text := changed[origin]
		owner := strings.TrimSuffix(strings.TrimSuffix(r.Name, origin), ".")
		if owner == "" {
			owner = "@"
		}
		var kept []string
		for line := range strings.Lines(text) {
			f := strings.Fields(line)
			mine := len(f) > 2 && f[0] == owner && f[1] == r.Type
			value := strings.ReplaceAll(strings.Join(regexp.MustCompile(`"([^"]*)"`).FindAllString(line, -1), ""), "\"", "")
			old := mine && (r.Type == "TXT" && kind(value) == kind(r.Value) && !r.Remove || r.Type == "TXT" && r.Remove && value == r.Value ||
				r.Type == "MX" && r.Remove && strings.HasPrefix(strings.TrimSuffix(r.Value, "."), strings.TrimSuffix(strings.Join(f[2:], " "), ".")) ||
				r.Type == "MX" && !r.Remove && f[3] == strings.Fields(r.Value)[1])
			if !old {
				kept = append(kept, strings.TrimRight(line, "\n"))
			}
		}
		if !r.Remove {
			value := r.Value
			if r.Type == "TXT" {
				value = `"` + value + `"`
			}
			kept = append(kept, owner+" "+r.Type+" "+value)
		}
		changed[origin] = strings.Join(kept, "\n") + "\n"
	}
	for origin, text := range changed {
		if err := l.Change(origin, text); err != nil {
			return nil, err
		}
	}
	return func() error {
		for origin := range changed {
			if err := l.Change(origin, zones[origin]); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// kind is what sort of record a TXT is: only one of a sort may stand at a name.
func kind(value string) string {
	v, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(value)), " ")
	v, _, _ = strings.Cut(v, ";")
	return v
}

// unfold writes the healthy parts of a zone out, so that they can be replaced.
func unfold(text, origin string) string {
	for part, records := range map[string]string{
		"spf": "@ TXT \"v=spf1 mx -all\"\n", "dmarc": "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:postmaster@" + origin + "\"\n",
	} {
		re := regexp.MustCompile(`(?m)^(;! with:.*) ` + part + `\b`)
		if re.MatchString(text) {
			text = re.ReplaceAllString(text, "$1") + records
		}
	}
	return text
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
		undo, err := publish(l, zones, "shop.example", b.Advise(language.English, r, found[0]).Records)
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
