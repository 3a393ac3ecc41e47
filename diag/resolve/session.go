package resolve

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
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

// leafKey names one question to one server; it is asked once in a session.
type leafKey struct {
	server    netip.AddrPort
	name      string
	qtype     uint16
	transport Transport
	recurse   bool
	signed    bool // with signatures: the DO bit (RFC 3225)
	unchecked bool // without the server's own validation: the CD bit (RFC 4035 3.2.2)
}

// descent is a walk down to a name, under way or done.
type descent struct {
	done chan struct{}
	cut  *cut
	err  error
}

// memory answers from zones that are at hand.
type memory func(name string, qtype uint16) *Answer

// source gives answers in place of servers.
type source interface {
	resolve(ctx context.Context, name string, qtype uint16) (*Answer, error)
}
