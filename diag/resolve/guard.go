package resolve

import "net/netip"

// unroutable is the special-purpose ranges (RFC 6890 and the IANA registries) that a stranger's record must never make
// us connect to, and the address behind which one large cloud keeps the services of the machine itself.
var unroutable = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
	"2001::/23",
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}

var (
	global6 = netip.MustParsePrefix("2000::/3")     // RFC 4291 2.4: all that was ever handed out for use in public
	nat64   = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052
	sixTo4  = netip.MustParsePrefix("2002::/16")    // RFC 3056
)

// Unroutable reports whether an address must never be connected to on a stranger's word: private, loopback, link-local,
// shared (100.64/10), multicast, unspecified, benchmarking and reserved ranges (RFC 6890), every IPv6 address outside
// 2000::/3 and the forms that embed such an IPv4 address. Documentation addresses (RFC 5737, 3849) are let through:
// nothing is there.
func Unroutable(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return true
	}
	a = a.Unmap()
	for _, p := range unroutable {
		if p.Contains(a) {
			return true
		}
	}
	if a.Is4() {
		return false
	}
	b := a.As16()
	switch {
	case nat64.Contains(a):
		return Unroutable(netip.AddrFrom4([4]byte(b[12:16])))
	case sixTo4.Contains(a):
		return Unroutable(netip.AddrFrom4([4]byte(b[2:6])))
	}
	return !global6.Contains(a)
}

// UnroutableNet reports a range of which no address may be connected to, documentation apart: nothing in it is seen as
// a sender on the Internet.
func UnroutableNet(p netip.Prefix) bool {
	if !p.IsValid() {
		return false
	}
	if p.Addr().Is6() && !p.Addr().Is4In6() && !p.Overlaps(global6) && !p.Overlaps(nat64) {
		return true
	}
	for _, u := range unroutable {
		if u.Bits() <= p.Bits() && u.Contains(p.Addr()) {
			return true
		}
	}
	return false
}
