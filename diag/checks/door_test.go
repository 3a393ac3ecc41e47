package checks

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/lab"
	"signpost/diag/visible"
)

// lie is what a stranger writes for our reader: no-break spaces, a line end, a mark that turns the direction, a colour.
const (
	lieTXT = `\010What\194\160to\194\160do:\194\160call\194\160+1\226\128\174\027[31m`
	lie    = "What\u200bto\u200bdo:\u202e\x1b[31mcall\u2066+1"
)

// doorZone is a zone that says the lie wherever a stranger can.
const doorZone = `
;! server 192.0.2.11 www TXT: SERVFAIL ede=22 ` + lie + `
;! smtp 192.0.2.80: banner=554 no ` + lie + `
;! smtp 192.0.2.81: banner=220 hello ` + lie + `
;! registration: +20d clientHold registrar=Registrar ` + lie + `
;! policy: version: STSv1 | mode: enforce | mx: ` + lie + ` | max_age: 86400
;! logo: <svg ` + lie + `
@ MX 5 a
@ MX 6 b
@ MX 7 c\194\160\010What.door.test.
a A 192.0.2.80
b A 192.0.2.81
@ TXT "v=spf1 include:spf.door.test` + lieTXT + ` a:` + lieTXT + ` exists:\226\128\174.door.test ~all"
spf TXT "v=spf1 ?all` + lieTXT + `"
_spf TXT "v=spf1 ` + lieTXT + `"
www TXT "v=spf1 ` + lieTXT + `"
_dmarc TXT "v=DMARC1; p=none` + lieTXT + `; rua=mailto:x@` + lieTXT + `"
default._domainkey TXT "v=DKIM1; k=` + lieTXT + `; p=abc"
_mta-sts TXT "v=STSv1; id=1; x=` + lieTXT + `"
_smtp._tls TXT "v=TLSRPTv1; rua=mailto:` + lieTXT + `"
default._bimi TXT "v=BIMI1; l=https://logo.door.test/logo.svg` + lieTXT + `; a=` + lieTXT + `"
_25._tcp.a TLSA 3 1 1 00
autodiscover CNAME x` + lieTXT + `.door.test.
`

// TestEverythingPassesTheDoor has strangers' words at every place that a report takes them from. Nothing invisible
// reaches the report.
func TestEverythingPassesTheDoor(t *testing.T) {
	l, err := lab.Start(lab.Zones(map[string]string{"door.test": doorZone}))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := diag.Run(t.Context(), l.Net(), All(), diag.Target{Domain: "door.test", Unicode: "door.test"}, diag.Options{
		Providers: labProviders, Resolvers: recursiveOf(l), Registry: l.Registry(), Blocklists: labBlocklists,
		SourceIPs: []netip.Addr{netip.MustParseAddr("192.0.2.80")},
	}, func(p diag.Progress) {
		if p.Result != nil && !visible.Is(strings.ReplaceAll(p.Result.Err, "\n", "")) {
			t.Errorf("%s while it runs: %q", p.Check, p.Result.Err)
		}
	})
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var whole any
	if err := json.Unmarshal(raw, &whole); err != nil {
		t.Fatal(err)
	}
	shown := map[string]int{} // how often the lie was made visible, by check
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case string:
			ours := strings.ReplaceAll(v, "\n", "") // joined errors stand a line each
			if !strings.HasSuffix(path, ".error") {
				ours = v
			}
			if !visible.Is(ours) {
				t.Errorf("%s: %q", path, v)
			}
			if strings.Contains(v, `\226\128`) || strings.Contains(v, `\194\160`) {
				shown[strings.Split(path, ".")[1]]++
			}
		case []any:
			for i, x := range v {
				name := fmt.Sprint(i)
				if m, ok := x.(map[string]any); ok && m["check"] != nil {
					name = fmt.Sprint(m["check"])
				}
				walk(path+"."+name, x)
			}
		case map[string]any:
			for k, x := range v {
				if !visible.Is(k) {
					t.Errorf("%s: the name %q", path, k)
				}
				walk(path+"."+k, x)
			}
		}
	}
	walk("", whole.(map[string]any)["checks"])
	for _, check := range []string{"mx", "spf", "dmarc", "dkim", "mtasts", "tlsrpt", "bimi", "smtp", "registration",
		"client"} {
		if shown[check] == 0 {
			t.Errorf("%s: the words did not reach the report at all: %+v", check, r.Result(check))
		}
	}
	for _, f := range r.Findings() {
		if s, _ := f.Args["suggestion"].(string); strings.Contains(s, "What") {
			t.Errorf("%s suggests %q", f.Code, s)
		}
	}
}

func TestSeen(t *testing.T) {
	type inner struct {
		Name   string
		hidden string
	}
	type named string
	type facts struct {
		A    string
		B    []string
		C    map[string][]string
		D    *inner
		E    any
		F    named
		G    [1]string
		When time.Time
		Addr netip.Addr
		N    []int
		Nil  *inner
		None []string
	}
	when, addr := time.Unix(1, 2), netip.MustParseAddr("192.0.2.1")
	in := &facts{
		A: "a\u00a0", B: []string{"b\n"}, C: map[string][]string{"k\t": {"v\u200b"}}, D: &inner{"d\u202e", "kept\n"},
		E: inner{Name: "e\x00"},
		F: "f\r", G: [1]string{"g\u3000"}, When: when, Addr: addr, N: []int{1},
	}
	want := &facts{
		A: `a\194\160`, B: []string{`b\010`}, C: map[string][]string{`k\009`: {`v\226\128\139`}},
		D: &inner{`d\226\128\174`, "kept\n"}, E: inner{Name: `e\000`},
		F: `f\013`, G: [1]string{`g\227\128\128`}, When: when, Addr: addr, N: []int{1},
	}
	got := diag.Seen(in)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if in.A != "a\u00a0" || in.B[0] != "b\n" || in.D.Name != "d\u202e" {
		t.Error("the value itself was changed")
	}
	if diag.Seen(nil) != nil || diag.Seen((*facts)(nil)).(*facts) != nil {
		t.Error("nothing became something")
	}
	type circle struct{ Next *circle }
	c := &circle{}
	c.Next = c
	_ = diag.Seen(c) // ends
}

func TestErrText(t *testing.T) {
	bad := errors.New("registrar said \n\u202e")
	for _, c := range []struct {
		err  error
		want string
	}{
		{bad, `registrar said \010\226\128\174`},
		{errors.Join(bad, errors.New("b")), "registrar said \\010\\226\\128\\174\nb"},
		{fmt.Errorf("diag: x: %w", bad), `diag: x: registrar said \010\226\128\174`},
		{fmt.Errorf("diag: x: %w", errors.Join(errors.New("a"), bad)), "diag: x: a\nregistrar said \\010\\226\\128\\174"},
		{fmt.Errorf("%w: 域名: %w", errors.New("a"), errors.Join(errors.New("b"), bad)),
			"a: 域名: b\nregistrar said \\010\\226\\128\\174"},
		{fmt.Errorf("x %w y\n", bad), `x registrar said \010\226\128\174 y\010`},
	} {
		if got := diag.ErrText(c.err); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
