package resolve_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"signpost/diag/lab"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

const overlayZone = `
@ MX 10 mail
@ TXT "v=spf1 mx -all"
mail A 192.0.2.80
own A 192.0.2.81
news CNAME host.other.example.
cname CNAME own
far.away TXT "deep"
* MX 10 mail
* TXT "by wildcard"
`

func rr(t *testing.T, text string) dns.RR {
	t.Helper()
	out, err := dns.NewRR(text)
	if err != nil || out == nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out
}

// overlaid is a zone with changes over it, what is asked of it, and what is answered.
type overlaid struct {
	name  string
	edits string // "+record" and "-record", a line each
	ask   string // "name TYPE"
	want  string // records, or the rcode
	lost  string
	alias bool
	none  bool // ErrNotThere
}

func (c overlaid) check(t *testing.T, n *resolve.Net) {
	t.Helper()
	s := n.NewSession("d.example")
	defer s.Close()
	var edits []resolve.Edit
	for line := range strings.Lines(c.edits) {
		line = strings.TrimSpace(line)
		edits = append(edits, resolve.Edit{RR: rr(t, strings.Replace(line[1:], ". ", ". 300 IN ", 1)),
			Remove: line[0] == '-'})
	}
	with, lost, err := s.With(t.Context(), edits)
	var alias *resolve.AliasError
	if errors.As(err, &alias) != c.alias || errors.Is(err, resolve.ErrNotThere) != c.none ||
		(err != nil) != (c.alias || c.none) {
		t.Errorf("%s: %v", c.name, err)
	}
	if err == nil {
		name, qtype, _ := strings.Cut(c.ask, " ")
		a, err := with.Lookup(t.Context(), name, dns.StringToType[qtype])
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			return
		}
		if got := said(a); got != c.want {
			t.Errorf("%s: %s: %s, want %s", c.name, c.ask, got, c.want)
		}
		var gone []string
		for _, set := range lost {
			gone = append(gone, set.Name+" "+dns.TypeToString[set.Type])
		}
		if got := strings.Join(gone, " "); got != c.lost {
			t.Errorf("%s: lost %q, want %q", c.name, got, c.lost)
		}
	}
}

