package registry

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"signpost/diag/courtesy"
	"signpost/diag/resolve"
)

// TestReadWhois reads the forms that registries without RDAP write.
func TestReadWhois(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Registration
		err        error
	}{
		{"cn", "Domain Name: shop.cn\nROID: x\nDomain Status: clientHold\nDomain Status: clientTransferProhibited\nSponsoring Registrar: 示例公司\nRegistration Time: 2019-03-01 08:00:00\nExpiration Time: 2027-03-01 08:00:00\n",
			Registration{Domain: "shop.cn", Registrar: "示例公司", Status: []string{"clientHold", "clientTransferProhibited"},
				Expires: time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)}, nil},
		{"cn unknown", "No matching record.\n", Registration{}, ErrNotRegistered},
		{"generic", "   Domain Name: SHOP.IO\r\n   Registrar URL: https://registrar.example\r\n   Registry Expiry Date: 2026-12-31T10:00:00Z\r\n   Registrar: Example Inc.\r\n   Domain Status: ok https://icann.org/epp#ok\r\n>>> Last update: now <<<\r\n",
			Registration{Domain: "shop.io", Registrar: "Example Inc.", RegistrarURL: "https://registrar.example",
				Status: []string{"ok"}, Expires: time.Date(2026, 12, 31, 10, 0, 0, 0, time.UTC)}, nil},
		{"brackets", "[Domain Name]                SHOP.JP\n[Registrant] 店\n[Expires on]  2027/03/31\n[Status]  Active\n",
			Registration{Domain: "shop.jp", Status: []string{"Active"}, Expires: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)},
			nil},
		{"dots", "domain.............: shop.fi\nstatus.............: Registered\nexpires............: 31.8.2027 00:00:00\n",
			Registration{Domain: "shop.fi", Status: []string{"Registered"}}, nil},
		{"ru", "domain:        SHOP.RU\nstate:         REGISTERED, DELEGATED, VERIFIED\nregistrar:     EXAMPLE-RU\npaid-till:     2027-02-01T21:00:00Z\n",
			Registration{Domain: "shop.ru", Registrar: "EXAMPLE-RU", Status: []string{"REGISTERED", "DELEGATED", "VERIFIED"},
				Expires: time.Date(2027, 2, 1, 21, 0, 0, 0, time.UTC)}, nil},
		{"free", "% comment\nDomain: shop.de\nStatus: free\n", Registration{}, ErrNotRegistered},
		{"busy", "too many requests\n", Registration{}, ErrAnswer},
		{"nothing", "", Registration{}, ErrAnswer},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadWhois(c.text)
			if !errors.Is(err, c.err) {
				t.Fatalf("%v, want %v", err, c.err)
			}
			if err != nil {
				return
			}
			w := c.want
			if got.Domain != w.Domain || got.Registrar != w.Registrar || got.RegistrarURL != w.RegistrarURL ||
				!got.Expires.Equal(w.Expires) || !slices.Equal(got.Status, w.Status) {
				t.Errorf("got  %+v\nwant %+v", *got, w)
			}
		})
	}
}

