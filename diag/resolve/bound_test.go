package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/diag/courtesy"

	"github.com/miekg/dns"
)

// chainOf is n aliases from a0.good.test., in the order that the step gives, and an address at the end.
func chainOf(n int, order func([]string)) string {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf("a%d.good.test. 60 IN CNAME a%d.good.test.", i, i+1))
	}
	lines = append(lines, fmt.Sprintf("a%d.good.test. 60 IN A 198.51.100.1", n))
	if order != nil {
		order(lines)
	}
	return strings.Join(lines, "\n")
}

func rrs(t *testing.T, text string) (out []dns.RR) {
	t.Helper()
	for line := range strings.Lines(text) {
		rr, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, rr)
	}
	return out
}

func TestOnChain(t *testing.T) {
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format+"\n", i)
		}
		return b.String()
	}
	const a0 = "a0.good.test."
	for name, c := range map[string]struct {
		name    string
		qtype   uint16
		section string
		kept    int
		omitted int
		err     error
		final   string
	}{
		"plain":              {a0, dns.TypeA, a0 + " A 198.51.100.1", 1, 0, nil, a0},
		"sixteen links":      {a0, dns.TypeA, chainOf(16, nil), 17, 0, nil, "a16.good.test."},
		"backwards":          {a0, dns.TypeA, chainOf(16, slices.Reverse), 17, 0, nil, "a16.good.test."},
		"seventeen links":    {a0, dns.TypeA, chainOf(17, nil), 0, 0, ErrLongChain, ""},
		"as many as fit":     {a0, dns.TypeA, chainOf(2900, nil), 0, 0, ErrLongChain, ""},
		"asked for an alias": {a0, dns.TypeCNAME, chainOf(2900, nil), 1, 0, nil, a0},
		"circle": {a0, dns.TypeA, "a0.good.test. CNAME b.good.test.\nb.good.test. CNAME a0.good.test.", 2, 0, nil,
			a0},
		"off the chain": {a0, dns.TypeA,
			"x.good.test. A 192.0.2.1\na0.good.test. CNAME b.test.\nb.test. A 192.0.2.2\nc.test. A 192.0.2.3", 2, 0, nil,
			"b.test."},
		"the alias last": {a0, dns.TypeTXT, many(700, `b.test. TXT "%d"`) + "a0.good.test. CNAME b.test.", 501, 200, nil,
			"b.test."},
		"thousands of MX":    {a0, dns.TypeMX, many(4000, "a0.good.test. MX 10 m%d.good.test."), 500, 3500, nil, a0},
		"other names' crowd": {a0, dns.TypeMX, many(4000, "x%d.good.test. MX 10 m.good.test."), 0, 0, nil, a0},
		"upper case":         {a0, dns.TypeA, "A0.Good.TEST. CNAME B.test.\nb.TEST. A 192.0.2.2", 2, 0, nil, "b.test."},
		"DNAME above": {"www.old.test.", dns.TypeA,
			"old.test. DNAME new.test.\nwww.old.test. CNAME www.new.test.\nwww.new.test. A 192.0.2.2", 3, 0, nil,
			"www.new.test."},
		"DNAME, and its owner is the target": {
			"www.old.test.", dns.TypeA, "old.test. DNAME new.test.\nwww.old.test. CNAME old.test.\nold.test. A 192.0.2.2", 3, 0,
			nil, "old.test.",
		},
		"transfer": {a0, dns.TypeAXFR, many(700, "x%d.good.test. MX 10 m.good.test."), 500, 0, nil, a0},
	} {
		q := Question{c.name, c.qtype}
		kept, omitted, err := onChain(q, rrs(t, c.section))
		if len(kept) != c.kept || omitted != c.omitted || !errors.Is(err, c.err) {
			t.Errorf("%s: kept %d, omitted %d, %v; want %d, %d, %v", name, len(kept), omitted, err, c.kept, c.omitted, c.err)
		}
		if got := (&Answer{Question: q, RRs: kept}).Final(); err == nil && got != c.final {
			t.Errorf("%s: ends at %s, want %s", name, got, c.final)
		}
	}
}

