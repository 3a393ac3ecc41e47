package lab

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// patience is how long a test waits for what must not come; everything else comes at once.
const patience = 150 * time.Millisecond

// question asks one server of the lab with a plain client. Edns 0: without EDNS.
func question(t *testing.T, l *Lab, network, server, name string, qtype, edns uint16) (*dns.Msg, error) {
	t.Helper()
	q := new(dns.Msg)
	q.SetQuestion(name, qtype)
	if edns > 0 {
		q.SetEdns0(edns, false)
	}
	conn, err := l.dial(t.Context(), network, netip.MustParseAddrPort(server+":53"))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	c := &dns.Conn{Conn: conn, UDPSize: max(edns, dns.MinMsgSize)}
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if err := c.WriteMsg(q); err != nil {
		return nil, err
	}
	return c.ReadMsg()
}

func ask(t *testing.T, l *Lab, network, server, name string, qtype uint16) *dns.Msg {
	t.Helper()
	m, err := question(t, l, network, server, name, qtype, 1232)
	if err != nil {
		t.Fatalf("%s of %s over %s: %v", name, server, network, err)
	}
	return m
}

// data is the records' data, in order.
func data(rrs []dns.RR) string {
	var out []string
	for _, rr := range rrs {
		out = append(out, strings.TrimPrefix(rr.String(), rr.Header().String()))
	}
	return strings.Join(out, "; ")
}

const plainZone = `
@ MX 10 mx
@ TXT "v=spf1 mx -all"
mx A 192.0.2.80
a.deep.name A 192.0.2.81
alias CNAME mx
away CNAME www.other.test.
loop CNAME pool
pool CNAME loop
*.wild TXT "any"
big TXT "` + longText + `" "` + longText + `" "` + longText + `"
`

const longText = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" +
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"

func TestAnswers(t *testing.T) {
	l := start(t, Zones(map[string]string{"plain.test": plainZone, "sub.plain.test": "@ A 192.0.2.82",
		"other.test": "www A 192.0.2.83", "firm.co.uk": ""}))
	for _, c := range []struct {
		server, name string
		qtype        uint16
		aa           bool
		rcode        int
		answer, ns   string
		extra        string
	}{
		{rootAddr, "plain.test.", dns.TypeMX, false, 0, "", "ns1.test.; ns2.test.", "192.0.2.2; 198.51.100.2"},
		{tldAddr1, "mx.plain.test.", dns.TypeA, false, 0, "", "ns1.plain.test.; ns2.plain.test.",
			"192.0.2.11; 198.51.100.12"},
		{tldAddr2, "nobody.test.", dns.TypeA, true, dns.RcodeNameError, "", "SOA", ""},
		{tldAddr1, "uk.", dns.TypeNS, true, 0, "ns1.uk.; ns2.uk.", "", ""},
		{tldAddr1, "firm.co.uk.", dns.TypeDS, true, 0, "", "SOA", ""},
		{sharedAddr1, "plain.test.", dns.TypeMX, true, 0, "10 mx.plain.test.", "", ""},
		{sharedAddr2, "PLAIN.test.", dns.TypeTXT, true, 0, `"v=spf1 mx -all"`, "", ""},
		{sharedAddr1, "mx.plain.test.", dns.TypeAAAA, true, 0, "", "SOA", ""},
		{sharedAddr1, "deep.name.plain.test.", dns.TypeA, true, 0, "", "SOA", ""},
		{sharedAddr1, "name.plain.test.", dns.TypeA, true, 0, "", "SOA", ""},
		{sharedAddr1, "no.name.plain.test.", dns.TypeA, true, dns.RcodeNameError, "", "SOA", ""},
		{sharedAddr1, "alias.plain.test.", dns.TypeA, true, 0, "mx.plain.test.; 192.0.2.80", "", ""},
		{sharedAddr1, "alias.plain.test.", dns.TypeCNAME, true, 0, "mx.plain.test.", "", ""},
		{sharedAddr1, "away.plain.test.", dns.TypeA, true, 0, "www.other.test.", "", ""},
		{sharedAddr1, "x.y.wild.plain.test.", dns.TypeTXT, true, 0, `"any"`, "", ""},
		{sharedAddr1, "x.wild.plain.test.", dns.TypeA, true, 0, "", "SOA", ""},
		{sharedAddr1, "sub.plain.test.", dns.TypeA, true, 0, "192.0.2.82", "", ""},
		{sharedAddr1, "elsewhere.test.", dns.TypeA, false, dns.RcodeRefused, "", "", ""},
		{sharedAddr1, "plain.test.", dns.TypeAXFR, false, dns.RcodeRefused, "", "", ""},
		{sharedAddr1, "plain.test.", dns.TypeNS, true, 0, "ns1.plain.test.; ns2.plain.test.", "", ""},
	} {
		m := ask(t, l, "tcp", c.server, c.name, c.qtype)
		ns := data(m.Ns)
		if len(m.Ns) == 1 && m.Ns[0].Header().Rrtype == dns.TypeSOA {
			ns = "SOA"
		}
		extra := data(m.Extra[:len(m.Extra)-1])
		if m.Authoritative != c.aa || m.Rcode != c.rcode || data(m.Answer) != c.answer || ns != c.ns || extra != c.extra ||
			m.RecursionAvailable {
			t.Errorf("%s %s at %s: aa %v, %s, answer %q, ns %q, extra %q", c.name, dns.Type(c.qtype), c.server, m.Authoritative,
				dns.RcodeToString[m.Rcode], data(m.Answer), ns, extra)
		}
	}
	if m := ask(t, l, "udp", sharedAddr1, "loop.plain.test.", dns.TypeA); len(m.Answer) != 8 {
		t.Errorf("a CNAME circle: %d records", len(m.Answer))
	}
}

