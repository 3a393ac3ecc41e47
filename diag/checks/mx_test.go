package checks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"signpost/diag"
	"signpost/diag/lab"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

func TestAuthorises(t *testing.T) {
	for record, want := range map[string]bool{
		"v=spf1 -all": false, "v=spf1": false, "v=spf1 ~all": false, "v=spf1 ?all": false, "V=SPF1 -ALL": false, "v=spf1 -all exp=e.test": false,
		"v=spf1 +all": true, "v=spf1 all": true, "v=spf1 mx -all": true, "v=spf1 include:a.test -all": true, "v=spf1 redirect=a.test": true,
		"v=spf1 exists:%{i}.a.test?x=y -all": true, "v=spf10 mx": false, "other mx": false, "": false,
	} {
		if got := authorises(record); got != want {
			t.Errorf("%q: %v", record, got)
		}
	}
}

func TestReadMX(t *testing.T) {
	a := &resolve.Answer{Question: resolve.Question{Name: "a.test.", Type: dns.TypeMX}}
	for _, s := range []string{"20 b.test.", "10 C.test.", "10 a.test.", "5 B.test.", "0 .", "7 192.0.2.1."} {
		rr, err := dns.NewRR("a.test. MX " + s)
		if err != nil {
			t.Fatal(err)
		}
		a.RRs = append(a.RRs, rr)
	}
	targets, null := readMX(a)
	var got []string
	for _, x := range targets {
		got = append(got, fmt.Sprint(x.host, x.prefs))
	}
	if want := []string{"b.test.[5 20]", "192.0.2.1.[7]", "a.test.[10]", "c.test.[10]"}; !null || !slices.Equal(got, want) {
		t.Errorf("%v, null %v; want %v", got, null, want)
	}
	if !targets[1].literal.IsValid() || targets[0].literal.IsValid() {
		t.Error("an address is not told from a name")
	}
}

func TestIncompleteChoosesTheNearestSet(t *testing.T) {
	f := diag.Fingerprint{ID: "p", MXSets: []diag.MXSet{
		{Site: "one", Hosts: []diag.MXHost{{Host: "a", Priority: 5}, {Host: "b", Priority: 10}, {Host: "c", Priority: 15}}},
		{Site: "two", Hosts: []diag.MXHost{{Host: "a", Priority: 0}, {Host: "d", Priority: 0}}},
	}}
	target := func(host string, pref uint16) *mxTarget { return &mxTarget{host: host + ".", prefs: []uint16{pref}} }
	for want, targets := range map[string][]*mxTarget{
		"":                  {target("a", 5), target("b", 10), target("c", 15)},
		"two [d] []":        {target("a", 5)},
		"one [c] []":        {target("a", 5), target("b", 10)},
		"one [] [b 7 (10)]": {target("a", 5), target("b", 7), target("c", 15)},
	} {
		got := ""
		if args := incomplete(f, targets); args != nil {
			got = fmt.Sprint(args["site"], " ", args["missing"], " ", args["priorities"])
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if args := incomplete(f, []*mxTarget{target("z", 1)}); args != nil {
		t.Errorf("a host of no set: %v", args)
	}
	if args := incomplete(f, []*mxTarget{target("a", 5), target("d", 9)}); args != nil {
		t.Errorf("a set without priorities: %v", args)
	}
}

func TestMixed(t *testing.T) {
	target := func(ids ...string) *mxTarget {
		x := &mxTarget{}
		for _, id := range ids {
			role := "mailbox"
			if strings.HasPrefix(id, "g") {
				role = "gateway"
			}
			x.providers = append(x.providers, diag.Fingerprint{ID: id, Role: role})
		}
		return x
	}
	for want, targets := range map[string][]*mxTarget{
		"[a b]":   {target("a"), target("b"), target()},
		"[a b c]": {target("a", "b"), target("b", "c"), target("a", "c")},
		"[]":      {target("a", "b"), target("b"), target("g1"), target()},
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
	o := diag.Options{Providers: []diag.Fingerprint{{ID: "own", Role: "mailbox", MX: []*regexp.Regexp{regexp.MustCompile(`^mx\.host\.shop\.test$`)}}}}
	r := diag.Run(t.Context(), l.Net(), []*diag.Check{MX}, diag.Target{Domain: "few.shop.test"}, o, nil)
	facts := r.Results[0].Facts.(*MXFacts)
	if got := fmt.Sprintf("%+v", facts.Hosts); got != "[{Host:mx.host.shop.test Preference:10 Addresses:[192.0.2.81] Provider:own}]" {
		t.Errorf("facts %s", got)
	}
	r = diag.Run(t.Context(), l.Net(), []*diag.Check{MX}, diag.Target{Domain: "shop.test"}, o, nil)
	facts = r.Results[0].Facts.(*MXFacts)
	if len(facts.Hosts) != maxMX || facts.Omitted != 60-maxMX || r.Queries > 6+2*maxMX {
		t.Errorf("%d hosts, %d omitted, %d questions", len(facts.Hosts), facts.Omitted, r.Queries)
	}
}

func TestMXProviders(t *testing.T) {
	l, err := lab.Start(lab.Zones(map[string]string{
		"shop.test": "@ MX 20 mx.a.test.\n@ MX 10 gw.b.test.\n", "dead.test": ";! server 192.0.2.11: SERVFAIL\n;! server 198.51.100.12: SERVFAIL\n", "none.test": "@ A 192.0.2.1\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o := diag.Options{Providers: []diag.Fingerprint{
		{ID: "a", Role: "mailbox", MX: []*regexp.Regexp{regexp.MustCompile(`^mx\.a\.test$`)}},
		{ID: "b", Role: "gateway", MX: []*regexp.Regexp{regexp.MustCompile(`^gw\.b\.test$`)}},
	}}
	for domain, want := range map[string]string{"shop.test": "[b a] true", "none.test": "[] true", "dead.test": "[] false"} {
		s := l.Net().NewSession(domain)
		p := &pass{Pass: &diag.Pass{Domain: domain + ".", DNS: s, Options: o}}
		providers, err := p.MXProviders(t.Context())
		ids := []string{}
		for _, f := range providers {
			ids = append(ids, f.ID)
		}
		if got := fmt.Sprint(ids, " ", err == nil); got != want {
			t.Errorf("%s: %s, %v; want %s", domain, got, err, want)
		}
		s.Close()
	}
}