// TestUnpackOfMany: of a message of many records the first of each section are read, and they are what is read of a
// small one.
func TestUnpackOfMany(t *testing.T) {
	m := new(dns.Msg)
	m.SetQuestion("a0.good.test.", dns.TypeMX)
	m.Response, m.Compress = true, true
	for i := range 900 {
		m.Answer = append(m.Answer, rrs(t, fmt.Sprintf("a0.good.test. MX %d m%d.good.test.", i, i))...)
		m.Ns = append(m.Ns, rrs(t, fmt.Sprintf("good.test. NS n%d.good.test.", i))...)
	}
	m.Extra = rrs(t, "n1.good.test. A 192.0.2.9")
	m.SetEdns0(1232, true)
	wire, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	got, more, err := unpack(slices.Clone(wire))
	if err != nil || more != 2*(900-516) || len(got.Answer) != 516 || len(got.Ns) != 516 || len(got.Extra) != 2 {
		t.Fatalf("%v, %d passed over", err, more)
	}
	for i := range 516 {
		if got.Answer[i].String() != m.Answer[i].String() || got.Ns[i].String() != m.Ns[i].String() {
			t.Fatalf("record %d: %s, %s", i, got.Answer[i], got.Ns[i])
		}
	}
	if got.Extra[0].String() != m.Extra[0].String() || got.IsEdns0() == nil {
		t.Errorf("additional section %v", got.Extra)
	}
	for n := 12; n < len(wire); n += 97 { // cut off anywhere, and with octets turned
		bent := slices.Clone(wire)
		bent[n] ^= 0xff
		_, _, _ = unpack(bent)
		if got, _, err := unpack(slices.Clone(wire[:n])); err == nil && len(got.Answer) > 516 {
			t.Errorf("%d octets: %d records", n, len(got.Answer))
		}
	}
}

// TestLimitsAreNoted: who gets an answer of which a part was left out is told, each time; who gets a whole one is not.
func TestLimitsAreNoted(t *testing.T) {
	var crowd strings.Builder
	for i := range 600 {
		fmt.Fprintf(&crowd, "crowd.good.test. A 203.0.113.%d\n", i%250)
	}
	w := newWire(t)
	w.serve("192.0.2.1", rootZone, nil)
	w.serve("192.0.2.2", tldZone, nil)
	w.serve("192.0.2.3", goodZone+crowd.String(), func(tcp bool, _, m *dns.Msg) *dns.Msg {
		if !tcp {
			m.Truncate(1232)
		}
		m.Compress = true
		return m
	})
	n := w.net()
	s := n.NewSession("good.test")
	defer s.Close()
	for range 2 {
		var whole, part Limits
		if _, err := s.Lookup(WithLimits(t.Context(), &whole), "good.test", dns.TypeMX); err != nil || whole.Err() != nil {
			t.Errorf("%v, noted %v", err, whole.Err())
		}
		a, err := s.Lookup(WithLimits(t.Context(), &part), "crowd.good.test", dns.TypeA)
		if err != nil || len(a.Records()) != maxRecords || a.Omitted != 100 {
			t.Fatalf("%v, %v", a, err)
		}
		if !errors.Is(part.Err(), ErrLargeAnswer) {
			t.Errorf("noted %v", part.Err())
		}
	}
	if _, _, err := s.Signed(t.Context(), "crowd.good.test", dns.TypeA); !errors.Is(err, ErrLargeAnswer) {
		t.Errorf("a part of a set was given to be verified: %v", err)
	}
	var f *Failure
	_, err := s.Ask(context.Background(), netip.MustParseAddrPort("192.0.2.3:53"), "crowd.good.test", dns.TypeA, UDP)
	if errors.As(err, &f) {
		t.Errorf("over UDP alone: %v", err)
	}
}

// BenchmarkAliasBomb reads a message of 2,900 aliases, and all that is made of it.
func BenchmarkAliasBomb(b *testing.B) {
	m := new(dns.Msg)
	m.SetQuestion("a0.good.test.", dns.TypeA)
	m.Id, m.Response, m.Compress = 7, true, true
	for line := range strings.Lines(chainOf(2900, nil)) {
		rr, err := dns.NewRR(line)
		if err != nil {
			b.Fatal(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	wire, err := m.Pack()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := read(wire, 7, Question{"a0.good.test.", dns.TypeA}, netip.AddrPort{}); !errors.Is(err, ErrLongChain) {
			b.Fatal(err)
		}
	}
}

// TestPanicOnTheWay: whatever breaks while a question is under way costs this question.
func TestPanicOnTheWay(t *testing.T) {
	n := &Net{
		Roots: []NameServer{{Name: "root.", Glue: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}},
		Dial:  func(context.Context, string, netip.AddrPort) (net.Conn, error) { panic("boom") },
	}
	s := n.NewSession("good.test")
	defer s.Close()
	if _, err := s.Lookup(t.Context(), "good.test", dns.TypeMX); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("%v", err)
	}
	if _, _, err := s.Addrs(t.Context(), "good.test"); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("%v", err)
	}
}

