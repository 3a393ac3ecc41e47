package inbound

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/lab"
)

func TestIncompleteChoosesTheNearestSet(t *testing.T) {
	f := diag.Fingerprint{ID: "p", MXSets: []diag.MXSet{
		{Site: "one", Hosts: []diag.MXHost{{Host: "a", Priority: 5}, {Host: "b", Priority: 10}, {Host: "c", Priority: 15}}},
		{Site: "two", Hosts: []diag.MXHost{{Host: "a", Priority: 0}, {Host: "d", Priority: 0}}},
	}}
	at := func(host string, pref uint16) *mxTarget {
		return &mxTarget{Target: &view.Target{Host: host + ".", Prefs: []uint16{pref}}}
	}
	for want, targets := range map[string][]*mxTarget{
		"":                  {at("a", 5), at("b", 10), at("c", 15)},
		"two [d] []":        {at("a", 5)},
		"one [c] []":        {at("a", 5), at("b", 10)},
		"one [] [b 7 (10)]": {at("a", 5), at("b", 7), at("c", 15)},
	} {
		got := ""
		if args := incomplete(f, targets); args != nil {
			got = fmt.Sprint(args["site"], " ", args["missing"], " ", args["priorities"])
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if args := incomplete(f, []*mxTarget{at("z", 1)}); args != nil {
		t.Errorf("a host of no set: %v", args)
	}
	if args := incomplete(f, []*mxTarget{at("a", 5), at("d", 9)}); args != nil {
		t.Errorf("a set without priorities: %v", args)
	}
}

func TestMixed(t *testing.T) {
	of := func(ids ...string) *mxTarget {
		x := &mxTarget{Target: &view.Target{}}
		for _, id := range ids {
			role := "mailbox"
			if strings.HasPrefix(id, "g") {
				role = "gateway"
			}
			x.Providers = append(x.Providers, diag.Fingerprint{ID: id, Role: role})
		}
		return x
	}
	for want, targets := range map[string][]*mxTarget{
		"[a b]":   {of("a"), of("b"), of()},
		"[a b c]": {of("a", "b"), of("b", "c"), of("a", "c")},
		"[]":      {of("a", "b"), of("b"), of("g1"), of()},
	} {
		if got := fmt.Sprint(mixed(targets)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestMXFactsAndBounds(t *testing.T) {
	var zone strings.Builder
	for i := range 60 {
		fmt.Fprintf(&zone, "@ MX %d mx%02d\nmx%02d A 192.0.2.80\n", i, i, i)
	}
	zone.WriteString("few MX 10 mx.host\nmx.host A 192.0.2.81\n")
	l, err := lab.Start(lab.Zones(map[string]string{"shop.test": zone.String()}))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o := diag.Options{Providers: []diag.Fingerprint{{ID: "own", Role: "mailbox",
		MX: []*regexp.Regexp{regexp.MustCompile(`^mx\.host\.shop\.test$`)}}}}
	r := diag.Run(t.Context(), l.Net(), []*diag.Check{MX}, diag.Target{Domain: "few.shop.test"}, o, nil)
	facts := r.Results[0].Facts.(*MXFacts)
	if got := fmt.Sprintf("%+v", facts.Hosts); got != "[{Host:mx.host.shop.test Preference:10 Addresses:[192.0.2.81] Provider:own}]" {
		t.Errorf("facts %s", got)
	}
	r = diag.Run(t.Context(), l.Net(), []*diag.Check{MX}, diag.Target{Domain: "shop.test"}, o, nil)
	facts = r.Results[0].Facts.(*MXFacts)
	if len(facts.Hosts) != view.MaxMX || facts.Omitted != 60-view.MaxMX || r.Queries > 6+2*view.MaxMX {
		t.Errorf("%d hosts, %d omitted, %d questions", len(facts.Hosts), facts.Omitted, r.Queries)
	}
}
