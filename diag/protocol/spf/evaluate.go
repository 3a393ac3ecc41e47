package spf

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
	"golang.org/x/net/idna"
)

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
		target, err = e.expand(ctx, t.Target, domain, domainName)
		if errors.Is(err, errNoMatch) {
			return false, nil
		}
		if err != nil {
			e.because = err.Error()
			return false, errPerm
		}
	}
	switch t.Name {
	case "include":
		return e.include(ctx, target, depth)
	case "mx":
		return e.mx(ctx, at, t, target)
	case "ptr":
		return e.ptr(ctx, at, target)
	}
	qtype := e.family()
	if t.Name == "exists" {
		qtype = dns.TypeA // whatever the sender's address is (RFC 7208 5.7)
	}
	a, err := e.ask(ctx, at, target, qtype)
	switch {
	case errors.Is(err, resolve.ErrBadName):
		return false, nil // a name that DNS cannot hold has no records
	case err != nil:
		return false, err
	case t.Name == "exists" && len(a.Addrs()) > 0, t.Name == "a" && e.within(a, t):
		return true, nil
	}
	return false, e.countVoid(at, a)
}

func (e *evaluation) include(ctx context.Context, target string, depth int) (bool, error) {
	res, _, _ := e.check(ctx, target, depth)
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
