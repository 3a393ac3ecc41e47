//go:build linux

package interop

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"signpost/diag/lab"

	"github.com/miekg/dns"
	"golang.org/x/tools/txtar"
)

// cache is the end of the addresses of the lab's resolvers, which are not asked here.
const cache = ".53"

// wirePort is where BIND listens at an address whose questions pass a relay that loses some.
const wirePort = "5300"

// faults is what servers do wrong that BIND, or a wire that loses questions, can do as well: by address, and by zone.
type faults struct {
	lame   map[string][]string          // zones that the server does not have
	broken map[string][]string          // zones that it cannot load
	open   map[string][]string          // zones that it gives to anyone
	copies map[string]map[string]string // zones that it has otherwise: their text
	lost   map[string][]loss            // questions that do not reach it

	cannot []string // domains whose faults these servers have no way to show
}

// loss is the questions in a zone, or for one name and type of it, that get no answer.
type loss struct {
	zone, name string
	qtype      uint16 // 0: any
	tcpAlone   bool   // over UDP they are answered
	cached     bool   // Unbound answers them, without authority, instead of nobody
}

func (l loss) fits(q dns.Question) bool {
	return dns.IsSubDomain(l.zone, strings.ToLower(q.Name)) && (l.name == "" || strings.EqualFold(l.name, q.Name)) &&
		(l.qtype == 0 || l.qtype == q.Qtype)
}

// readFaults reads the lines of the lab's zones about their servers.
func readFaults(zones map[string]string) *faults {
	f := &faults{lame: map[string][]string{}, broken: map[string][]string{}, open: map[string][]string{},
		copies: map[string]map[string]string{}, lost: map[string][]loss{}}
	origins := slices.Sorted(maps.Keys(zones))
	slices.SortStableFunc(origins, func(a, b string) int { return dns.CountLabel(a) - dns.CountLabel(b) })
	for _, origin := range origins {
		name := strings.TrimSuffix(origin, ".")
		changed := map[string][]dns.RR{}
		able := !slices.ContainsFunc(f.cannot, func(above string) bool { return strings.HasSuffix(name, "."+above) })
		for _, note := range lab.Words(name) {
			able = f.read(origin, note, changed) && able
		}
		if !able {
			f.cannot = append(f.cannot, name)
		}
		for addr, rrs := range changed {
			f.copy(addr, origin, replaced(zones[origin], rrs))
		}
	}
	return f
}

// copy gives a server another text of a zone.
func (f *faults) copy(addr, origin, text string) {
	if f.copies[addr] == nil {
		f.copies[addr] = map[string]string{}
	}
	f.copies[addr][origin] = text
}

// read reads one line; false where it tells of a fault that cannot be shown.
func (f *faults) read(zone, note string, changed map[string][]dns.RR) bool {
	key, value, _ := strings.Cut(note, ": ")
	words := strings.Fields(key)
	switch {
	case len(words) == 1:
		return slices.Contains([]string{"parent:", "parent", "ask", "registration", "smtp", "tlsa"}, words[0])
	case strings.HasSuffix(words[1], cache), words[0] == "smtp":
		return true
	case words[0] == "at":
		rr, err := dns.NewRR("$ORIGIN " + zone + "\n$TTL 300\n" + value)
		if err != nil || rr == nil || rr.Header().Rrtype == dns.TypeNS && rr.Header().Name != zone {
			return false
		}
		changed[words[1]] = append(changed[words[1]], rr)
		return true
	case words[0] != "server" || words[1] == "*":
		return false
	}
	l, addr := loss{zone: zone}, words[1]
	if len(words) > 2 {
		rr, err := dns.NewRR("$ORIGIN " + zone + "\n" + words[2] + " 0 A 192.0.2.1")
		if err != nil || len(words) > 3 && dns.StringToType[words[3]] == 0 {
			return false
		}
		if l.name = rr.Header().Name; len(words) > 3 {
			l.qtype = dns.StringToType[words[3]]
		}
	}
	whole := l.name == ""
	switch value {
	case "drop", "drop no-tcp":
		f.lost[addr] = append(f.lost[addr], l)
	case "no-tcp":
		l.tcpAlone = true
		f.lost[addr] = append(f.lost[addr], l)
	case "no-aa":
		l.cached = true
		f.lost[addr] = append(f.lost[addr], l)
	case "lame", "REFUSED":
		f.lame[addr] = append(f.lame[addr], zone)
		return whole
	case "SERVFAIL":
		if whole {
			f.broken[addr] = append(f.broken[addr], zone)
		}
		return whole
	case "transfer":
		f.open[addr] = append(f.open[addr], zone)
	case "0s":
	default:
		return false
	}
	return true
}

// addresses is the servers that have zones of their own making.
func (f *faults) addresses() (out []string) {
	add := func(addr string) {
		if !slices.Contains(out, addr) && addr != secondary {
			out = append(out, addr)
		}
	}
	for _, m := range []map[string][]string{f.lame, f.broken, f.open} {
		for addr := range m {
			add(addr)
		}
	}
	for addr := range f.copies {
		add(addr)
	}
	slices.Sort(out)
	return out
}

