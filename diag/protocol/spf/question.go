package spf

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

type evaluation struct {
	r            Resolver
	q            Query
	local        string
	senderDomain string
	lookups      int
	voids        int
	because      string
	nodes        []Node
	current      int // index of the node whose term is being evaluated; -1: none
	names        *reverse
}

// countLookup counts the current term against the limit (RFC 7208 4.6.4).
func (e *evaluation) countLookup() error {
	e.lookups++
	if e.current >= 0 {
		e.nodes[e.current].Count = e.lookups
	}
	if e.lookups > MaxLookups {
		e.because = fmt.Sprintf("more than %d DNS look-ups", MaxLookups)
		return errPerm
	}
	return nil
}

// countVoid counts an answer without records against the limit (RFC 7208 4.6.4).
func (e *evaluation) countVoid(at int, a *resolve.Answer) error {
	if !a.Empty() {
		return nil
	}
	e.voids++
	if at >= 0 {
		e.nodes[at].Voids = e.voids
	}
	if e.voids > MaxVoids {
		e.because = fmt.Sprintf("more than %d void look-ups", MaxVoids)
		return errPerm
	}
	return nil
}

// node notes the term that is looked at now; -1: there are too many to note.
func (e *evaluation) node(n Node) int {
	e.current = -1
	if len(e.nodes) < maxNodes {
		n.Count, n.Voids = e.lookups, e.voids
		e.nodes = append(e.nodes, n)
		e.current = len(e.nodes) - 1
	}
	return e.current
}

// ask looks a name up and notes the question at the node. A name that DNS cannot hold gives ErrBadName.
func (e *evaluation) ask(ctx context.Context, at int, name string, qtype uint16) (*resolve.Answer, error) {
	if !validName(name) {
		return nil, resolve.ErrBadName
	}
	return e.askHost(ctx, at, strings.TrimSuffix(presented(name), ".")+".", qtype)
}

// askHost is ask for a name as DNS gave it.
func (e *evaluation) askHost(ctx context.Context, at int, name string, qtype uint16) (*resolve.Answer, error) {
	if _, ok := dns.IsDomainName(name); !ok || name == "." {
		return nil, resolve.ErrBadName
	}
	a, err := e.r.Lookup(ctx, name, qtype)
	if at < 0 {
		return a, err
	}
	q, n := asked(name+" "+dns.TypeToString[qtype], a, err), &e.nodes[at]
	if n.Question == "" {
		n.Question, n.Rcode, n.Server, n.MS = q.Question, q.Rcode, q.Server, q.MS
	} else if len(n.More) < 2*MaxNames {
		n.More = append(n.More, q)
	}
	return a, err
}

const (
	Pass      Result = "pass"
	Fail      Result = "fail"
	SoftFail  Result = "softfail"
	Neutral   Result = "neutral"
	None      Result = "none"
	PermError Result = "permerror"
	TempError Result = "temperror"
)

// Limits of RFC 7208 4.6.4.
const (
	MaxLookups = 10
	MaxVoids   = 2
	MaxNames   = 10 // MX hosts, or PTR names, behind one term
)

const maxNodes = 500

// Node is one term as it was evaluated, in order of evaluation. Every record begins with a node of its version; the
// domain's own has the question for the record there, one that is included has it at the include. What an include leads
// to stands one deeper. Count is the look-ups, and Voids the void ones, used by then, the term's own included.
type Node struct {
	Domain   string  `json:"domain"`
	Term     string  `json:"term"`
	Question string  `json:"question"`
	Rcode    string  `json:"rcode"`
	Server   string  `json:"server"`
	MS       float64 `json:"ms"`
	Count    int     `json:"count"`
	Voids    int     `json:"voids"`
	Depth    int     `json:"depth"`
	Matched  bool    `json:"matched"`
	More     []Asked `json:"more,omitempty"` // the term's further questions
}

// Query is whom to judge: an address that sends with MailFrom (or, where that is empty, with Helo).
type Query struct {
	IP       netip.Addr
	MailFrom string // "user@example.com"; empty: postmaster@Helo
	Helo     string
	Domain   string // the domain whose record is read; empty: MailFrom's
	Receiver string // for the macro r
	Now      time.Time
}

// Resolver answers DNS questions; resolve.Session is one.
type Resolver interface {
	Lookup(ctx context.Context, name string, qtype uint16) (*resolve.Answer, error)
}

// Result is the outcome of check_host (RFC 7208 2.6).
type Result string

func asked(question string, a *resolve.Answer, err error) Asked {
	q := Asked{Question: question}
	var f *resolve.Failure
	switch {
	case a != nil:
		q.Rcode, q.Server, q.MS = dns.RcodeToString[a.Rcode], serverText(a.Server), float64(a.RTT.Microseconds())/1000
	case errors.As(err, &f):
		q.Rcode, q.Server, q.MS = failureWord(f), serverText(f.Server), float64(f.RTT.Microseconds())/1000
	case err != nil:
		q.Rcode = "ERROR"
	}
	return q
}

var errPerm = errors.New("spf: permanent error")

var (
	errTemp = errors.New("spf: temporary error")
)

// presented writes a name's octets as a master file has them (RFC 1035 5.1), so that a macro's value cannot be read as
// an escape. It is the form in which the DNS library gives names back.
func presented(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		switch {
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, "\\%03d", c)
		case strings.IndexByte(" '@;()\"\\", c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// reverse is the confirmed names of the sending address (RFC 7208 5.5), looked up once.
type reverse struct {
	names []string // with their dots, lower case
	said  *resolve.Answer
	err   error
}

// validName reports whether DNS can hold the name (RFC 1035 2.3.4).
func validName(name string) bool {
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) > 253 {
		return false
	}
	for l := range strings.SplitSeq(name, ".") {
		if l == "" || len(l) > 63 {
			return false
		}
	}
	return true
}

func (e *evaluation) family() uint16 {
	if e.q.IP.Is4() {
		return dns.TypeA
	}
	return dns.TypeAAAA
}

// Asked is one further question of a term.
type Asked struct {
	Question string  `json:"question"`
	Rcode    string  `json:"rcode"`
	Server   string  `json:"server"`
	MS       float64 `json:"ms"`
}

func serverText(p netip.AddrPort) string {
	if !p.IsValid() {
		return ""
	}
	return p.String()
}

func failureWord(f *resolve.Failure) string {
	switch {
	case errors.Is(f, resolve.ErrServFail):
		return "SERVFAIL"
	case errors.Is(f, resolve.ErrRefused):
		return "REFUSED"
	case errors.Is(f, resolve.ErrTimeout):
		return "TIMEOUT"
	}
	return "ERROR"
}
