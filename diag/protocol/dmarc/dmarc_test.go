package dmarc

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// reasons is a record's faults in short: "reason@position suggestion".
func reasons(r *Record) []string {
	out := []string{}
	for _, f := range r.Faults {
		out = append(out, strings.TrimSpace(f.Reason+" "+f.Suggestion))
	}
	return out
}

func TestParse(t *testing.T) {
	for text, want := range map[string][]string{
		"v=DMARC1; p=none":                                          {},
		"v=DMARC1;p=Reject;sp=quarantine;np=reject;":                {},
		"v=DMARC1; p=none; pct=50; rf=afrf; ri=86400":               {},
		"v=DMARC1; t=y; psd=n; adkim=s; aspf=R; p=reject; fo=1:d:s": {},
		"v=DMARC1":                                         {"no-policy p=none"},
		"v=DMARC1; p=rejct":                                {"bad-policy p=reject"},
		"v=DMARC1; p=quarantin; sp=off":                    {"bad-policy p=quarantine", "bad-policy"},
		"v=DMARC1; p:none":                                 {"no-equals p=none"},
		"v=DMARC1; p=none; p=reject":                       {"duplicate"},
		"v=DMARC1; p=none; rau=mailto:a@b.test":            {"misspelt-tag rua=mailto:a@b.test"},
		"v=DMARC1; p=none; zzzz=1":                         {"unknown-tag"},
		"v=DMARC1; p=reject, sp=none; rua=mailto:a@b.test": {"no-semicolon p=reject; sp=none"},
		"v=DMARC1; p=none; rua=; ruf=":                     {"no-value"},
		"v=DMARC1; pp=none":                                {"unknown-tag", "no-policy p=none"},
		"v=DMARC1; p=none; pct=150":                        {"bad-percent"},
		"v=DMARC1; p=none; pct=50%":                        {"bad-percent"},
		"v=DMARC1; p=none; adkim=x; fo=2; t=1":             {"bad-value", "bad-value", "bad-value"},
		"v=DMARC1; p=none; rua=a@b.test":                   {"no-scheme mailto:a@b.test"},
		"v=DMARC1; p=none; rua=mailto:a":                   {"bad-address"},
		"v=DMARC1; p=none; rua=mailto:a@b":                 {"bad-address"},
		"v=DMARC1; p=none; rua=mail:a@b.test":              {"bad-scheme mailto:a@b.test"},
		"v=DMARC1; p=none; rua=malto:a@b.test":             {"bad-scheme mailto:a@b.test"},
		"v=DMARC1; p=none; rua=https://b.test/":            {"bad-scheme"},
		"v=DMARC1; p=none; rua=mailto://a@b.test":          {"bad-uri mailto:a@b.test"},
		"v=DMARC1; p=none; rua=mailto:a@b.test!10x, ,":     {"bad-size mailto:a@b.test", "bad-uri", "bad-uri"},
		`v=DMARC1\; p=none`:                                {"escaped-semicolon v=DMARC1", "bad-version v=DMARC1"},
		"p=none; v=DMARC1":                                 {"bad-version v=DMARC1"},
		"V=DMARC1; p=none":                                 {"bad-version v=DMARC1"},
	} {
		if got := reasons(Parse(text)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestFaultPositions(t *testing.T) {
	text := "v=DMARC1; p=none; rua=mailto:a@b.test,c@d.test; pct=x"
	r := Parse(text)
	if len(r.Faults) != 2 {
		t.Fatalf("%v", r.Faults)
	}
	for _, f := range r.Faults {
		if !strings.HasPrefix(text[f.Pos:], f.Term) {
			t.Errorf("%s is not at %d", f.Term, f.Pos)
		}
	}
}

func TestValues(t *testing.T) {
	r := Parse("v=DMARC1; p=reject; sp=none; pct=20; ri=1; t=y; rua=mailto:A%2Bb@B.Test!10m , mailto:x@y.test?subject=z; ruf=mailto:f@y.test!5")
	want := []Address{{"A+b@b.test", "b.test", 10 << 20}, {"x@y.test", "y.test", 0}}
	if r.Policy != Reject || r.ForSubdomains() != None || r.Percent != 20 || !r.Testing || !slices.Equal(r.RUA, want) ||
		!slices.Equal(r.RUF, []Address{{"f@y.test", "y.test", 5}}) || !slices.Equal(r.Removed, []string{"pct", "ri"}) ||
		len(r.Faults) > 0 {
		t.Errorf("%+v", r)
	}
	r = Parse("v=DMARC1; rua=mailto:a@b.test")
	if got := r.Effective(r.Policy); got != None {
		t.Errorf("reports without a policy stand for none, not %q", got)
	}
	if got := Parse("v=DMARC1; p=x").Effective(""); got != "" {
		t.Errorf("a record without policy and reports means nothing, not %q", got)
	}
	for size, want := range map[string]uint64{"0": 0, "1k": 1024, "2G": 2 << 30, "1t": 1 << 40} {
		if n, ok := parseSize(size); !ok || n != want {
			t.Errorf("%s: %d", size, n)
		}
	}
	for _, size := range []string{"", "k", "-1", "+1", "99999999999999999999", "99999999999t", "1kk"} {
		if n, ok := parseSize(size); ok {
			t.Errorf("%q is %d octets", size, n)
		}
	}
}

// TestMeant reads what stands at a _dmarc name and is no record to receivers: what was meant, or that it was meant to
// be one.
func TestMeant(t *testing.T) {
	for text, want := range map[string]string{
		"v=DMARC1; p=none":             "",
		"v=spf1 -all":                  "",
		"google-site-verification=abc": "",
		"p=MIIB":                       "",
		"v=DMARC1, p=reject, rua=mailto:a@x.test":       "no-semicolon: v=DMARC1; p=reject; rua=mailto:a@x.test",
		"v=DMARC1 p=reject, rua=mailto:a@x.test":        "no-semicolon: v=DMARC1; p=reject; rua=mailto:a@x.test",
		"v=DMRAC1; p=none; rua=mailto:a@x.test":         "bad-version: v=DMARC1; p=none; rua=mailto:a@x.test",
		"DMARC1; p=none":                                "bad-version: v=DMARC1; p=none",
		"v=DMARC1p=none":                                "bad-version: ",
		"p=reject; rua=mailto:a@x.test":                 "no-version: v=DMARC1; p=reject; rua=mailto:a@x.test",
		"p=reject, rua=mailto:a@x.test,mailto:b@x.test": "no-version: v=DMARC1; p=reject; rua=mailto:a@x.test,mailto:b@x.test",
		" v=DMARC1, p=reject":                           "leading-space: v=DMARC1; p=reject",
	} {
		record, reason := Meant(text)
		if got := reason + ": " + record; got != want && (want != "" || reason != "") {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestPolicies holds what receivers act on: t=y lowers every policy, and an unusable one voids the record (RFC 9989
// 4.7, 4.10.1).
func TestPolicies(t *testing.T) {
	for text, want := range map[string][3]string{ // of the domain, of subdomains, of names that do not exist
		"p=reject":                                  {"reject", "reject", "reject"},
		"p=reject; t=y":                             {"quarantine", "quarantine", "quarantine"},
		"p=quarantine; sp=reject; t=y":              {"none", "quarantine", "quarantine"},
		"p=none; np=reject; t=n":                    {"none", "none", "reject"},
		"p=reject; sp=off; rua=mailto:a@b.test":     {"none", "none", "none"},
		"p=reject; np=x; rua=mailto:a@b.test":       {"none", "none", "none"},
		"p=reject; sp=off":                          {"", "", ""},
		"p=reject; adkim=x; rua=mailto:a":           {"reject", "reject", "reject"},
		"p=reject; rf:afrf; pct=many; rua=; ruf=; ": {"reject", "reject", "reject"},
		"p=reject; sp:none; rua=mailto:a@b.test":    {"reject", "reject", "reject"},
		`p=reject\; rua=mailto:a@b.test`:            {"none", "none", "none"},
		"p:reject; rua=mailto:a@b.test":             {"none", "none", "none"},
	} {
		r := Parse("v=DMARC1; " + text)
		got := [3]string{r.Effective(r.Policy), r.Effective(r.ForSubdomains()), r.Effective(r.ForNonexistent())}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
		if fatal := slices.ContainsFunc(r.Faults, Fatal); fatal != r.Void {
			t.Errorf("%s: a fatal fault %v, void %v", text, fatal, r.Void)
		}
	}
}

func TestMended(t *testing.T) {
	for text, want := range map[string]string{
		"v=DMARC1; p=none":         "",
		"v = DMARC1 ; p=none":      "",
		"v=spf1 -all":              "",
		"v=DMARC10; p=none":        "",
		" v=DMARC1; p=none":        "leading-space: v=DMARC1; p=none",
		"\u00a0v=DMARC1; p=none":   "leading-space: v=DMARC1; p=none",
		`"v=DMARC1; p=none"`:       "quoted: v=DMARC1; p=none",
		"v=DMARC1；p=none":          "full-width: v=DMARC1;p=none",
		`v=DMARC1\; p=none\;`:      "escaped-semicolon: v=DMARC1; p=none;",
		"v=dmarc1; p=none":         "bad-version: v=DMARC1; p=none",
		"V=DMARC1; p=none":         "bad-version: v=DMARC1; p=none",
		"v:DMARC1; p=none":         "bad-version: v=DMARC1; p=none",
		"v=DMARC1 p=none; sp=none": "no-semicolon: v=DMARC1; p=none; sp=none",
		"  v=DMARC p=none":         "leading-space: v=DMARC1; p=none",
	} {
		record, reason := Mended(text)
		got := ""
		if record != "" {
			got = reason + ": " + record
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for domain, want := range map[string]string{
		"example.com.":              "example.com com",
		"mail.Example.com":          "mail.example.com example.com com",
		"a.b.c.d.e.f.g.h.i.j.k.com": "a.b.c.d.e.f.g.h.i.j.k.com f.g.h.i.j.k.com",
		"b.c.d.e.f.g.h.com":         "b.c.d.e.f.g.h.com c.d.e.f.g.h.com",
		"com":                       "com",
		"":                          "",
	} {
		names := Names(domain)
		if got := strings.Join(names, " "); !strings.HasPrefix(got+" ", want+" ") || len(names) > 8 {
			t.Errorf("%s: %s (%d)", domain, got, len(names))
		}
	}
	if n := len(Names("a.b.c.d.e.f.g.h.i.j.k.com")); n != 8 {
		t.Errorf("a long name is walked in %d questions", n)
	}
}

func TestChoose(t *testing.T) {
	failed := errors.New("no answer")
	for name, c := range map[string]struct {
		domain      string
		records     map[string]string // "!" for a failed look-up
		from, org   string
		told, fails bool
	}{
		"own record": {"example.com", map[string]string{"example.com": "p=none"}, "example.com",
			"example.com", true, false},
		"own record of a subdomain": {"a.example.com",
			map[string]string{"a.example.com": "p=none", "example.com": "p=reject"}, "a.example.com", "example.com", true,
			false},
		"inherited": {"a.b.example.com", map[string]string{"example.com": "p=none"}, "example.com",
			"example.com", true, false},
		"the fewest labels, not nearest": {"a.b.example.com",
			map[string]string{"b.example.com": "p=none", "example.com": "p=reject"}, "example.com", "example.com", true, false},
		"psd=n ends the walk": {"a.b.example.com",
			map[string]string{"b.example.com": "p=none; psd=n", "example.com": "p=reject"}, "b.example.com", "b.example.com",
			true, false},
		"own psd=n": {"b.example.com",
			map[string]string{"b.example.com": "p=none; psd=n", "example.com": "p=reject"}, "b.example.com", "b.example.com",
			true, false},
		"psd=y, and the domain below it": {"a.example.bank",
			map[string]string{"example.bank": "p=none", "bank": "p=reject; psd=y"}, "example.bank", "example.bank", true, false},
		"psd=y alone": {"a.example.bank", map[string]string{"bank": "p=reject; psd=y"}, "bank",
			"example.bank", true, false},
		"psd=y of the domain itself": {"bank.test", map[string]string{"bank.test": "p=reject; psd=y"}, "bank.test",
			"bank.test", true, false},
		"between psd=y and psd=n": {"x.example.bank",
			map[string]string{"example.bank": "p=none; psd=n", "bank": "p=reject; psd=y"}, "example.bank", "example.bank", true,
			false},
		"nothing":                  {"a.example.com", nil, "", "a.example.com", false, false},
		"nothing, for all we know": {"a.example.com", map[string]string{"com": "!"}, "", "a.example.com", false, true},
		"own look-up failed": {"a.example.com", map[string]string{"a.example.com": "!", "example.com": "p=none"},
			"", "a.example.com", false, true},
		"a higher look-up failed": {"a.example.com", map[string]string{"example.com": "p=none", "com": "!"},
			"example.com", "example.com", true, false},
	} {
		var steps []Step
		for _, n := range Names(c.domain) {
			s := Step{Domain: n}
			switch v := c.records[n]; v {
			case "":
			case "!":
				s.Err = failed
			default:
				s.Record = Parse("v=DMARC1; " + v)
			}
			steps = append(steps, s)
		}
		got := Choose(steps)
		if got.From != c.from || got.Org != c.org || got.Told != c.told || (got.Err != nil) != c.fails ||
			(got.Record == nil) != (c.from == "") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if c := Choose(nil); c.Record != nil {
		t.Error("a record from nowhere")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"v=DMARC1; p=none; rua=mailto:a@b.test!10m,mailto:c@d.test", " v=dmarc1 p=none", `"v=DMARC1\; p=reject"`,
		"v=DMARC1；p=none; pct=1", "v=DMARC1; fo=1:d; t=y; rua=//",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := Parse(s)
		again := Parse(r.String())
		for _, x := range []*Record{r, again} {
			x.Text, x.Faults = "", nil
			for i := range x.Tags {
				x.Tags[i].Pos = 0
			}
		}
		if !reflect.DeepEqual(r, again) {
			t.Fatalf("%q became %+v became %+v", s, r, again)
		}
		if record, reason := Mended(s); record != "" && (!IsRecord(record) || IsRecord(s) || reason == "") {
			t.Fatalf("%q was mended into %q because of %q", s, record, reason)
		}
	})
}
