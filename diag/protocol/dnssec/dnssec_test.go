package dnssec

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// TestSerial reads signature times beyond 2038 and around the wrap of 32 bits (RFC 4034 3.1.5).
func TestSerial(t *testing.T) {
	wrap := time.Unix(1<<32, 0)
	for _, c := range []struct {
		stamp uint32
		now   time.Time
		want  time.Time
	}{
		{1700000000, time.Unix(1700000100, 0), time.Unix(1700000000, 0)},
		{3600, wrap.Add(-time.Hour), wrap.Add(time.Hour)},
		{1<<32 - 3600, wrap.Add(time.Hour), wrap.Add(-time.Hour)},
	} {
		if got := serial(c.stamp, c.now); !got.Equal(c.want) {
			t.Errorf("%d at %s: %s, want %s", c.stamp, c.now, got, c.want)
		}
	}
}

// TestWeak tells what must be replaced from what is fine.
func TestWeak(t *testing.T) {
	rsa := func(algorithm uint8, bits int) *dns.DNSKEY {
		key := append([]byte{3, 1, 0, 1}, make([]byte, bits/8)...)
		return &dns.DNSKEY{Algorithm: algorithm, PublicKey: base64.StdEncoding.EncodeToString(key)}
	}
	for _, c := range []struct {
		rr   dns.RR
		want string
	}{
		{rsa(dns.RSASHA1, 2048), "RSASHA1"}, {rsa(dns.RSASHA1NSEC3SHA1, 2048), "RSASHA1-NSEC3-SHA1"},
		{rsa(dns.RSASHA256, 768), "RSASHA256/768"},
		{rsa(dns.RSASHA256, 2048), ""}, {&dns.DNSKEY{Algorithm: dns.ED25519}, ""},
		{&dns.DNSKEY{Algorithm: dns.RSASHA256, PublicKey: "!"}, ""},
		{&dns.DS{DigestType: dns.SHA1}, "DS SHA1"}, {&dns.DS{DigestType: dns.SHA256}, ""},
	} {
		if got := Weak(c.rr); got != c.want {
			t.Errorf("%v: %q, want %q", c.rr, got, c.want)
		}
	}
}

// FuzzKey reads public keys from anywhere.
func FuzzKey(f *testing.F) {
	f.Add(uint8(8), "AwEAAagAIKlVZrpC6Ia7gEzahOR+9W29euxhJhVVLOyQbSEW0O8gcCjF")
	f.Add(uint8(5), "AAAB")
	f.Fuzz(func(t *testing.T, algorithm uint8, key string) {
		k := &dns.DNSKEY{Algorithm: algorithm, PublicKey: key}
		if bits := rsaBits(k); bits < 0 || bits > 8*len(key) {
			t.Errorf("%d bits in %q", bits, key)
		}
		_ = Weak(k)
		_ = matches(&dns.DS{DigestType: dns.SHA256, Algorithm: algorithm, KeyTag: k.KeyTag()}, k)
	})
}
