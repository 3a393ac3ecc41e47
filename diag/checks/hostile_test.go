package checks

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
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

// hostile is a name server that does its worst: it answers each question with octets made beforehand, so that what a diagnosis of its
// domain costs is the diagnosis's own. It hears every question.
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

func mustRR(format string, args ...any) dns.RR {
	rr, err := dns.NewRR(fmt.Sprintf(format, args...))
	if err != nil {
		panic(err)
	}
	return rr
}

func text(name, s string) *dns.TXT {
	t := &dns.TXT{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 60}}
	for len(s) > 255 {
		t.Txt, s = append(t.Txt, s[:255]), s[255:]
	}
	t.Txt = append(t.Txt, s)
	return t
}

const (
	evilAddr   = "203.0.113.66" // serves evil.test
	victimAddr = "203.0.113.77" // serves victim.test, which has done nothing
)

// apex answers what every zone must have, so that the rest is asked at all.
func apex(q dns.Question, m *dns.Msg) bool {
	if q.Name != "evil.test." {
		return false
	}
	switch q.Qtype {
	case dns.TypeNS:
		m.Answer = []dns.RR{mustRR("evil.test. NS ns1.evil.test."), mustRR("evil.test. NS ns2.evil.test.")}
	case dns.TypeSOA:
		m.Answer = []dns.RR{mustRR("evil.test. SOA ns1.evil.test. x.evil.test. 1 7200 3600 1209600 300")}
	case dns.TypeDNSKEY, dns.TypeDS:
		m.Ns = []dns.RR{mustRR("evil.test. SOA ns1.evil.test. x.evil.test. 1 7200 3600 1209600 300")}
	default:
		return false
	}
	return true
}

func nothing(m *dns.Msg) {
	m.Ns = []dns.RR{mustRR("evil.test. SOA ns1.evil.test. x.evil.test. 1 7200 3600 1209600 300")}
}