// TestOverlay lays changes over a zone, and asks it as it would then be.
func TestOverlay(t *testing.T) {
	m, err := lab.NewMemory(map[string]string{
		"d.example": overlayZone, "parked.example": "* CNAME host.other.example.\n",
		"other.example": "host A 192.0.2.90\nhost TXT \"other\"\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []overlaid{
		{name: "nothing", ask: "d.example. MX", want: "10 mail.d.example."},
		{name: "added", edits: "+d.example. TXT other", ask: "d.example. TXT", want: `"other" "v=spf1 mx -all"`},
		{name: "replaced", edits: "-d.example. TXT \"v=spf1 mx -all\"\n+d.example. TXT x", ask: "d.example. TXT",
			want: `"x"`},
		{name: "removed in other strings", edits: "-d.example. TXT \"v=spf1 \" \"mx -all\"", ask: "d.example. TXT",
			want: "NODATA"},
		{name: "not there", edits: "-d.example. TXT x", none: true},
		{name: "the same again", edits: "+d.example. MX 10 MAIL.d.example.", ask: "d.example. MX",
			want: "10 mail.d.example."},
		{name: "other types stay", edits: "+d.example. TXT x", ask: "d.example. MX", want: "10 mail.d.example."},
		{name: "wildcard's sets are lost", edits: "+sales.d.example. TXT x", ask: "sales.d.example. MX", want: "NODATA",
			lost: "sales.d.example. MX sales.d.example. TXT"},
		{name: "wildcard's records of the type are lost", edits: "+sales.d.example. TXT x", ask: "sales.d.example. TXT",
			want: `"x"`, lost: "sales.d.example. MX sales.d.example. TXT"},
		{name: "and nothing lives below", edits: "+sales.d.example. TXT x", ask: "a.sales.d.example. MX", want: "NXDOMAIN",
			lost: "sales.d.example. MX sales.d.example. TXT"},
		{name: "a name between", edits: "+_dmarc.sales.d.example. TXT x", ask: "sales.d.example. MX", want: "NODATA",
			lost: "sales.d.example. MX sales.d.example. TXT"},
		{name: "neighbours still live by it", edits: "+sales.d.example. TXT x", ask: "shop.d.example. MX",
			want: "10 mail.d.example.", lost: "sales.d.example. MX sales.d.example. TXT"},
		{name: "a name that exists loses nothing", edits: "+own.d.example. TXT x", ask: "own.d.example. A",
			want: "192.0.2.81"},
		{name: "an empty name exists", edits: "+away.d.example. TXT x", ask: "away.d.example. TXT", want: `"x"`},
		{name: "given too", edits: "+sales.d.example. TXT x\n+sales.d.example. MX 10 mail.d.example.",
			ask: "sales.d.example. MX", want: "10 mail.d.example.", lost: "sales.d.example. TXT"},
		{name: "alias", edits: "+news.d.example. TXT x", alias: true},
		{name: "alias within the zone", edits: "+cname.d.example. TXT x", alias: true},
		{name: "alias that goes", edits: "+news.d.example. TXT x\n-news.d.example. CNAME host.other.example.",
			ask: "news.d.example. TXT", want: `"x"`},
		{name: "what the alias led to", edits: "+news.d.example. TXT x\n-news.d.example. CNAME host.other.example.",
			ask: "news.d.example. A", want: "NODATA"},
		{name: "through an alias to what changed", edits: "+own.d.example. TXT x", ask: "cname.d.example. TXT", want: `"x"`},
		{name: "across zones", edits: "+host.other.example. TXT x", ask: "news.d.example. TXT", want: `"other" "x"`},
		{name: "a wildcard's alias makes room", edits: "+_dmarc.parked.example. TXT x", ask: "_dmarc.parked.example. TXT",
			want: `"x"`},
		{name: "and is lost", edits: "+www.parked.example. TXT x", ask: "www.parked.example. A", want: "NODATA",
			lost: "www.parked.example. CNAME"},
	} {
		c.check(t, &resolve.Net{Answers: m.Answers})
	}
}

// said is the records of an answer, sorted, or why there are none.
func said(a *resolve.Answer) string {
	if a.NXDomain() {
		return "NXDOMAIN"
	}
	var out []string
	for _, rr := range a.Records() {
		out = append(out, strings.ReplaceAll(strings.TrimPrefix(rr.String(), rr.Header().String()), "\t", " "))
	}
	if len(out) == 0 {
		return "NODATA"
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// TestOverlayStacked lays one change over another.
func TestOverlayStacked(t *testing.T) {
	m, err := lab.NewMemory(map[string]string{"d.example": overlayZone})
	if err != nil {
		t.Fatal(err)
	}
	s := (&resolve.Net{Answers: m.Answers}).NewSession("d.example")
	defer s.Close()
	one, _, err := s.With(t.Context(), []resolve.Edit{{RR: rr(t, "d.example. 300 IN TXT one")}})
	if err != nil {
		t.Fatal(err)
	}
	two, _, err := one.With(t.Context(),
		[]resolve.Edit{{RR: rr(t, "d.example. 300 IN TXT one"), Remove: true}, {RR: rr(t, "d.example. 300 IN TXT two")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		s    *resolve.Session
		want string
	}{{s, `"v=spf1 mx -all"`}, {one, `"one" "v=spf1 mx -all"`}, {two, `"two" "v=spf1 mx -all"`}} {
		a, err := c.s.Lookup(t.Context(), "d.example", dns.TypeTXT)
		if err != nil || said(a) != c.want {
			t.Errorf("%s %v, want %s", said(a), err, c.want)
		}
	}
}
