package resolve

import (
	"testing"
	"time"

	"github.com/miekg/dns"
)

// TestRemember: between sessions an answer about another's name serves for its TTL, and the domain's own names are
// always asked anew.
func TestRemember(t *testing.T) {
	w := healthy(t)
	n := w.net()
	n.Remember = true
	now := time.Now()
	n.Now = func() time.Time { return now }
	ask := func() {
		t.Helper()
		s := n.NewSession("good.test")
		defer s.Close()
		for _, name := range []string{"good.test", "web.other.test"} {
			qtype := dns.TypeMX
			if name != "good.test" {
				qtype = dns.TypeA
			}
			if _, err := s.Lookup(t.Context(), name, qtype); err != nil {
				t.Fatal(err)
			}
		}
	}
	count := func(q string) int { return w.count()["192.0.2.3 "+q] + w.count()["192.0.2.4 "+q] }
	ask()
	ask()
	if own, other := count("good.test. MX"), count("web.other.test. A"); own != 2 || other != 1 {
		t.Errorf("asked %d times for the domain's own record, %d times for another's", own, other)
	}
	now = now.Add(memoryLife + time.Hour)
	ask()
	if other := count("web.other.test. A"); other != 2 {
		t.Errorf("after its TTL another's record was asked for %d times in all", other)
	}
}