// TestQuestionsToOneServer: nobody's server gets more than 300 questions for one diagnosis, and whoever asks on is told
// why.
func TestQuestionsToOneServer(t *testing.T) {
	w := newWire(t)
	w.serve("192.0.2.1", rootZone, nil)
	w.serve("192.0.2.2", "test. SOA a. b. 1 2 3 4 5\ntest. NS ns.test.\none.test. NS ns.one.test.\nns.one.test. A 192.0.2.3\n", nil)
	w.serve("192.0.2.3", "one.test. SOA a. b. 1 2 3 4 60\none.test. NS ns.one.test.\n", nil)
	s := w.net().NewSession("one.test")
	defer s.Close()
	var limits Limits
	ctx := WithLimits(t.Context(), &limits)
	busy := 0
	for i := range 350 {
		_, err := s.Lookup(ctx, fmt.Sprintf("n%d.one.test", i), dns.TypeA)
		if errors.Is(err, ErrBusy) {
			busy++
		} else if err != nil || limits.Err() != nil {
			t.Fatal(err, limits.Err())
		}
	}
	total := 0
	for q, n := range w.count() {
		if strings.HasPrefix(q, "192.0.2.3 ") {
			total += n
		}
	}
	if total != maxToServer || busy != 50 || !errors.Is(limits.Err(), ErrBusy) {
		t.Errorf("%d questions came, %d were refused, noted %v", total, busy, limits.Err())
	}
	// A resolver that the operator chose is asked as often as there are questions.
	n := &Net{Dial: w.dial, Resolvers: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.3:53")}, ResolversOnly: true}
	s2 := n.NewSession("one.test")
	defer s2.Close()
	for i := range 350 {
		if _, err := s2.Lookup(t.Context(), fmt.Sprintf("n%d.one.test", i), dns.TypeA); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOctetsOfAnswers: a diagnosis takes 16 MB of answers, whatever comes with each.
func TestOctetsOfAnswers(t *testing.T) {
	var large strings.Builder
	for i := range 240 {
		fmt.Fprintf(&large, "big.test. TXT \"%03d%s\"\n", i, strings.Repeat("x", 250))
	}
	w := newWire(t)
	w.serve("192.0.2.1", "", func(tcp bool, q, _ *dns.Msg) *dns.Msg {
		m := new(dns.Msg).SetReply(q)
		if m.Truncated = !tcp; tcp {
			for line := range strings.Lines(large.String()) {
				rr, _ := dns.NewRR(line)
				rr.Header().Name = q.Question[0].Name
				m.Answer = append(m.Answer, rr)
			}
			m.Compress = true
		}
		return m
	})
	s := w.net().NewSession("big.test")
	defer s.Close()
	var limits Limits
	at, refused := netip.MustParseAddrPort("192.0.2.1:53"), 0
	for i := range 290 {
		_, err := s.Ask(WithLimits(t.Context(), &limits), at, fmt.Sprintf("n%d.big.test", i), dns.TypeTXT, TCP)
		if errors.Is(err, ErrTooMuch) {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if got := s.octets.Load(); got < maxOctets || got > maxOctets+65535 || refused < 20 ||
		!errors.Is(limits.Err(), ErrTooMuch) {
		t.Errorf("%d octets, %d refused, noted %v", got, refused, limits.Err())
	}
}

// TestPublicResolversAreSpared: what strangers run for everybody is asked at a decent pace, whoever asks us; the
// operator's own is not bound.
func TestPublicResolversAreSpared(t *testing.T) {
	w := newWire(t)
	w.serve("192.0.2.8", rootZone, nil)
	w.serve("192.0.2.9", rootZone, nil)
	n := w.net()
	public, own := netip.MustParseAddrPort("192.0.2.8:53"), netip.MustParseAddrPort("192.0.2.9:53")
	n.Resolvers = []netip.AddrPort{own}
	n.Public.PerSecond, n.Public.Burst = 0.001, 3
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	first := n.NewSession("a.test")
	defer first.Close()
	for i := range 3 {
		if _, err := first.Recurse(ctx, public, fmt.Sprintf("n%d.test", i), dns.TypeA, Plain); err != nil {
			t.Fatal(err)
		}
	}
	second := n.NewSession("b.test") // of another person
	defer second.Close()
	var limits Limits
	if _, err := second.Recurse(WithLimits(ctx, &limits), public, "n4.test", dns.TypeA, Plain); !errors.Is(err,
		courtesy.ErrTooOften) || !errors.Is(limits.Err(), courtesy.ErrTooOften) {
		t.Errorf("%v, noted %v", err, limits.Err())
	}
	if _, err := first.Recurse(ctx, public, "n1.test", dns.TypeA, Plain); err != nil {
		t.Errorf("what is known already: %v", err)
	}
	for i := range 10 {
		if _, err := second.Recurse(ctx, own, fmt.Sprintf("n%d.test", i), dns.TypeA, Plain); err != nil {
			t.Fatal(err)
		}
	}
}
