package spf

import (
	"slices"
	"testing"

	"signpost/diag/lab"
)

// TestShorten saves what can be saved and nothing else: whoever passed before passes after.
func TestShorten(t *testing.T) {
	zone := `one TXT "v=spf1 a:h1.hosts.test a:h2.hosts.test ~all"
two TXT "v=spf1 include:one.hosts.test a:h3.hosts.test ~all"
soft TXT "v=spf1 ~include:one.hosts.test a:h3.hosts.test ~all"
h1 A 203.0.113.1
h2 A 203.0.113.2
h3 A 203.0.113.3
`
	for _, c := range []struct {
		name, record, want string
		dropped            []string
	}{
		{"nested", "v=spf1 include:one.hosts.test include:two.hosts.test -all", "v=spf1 include:two.hosts.test -all",
			[]string{"include:one.hosts.test"}},
		{"nested but soft", "v=spf1 include:one.hosts.test include:soft.hosts.test -all", "", nil},
		{"twice", "v=spf1 include:one.hosts.test include:one.hosts.test -all", "v=spf1 include:one.hosts.test -all",
			[]string{"include:one.hosts.test"}},
		{"covered", "v=spf1 ip4:192.0.2.0/24 a:mail.shop.test -all", "v=spf1 ip4:192.0.2.0/24 -all",
			[]string{"a:mail.shop.test"}},
		{"not wholly covered", "v=spf1 ip4:192.0.2.0/24 a:mail.shop.test/16 -all", "", nil},
		{"kept while few", "v=spf1 mx a include:one.hosts.test -all", "", nil},
		{"a macro", "v=spf1 exists:%{i}.shop.test -all", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := lab.Start(lab.Zones(map[string]string{"hosts.test": zone,
				"shop.test": "@ A 192.0.2.1\n@ MX 5 mail\nmail A 192.0.2.2\n@ TXT \"" + c.record + "\"\n"}))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			s := l.Net().NewSession("shop.test")
			defer s.Close()
			short, ok := Audit(t.Context(), s, "shop.test").Shorten()
			if ok != (c.want != "") || ok && (short.Record != c.want || !slices.Equal(short.Dropped, c.dropped)) {
				t.Errorf("%+v, %v; want %q without %q", short, ok, c.want, c.dropped)
			}
		})
	}
}
