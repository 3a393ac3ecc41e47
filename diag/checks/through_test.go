package checks

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/inbound"
	"signpost/diag/checks/outbound"
	"signpost/diag/lab"
	"signpost/diag/resolve"
)

// movedLab is a domain as the world has it, with new servers that hold another version of it.
func movedLab(t *testing.T) *lab.Lab {
	t.Helper()
	const moved = `@ NS ns1.new.test.
@ NS ns2.new.test.
@ MX 10 mx
mx A 192.0.2.81
@ TXT "v=spf1 mx ip4:203.0.113.9 -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:postmaster@shop.test"
`
	l, err := lab.Start(lab.Record(), lab.Zones(map[string]string{
		"shop.test": ";! with: mx spf dkim dmarc\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.21\nns2 A 203.0.113.21\n",
		"new.test":  "ns1 A 192.0.2.201\nns2 A 203.0.113.201\nns3 A 203.0.113.203\n",
	}), lab.Secondary("192.0.2.201", "shop.test", moved), lab.Secondary("203.0.113.201", "shop.test", moved),
		lab.Secondary("203.0.113.203", "fresh.test", moved))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// TestThrough examines a zone through servers that the delegation does not lead to: every check sees what they have,
// the report says so, and nobody else is asked about the zone.
func TestThrough(t *testing.T) {
	l := movedLab(t)
	for name, servers := range map[string][]string{
		"by name":             {"ns1.new.test", "NS2.new.test."},
		"by name and address": {"ns1.new.test=192.0.2.201", "ns2.new.test=203.0.113.201"},
	} {
		for _, resolvers := range []bool{false, true} {
			through, err := diag.ParseThrough(servers, false)
			if err != nil {
				t.Fatal(err)
			}
			n := l.Net()
			if resolvers {
				n.Resolvers, n.ResolversOnly = []netip.AddrPort{l.Resolver()}, true
			}
			before := l.Asked()
			r := diag.Run(t.Context(), n, All(), diag.Target{Domain: "shop.test", Unicode: "shop.test"},
				diag.Options{Through: through, Resolvers: recursiveOf(l)}, nil)
			mx, _ := r.Result("mx").Facts.(*inbound.MXFacts)
			spf, _ := r.Result("spf").Facts.(outbound.SPFFacts)
			if mx == nil || fmt.Sprint(mx.Hosts) != "[{mx.shop.test 10 [192.0.2.81] }]" ||
				spf.Record != "v=spf1 mx ip4:203.0.113.9 -all" {
				t.Errorf("%s: seen are %+v, %q", name, mx, spf.Record)
			}
			d, _ := r.Result("delegation").Facts.(*authority.DelegationFacts)
			if d == nil || !d.Planned || len(d.Servers) != 2 || !d.Servers[0].Authoritative ||
				r.Result("delegation").Status != diag.Passed {
				t.Errorf("%s: delegation %+v %+v", name, d, r.Result("delegation"))
			}
			if p := r.Result("propagation"); p.Status != diag.Skipped || p.Because != "planned" {
				t.Errorf("%s: propagation %s %s", name, p.Status, p.Because)
			}
			raw, err := json.Marshal(r)
			if err != nil || !strings.Contains(string(raw),
				`"through":[{"name":"ns1.new.test","addresses":["192.0.2.201"]},{"name":"ns2.new.test","addresses":["203.0.113.201"]}]`) {
				t.Errorf("%s: JSON without the servers: %v", name, err)
			}
			var back diag.Report
			if err := json.Unmarshal(raw, &back); err != nil || len(back.Through) != 2 {
				t.Errorf("%s: read back: %v, %v", name, back.Through, err)
			}
			for q, n := range l.Asked() {
				if n > before[q] && strings.Contains(q, "shop.test.") && (strings.HasPrefix(q, "203.0.113.21 ") ||
					strings.HasPrefix(q, "192.0.2.21 ") || resolvers && strings.HasPrefix(q, l.Resolver().Addr().String()) &&
					!strings.Contains(q, " NS") && !strings.Contains(q, " DS")) {
					t.Errorf("%s: asked elsewhere: %s", name, q)
				}
			}
		}
	}
}

// TestThroughFaults finds what is wrong with the new servers, and what they lack.
func TestThroughFaults(t *testing.T) {
	l := movedLab(t)
	codes := func(r *diag.Report) (out []string) {
		for _, f := range r.Findings() {
			if f.Severity > diag.Info && strings.HasPrefix(string(f.Code), "delegation.") {
				out = append(out, string(f.Code))
			}
		}
		return out
	}
	for _, c := range []struct {
		domain  string
		servers []string
		want    []string
	}{
		{"shop.test", []string{"ns1.new.test"},
			nil}, // one of two
		{"shop.test", []string{"192.0.2.201"},
			nil}, // by its address alone
		{"shop.test", []string{"ns9.new.test=192.0.2.201"},
			[]string{"delegation.ns-mismatch"}}, // the zone does not list it
		{"shop.test", []string{"ns3.new.test"},
			[]string{"delegation.lame", "delegation.broken"}}, // it does not have the zone
		{"shop.test", []string{"ns1.new.test", "ns2.new.test=203.0.113.250"},
			[]string{"delegation.ns-timeout"}}, // nobody is there
		{"fresh.test", []string{"ns3.new.test"},
			[]string{"delegation.ns-mismatch"}}, // a domain that is not registered yet
		{"www.fresh.test", []string{"ns3.new.test"},
			[]string{"delegation.nxdomain", "delegation.ns-mismatch"}}, // a name that the new zone lacks
		{"shop.test", []string{"10.0.0.1"},
			[]string{"delegation.ns-private", "delegation.broken"}}, // a stranger's private address
	} {
		through, err := diag.ParseThrough(c.servers, true)
		if err != nil {
			t.Fatal(err)
		}
		r := diag.Run(t.Context(), l.Net(), []*diag.Check{authority.Delegation},
			diag.Target{Domain: c.domain, Unicode: c.domain}, diag.Options{Through: through}, nil)
		if got := codes(r); !slices.Equal(got, c.want) {
			t.Errorf("%s through %v: %v, want %v: %v", c.domain, c.servers, got, c.want, r.Results[0].Err)
		}
	}
	through, err := diag.ParseThrough([]string{"nowhere.new.test"}, true)
	if err != nil {
		t.Fatal(err)
	}
	r := diag.Run(t.Context(), l.Net(), All(), diag.Target{Domain: "shop.test", Unicode: "shop.test"},
		diag.Options{Through: through}, nil)
	for _, res := range r.Results {
		if res.Status != diag.Unknown || !strings.Contains(res.Err, "nowhere.new.test") {
			t.Errorf("a server without address: %s %s %s", res.Check, res.Status, res.Err)
		}
	}
}

func TestParseThrough(t *testing.T) {
	ns := func(name string, addrs ...string) resolve.NameServer {
		out := resolve.NameServer{Name: name}
		for _, a := range addrs {
			out.Glue = append(out.Glue, netip.MustParseAddr(a))
		}
		return out
	}
	for text, want := range map[string][]resolve.NameServer{
		"NS1.new.example.":                                      {ns("ns1.new.example.")},
		"ns1.new.example=192.0.2.1":                             {ns("ns1.new.example.", "192.0.2.1")},
		"ns1.new.example=192.0.2.1 ns1.new.example=2001:db8::1": {ns("ns1.new.example.", "192.0.2.1", "2001:db8::1")},
		"[2001:db8::1] 192.0.2.1": {ns("2001:db8::1.", "2001:db8::1"),
			ns("192.0.2.1.", "192.0.2.1")},
		"<http://ns1.new.example|ns1.new.example>": {ns("ns1.new.example.")},
		"ns1.new.example=::ffff:192.0.2.1":         {ns("ns1.new.example.", "192.0.2.1")},
	} {
		if got, err := diag.ParseThrough(strings.Fields(text), false); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for text, reason := range map[string]string{
		"": "empty", "ns1": "single-label", "ns1.new.example=": "bad-address", "ns1.new.example=x": "bad-address",
		"ns1.new.example=10.0.0.1": "private", "127.0.0.1": "private", "[::1]": "private",
		"ns1.new.example=::ffff:10.0.0.1": "private",
	} {
		var bad *diag.InputError
		if _, err := diag.ParseThrough([]string{text}, false); !errors.As(err, &bad) || bad.Reason != reason {
			t.Errorf("%q: %v, want %s", text, err, reason)
		}
	}
	if _, err := diag.ParseThrough([]string{"10.0.0.1"}, true); err != nil {
		t.Errorf("the operator may name a private address: %v", err)
	}
	var many []string
	for i := range 9 {
		many = append(many, fmt.Sprintf("ns%d.new.example", i))
	}
	if _, err := diag.ParseThrough(many, true); err == nil {
		t.Error("nine servers")
	}
}