// stubs is Unbound's settings for the zones that it answers in the place of their servers: whom it asks itself.
func (f *faults) stubs() string {
	out := ""
	for _, addr := range slices.Sorted(maps.Keys(f.lost)) {
		for _, l := range f.lost[addr] {
			if stub := fmt.Sprintf("stub-zone:\n  name: %q\n", l.zone); l.cached && !strings.Contains(out, stub) {
				out += stub + fmt.Sprintf("  stub-addr: %s@%s\n", addr, wirePort)
			}
		}
	}
	return out
}

// breaks reports a zone that some server cannot load.
func (f *faults) breaks(zone string) bool {
	for _, zones := range f.broken {
		if slices.Contains(zones, dns.Fqdn(zone)) {
			return true
		}
	}
	return false
}

// replaced is a zone's text with other sets of records in the place of those of the same names and types.
func replaced(text string, rrs []dns.RR) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		have, err := dns.NewRR(line)
		if err == nil && have != nil && slices.ContainsFunc(rrs, func(rr dns.RR) bool {
			return rr.Header().Rrtype == have.Header().Rrtype && strings.EqualFold(rr.Header().Name, have.Header().Name)
		}) {
			continue
		}
		out.WriteString(line)
	}
	for _, rr := range rrs {
		out.WriteString(rr.String() + "\n")
	}
	return out.String()
}

// relay answers at an address's port 53 with what BIND says at another, and loses questions, or puts them to Unbound.
func (w *world) relay(addr string, lost []loss) {
	at := netip.MustParseAddr(addr)
	udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at, 53)))
	if err != nil {
		w.t.Fatal(err)
	}
	tcp, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(at, 53)))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _, _ = udp.Close(), tcp.Close() })
	go func() {
		for {
			buf := make([]byte, 4096)
			n, from, err := udp.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			to, question := route(addr, buf[:n], lost, false)
			if to == "" {
				continue
			}
			go func() {
				answer, err := ask("udp", to, question)
				if err == nil {
					_, _ = udp.WriteToUDPAddrPort(answer, from)
				}
			}()
		}
	}()
	go func() {
		for {
			conn, err := tcp.Accept()
			if err != nil {
				return
			}
			go relayTCP(conn, addr, lost)
		}
	}()
}

// route is who gets a question, and how it is put to them; "": nobody.
func route(addr string, packet []byte, lost []loss, overTCP bool) (to string, question []byte) {
	to = net.JoinHostPort(addr, wirePort)
	var m dns.Msg
	if m.Unpack(packet) != nil || len(m.Question) != 1 {
		return to, packet
	}
	i := slices.IndexFunc(lost, func(l loss) bool { return (overTCP || !l.tcpAlone) && l.fits(m.Question[0]) })
	switch {
	case i < 0:
		return to, packet
	case !lost[i].cached:
		return "", nil
	}
	m.RecursionDesired = true
	question, err := m.Pack()
	if err != nil {
		return "", nil
	}
	return net.JoinHostPort(unbound, "53"), question
}

// relayTCP passes the questions of one connection on, and hangs up on one that is lost.
func relayTCP(conn net.Conn, addr string, lost []loss) {
	defer func() { _ = conn.Close() }()
	for {
		packet, err := readFrame(conn)
		if err != nil {
			return
		}
		to, question := route(addr, packet, lost, true)
		if to == "" {
			return
		}
		answer, err := ask("tcp", to, question)
		if err != nil || writeFrame(conn, answer) != nil {
			return
		}
	}
}

// ask sends one packet and waits for one.
func ask(network, to string, question []byte) ([]byte, error) {
	conn, err := net.DialTimeout(network, to, 5*time.Second)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return nil, err
	}
	if network == "tcp" {
		if err := writeFrame(conn, question); err != nil {
			return nil, err
		}
		return readFrame(conn)
	}
	if _, err := conn.Write(question); err != nil {
		return nil, err
	}
	buf := make([]byte, 65535)
	n, err := conn.Read(buf)
	return buf[:n], err
}

// readFrame reads a message that its length goes before (RFC 1035 4.2.2).
func readFrame(r io.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(r, b)
	return b, err
}

func writeFrame(to io.Writer, b []byte) error {
	if len(b) > 65535 {
		return errors.New("too long")
	}
	_, err := to.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...))
	return err
}

// known is the domains of the standard lab.
func (w *world) known() []lab.Domain {
	l, err := lab.Start()
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Domains()
}

// everyZone is the zones of the lab, and with them those of public bug reports, and the domains that these ask about.
func (w *world) everyZone() (zones map[string]string, asked []string) {
	zones = map[string]string{}
	files, err := filepath.Glob("../lab/zones/*.zone")
	if err != nil || len(files) < 50 {
		w.t.Fatalf("%d zones, %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			w.t.Fatal(err)
		}
		zones[strings.TrimSuffix(filepath.Base(name), ".zone")] = string(text)
	}
	rows, err := filepath.Glob("../../kb/testdata/records/*.txtar")
	if err != nil || len(rows) < 50 {
		w.t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, name := range rows {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, f := range ar.Files {
			switch {
			case f.Name == "ask":
				asked = append(asked, strings.Fields(string(f.Data))[0])
			case f.Name != "want" && zones[f.Name] == "":
				zones[f.Name] = string(f.Data)
			}
		}
	}
	return zones, asked
}
