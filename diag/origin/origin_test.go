package origin_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"signpost/diag/lab"
	"signpost/diag/origin"
	"signpost/diag/protocol/spf"
)

func start(t testing.TB) *lab.Lab {
	l, err := lab.Start(lab.Zones(map[string]string{
		"here.test":            "@ TXT \"v=spf1 ip4:192.0.2.7 include:spf.there.test -all\"\nmx A 192.0.2.7\n",
		"spf.there.test":       "@ TXT \"v=spf1 ip4:192.0.2.9 -all\"\n",
		"out.there.test":       "@ A 192.0.2.9\n",
		"2.0.192.in-addr.arpa": "7 PTR mx.here.test.\n9 PTR out.there.test.\n11 PTR out.there.test.\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// TestLook tells the term that lists an address, the names that lead back to it, and what could not be told.
func TestLook(t *testing.T) {
	l := start(t)
	for address, want := range map[string]origin.Origin{
		"192.0.2.7":  {SPF: spf.Pass, Term: "ip4:192.0.2.7", Names: []string{"mx.here.test"}, Known: true},
		"192.0.2.9":  {SPF: spf.Pass, Term: "include:spf.there.test", Names: []string{"out.there.test"}, Known: true},
		"192.0.2.11": {SPF: spf.Fail, Known: true}, // its name leads elsewhere
		"192.0.2.12": {SPF: spf.Fail, Known: true}, // it has none
	} {
		a := netip.MustParseAddr(address)
		got := origin.Look(t.Context(), l.Net(), "here.test", []netip.Addr{a}, time.Now())[a]
		if got.SPF != want.SPF || got.Term != want.Term || !slices.Equal(got.Names, want.Names) || got.Known != want.Known {
			t.Errorf("%s: %+v, want %+v", address, got, want)
		}
	}
}

// TestLookBound looks up so many and no more, each of which is in the result.
func TestLookBound(t *testing.T) {
	l := start(t)
	var all []netip.Addr
	for i := range 40 {
		all = append(all, netip.AddrFrom4([4]byte{192, 0, 2, byte(100 + i)}))
	}
	if got := origin.Look(t.Context(), l.Net(), "here.test", all, time.Now()); len(got) != origin.Most {
		t.Errorf("%d addresses", len(got))
	}
}

func ExampleLook() {
	l, err := lab.Start(lab.Zones(map[string]string{"here.test": "@ TXT \"v=spf1 ip4:192.0.2.7 -all\"\n"}))
	if err != nil {
		return
	}
	defer l.Close()
	a := netip.MustParseAddr("192.0.2.7")
	o := origin.Look(context.Background(), l.Net(), "here.test", []netip.Addr{a}, time.Now())[a]
	fmt.Println(o.SPF, o.Term)
	// Output: pass ip4:192.0.2.7
}