// TestReadRDAP reads what RFC 9083 5.3 shows, and refuses what is no domain.
func TestReadRDAP(t *testing.T) {
	got, err := ReadRDAP([]byte(`{"objectClassName":"domain","ldhName":"SHOP.EXAMPLE","status":["client hold","server transfer prohibited"],
"events":[{"eventAction":"expiration","eventDate":"2027-01-02T03:04:05Z"},{"eventAction":"last changed","eventDate":"2020-01-01T00:00:00Z"}],
"entities":[{"objectClassName":"entity","roles":["abuse"]},{"objectClassName":"entity","handle":"292","roles":["registrar"],"vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text","Example\u0007 Registrar"]]],
"links":[{"rel":"about","href":"https://registrar.example/"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got.Domain != "shop.example" || got.Registrar != `Example\007 Registrar` ||
		got.RegistrarURL != "https://registrar.example/" ||
		!got.Has("clientHold") || !got.Has("serverTransferProhibited") ||
		!got.Expires.Equal(time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("%+v", got)
	}
	for _, bad := range []string{"", "[]", "{", `{"objectClassName":"nameserver","ldhName":"ns1.example"}`,
		`{"errorCode":429}`} {
		if r, err := ReadRDAP([]byte(bad)); !errors.Is(err, ErrAnswer) {
			t.Errorf("%q: %+v, %v", bad, r, err)
		}
	}
}

// TestRegistrable finds the name that a registry knows.
func TestRegistrable(t *testing.T) {
	for domain, want := range map[string]string{
		"a.b.example.com": "example.com", "example.co.uk": "example.co.uk", "shop.com.cn": "shop.com.cn",
		"me.github.io": "github.io", "x.example.invalid": "example.invalid",
	} {
		if got, err := Registrable(domain); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", domain, got, err, want)
		}
	}
	if _, err := Registrable("com"); err == nil {
		t.Error("a registry's own name was taken for a registered one")
	}
}

// TestDefault finds the servers of the world's registries.
func TestDefault(t *testing.T) {
	d := Default()
	for name, want := range map[string]string{"example.com": "https://rdap.verisign.com/com/v1/",
		"example.org": "https://rdap.publicinterestregistry.org/rdap/"} {
		if got := d.urls(name); len(got) == 0 || !strings.HasPrefix(got[0], strings.TrimSuffix(want, "/")) {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
	if d.whois["cn"] == "" || len(d.urls("example.cn")) > 0 {
		t.Error(".cn has WHOIS, not RDAP")
	}
}

// FuzzWhois reads anything: bounded, printable, never a registration without a fact.
func FuzzWhois(f *testing.F) {
	f.Add("Domain Name: shop.cn\nDomain Status: ok\nExpiration Time: 2027-03-01 08:00:00\n")
	f.Add("No match for \"X\".\n[Expires on] 2027/03/31")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ReadWhois(text)
		if (r == nil) == (err == nil) {
			t.Fatalf("%+v, %v", r, err)
		}
		if r != nil {
			harmless(t, r)
			if r.Registrar == "" && r.Expires.IsZero() && len(r.Status) == 0 {
				t.Errorf("nothing was found in %q", text)
			}
		}
	})
}

// FuzzRDAP reads anything: it ends, without a panic, and what it gives is bounded.
func FuzzRDAP(f *testing.F) {
	f.Add([]byte(`{"objectClassName":"domain","ldhName":"x.example","status":["ok"],"events":[{"eventAction":"expiration","eventDate":"2027-01-02T03:04:05Z"}]}`))
	f.Add([]byte(`{"objectClassName":"domain","entities":[{"roles":["registrar"],"vcardArray":["vcard",[["fn",{},"text",["a",1]]]]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := ReadRDAP(body)
		if (r == nil) == (err == nil) {
			t.Fatalf("%+v, %v", r, err)
		}
		if r != nil {
			harmless(t, r)
		}
	})
}

func harmless(t *testing.T, r *Registration) {
	t.Helper()
	if len(r.Status) > maxStatus {
		t.Errorf("%d states", len(r.Status))
	}
	for _, s := range append([]string{r.Registrar, r.RegistrarURL, r.Domain}, r.Status...) {
		if len([]rune(s)) > maxWord+1 || !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n\x00\x1b") {
			t.Errorf("%q is not one short line", s)
		}
	}
}

// TestRegistriesAreSpared: a registry that was asked often is left in peace for now, and does not count as out of reach
// for it.
func TestRegistriesAreSpared(t *testing.T) {
	d, err := New([]byte(`{"version":"1.0","services":[]}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	d.pace.PerSecond, d.pace.Burst = 0.001, 1
	n := &resolve.Net{Dial: func(context.Context, string, netip.AddrPort) (net.Conn, error) {
		t.Error("it was asked")
		return nil, errors.New("no")
	}}
	s := n.NewSession("shop.example")
	defer s.Close()
	for _, server := range []string{"https://rdap.example/", "whois.example"} {
		if err := d.pace.Wait(t.Context(), server); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.askRDAP(t.Context(), s, []string{"https://rdap.example/"}, "shop.example"); !errors.Is(err,
		courtesy.ErrTooOften) || d.isDown("https://rdap.example/") {
		t.Errorf("RDAP: %v", err)
	}
	if _, err := d.askWhois(t.Context(), s, "whois.example", "shop.example"); !errors.Is(err, courtesy.ErrTooOften) ||
		d.isDown("whois.example") {
		t.Errorf("WHOIS: %v", err)
	}
}
