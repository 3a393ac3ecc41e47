package spf

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
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
	Because     string `json:"because,omitempty"` // why a permerror or temperror
}

// Node is one term as it was evaluated. Count is the look-ups used when it was done.
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
	current      int // index of the node whose term is being evaluated
}

// Evaluate is check_host (RFC 7208 4). It never fails: what cannot be told is a temperror.
func Evaluate(ctx context.Context, r Resolver, q Query) Outcome {
	q.IP = q.IP.Unmap()
	if q.Now.IsZero() {
		q.Now = time.Now()
	}
	e := &evaluation{r: r, q: q, local: "postmaster", senderDomain: q.Helo, current: -1}
	if i := strings.LastIndexByte(q.MailFrom, '@'); i >= 0 {
		e.senderDomain = q.MailFrom[i+1:]
		if i > 0 {
			e.local = q.MailFrom[:i]
		}
	} else if q.MailFrom != "" {
		e.senderDomain = q.MailFrom
	}
	if e.senderDomain == "" {
		e.senderDomain = q.Domain
	}
	domain := q.Domain
	if domain == "" {
		domain = e.senderDomain
	}
	domain = strings.TrimSuffix(domain, ".")
	res, record, where := e.check(ctx, domain, 0, true)
	out := Outcome{Result: res, Lookups: e.lookups, Voids: e.voids, Because: e.because, Trace: e.nodes}
	if out.Trace == nil {
		out.Trace = []Node{}
	}
	if res == Fail && record != nil {
		out.Explanation = e.explain(ctx, record, where)
	}
	return out
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

// check judges by one domain's record. It returns the record that decided, and its domain, for the explanation.
func (e *evaluation) check(ctx context.Context, domain string, depth int, top bool) (Result, *Record, string) {
	if !validName(domain, top) {
		return None, nil, ""
	}
	a, err := e.r.Lookup(ctx, domain+".", dns.TypeTXT)
	e.node(Node{Domain: domain, Term: "v=spf1", Depth: depth}, dns.Fqdn(domain)+" TXT", a, err)
	if err != nil {
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
	record, bad := Parse(texts[0])
	if len(bad) > 0 {
		return e.perm(bad[0].Error())
	}
	for i := range record.Terms {
		t := &record.Terms[i]
		if t.Modifier {
			continue
		}
		e.node(Node{Domain: domain, Term: t.Raw, Depth: depth + 1}, "", nil, nil)
		at := e.current
		matched, err := e.match(ctx, t, domain, depth+1)
		if at >= 0 && at < len(e.nodes) {
			e.nodes[at].Count, e.nodes[at].Voids, e.nodes[at].Matched = e.lookups, e.voids, matched
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
	e.node(Node{Domain: domain, Term: redirect.Raw, Depth: depth + 1}, "", nil, nil)
	target, err := e.expand(ctx, redirect.Target, domain, domainName)
	if err != nil || e.countLookup() != nil {
		return e.perm("redirect of " + domain)
	}
	res, rec, where := e.check(ctx, target, depth+2, false)
	if res == None {
		return e.perm("redirect=" + target + " has no record")
	}
	return res, rec, where
}

func (e *evaluation) countLookup() error {
	e.lookups++
	if e.lookups > MaxLookups {
		e.because = "more than 10 DNS look-ups"
		return errPerm
	}
	return nil
}

func (e *evaluation) countVoid(a *resolve.Answer) error {
	if a != nil && !a.Empty() {
		return nil
	}
	e.voids++
	if e.voids > MaxVoids {
		e.because = "more than 2 void look-ups"
		return errPerm
	}
	return nil
}

// node notes a term, or a further question of the current one.
func (e *evaluation) node(n Node, question string, a *resolve.Answer, err error) {
	if len(e.nodes) >= maxNodes {
		e.current = -1
		return
	}
	n.Count, n.Voids = e.lookups, e.voids
	if question != "" {
		q := asked(question, a, err)
		n.Question, n.Rcode, n.Server, n.MS = q.Question, q.Rcode, q.Server, q.MS
	}
	e.nodes = append(e.nodes, n)
	e.current = len(e.nodes) - 1
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

// ask looks a name up for the current term and notes the question. A name that DNS cannot hold is empty.
func (e *evaluation) ask(ctx context.Context, at int, name string, qtype uint16) (*resolve.Answer, error) {
	name = dns.Fqdn(name)
	if !validName(strings.TrimSuffix(name, "."), false) {
		return nil, resolve.ErrBadName
	}
	a, err := e.r.Lookup(ctx, name, qtype)
	q := asked(name+" "+dns.TypeToString[qtype], a, err)
	if at >= 0 && at < len(e.nodes) {
		n := &e.nodes[at]
		if n.Question == "" {
			n.Question, n.Rcode, n.Server, n.MS = q.Question, q.Rcode, q.Server, q.MS
		} else if len(n.More) < 2*MaxNames {
			n.More = append(n.More, q)
		}
	}
	return a, err
}

// match reports whether a mechanism matches (RFC 7208 5).
func (e *evaluation) match(ctx context.Context, t *Term, domain string, depth int) (bool, error) {
	at := e.current
	switch t.Name {
	case "all":
		return true, nil
	case "ip4", "ip6":
		return t.Prefix.Contains(e.q.IP), nil
	}
	if err := e.countLookup(); err != nil {
		return false, err
	}
	target := domain
	if t.Target != "" {
		var err error
		if target, err = e.expand(ctx, t.Target, domain, domainName); err != nil {
			e.because = err.Error()
			return false, errPerm
		}
	}
	switch t.Name {
	case "include":
		return e.include(ctx, target, depth)
	case "exists":
		a, err := e.ask(ctx, at, target, dns.TypeA)
		if errors.Is(err, resolve.ErrBadName) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		return len(a.Addrs()) > 0, e.countVoid(a)
	case "a":
		a, err := e.ask(ctx, at, target, e.family())
		if errors.Is(err, resolve.ErrBadName) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		return e.within(a, t), e.countVoid(a)
	case "mx":
		return e.mx(ctx, at, t, target)
	}
	return e.ptr(ctx, at, target)
}

func (e *evaluation) family() uint16 {
	if e.q.IP.Is4() {
		return dns.TypeA
	}
	return dns.TypeAAAA
}

// within reports whether the sender's address is in one of the answer's networks.
func (e *evaluation) within(a *resolve.Answer, t *Term) bool {
	for _, ip := range a.Addrs() {
		n := t.Bits6
		if ip.Is4() {
			n = t.Bits4
		}
		if p, err := ip.Prefix(n); err == nil && p.Contains(e.q.IP) {
			return true
		}
	}
	return false
}

func (e *evaluation) include(ctx context.Context, target string, depth int) (bool, error) {
	res, _, _ := e.check(ctx, target, depth+1, false)
	switch res {
	case Pass:
		return true, nil
	case Fail, SoftFail, Neutral:
		return false, nil
	case TempError:
		return false, errTemp
	case None:
		e.because = "include:" + target + " has no record"
	}
	return false, errPerm
}

func (e *evaluation) mx(ctx context.Context, at int, t *Term, target string) (bool, error) {
	a, err := e.ask(ctx, at, target, dns.TypeMX)
	if errors.Is(err, resolve.ErrBadName) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := e.countVoid(a); err != nil {
		return false, err
	}
	hosts := a.Records()
	if len(hosts) > MaxNames {
		e.because = "more than 10 MX hosts at " + target
		return false, errPerm
	}
	for _, rr := range hosts {
		mx, ok := rr.(*dns.MX)
		if !ok || mx.Mx == "." {
			continue
		}
		h, err := e.ask(ctx, at, mx.Mx, e.family())
		if errors.Is(err, resolve.ErrBadName) {
			continue
		}
		if err != nil {
			return false, err
		}
		if e.within(h, t) {
			return true, nil
		}
		if err := e.countVoid(h); err != nil {
			return false, err
		}
	}
	return false, nil
}

// ptr matches where a name of the address, confirmed by its own addresses, is the target or below it (RFC 7208 5.5). Failures
// on the way mean no match.
func (e *evaluation) ptr(ctx context.Context, at int, target string) (bool, error) {
	names, a, err := e.confirmed(ctx, at)
	if err == nil {
		if err := e.countVoid(a); err != nil {
			return false, err
		}
	}
	for _, n := range names {
		if dns.IsSubDomain(dns.Fqdn(target), n) {
			return true, nil
		}
	}
	return false, nil
}

func (e *evaluation) confirmed(ctx context.Context, at int) ([]string, *resolve.Answer, error) {
	arpa, err := dns.ReverseAddr(e.q.IP.String())
	if err != nil {
		return nil, nil, err
	}
	a, err := e.ask(ctx, at, arpa, dns.TypePTR)
	if err != nil {
		return nil, nil, err
	}
	var out []string
	for i, rr := range a.Records() {
		p, ok := rr.(*dns.PTR)
		if !ok || i >= MaxNames {
			continue
		}
		h, err := e.ask(ctx, at, p.Ptr, e.family())
		if err != nil {
			continue
		}
		for _, ip := range h.Addrs() {
			if ip == e.q.IP {
				out = append(out, strings.ToLower(p.Ptr))
				break
			}
		}
	}
	return out, a, nil
}

// validatedName is the macro p (RFC 7208 7.3): a confirmed name, the domain's own before one below it before any; else "unknown".
func (e *evaluation) validatedName(ctx context.Context, domain string) string {
	names, _, _ := e.confirmed(ctx, e.current)
	best, rank := "unknown", 0
	for _, n := range names {
		r := 1
		switch {
		case strings.EqualFold(n, dns.Fqdn(domain)):
			r = 3
		case dns.IsSubDomain(dns.Fqdn(domain), n):
			r = 2
		}
		if r > rank {
			best, rank = strings.TrimSuffix(n, "."), r
		}
	}
	return best
}

// explain is the text of the exp modifier (RFC 7208 6.2); empty where there is none or it cannot be had.
func (e *evaluation) explain(ctx context.Context, record *Record, domain string) string {
	exp := record.Modifier("exp")
	if exp == nil {
		return ""
	}
	e.current = -1
	target, err := e.expand(ctx, exp.Target, domain, domainName)
	if err != nil || !validName(target, false) {
		return ""
	}
	a, err := e.r.Lookup(ctx, target+".", dns.TypeTXT)
	if err != nil || len(a.TXT()) != 1 {
		return ""
	}
	text, err := e.expand(ctx, a.TXT()[0], domain, explanationText)
	if err != nil || strings.ContainsFunc(text, func(r rune) bool { return r > 126 || r < 32 }) {
		return ""
	}
	return text
}

// validName reports whether DNS can hold the name; with several, whether it has more than one label too (RFC 7208 4.3).
func validName(name string, several bool) bool {
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) > 253 {
		return false
	}
	labels := 0
	for l := range strings.SplitSeq(name, ".") {
		if l == "" || len(l) > 63 {
			return false
		}
		labels++
	}
	return !several || labels > 1
}