func TestSizes(t *testing.T) {
	l := start(t, Zones(map[string]string{"plain.test": plainZone}))
	for _, c := range []struct {
		network string
		edns    uint16
		cut     bool
	}{{"udp", 0, true}, {"udp", 512, true}, {"udp", 1232, false}, {"tcp", 0, false}} {
		m, err := question(t, l, c.network, sharedAddr1, "big.plain.test.", dns.TypeTXT, c.edns)
		if err != nil || m.Truncated != c.cut || (len(m.Answer) == 0) != c.cut || (m.IsEdns0() != nil) != (c.edns > 0) {
			t.Errorf("%s, EDNS %d: %v, %v", c.network, c.edns, m, err)
		}
	}
}

func TestManyQuestionsOnOneConnection(t *testing.T) {
	l := start(t, Zones(map[string]string{"plain.test": plainZone}), Latency(30*time.Millisecond))
	conn, err := l.dial(t.Context(), "tcp", netip.MustParseAddrPort(sharedAddr1+":53"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &dns.Conn{Conn: conn}
	began := time.Now()
	for i := range 20 {
		q := new(dns.Msg)
		q.SetQuestion("plain.test.", dns.TypeMX)
		q.Id = uint16(i)
		if err := c.WriteMsg(q); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[uint16]bool{}
	for range 20 {
		m, err := c.ReadMsg()
		if err != nil {
			t.Fatal(err)
		}
		seen[m.Id] = true
	}
	if took := time.Since(began); len(seen) != 20 || took < 30*time.Millisecond || took > 300*time.Millisecond {
		t.Errorf("%d different answers in %v", len(seen), took)
	}
}

func TestFaults(t *testing.T) {
	zones := map[string]string{"a.test": "@ NS ns1\n@ NS ns2\nns1 A 192.0.2.21\nns2 A 203.0.113.21\n@ MX 10 mx\n@ TXT text\nmx A 192.0.2.80\n", "b.test": "@ TXT b"}
	const bad = "203.0.113.21"
	for _, c := range []struct {
		about string
		b     Behaviour
		check func(udp, tcp *dns.Msg, udpErr, tcpErr error) bool
	}{
		{"drop", Behaviour{Drop: true}, func(_, _ *dns.Msg, u, c error) bool { return isTimeout(u) && isTimeout(c) }},
		{"drop UDP", Behaviour{DropUDP: true},
			func(_, m *dns.Msg, u, c error) bool { return isTimeout(u) && len(m.Answer) == 1 }},
		{"no TCP", Behaviour{NoTCP: true}, func(m, _ *dns.Msg, _, c error) bool {
			return len(m.Answer) == 1 && errors.Is(c, syscall.ECONNREFUSED)
		}},
		{"no TCP for a zone", Behaviour{NoTCP: true, Zone: "a.test"}, func(m, _ *dns.Msg, _, c error) bool {
			return len(m.Answer) == 1 && errors.Is(c, io.EOF)
		}},
		{"truncate", Behaviour{Truncate: true}, func(m, n *dns.Msg, _, _ error) bool {
			return m.Truncated && len(m.Answer) == 0 && !n.Truncated && len(n.Answer) == 1
		}},
		{"garbage", Behaviour{Garbage: true},
			func(_, _ *dns.Msg, u, c error) bool { return u != nil && c != nil && !isTimeout(u) }},
		{"wrong id", Behaviour{WrongID: true}, func(m, n *dns.Msg, _, _ error) bool { return m.Id != 7 && n.Id != 7 }},
		{"wrong question", Behaviour{WrongQuestion: true}, func(m, _ *dns.Msg, _, _ error) bool {
			return m.Question[0].Name == "other.invalid."
		}},
		{"lame", Behaviour{Lame: true}, func(m, _ *dns.Msg, _, _ error) bool {
			return m.Rcode == dns.RcodeRefused && !m.Authoritative && m.Answer == nil
		}},
		{"no authority", Behaviour{NoAA: true},
			func(m, _ *dns.Msg, _, _ error) bool { return !m.Authoritative && len(m.Answer) == 1 }},
		{"upward", Behaviour{Upward: true}, func(m, _ *dns.Msg, _, _ error) bool {
			return !m.Authoritative && m.Answer == nil && m.Ns[0].Header().Name == "."
		}},
		{"rcode with EDE", Behaviour{Rcode: dns.RcodeServerFailure, EDE: dns.ExtendedErrorCodeDNSBogus, EDEText: "why"},
			func(m, _ *dns.Msg, _, _ error) bool {
				e, ok := m.IsEdns0().Option[0].(*dns.EDNS0_EDE)
				return m.Rcode == dns.RcodeServerFailure && m.Answer == nil && ok && e.InfoCode == 6 && e.ExtraText == "why"
			}},
		{"huge text", Behaviour{HugeTXT: true},
			func(m, n *dns.Msg, _, _ error) bool { return m.Truncated && n.Len() > 60000 }},
		{"delay", Behaviour{Delay: time.Hour}, func(_, _ *dns.Msg, u, c error) bool { return isTimeout(u) && isTimeout(c) }},
		{"of another type", Behaviour{Drop: true, Type: dns.TypeMX},
			func(m, _ *dns.Msg, _, _ error) bool { return len(m.Answer) == 1 }},
		{"of another name", Behaviour{Drop: true, Name: "mx.a.test"},
			func(m, _ *dns.Msg, _, _ error) bool { return len(m.Answer) == 1 }},
		{"of this name", Behaviour{Rcode: dns.RcodeNotImplemented, Name: "A.Test", Type: dns.TypeTXT},
			func(m, _ *dns.Msg, _, _ error) bool {
				return m.Rcode == dns.RcodeNotImplemented
			}},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			l := start(t, Zones(zones), Faulty(bad, c.b))
			u, uErr := patient(t, l, "udp", bad)
			n, nErr := patient(t, l, "tcp", bad)
			defer func() {
				if v := recover(); v != nil {
					t.Errorf("udp %v (%v), tcp %v (%v): %v", u, uErr, n, nErr, v)
				}
			}()
			if !c.check(u, n, uErr, nErr) {
				t.Errorf("udp %v (%v), tcp %v (%v)", u, uErr, n, nErr)
			}
			if m := ask(t, l, "udp", "192.0.2.21", "a.test.", dns.TypeTXT); data(m.Answer) != `"text"` {
				t.Errorf("the other server: %v", m)
			}
		})
	}
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// patient asks for a.test's text and waits a little.
func patient(t *testing.T, l *Lab, network, server string) (*dns.Msg, error) {
	conn, err := l.dial(t.Context(), network, netip.MustParseAddrPort(server+":53"))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	c := &dns.Conn{Conn: conn, UDPSize: 1232}
	q := new(dns.Msg)
	q.SetQuestion("a.test.", dns.TypeTXT)
	q.SetEdns0(1232, false)
	q.Id = 7
	if err := c.WriteMsg(q); err != nil {
		return nil, err
	}
	return c.ReadMsg()
}

func TestTransfer(t *testing.T) {
	l := start(t, Zones(map[string]string{"a.test": plainZone}), Faulty("ns2.a.test.", Behaviour{AllowTransfer: true}))
	m := ask(t, l, "tcp", sharedAddr2, "a.test.", dns.TypeAXFR)
	first, last := m.Answer[0].Header().Rrtype, m.Answer[len(m.Answer)-1].Header().Rrtype
	if len(m.Answer) != 16 || first != dns.TypeSOA || last != dns.TypeSOA {
		t.Errorf("%d records: %v", len(m.Answer), m.Answer)
	}
	for _, c := range []struct{ network, server, name string }{{"tcp", sharedAddr1, "a.test."},
		{"udp", sharedAddr2, "a.test."}, {"tcp", sharedAddr2, "mx.a.test."}} {
		if m := ask(t, l, c.network, c.server, c.name, dns.TypeAXFR); m.Rcode != dns.RcodeRefused {
			t.Errorf("%v: %v", c, m)
		}
	}
}

func TestOddMessages(t *testing.T) {
	l := start(t, Zones(map[string]string{"a.test": ""}))
	send := func(q *dns.Msg) (*dns.Msg, error) {
		conn, err := l.dial(t.Context(), "udp", netip.MustParseAddrPort(sharedAddr1+":53"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		c := &dns.Conn{Conn: conn}
		if err := c.WriteMsg(q); err != nil {
			t.Fatal(err)
		}
		return c.ReadMsg()
	}
	none, two, status, chaos, response := new(dns.Msg), new(dns.Msg).SetQuestion("a.test.", dns.TypeA),
		new(dns.Msg).SetQuestion("a.test.", dns.TypeA),
		new(dns.Msg).SetQuestion("a.test.", dns.TypeA), new(dns.Msg).SetQuestion("a.test.", dns.TypeA)
	two.Question = append(two.Question, two.Question[0])
	status.Opcode, chaos.Question[0].Qclass, response.Response = dns.OpcodeStatus, dns.ClassCHAOS, true
	for _, c := range []struct {
		q    *dns.Msg
		want int
	}{{none, dns.RcodeFormatError}, {two, dns.RcodeFormatError}, {status, dns.RcodeNotImplemented},
		{chaos, dns.RcodeRefused}} {
		if m, err := send(c.q); err != nil || m.Rcode != c.want {
			t.Errorf("%v: %v, %v", c.q, m, err)
		}
	}
	if m, err := send(response); !isTimeout(err) {
		t.Errorf("a response was answered: %v, %v", m, err)
	}
}

func TestDialReachesTheLabAlone(t *testing.T) {
	l := start(t, Zones(map[string]string{"a.test": ""}))
	for _, c := range []struct {
		network, to string
		want        error
	}{
		{"udp", "8.8.8.8:53", syscall.ENETUNREACH}, {"tcp", "127.0.0.1:53", syscall.ENETUNREACH},
		{"tcp", "192.0.2.11:80", syscall.ECONNREFUSED},
		{"tcp", "203.0.113.99:53", syscall.ECONNREFUSED}, {"tcp", "192.0.2.80:25", syscall.ECONNREFUSED},
		{"unix", "192.0.2.11:53", syscall.ENETUNREACH},
		{"udp", "203.0.113.99:53", nil}, {"udp", "[2001:db8::1]:53", nil}, {"tcp", "192.0.2.11:53", nil},
	} {
		conn, err := l.dial(t.Context(), c.network, netip.MustParseAddrPort(c.to))
		if !errors.Is(err, c.want) {
			t.Errorf("%s %s: %v, want %v", c.network, c.to, err, c.want)
		}
		if conn != nil {
			if host, _, _ := net.SplitHostPort(conn.RemoteAddr().String()); host != "127.0.0.1" {
				t.Errorf("%s leads to %s", c.to, conn.RemoteAddr())
			}
			conn.Close()
		}
	}
	_ = l.Close()
	if _, err := l.dial(t.Context(), "udp", netip.MustParseAddrPort(sharedAddr2+":53")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestGarbageIn(t *testing.T) {
	l := start(t, Zones(map[string]string{"a.test": "@ TXT text"}))
	for _, network := range []string{"udp", "tcp"} {
		conn, err := l.dial(t.Context(), network, netip.MustParseAddrPort(sharedAddr1+":53"))
		if err != nil {
			t.Fatal(err)
		}
		junk := []byte{1, 2, 3}
		if network == "tcp" {
			junk = append(binary.BigEndian.AppendUint16(nil, 3), junk...)
		}
		_, _ = conn.Write(junk)
		conn.Close()
		if m := ask(t, l, network, sharedAddr1, "a.test.", dns.TypeTXT); len(m.Answer) != 1 {
			t.Errorf("%s after garbage: %v", network, m)
		}
	}
}

// TestAliases holds the lab to aliases as real servers have them: beside other records, instead of them, by DNAME, in a
// cache.
func TestAliases(t *testing.T) {
	l := start(t, Zones(map[string]string{"shop.test": `
;! server * @: cname=web.host.test. NXDOMAIN
;! server * @ SOA: normal
;! server * branch: NXDOMAIN
;! at ` + resolverAddr + `: both CNAME to.host.test.
leaf.branch TXT "here"
both TXT "own"
both CNAME to.host.test.
old DNAME host.test.
inner DNAME deep.shop.test.
x.deep TXT "inside"
`, "host.test": "to TXT \"other\""}))
	for _, c := range []struct {
		server, name string
		qtype        uint16
		rcode        int
		answer       string
	}{
		{sharedAddr1, "shop.test.", dns.TypeMX, dns.RcodeNameError, "web.host.test."},
		{sharedAddr2, "shop.test.", dns.TypeNS, dns.RcodeNameError, "web.host.test."},
		{sharedAddr1, "branch.shop.test.", dns.TypeTXT, dns.RcodeNameError, ""},
		{sharedAddr1, "leaf.branch.shop.test.", dns.TypeTXT, 0, `"here"`},
		{sharedAddr1, "both.shop.test.", dns.TypeTXT, 0, `"own"`},
		{sharedAddr1, "both.shop.test.", dns.TypeA, 0, "to.host.test."},
		{resolverAddr, "both.shop.test.", dns.TypeTXT, 0, `to.host.test.; "other"`},
		{sharedAddr1, "a.b.old.shop.test.", dns.TypeMX, 0, "host.test.; a.b.host.test."},
		{sharedAddr1, "x.inner.shop.test.", dns.TypeTXT, 0, `deep.shop.test.; x.deep.shop.test.; "inside"`},
	} {
		m := ask(t, l, "udp", c.server, c.name, c.qtype)
		if m.Rcode != c.rcode || data(m.Answer) != c.answer || (c.server != resolverAddr) != m.Authoritative {
			t.Errorf("%s %s at %s: aa %v, %s, %q", c.name, dns.Type(c.qtype), c.server, m.Authoritative,
				dns.RcodeToString[m.Rcode], data(m.Answer))
		}
	}
	if m := ask(t, l, "udp", sharedAddr1, "shop.test.", dns.TypeSOA); m.Rcode != 0 || len(m.Answer) != 1 {
		t.Errorf("the SOA is taken out of the rule: %v", m)
	}
}
