package authority

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/lab"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

func TestDelegationFacts(t *testing.T) {
	l, err := lab.Start(lab.Record(), lab.Zones(map[string]string{"shop.test": `
;! parent: shop.test. NS ns1.shop.test.
;! parent: shop.test. NS ns3.shop.test.
;! parent: ns1.shop.test. A 192.0.2.21
;! parent: ns3.shop.test. A 203.0.113.23
;! server 203.0.113.22: no-tcp
;! server 203.0.113.23: lame
@ NS ns1
@ NS ns2
@ NS ns6
ns1 A 192.0.2.21
ns2 A 203.0.113.22
ns3 A 203.0.113.23
ns6 AAAA 2001:db8::6
@ MX 10 mx
@ TXT "v=spf1 mx -all"
mx A 192.0.2.80
`}))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	r := diag.Run(ctx, l.Net(), []*diag.Check{Delegation}, diag.Target{Domain: "shop.test"}, diag.Options{
		Operators: []diag.Operator{{ID: "own", NS: []*regexp.Regexp{regexp.MustCompile(`^ns[123]\.shop\.test$`)}}},
	}, nil)
	facts, ok := r.Results[0].Facts.(*DelegationFacts)
	if !ok {
		t.Fatalf("facts are %T", r.Results[0].Facts)
	}
	if facts.Zone != "shop.test" || facts.Parent != "test" || facts.ViaResolver || facts.Operator != "own" ||
		r.Operator.ID != "own" {
		t.Errorf("facts %+v, operator %+v", facts, r.Operator)
	}
	want := []ServerFacts{
		{Name: "ns1.shop.test", Listed: "both", Addresses: []string{"192.0.2.21"}, Authoritative: true, Serial: 2026010101,
			TCP: true},
		{Name: "ns2.shop.test", Listed: "child", Addresses: []string{"203.0.113.22"}, Authoritative: true,
			Serial: 2026010101},
		{Name: "ns3.shop.test", Listed: "parent", Addresses: []string{"203.0.113.23"}, TCP: true},
		{Name: "ns6.shop.test", Listed: "child", Addresses: []string{"2001:db8::6"}, TCP: true, Untested: true},
	}
	for i, s := range facts.Servers {
		if wantUDP := s.Name != "ns6.shop.test"; (s.UDPms > 0) != wantUDP {
			t.Errorf("%s: %v ms over UDP", s.Name, s.UDPms)
		}
		s.UDPms = 0
		if i >= len(want) || s.Name != want[i].Name || s.Listed != want[i].Listed ||
			!slices.Equal(s.Addresses, want[i].Addresses) ||
			s.Authoritative != want[i].Authoritative || s.Serial != want[i].Serial || s.TCP != want[i].TCP ||
			s.Untested != want[i].Untested {
			t.Errorf("server %+v", s)
		}
	}
	if len(facts.Servers) != len(want) {
		t.Errorf("%d servers, want %d", len(facts.Servers), len(want))
	}
	for q, n := range l.Asked() {
		if n > 1 {
			t.Errorf("asked %d times: %s", n, q)
		}
	}
}

// A zone that lists hundreds of servers is not asked hundreds of times.
func TestSurveyIsBounded(t *testing.T) {
	var zone strings.Builder
	for i := range 200 {
		name := "n" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		zone.WriteString("@ NS " + name + "\n" + name + " A 192.0.2.21\n" + name + " A 203.0.113.22\n")
	}
	l, err := lab.Start(lab.Zones(map[string]string{"shop.test": zone.String()}))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := diag.Run(t.Context(), l.Net(), []*diag.Check{Delegation}, diag.Target{Domain: "shop.test"}, diag.Options{}, nil)
	facts := r.Results[0].Facts.(*DelegationFacts)
	if len(facts.Servers) != surveyServers || r.Queries > 400 {
		t.Errorf("%d servers, %d questions", len(facts.Servers), r.Queries)
	}
	for _, f := range r.Results[0].Findings {
		if f.Code == "delegation.ns-mismatch" {
			t.Errorf("a list that was cut short is said to differ: %v", f.Args)
		}
	}
}

