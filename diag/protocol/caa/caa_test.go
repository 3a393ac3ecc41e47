package caa

import (
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		flags      uint8
		tag, value string
		issuer     string
		faults     []Fault
	}{
		{0, "issue", "ca1.example.net", "ca1.example.net", nil},
		{128, "ISSUE", " CA1.example.net ; account=230123", "ca1.example.net", nil},
		{0, "issue", ";", "", nil},
		{0, "issue", "", "", nil},
		{0, "issue", "ca.example.; a = b ; c=d;", "ca.example", nil},
		{0, "issue", "https://ca.example", "", []Fault{BadIssuer}},
		{0, "issue", "*.ca.example", "", []Fault{BadIssuer}},
		{0, "issuewild", "ca..example", "", []Fault{BadIssuer}},
		{0, "issue", "ca.example; %%%%%", "", []Fault{BadParams}},
		{0, "issue", "ca.example other.example", "", []Fault{BadIssuer}},
		{1, "issue", "ca.example", "ca.example", []Fault{BadFlags}},
		{0, "isue", "ca.example", "", []Fault{UnknownTag}},
		{0, "is-sue", "ca.example", "", []Fault{BadTag}},
		{0, "iodef", "mailto:security@shop.test", "", nil},
		{0, "iodef", "https://shop.test/report", "", nil},
		{0, "iodef", "security@shop.test", "", []Fault{BadIodef}},
		{0, "issuemail", "anything", "", nil},
	} {
		p := Parse(c.flags, c.tag, c.value)
		if p.Issuer != c.issuer || !slices.Equal(p.Faults, c.faults) {
			t.Errorf("%d %s %q: issuer %q, faults %v; want %q, %v", c.flags, c.tag, c.value, p.Issuer, p.Faults, c.issuer,
				c.faults)
		}
	}
}

func TestIssuers(t *testing.T) {
	set := func(pairs ...string) (s Set) {
		for i := 0; i < len(pairs); i += 2 {
			s = append(s, Parse(0, pairs[i], pairs[i+1]))
		}
		return s
	}
	for _, c := range []struct {
		name       string
		set        Set
		wildcard   bool
		want       []string
		restricted bool
	}{
		{"one", set("issue", "a.example"), false, []string{"a.example"}, true},
		{"one, for a wildcard too", set("issue", "a.example"), true, []string{"a.example"}, true},
		{"a wildcard's own", set("issue", "a.example", "issuewild", "b.example"), true, []string{"b.example"}, true},
		{"not a wildcard's", set("issue", "a.example", "issuewild", "b.example"), false, []string{"a.example"}, true},
		{"a wildcard's alone restricts nothing else", set("issuewild", "b.example"), false, []string{}, false},
		{"nobody", set("issue", ";"), false, []string{}, true},
		{"what is spoilt names nobody", set("issue", "%"), false, []string{}, true},
		{"only a report address", set("iodef", "mailto:a@b.example"), false, []string{}, false},
		{"two, one of them twice", set("issue", "a.example", "issue", ";", "issue", "b.example", "issue", "A.example"), false,
			[]string{"a.example", "b.example"}, true},
	} {
		if got, restricted := c.set.Issuers(c.wildcard); !slices.Equal(got, c.want) || restricted != c.restricted {
			t.Errorf("%s: %v, %v", c.name, got, restricted)
		}
	}
	if got := (Set{Parse(128, "tbs", "x"), Parse(0, "tbs2", "x"),
		Parse(128, "issue", "a.example")}).Refuses(); !slices.Equal(got, []string{"tbs"}) {
		t.Errorf("refuses because of %v", got)
	}
}

// FuzzParse: whom a record names is a name, and nobody where there is a fault with it.
func FuzzParse(f *testing.F) {
	f.Add(uint8(0), "issue", "ca.example; a=b")
	f.Add(uint8(128), "iodef", "mailto:a@b.example")
	f.Fuzz(func(t *testing.T, flags uint8, tag, value string) {
		p := Parse(flags, tag, value)
		spoilt := slices.Contains(p.Faults, BadIssuer) || slices.Contains(p.Faults, BadParams)
		if spoilt && p.Issuer != "" || len(p.Issuer) > len(value) {
			t.Errorf("%+v", p)
		}
		if again := Parse(0, "issue", p.Issuer); p.Issuer != "" && again.Issuer != p.Issuer {
			t.Errorf("%q is not read again: %q", p.Issuer, again.Issuer)
		}
	})
}
