package checks

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/lab"

	"github.com/miekg/dns"
)

// hostile is a name server that does its worst: it answers each question with octets made beforehand, so that what a
// diagnosis of its domain costs is the diagnosis's own. It hears every question.
type hostile struct {
	answer func(q dns.Question, m *dns.Msg) // fills the answer
	mu     sync.Mutex
	asked  map[string]int // by address
	wires  map[dns.Question][]byte
}

func (h *hostile) wire(addr netip.Addr, query []byte, tcp bool) []byte {
	q := new(dns.Msg)
	if q.Unpack(query) != nil || len(q.Question) != 1 {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked[addr.String()]++
	key := q.Question[0]
	key.Name = strings.ToLower(key.Name)
	wire := h.wires[key]
	if wire == nil {
		m := new(dns.Msg)
		m.SetReply(q)
		m.Authoritative, m.Compress = true, true
		h.answer(key, m)
		var err error
		if wire, err = m.Pack(); err != nil {
			panic(err) // a fault of this test
		}
		if len(h.wires) < 5000 {
			h.wires[key] = wire
		}
	}
	if !tcp && len(wire) > 1232 { // the question alone, truncated (TC)
		n := 12 + len(key.Name) + 1 + 4
		cut := slices.Clone(wire[:n])
		clear(cut[6:12])
		cut[2] |= 2
		wire = cut
	}
	out := slices.Clone(wire)
	copy(out, query[:2])
	return out
}

// pipe is a connection to a hostile server.
type pipe struct {
	h    *hostile
	addr netip.Addr
	tcp  bool
	out  []byte
	gone bool
}

func (p *pipe) Write(b []byte) (int, error) {
	query := b
	if p.tcp {
		query = b[2:]
	}
	p.out = p.h.wire(p.addr, query, p.tcp)
	if p.tcp {
		p.out = append(binary.BigEndian.AppendUint16(nil, uint16(len(p.out))), p.out...)
	}
	return len(b), nil
}

func (p *pipe) Read(b []byte) (int, error) {
	switch {
	case p.gone:
		return 0, net.ErrClosed
	case len(p.out) == 0 && p.tcp:
		return 0, io.EOF
	case len(p.out) == 0:
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(b, p.out)
	p.out = p.out[n:]
	return n, nil
}

func (p *pipe) Close() error                     { p.gone = true; return nil }
func (p *pipe) LocalAddr() net.Addr              { return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)} }
func (p *pipe) RemoteAddr() net.Addr             { return &net.UDPAddr{} }
func (p *pipe) SetDeadline(time.Time) error      { return nil }
func (p *pipe) SetReadDeadline(time.Time) error  { return nil }
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }

// bombed is one diagnosis of a hostile zone, and what it cost.
type bombed struct {
	report *diag.Report
	cpu    time.Duration
	victim int // questions that a third party's server got
	most   int // questions that any one server got
}

// bomb runs all checks on evil.test as the answers have it.
func bomb(ctx context.Context, tb testing.TB, answer func(q dns.Question, m *dns.Msg)) bombed {
	tb.Helper()
	l, err := lab.Start(lab.Zones(map[string]string{
		"evil.test":   "@ NS ns1\n@ NS ns2\nns1 A " + evilAddr + "\nns2 A 203.0.113.67\n",
		"victim.test": "@ NS ns1\nns1 A " + victimAddr + "\n",
	}))
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	h := &hostile{answer: answer, asked: map[string]int{}, wires: map[dns.Question][]byte{}}
	victim := &hostile{asked: map[string]int{}, wires: map[dns.Question][]byte{},
		answer: func(_ dns.Question, m *dns.Msg) { m.Rcode = dns.RcodeNameError }}
	n := l.Net()
	dial := n.Dial
	n.Dial = func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
		switch {
		case to.Port() == 53 && slices.Contains([]string{evilAddr, "203.0.113.67"}, to.Addr().String()):
			return &pipe{h: h, addr: to.Addr(), tcp: network == "tcp"}, nil
		case to.Port() == 53 && to.Addr().String() == victimAddr:
			return &pipe{h: victim, addr: to.Addr(), tcp: network == "tcp"}, nil
		case to.Port() == 25:
			return nil, errors.New("connection refused")
		}
		return dial(ctx, network, to)
	}
	before := cpuTime()
	r := diag.Run(ctx, n, All(), diag.Target{Domain: "evil.test", Unicode: "evil.test"}, diag.Options{
		Providers: labProviders, Resolvers: recursiveOf(l), Registry: l.Registry(), Blocklists: labBlocklists,
	}, nil)
	out := bombed{report: r, cpu: cpuTime() - before}
	h.mu.Lock()
	defer h.mu.Unlock()
	victim.mu.Lock()
	maps.Copy(h.asked, victim.asked)
	victim.mu.Unlock()
	for addr, n := range h.asked {
		out.most = max(out.most, n)
		if addr == victimAddr {
			out.victim = n
		}
	}
	return out
}

