package resolve

import (
	"context"
	"crypto/x509"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"signpost/diag/courtesy"
	"signpost/diag/guarded"
)

// Event is one question as it was asked; Net.Trace gets it when the answer or the failure is known.
type Event struct {
	Question Question
	Server   netip.AddrPort
	TCP      bool
	Rcode    string // "NOERROR", "NXDOMAIN", ..., or "" when there was no answer
	Err      error
	RTT      time.Duration
}

// Net is the way to the outside. Its fields are set before the first use and not changed after.
type Net struct {
	// Dial opens a connection for network "udp" or "tcp". Nil: the machine's own. The guard against private addresses
	// stands before it, so a Dial that maps documentation addresses to loopback (the lab's) is safe.
	Dial func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error)
	// Roots are the root servers; nil: the built-in hints.
	Roots []NameServer
	// Resolvers are recursive servers. They are the operator's own choice, so they may be private addresses.
	Resolvers []netip.AddrPort
	// ResolversOnly sends every Lookup to Resolvers; otherwise names are resolved from Roots, with Resolvers as the
	// fall-back where the root servers cannot be reached.
	ResolversOnly bool
	// Answers, if set, gives every answer in place of servers, from zones that are at hand; nil means that nobody answers.
	// It is asked at every step of an alias that leads on, and must be safe for concurrent use.
	Answers func(name string, qtype uint16) *Answer
	// Trace, if set, is called once for every question sent. It must be fast and safe for concurrent use.
	Trace func(Event)
	// Remember keeps answers about names outside the domain under diagnosis for their TTL (five minutes at most), between
	// sessions: for runs over many domains, which share mail hosts and providers' SPF records.
	Remember bool
	// Public bounds how often one of the resolvers that strangers run for everybody is asked, by all sessions together.
	Public courtesy.Limiter
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Authorities are the certificate authorities that mail and web servers' certificates are held against; nil: the
	// machine's.
	Authorities *x509.CertPool
	// MarkAuthorities are those that mark certificates (BIMI) are held against; nil: the built-in ones.
	MarkAuthorities *x509.CertPool

	cuts      cutCache
	pace      pace
	sockets   sockets
	streams   streams
	workers   guarded.Pool
	answers   sharedAnswers
	cutOffAt  atomic.Int64 // when the root servers were last found out of reach, Unix nanoseconds; 0: they were not
	rootReply atomic.Bool  // a root server has answered
	answered  sync.Map     // ports on which a server spoke
}

// Delegation is where a name is served: the closest zone cut at or above it, as the parent tells it.
type Delegation struct {
	Zone          string           // the zone that holds the name, with its dot
	Parent        string           // the zone that delegates it
	ParentServers []netip.AddrPort // the parent's servers
	NS            []NameServer     // the servers that the parent lists, with its glue
	NXDomain      bool             // the parent (or the zone) says that the name does not exist
	Said          *Answer          // the referral or the denial, for evidence
	ViaResolver   bool             // the cut was learned from a recursive resolver, not from the parent
}

// cutOffFor is how long root servers that did not answer are left alone.
const cutOffFor = 30 * time.Second

var machine net.Dialer

func (n *Net) dial(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	if n.Dial != nil {
		return n.Dial(ctx, network, to)
	}
	if network == "udp" { // which waits for nothing
		conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
		if err != nil {
			return nil, err
		}
		return conn, nil
	}
	return machine.DialContext(ctx, network, to.String())
}

func (n *Net) roots() []NameServer {
	if n.Roots != nil {
		return n.Roots
	}
	return builtinRoots
}

func (n *Net) isRoot(server netip.AddrPort) bool {
	for _, r := range n.roots() {
		if slices.Contains(r.Glue, server.Addr()) {
			return true
		}
	}
	return false
}

// trusted reports whether the operator named this server for such questions: then it may be a private address. A
// resolver is trusted with recursive questions alone, because iterative ones go where zones lead, and a zone may name
// the operator's resolver as its own server.
func (n *Net) trusted(server netip.AddrPort, recurse bool) bool {
	if recurse {
		return slices.Contains(n.Resolvers, server)
	}
	return server.Port() == 53 && n.isRoot(server)
}

// cutOff reports that the root servers were out of reach a moment ago.
func (n *Net) cutOff() bool {
	at := n.cutOffAt.Load()
	return at != 0 && n.now().Sub(time.Unix(0, at)) < cutOffFor
}

func (n *Net) now() time.Time {
	if n.Now != nil {
		return n.Now()
	}
	return time.Now()
}

// get is a socket to the server: an idle one, or a new one.
func (p *sockets) get(ctx context.Context, n *Net, server netip.AddrPort) (*socket, error) {
	now := time.Now()
	p.mu.Lock()
	for free := p.idle[server]; len(free) > 0; free = p.idle[server] {
		i := rand.IntN(len(free))
		s := free[i]
		free[i] = free[len(free)-1]
		p.keep(server, free[:len(free)-1])
		p.count--
		if now.Sub(s.since) < socketIdleTo {
			p.mu.Unlock()
			return s, nil
		}
		_ = s.Close()
	}
	p.mu.Unlock()
	conn, err := n.dial(ctx, "udp", server)
	if err != nil {
		return nil, err
	}
	return &socket{Conn: conn}, nil
}
