package resolve

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// builtinRoots is the root zone's servers (https://www.iana.org/domains/root/servers).
var builtinRoots = roots(
	"a 198.41.0.4 2001:503:ba3e::2:30", "b 170.247.170.2 2801:1b8:10::b", "c 192.33.4.12 2001:500:2::c",
	"d 199.7.91.13 2001:500:2d::d", "e 192.203.230.10 2001:500:a8::e", "f 192.5.5.241 2001:500:2f::f",
	"g 192.112.36.4 2001:500:12::d0d", "h 198.97.190.53 2001:500:1::53", "i 192.36.148.17 2001:7fe::53",
	"j 192.58.128.30 2001:503:c27::2:30", "k 193.0.14.129 2001:7fd::1", "l 199.7.83.42 2001:500:9f::42",
	"m 202.12.27.33 2001:dc3::35",
)

func roots(lines ...string) []NameServer {
	var out []NameServer
	for _, l := range lines {
		f := strings.Fields(l)
		ns := NameServer{Name: f[0] + ".root-servers.net."}
		for _, a := range f[1:] {
			ns.Glue = append(ns.Glue, netip.MustParseAddr(a))
		}
		out = append(out, ns)
	}
	return out
}

// ReadHints reads root hints in master-file form (RFC 1035 5.1): NS records of the root and the addresses of those
// servers, at most 1 MiB. Servers without an address are left out; none at all is an error.
func ReadHints(r io.Reader) ([]NameServer, error) {
	zp := dns.NewZoneParser(io.LimitReader(r, 1<<20), ".", "root hints")
	zp.SetDefaultTTL(3600)
	var names []string
	glue := map[string][]netip.Addr{}
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		owner := strings.ToLower(rr.Header().Name)
		if ns, ok := rr.(*dns.NS); ok && owner == "." {
			names = append(names, strings.ToLower(ns.Ns))
		}
		if ip, ok := address(rr); ok {
			glue[owner] = append(glue[owner], ip)
		}
	}
	if err := zp.Err(); err != nil {
		return nil, fmt.Errorf("resolve: root hints: %w", err)
	}
	var out []NameServer
	for _, n := range names {
		if len(glue[n]) > 0 {
			out = append(out, NameServer{Name: n, Glue: glue[n]})
		}
	}
	if len(out) == 0 {
		return nil, errors.New("resolve: root hints name no server with an address, as in: . 3600 NS a.root. / a.root. 3600 A 192.0.2.1")
	}
	return out, nil
}

// SystemResolvers is the recursive servers that this machine is configured with (/etc/resolv.conf); none where there is
// no such file.
func SystemResolvers() []netip.AddrPort {
	c, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil {
		return nil
	}
	var out []netip.AddrPort
	for _, s := range c.Servers {
		if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.AddrPortFrom(a, 53))
		}
	}
	return out
}

// ParseServer reads a resolver as a person writes it: HOST or HOST:PORT, an address or a name that the machine knows;
// port 53 where none is given.
func ParseServer(text string) (netip.AddrPort, error) {
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return netip.AddrPortFrom(a, 53), nil
	}
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap, nil
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = text, "53"
	}
	addr, err := net.ResolveUDPAddr("udp", net.JoinHostPort(host, port))
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("no such resolver: %s", text)
	}
	ap := addr.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), nil
}

// NameServer is a server as a zone's delegation lists it.
type NameServer struct {
	Name string // with its dot
	Glue []netip.Addr
}
