package resolve

import (
	"context"
	"net/netip"
)

// Transport chooses how Ask sends a question.
type Transport int

const (
	Auto Transport = iota // UDP with EDNS 1232, then TCP if truncated
	UDP                   // UDP alone: a truncated answer is returned as it is
	TCP
)

// Lookup answers a question wherever it is served, following CNAMEs across zones (at most 8). The answer's Rcode is
// NOERROR or NXDOMAIN; everything else is a *Failure. The name is made lower case and fully qualified.
func (s *Session) Lookup(ctx context.Context, name string, qtype uint16) (*Answer, error) {
	panic("contract")
}

// Addrs looks up A and AAAA at once. Answers is what was said to each (nil where that one failed); the error is the first
// failure, given even when the other family had addresses.
func (s *Session) Addrs(ctx context.Context, name string) (addrs []netip.Addr, answers []*Answer, err error) {
	panic("contract")
}

// Ask puts one question to one server, without recursion, over the given transport. Any Rcode is an answer here. Asking
// again within the session gives the same answer without a question. Private addresses fail with ErrPrivate.
func (s *Session) Ask(ctx context.Context, server netip.AddrPort, name string, qtype uint16, t Transport) (*Answer, error) {
	panic("contract")
}

// Walk follows the delegations from the root (or the closest known cut) to the zone that holds the name.
func (s *Session) Walk(ctx context.Context, name string) (*Delegation, error) { panic("contract") }

// Transfer asks the server for the whole zone (AXFR, RFC 5936) and stops after the first message. True: it was given.
func (s *Session) Transfer(ctx context.Context, server netip.AddrPort, zone string) (bool, error) {
	panic("contract")
}

// Queries is how many questions were sent so far.
func (s *Session) Queries() int { panic("contract") }

// NewSession begins one diagnosis with an empty memory.
func (n *Net) NewSession() *Session { panic("contract") }

// Session is one diagnosis. Its methods are safe for concurrent use.
type Session struct{ net *Net }

type cutCache struct{}

// Unroutable reports whether an address must never be connected to on a stranger's word: private, loopback, link-local,
// shared (100.64/10), multicast, unspecified, benchmarking and reserved ranges, and IPv6 forms that embed such an IPv4
// address (RFC 6890). Documentation addresses (RFC 5737, 3849) are let through: nothing is there.
func Unroutable(a netip.Addr) bool { panic("contract") }
