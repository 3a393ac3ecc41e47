package view

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"signpost/diag"
	"signpost/diag/lab"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

func TestReadMX(t *testing.T) {
	a := &resolve.Answer{Question: resolve.Question{Name: "a.test.", Type: dns.TypeMX}}
	for _, s := range []string{"20 b.test.", "10 C.test.", "10 a.test.", "5 B.test.", "0 .", "7 192.0.2.1."} {
		rr, err := dns.NewRR("a.test. MX " + s)
		if err != nil {
			t.Fatal(err)
		}
		a.RRs = append(a.RRs, rr)
	}
	targets, null := ReadMX(a)
	var got []string
	for _, x := range targets {
		got = append(got, fmt.Sprint(x.Host, x.Prefs))
	}
	if want := []string{"b.test.[5 20]", "192.0.2.1.[7]", "a.test.[10]", "c.test.[10]"}; !null ||
		!slices.Equal(got, want) {
		t.Errorf("%v, null %v; want %v", got, null, want)
	}
	if !targets[1].Literal.IsValid() || targets[0].Literal.IsValid() {
		t.Error("an address is not told from a name")
	}
}

func TestMXProviders(t *testing.T) {
	l, err := lab.Start(lab.Zones(map[string]string{
		"shop.test": "@ MX 20 mx.a.test.\n@ MX 10 gw.b.test.\n",
		"dead.test": ";! server 192.0.2.11: SERVFAIL\n;! server 198.51.100.12: SERVFAIL\n", "none.test": "@ A 192.0.2.1\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o := diag.Options{Providers: []diag.Fingerprint{
		{ID: "a", Role: "mailbox", MX: []*regexp.Regexp{regexp.MustCompile(`^mx\.a\.test$`)}},
		{ID: "b", Role: "gateway", MX: []*regexp.Regexp{regexp.MustCompile(`^gw\.b\.test$`)}},
	}}
	for domain, want := range map[string]string{"shop.test": "[b a] true", "none.test": "[] true",
		"dead.test": "[] false"} {
		s := l.Net().NewSession(domain)
		p := &Pass{Pass: &diag.Pass{Domain: domain + ".", DNS: s, Options: o}}
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