// bombs are zones that do their worst, by name; unsure are checks that must not say more than they know, deciding the verdict.
var bombs = []struct {
	name   string
	unsure []string
	answer func(q dns.Question, m *dns.Msg)
}{
	{"aliases", []string{"mx", "spf", "dmarc"}, func(q dns.Question, m *dns.Msg) { // 2,900 aliases behind every name
		if apex(q, m) {
			return
		}
		name := q.Name
		for i := range 2900 {
			next := fmt.Sprintf("%x.evil.test.", i)
			m.Answer = append(m.Answer, &dns.CNAME{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: 60}, Target: next})
			name = next
		}
	}},
	{"mail hosts", []string{"mx"}, func(q dns.Question, m *dns.Msg) { // 4,000 MX
		switch {
		case apex(q, m):
		case q.Name == "evil.test." && q.Qtype == dns.TypeMX:
			for i := range 4000 {
				m.Answer = append(m.Answer, &dns.MX{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeMX, Class: dns.ClassINET, Ttl: 60}, Preference: uint16(i), Mx: q.Name})
			}
		case q.Qtype == dns.TypeA:
			m.Answer = []dns.RR{mustRR("%s A 198.51.100.1", q.Name)}
		default:
			nothing(m)
		}
	}},
	{"named mail hosts", []string{"mx"}, func(q dns.Question, m *dns.Msg) { // 2,900 MX, each another host
		switch {
		case apex(q, m):
		case q.Name == "evil.test." && q.Qtype == dns.TypeMX:
			for i := range 2900 {
				m.Answer = append(m.Answer, &dns.MX{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeMX, Class: dns.ClassINET, Ttl: 60}, Preference: 1, Mx: fmt.Sprintf("%x.evil.test.", i)})
			}
		case q.Qtype == dns.TypeA:
			for i := range 500 {
				m.Answer = append(m.Answer, mustRR("%s A 203.0.113.%d", q.Name, 100+i%100))
			}
		default:
			nothing(m)
		}
	}},
	{"long text", nil, func(q dns.Question, m *dns.Msg) { // 54 KB of SPF
		switch {
		case apex(q, m):
		case q.Name == "evil.test." && q.Qtype == dns.TypeTXT:
			m.Answer = []dns.RR{text(q.Name, "v=spf1"+strings.Repeat(" ip4:192.0.2.1 a:b.evil.test mx include:evil.test", 54000/48)+" -all")}
		default:
			nothing(m)
		}
	}},
	{"long text everywhere", nil, func(q dns.Question, m *dns.Msg) { // every name has 60 KB of what is asked for
		if apex(q, m) {
			return
		}
		if q.Qtype != dns.TypeTXT {
			nothing(m)
			return
		}
		for i, begin := range []string{"v=spf1 include:", "v=DMARC1; p=none; rua=mailto:", "v=DKIM1; p=", "v=STSv1; id=", "v=TLSRPTv1; rua=mailto:", "v=BIMI1; l="} {
			m.Answer = append(m.Answer, text(q.Name, fmt.Sprintf("%s%d", begin, i)+strings.Repeat(`x\,;= `, 1600)))
		}
	}},
	{"texts", []string{"spf"}, func(q dns.Question, m *dns.Msg) { // 3,500 SPF records
		switch {
		case apex(q, m):
		case q.Qtype == dns.TypeTXT:
			for range 3500 {
				m.Answer = append(m.Answer, text(q.Name, "v=b"))
			}
		default:
			nothing(m)
		}
	}},
	{"a tree of includes", nil, func(q dns.Question, m *dns.Msg) { // ten more includes in each, without end
		switch {
		case apex(q, m):
		case q.Qtype == dns.TypeTXT:
			s := "v=spf1"
			for i := range 10 {
				s += fmt.Sprintf(" include:%d%s a:%d.victim.test mx:m%d.%s", i, q.Name, i, i, q.Name)
			}
			m.Answer = []dns.RR{text(q.Name, s+" -all")}
		case q.Qtype == dns.TypeMX:
			for i := range 300 {
				m.Answer = append(m.Answer, mustRR("%s MX %d h%d.%s", q.Name, i, i, q.Name))
			}
		default:
			nothing(m)
		}
	}},
	{"report addresses", nil, func(q dns.Question, m *dns.Msg) { // 2,000 domains that want reports
		switch {
		case apex(q, m):
		case q.Name == "_dmarc.evil.test.":
			s := "v=DMARC1; p=none; rua="
			for i := range 2000 {
				s += fmt.Sprintf("mailto:a@d%d.victim.test,", i)
			}
			m.Answer = []dns.RR{text(q.Name, s)}
		default:
			nothing(m)
		}
	}},
	{"delegations", nil, func(q dns.Question, m *dns.Msg) { // NXNSAttack: every name is delegated to servers of a victim's, without glue
		switch {
		case apex(q, m):
		case q.Name == "evil.test." && q.Qtype == dns.TypeMX:
			for i := range 32 {
				m.Answer = append(m.Answer, mustRR("evil.test. MX 1 h.s%d.evil.test.", i))
			}
		case q.Name == "evil.test." && q.Qtype == dns.TypeTXT:
			m.Answer = []dns.RR{text(q.Name, "v=spf1 a:h.t1.evil.test a:h.t2.evil.test include:h.t3.evil.test mx -all")}
		case q.Name == "evil.test.":
			nothing(m)
		default:
			labels := dns.SplitDomainName(q.Name)
			zone := strings.Join(labels[max(0, len(labels)-3):], ".") + "."
			m.Authoritative = false
			for i := range 60 {
				m.Ns = append(m.Ns, mustRR("%s NS %s-%d.victim.test.", zone, labels[max(0, len(labels)-3)], i))
			}
		}
	}},
	{"deeper and deeper", nil, func(q dns.Question, m *dns.Msg) { // a cut at every label, and servers that are aliases of aliases
		if apex(q, m) {
			return
		}
		if q.Name == "evil.test." {
			m.Answer = []dns.RR{mustRR("evil.test. MX 1 %sevil.test.", strings.Repeat("a.", 100))}
			return
		}
		m.Answer = []dns.RR{mustRR("%s CNAME x%d.%s", q.Name, len(q.Name), q.Name[max(0, len(q.Name)-200):])}
	}},
	{"more than was asked", nil, func(q dns.Question, m *dns.Msg) { // thousands of records of others in every section
		for i := range 600 {
			m.Answer = append(m.Answer, mustRR("x%d.evil.test. A 198.51.100.1", i))
			m.Ns = append(m.Ns, mustRR("y%d.evil.test. NS ns.evil.test.", i))
			m.Extra = append(m.Extra, mustRR("z%d.evil.test. A 198.51.100.1", i))
		}
		apex(q, m)
	}},
}

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
	victim := &hostile{asked: map[string]int{}, wires: map[dns.Question][]byte{}, answer: func(_ dns.Question, m *dns.Msg) { m.Rcode = dns.RcodeNameError }}
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
	r := diag.Run(ctx, l.Net(), All(), diag.Target{Domain: "dnssec-trap.example", Unicode: "dnssec-trap.example"}, diag.Options{
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
			t.Logf("%.3f s of CPU, %.1f s, %d questions, %d to one server, %d to the victim, verdict %s", got.cpu.Seconds(), r.Took.Seconds(), r.Queries, got.most, got.victim, r.Verdict())
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

// BenchmarkHostileZones states what a diagnosis of each zone costs: CPU seconds of the whole process, the lab's included.
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