// trap is a diagnosis of the lab's zone of colliding keys and signatures (KeyTrap, CVE-2023-50387).
func trap(ctx context.Context, tb testing.TB) bombed {
	tb.Helper()
	l, err := lab.Start()
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	before := cpuTime()
	r := diag.Run(ctx, l.Net(), All(), diag.Target{Domain: "dnssec-trap.example", Unicode: "dnssec-trap.example"},
		diag.Options{
			Providers: labProviders, Resolvers: recursiveOf(l), Registry: l.Registry(), Blocklists: labBlocklists,
		}, nil)
	return bombed{report: r, cpu: cpuTime() - before}
}

func TestKeyTrapCost(t *testing.T) {
	got := trap(t.Context(), t)
	t.Logf("%.3f s of CPU, %d questions, verdict %s", got.cpu.Seconds(), got.report.Queries, got.report.Verdict())
	if got.report.Verdict() == diag.OK || got.cpu > 500*time.Millisecond && !raceDetector {
		t.Errorf("%v of CPU, verdict %s", got.cpu, got.report.Verdict())
	}
}

// TestHostileZones diagnoses each zone: it costs little, floods nobody, and what was cut off is not called fine.
func TestHostileZones(t *testing.T) {
	for _, b := range bombs {
		t.Run(b.name, func(t *testing.T) {
			got := bomb(t.Context(), t, b.answer)
			r := got.report
			t.Logf("%.3f s of CPU, %.1f s, %d questions, %d to one server, %d to the victim, verdict %s", got.cpu.Seconds(),
				r.Took.Seconds(), r.Queries, got.most, got.victim, r.Verdict())
			for _, res := range r.Results {
				t.Logf("  %-12s %-8s %5.2f s  %.150s %s", res.Check, res.Status, res.Took.Seconds(), res.Err, res.Because)
			}
			if got.cpu > 500*time.Millisecond && !raceDetector {
				t.Errorf("%v of CPU", got.cpu)
			}
			if got.most > 300 || got.victim > 300 || r.Queries > 3*2000 {
				t.Errorf("%d questions, %d to one server, %d to the victim", r.Queries, got.most, got.victim)
			}
			if r.Verdict() == diag.OK {
				t.Error("all is well")
			}
			for _, check := range b.unsure {
				if s := r.Result(check).Status; s != diag.Unknown {
					t.Errorf("%s is %s although its answer was cut", check, s)
				}
			}
		})
	}
}

// BenchmarkHostileZones states what a diagnosis of each zone costs: CPU seconds of the whole process, the lab's
// included.
func BenchmarkHostileZones(b *testing.B) {
	b.Run("keytrap", func(b *testing.B) {
		var cpu time.Duration
		for b.Loop() {
			cpu += trap(b.Context(), b).cpu
		}
		b.ReportMetric(cpu.Seconds()/float64(b.N), "CPU-s/check")
	})
	for _, z := range bombs {
		b.Run(strings.ReplaceAll(z.name, " ", "-"), func(b *testing.B) {
			var cpu time.Duration
			questions := 0
			for b.Loop() {
				got := bomb(b.Context(), b, z.answer)
				cpu += got.cpu
				questions += got.report.Queries
			}
			b.ReportMetric(cpu.Seconds()/float64(b.N), "CPU-s/check")
			b.ReportMetric(float64(questions)/float64(b.N), "questions/check")
		})
	}
}
