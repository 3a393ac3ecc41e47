package spf

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
	"golang.org/x/net/idna"
)

// Limits of RFC 7208 4.6.4.
const (
	MaxLookups = 10
	MaxVoids   = 2
	MaxNames   = 10 // MX hosts, or PTR names, behind one term
)

// Resolver answers DNS questions; resolve.Session is one.
type Resolver interface {
	Lookup(ctx context.Context, name string, qtype uint16) (*resolve.Answer, error)
}

// Result is the outcome of check_host (RFC 7208 2.6).
type Result string

const (
	Pass      Result = "pass"
	Fail      Result = "fail"
	SoftFail  Result = "softfail"
	Neutral   Result = "neutral"
	None      Result = "none"
	PermError Result = "permerror"
	TempError Result = "temperror"
)

// Query is whom to judge: an address that sends with MailFrom (or, where that is empty, with Helo).
type Query struct {
	IP       netip.Addr
	MailFrom string // "user@example.com"; empty: postmaster@Helo
	Helo     string
	Domain   string // the domain whose record is read; empty: MailFrom's
	Receiver string // for the macro r
	Now      time.Time
}

// Outcome is the result and how it came about.
type Outcome struct {
	Result      Result `json:"result"`
	Explanation string `json:"explanation"`
	Lookups     int    `json:"lookups"`
	Voids       int    `json:"voids"`
	Trace       []Node `json:"trace"`
	Because     string `json:"-"` // why a permerror or temperror
	Cause       string `json:"-"` // the same of a permerror, as a word: lookups, voids or record
}

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

// Asked is one further question of a term.
type Asked struct {
	Question string  `json:"question"`
	Rcode    string  `json:"rcode"`
	Server   string  `json:"server"`
	MS       float64 `json:"ms"`
}

const maxNodes = 500

var (
	errPerm = errors.New("spf: permanent error")
	errTemp = errors.New("spf: temporary error")
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

// reverse is the confirmed names of the sending address (RFC 7208 5.5), looked up once.
type reverse struct {
	names []string // with their dots, lower case
	said  *resolve.Answer
	err   error
}

// Evaluate is check_host (RFC 7208 4). It never fails: what cannot be told is a temperror.
func Evaluate(ctx context.Context, r Resolver, q Query) Outcome {
	q.IP = q.IP.Unmap()
	if q.Now.IsZero() {
		q.Now = time.Now()
	}
	q.Helo = strings.TrimSuffix(toASCII(q.Helo), ".")
	e := &evaluation{r: r, q: q, local: "postmaster", senderDomain: q.Helo, current: -1}
	if i := strings.LastIndexByte(q.MailFrom, '@'); i >= 0 {
		e.senderDomain = q.MailFrom[i+1:]
		if i > 0 {
			e.local = q.MailFrom[:i]
		}
	} else if q.MailFrom != "" {
		e.senderDomain = q.MailFrom
	}
	e.senderDomain = toASCII(cmp.Or(e.senderDomain, q.Domain))
	domain := strings.TrimSuffix(toASCII(cmp.Or(q.Domain, e.senderDomain)), ".")
	res, record, where := None, (*Record)(nil), ""
	if strings.Contains(domain, ".") { // a name of one label has no record (RFC 7208 4.3)
		e.node(Node{Domain: domain, Term: version})
		res, record, where = e.check(ctx, domain, 0)
	}
	out := Outcome{Result: res, Lookups: e.lookups, Voids: e.voids, Trace: e.nodes}
	if res == PermError || res == TempError {
		out.Because = e.because
	}
	if res == PermError {
		switch {
		case e.lookups > MaxLookups:
			out.Cause = "lookups"
		case e.voids > MaxVoids:
			out.Cause = "voids"
		default:
			out.Cause = "record"
		}
	}
	if out.Trace == nil {
		out.Trace = []Node{}
	}
	if res == Fail {
		out.Explanation = e.explain(ctx, record, where)
	}
	return out
}

// toASCII gives a name's A-labels (RFC 8616 4); a name that has none stays as it is, and DNS will not have it.
func toASCII(name string) string {
	if isASCII(name) {
		return name
	}
	if a, err := idna.Punycode.ToASCII(strings.ToLower(name)); err == nil {
		return a
	}
	return name
}

func (e *evaluation) perm(why string) (Result, *Record, string) {
	if e.because == "" {
		e.because = why
	}
	return PermError, nil, ""
}

func (e *evaluation) temp(err error) (Result, *Record, string) {
	if e.because == "" {
		e.because = err.Error()
	}
	return TempError, nil, ""
}

// check judges by one domain's record, whose look-up belongs to the current node. It returns the record that decided,
// and its domain, for the explanation.
func (e *evaluation) check(ctx context.Context, domain string, depth int) (Result, *Record, string) {
	a, err := e.ask(ctx, e.current, domain, dns.TypeTXT)
	switch {
	case errors.Is(err, resolve.ErrBadName):
		return None, nil, ""
	case err != nil:
		return e.temp(err)
	}
	var texts []string
	for _, t := range a.TXT() {
		if IsRecord(t) {
			texts = append(texts, t)
		}
	}
	switch len(texts) {
	case 0:
		return None, nil, ""
	case 1:
	default:
		return e.perm("multiple records at " + domain)
	}
	if depth > 0 {
		e.node(Node{Domain: domain, Term: version, Depth: depth + 1})
	}
	record, bad := Parse(texts[0])
	if err := Permanent(bad); err != nil {
		return e.perm(err.Error())
	}
	for i := range record.Terms {
		t := &record.Terms[i]
		if t.Modifier {
			continue
		}
		at := e.node(Node{Domain: domain, Term: t.Raw, Depth: depth + 1})
		matched, err := e.match(ctx, t, domain, depth+1)
		if at >= 0 {
			e.nodes[at].Matched = matched
		}
		switch {
		case errors.Is(err, errPerm):
			return e.perm(e.because)
		case err != nil:
			return e.temp(err)
		case matched:
			return map[byte]Result{'+': Pass, '-': Fail, '~': SoftFail, '?': Neutral}[t.Qualifier], record, domain
		}
	}
	redirect := record.Modifier("redirect")
	if all, _ := record.All(); redirect == nil || all != nil {
		return Neutral, record, domain
	}
	return e.redirect(ctx, redirect, domain, depth+1)
}

// redirect goes on with another domain's record in the place of this one (RFC 7208 6.1).
func (e *evaluation) redirect(ctx context.Context, t *Term, domain string, depth int) (Result, *Record, string) {
	e.node(Node{Domain: domain, Term: t.Raw, Depth: depth})
	if e.countLookup() != nil {
		return e.perm(e.because)
	}
	target, err := e.expand(ctx, t.Target, domain, domainName)
	if err != nil {
		return e.perm("redirect of " + domain + " names no domain")
	}
	res, rec, where := e.check(ctx, target, depth)
	if res == None {
		return e.perm("redirect=" + target + " has no record")
	}
	return res, rec, where
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

func serverText(p netip.AddrPort) string {
	if !p.IsValid() {
		return ""
	}
	return p.String()
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
