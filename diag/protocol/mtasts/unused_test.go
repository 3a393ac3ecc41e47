package mtasts

import (
	"slices"
	"testing"
)

// TestUnused: a pattern that allows no host of the domain is told once; a wildcard stands for one label.
func TestUnused(t *testing.T) {
	p := ParsePolicy("version: STSv1\nmode: enforce\nmx: mx1.example.net\nmx: *.example.org\nmx: old.example.net\n" +
		"mx: old.example.net\nmax_age: 86400\n")
	if got := p.Unused([]string{"MX1.example.net.", "a.example.org"}); !slices.Equal(got, []string{"old.example.net"}) {
		t.Errorf("%q", got)
	}
	if got := p.Unused([]string{"a.b.example.org"}); len(got) != 3 {
		t.Errorf("%q", got)
	}
	if Void(nil) || Void([]Fault{{Harmless: true}}) || !Void([]Fault{{Harmless: true}, {Reason: "no-id"}}) {
		t.Error("only a fault that is not harmless voids a record")
	}
}