func TestContent(t *testing.T) {
	answer := func(qtype uint16, rrs ...string) *resolve.Answer {
		a := &resolve.Answer{Question: resolve.Question{Name: "a.test.", Type: qtype}}
		for _, s := range rrs {
			rr, err := dns.NewRR(s)
			if err != nil {
				t.Fatal(err)
			}
			a.RRs = append(a.RRs, rr)
		}
		return a
	}
	same := [][2]*resolve.Answer{
		{answer(dns.TypeMX, "a.test. 5 MX 1 X.test.", "a.test. 5 MX 2 y.test."),
			answer(dns.TypeMX, "A.test. 9 MX 2 y.test.", "a.test. 9 MX 1 x.test.")},
		{answer(dns.TypeTXT, "a.test. TXT a", "a.test. TXT a"), answer(dns.TypeTXT, "a.test. TXT a")},
		{answer(dns.TypeTXT, "a.test. CNAME b.test.", "b.test. TXT x"), answer(dns.TypeTXT, "a.test. CNAME b.test.")},
		{answer(dns.TypeTXT, "a.test. TXT one two"), answer(dns.TypeTXT, "a.test. TXT onetwo")},
		{answer(dns.TypeTXT), {Question: resolve.Question{Name: "a.test.", Type: dns.TypeTXT}, Rcode: dns.RcodeNameError}},
	}
	for _, c := range same {
		if content(c[0]) != content(c[1]) {
			t.Errorf("%q and %q are told apart", content(c[0]), content(c[1]))
		}
	}
	differ := [][2]*resolve.Answer{
		{answer(dns.TypeMX, "a.test. MX 1 x.test."), answer(dns.TypeMX, "a.test. MX 2 x.test.")},
		{answer(dns.TypeTXT, "a.test. TXT A"), answer(dns.TypeTXT, "a.test. TXT a")},
		{answer(dns.TypeTXT, "a.test. CNAME b.test."), answer(dns.TypeTXT)},
		{answer(dns.TypeTXT, "a.test. TXT a", "a.test. TXT b"), answer(dns.TypeTXT, "a.test. TXT a")},
	}
	for _, c := range differ {
		if content(c[0]) == content(c[1]) {
			t.Errorf("%q is taken for the same twice", content(c[0]))
		}
	}
}

func TestLame(t *testing.T) {
	soa, _ := dns.NewRR("shop.test. SOA a. b. 1 2 3 4 5")
	rootNS, _ := dns.NewRR(". NS a.root.")
	for want, a := range map[string]*resolve.Answer{
		"refused":           {Rcode: dns.RcodeRefused},
		"notauth":           {Rcode: dns.RcodeNotAuth},
		"nxdomain":          {Rcode: dns.RcodeNameError, Authoritative: true},
		"upward-referral":   {Ns: []dns.RR{rootNS}},
		"not-authoritative": {RRs: []dns.RR{soa}},
		"no-soa":            {Authoritative: true},
	} {
		r := &reply{soa: a}
		if got := r.lame("shop.test."); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if s, _ := r.start("shop.test."); s != nil {
			t.Errorf("%s counts as authority", want)
		}
	}
	r := &reply{soa: &resolve.Answer{Authoritative: true, RRs: []dns.RR{soa}}}
	if s, _ := r.start("shop.test."); s == nil || s.Serial != 1 {
		t.Error("authority is not recognised")
	}
	if s, _ := r.start("other.test."); s != nil {
		t.Error("another zone's SOA counts as authority")
	}
}

func TestOperatorIsTheMajority(t *testing.T) {
	operators := []diag.Operator{
		{ID: "few", NS: []*regexp.Regexp{regexp.MustCompile(`\.few\.test$`)}},
		{ID: "many", NS: []*regexp.Regexp{regexp.MustCompile(`^ns\d\.many\.test$`), regexp.MustCompile(`many`)}},
	}
	for want, servers := range map[string][]resolve.NameServer{
		"many": {{Name: "a.few.test."}, {Name: "NS1.many.test."}, {Name: "ns2.many.test."}},
		"":     {{Name: "ns.nobody.test."}},
	} {
		var got string
		recognise := &diag.Check{Name: "operator", Run: func(_ context.Context, p *diag.Pass) (any, error) {
			got = recogniseOperator(&view.Pass{Pass: p}, servers)
			return nil, nil
		}}
		r := diag.Run(t.Context(), &resolve.Net{}, []*diag.Check{recognise}, diag.Target{Domain: "example.com"},
			diag.Options{Operators: operators}, nil)
		if got != want || r.Operator.ID != want {
			t.Errorf("operator %q, in the report %q, want %q", got, r.Operator.ID, want)
		}
	}
}
