package resolve

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"signpost/diag/guarded"

	"github.com/miekg/dns"
)

// Transport chooses how Ask sends a question.
type Transport int

const (
	Auto Transport = iota // UDP with EDNS 1232, then TCP if truncated
	UDP                   // UDP alone: a truncated answer is returned as it is
	TCP
)

// Session is one diagnosis: its memory of questions asked and cuts found. Its methods are safe for concurrent use.
type Session struct {
	net    *Net
	domain string // under diagnosis
	home   string // cuts at or below this name are not taken from, nor put into, the Net's memory
	// Questions outlive the caller that asked first: others wait for them.
	ctx     context.Context //nolint:containedctx // the life of the session
	cancel  context.CancelFunc
	queries atomic.Int64
	answers atomic.Int64
	octets  atomic.Int64 // of answers
	source  source       // what answers in place of servers; nil: nothing does
	below   *Session     // the session whose memory and servers this one uses; nil: its own

	mu       sync.Mutex
	leaves   map[leafKey]*leaf
	cuts     map[string]*cut
	descents map[string]*descent
	sent     map[netip.Addr]int      // messages to each server
	alive    map[netip.AddrPort]bool // true: has answered; false: was silent to a whole question
	chosen   *cut                    // the servers that stand for a zone's delegation; nil: none do
	trusted  []netip.AddrPort        // of them, those that may be private
	glueless map[string]bool         // name servers that were looked up on the word of a delegation
}

// NewSession begins one diagnosis with an empty memory. Home is the domain under diagnosis: its own delegation is
// always asked anew, while cuts above and beside it may come from the Net's memory. Close it.
func (n *Net) NewSession(home string) *Session {
	ctx, cancel := context.WithCancel(context.Background()) //nolint:forbidigo // ended by Close
	s := &Session{
		net: n, domain: canonical(home), home: registrable(canonical(home)), ctx: ctx, cancel: cancel,
		leaves: map[leafKey]*leaf{}, cuts: map[string]*cut{}, descents: map[string]*descent{},
		alive: map[netip.AddrPort]bool{}, glueless: map[string]bool{}, sent: map[netip.Addr]int{},
	}
	if n.Answers != nil {
		s.source = memory(n.Answers)
	}
	return s
}

// Close ends every question under way.
func (s *Session) Close() { s.cancel() }

// Queries is how many questions were sent so far, repetitions included.
func (s *Session) Queries() int { return int(s.queries.Load()) }

// Answers is how many usable answers came so far: NOERROR or NXDOMAIN. Where there are none, nothing can be said of any
// domain.
func (s *Session) Answers() int { return int(s.answers.Load()) }

// Ask puts one question to one server, without recursion, over the given transport. Any Rcode is an answer here. Asking
// again within the session gives the same answer without a question. Private addresses fail with ErrPrivate.
func (s *Session) Ask(ctx context.Context, server netip.AddrPort, name string, qtype uint16, t Transport) (*Answer,
	error) {
	name = canonical(name)
	if _, ok := dns.IsDomainName(name); !ok {
		return nil, &Failure{Question: Question{name, qtype}, Err: ErrBadName}
	}
	a, err := s.ask(ctx, leafKey{server: server, name: name, qtype: qtype, transport: t})
	noteCut(ctx, a, err)
	return a, err
}

// Transfer asks the server for the whole zone (AXFR, RFC 5936) and stops after the first message. True: it was given.
func (s *Session) Transfer(ctx context.Context, server netip.AddrPort, zone string) (bool, error) {
	a, err := s.ask(ctx, leafKey{server: server, name: canonical(zone), qtype: dns.TypeAXFR, transport: TCP})
	if err != nil {
		return false, err
	}
	if a.Rcode != dns.RcodeSuccess || len(a.RRs) < 2 {
		return false, nil
	}
	_, ok := a.RRs[0].(*dns.SOA)
	return ok, nil
}

// Addrs looks up A and AAAA at once. Answers is what was said to each (nil where that one failed); the error is the
// first failure, given even when the other family had addresses.
func (s *Session) Addrs(ctx context.Context, name string) (addrs []netip.Addr, answers []*Answer, err error) {
	type got struct {
		a   *Answer
		err error
	}
	six := make(chan got, 1)
	guarded.Go(func() {
		a, err := s.Lookup(ctx, name, dns.TypeAAAA)
		six <- got{a, err}
	}, func(err error) { six <- got{nil, err} })
	four, err4 := s.Lookup(ctx, name, dns.TypeA)
	g := <-six
	for _, x := range []got{{four, err4}, g} {
		answers = append(answers, x.a)
		if x.err != nil {
			if err == nil {
				err = x.err
			}
			continue
		}
		addrs = append(addrs, x.a.Addrs()...)
	}
	return addrs, answers, err
}

func (s *Session) markAlive(server netip.AddrPort) {
	s.mu.Lock()
	s.alive[server] = true
	s.mu.Unlock()
}

func (s *Session) markSilent(server netip.AddrPort) {
	s.mu.Lock()
	if _, known := s.alive[server]; !known {
		s.alive[server] = false
	}
	s.mu.Unlock()
}

func (s *Session) isAlive(server netip.AddrPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.alive[server]
}

// isDead reports that the server let a whole question pass in silence and has never answered in this session.
func (s *Session) isDead(server netip.AddrPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	alive, known := s.alive[server]
	return known && !alive
}

// canonical is a name in lower case with its final dot, special characters written as in an answer that is unpacked:
// "a\@b.example.".
func canonical(name string) string {
	name = strings.ToLower(dns.Fqdn(name))
	if !strings.ContainsAny(name, ` '"@;()\`) {
		return name
	}
	var wire [256]byte
	n, err := dns.PackDomainName(name, wire[:], 0, nil, false)
	if err != nil {
		return name
	}
	if again, _, err := dns.UnpackDomainName(wire[:n], 0); err == nil {
		return again
	}
	return name
}

func (n *Net) now() time.Time {
	if n.Now != nil {
		return n.Now()
	}
	return time.Now()
}
