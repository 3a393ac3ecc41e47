package resolve

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"signpost/diag/cause"

	"github.com/miekg/dns"
)

// Why a question got no usable answer. Each of these means "we could not tell"; none of them means "it is not there".
var (
	ErrTimeout     = cause.New(cause.NoAnswer, "resolve: no answer in time")
	ErrServFail    = cause.New(cause.ServFail, "resolve: server failure (SERVFAIL)")
	ErrRefused     = cause.New(cause.Refused, "resolve: server refused (REFUSED)")
	ErrBadAnswer   = cause.New(cause.BadAnswer, "resolve: answer could not be used")
	ErrLame        = cause.New(cause.Lame, "resolve: server has no authority for the zone")
	ErrLoop        = cause.New(cause.Loop, "resolve: CNAME or delegation loop")
	ErrUnreachable = cause.New(cause.Unreachable, "resolve: server cannot be reached")
	ErrPrivate     = cause.New(cause.Private, "resolve: address is private or unroutable")
	ErrNoServers   = cause.New(cause.NoServers, "resolve: no name server with an address")
	ErrNoWayIn     = cause.New(cause.NoServers,
		"resolve: no name server with an address: each has none, or can only be found through the zone itself")
	ErrTruncated = cause.New(cause.Truncated, "resolve: answer truncated, and not to be had over TCP")
	ErrClosed    = cause.New(cause.ClosedNetwork,
		"resolve: the resolver does not know the DNS root, so its denials mean nothing")
	ErrBadName     = cause.New(cause.BadName, "resolve: not a DNS name")
	ErrTooMany     = cause.New(cause.TooManyQuestions, "resolve: too many questions in one diagnosis")
	ErrManyServers = cause.New(cause.ManyServers, "resolve: more than 40 name servers without addresses in one diagnosis")
	ErrBusy        = cause.New(cause.BusyServer, "resolve: more than 300 questions to one server in one diagnosis")
	ErrTooMuch     = cause.New(cause.TooMuch, "resolve: more than 16 MB of answers in one diagnosis")
	ErrLongChain   = cause.New(cause.LongChain, "resolve: alias chain of more than 16 links")
	ErrLargeAnswer = cause.New(cause.LargeAnswer, "resolve: more than 500 records in one answer")
)

// Failure tells which question to which server failed, and why. Unwrap gives one of the sentinels above.
type Failure struct {
	Question Question
	Server   netip.AddrPort // zero when no single server is to blame
	RTT      time.Duration  // time spent waiting
	EDE      string         // extended DNS error text (RFC 8914), if the server gave one
	Err      error
}

func (f *Failure) Error() string {
	s := fmt.Sprintf("%s: %v", f.Question, f.Err)
	if f.Server.IsValid() {
		s += " at " + f.Server.String()
	}
	if f.EDE != "" {
		s += " (" + f.EDE + ")"
	}
	return s
}

func (f *Failure) Unwrap() error { return f.Err }

// CauseArgs tells which question failed.
func (f *Failure) CauseArgs() map[string]any { return map[string]any{"question": f.Question.String()} }

// Question is one DNS question. Name is fully qualified, lower case, with its dot.
type Question struct {
	Name string
	Type uint16
}

func (q Question) String() string { return q.Name + " " + dns.TypeToString[q.Type] }

// Answer is what one server said to one question. It is shared between callers: never change it.
type Answer struct {
	Question      Question
	Rcode         int // dns.RcodeSuccess or dns.RcodeNameError from Lookup; any from Ask
	Authoritative bool
	Validated     bool     // AD flag
	RRs           []dns.RR // answer section, CNAMEs included; Lookup joins the sections of a chain
	Ns            []dns.RR // authority section
	Extra         []dns.RR // additional section without OPT
	EDE           string   // extended DNS error text (RFC 8914)
	TCP           bool     // the answer came over TCP, asked so or after truncation
	Size          int      // octets of the message
	Server        netip.AddrPort
	RTT           time.Duration
	// records beyond the first 500 of a section, which nobody looks at: what is concluded from the rest is not certain
	Omitted int

	truncated bool // TC, seen only by Ask over UDP alone
}

// Truncated reports that the answer was cut (TC): only Ask over UDP alone returns such an answer.
func (a *Answer) Truncated() bool { return a.truncated }

// NXDomain reports whether the server denied the name (RFC 8020), which is not the same as NoData.
func (a *Answer) NXDomain() bool { return a.Rcode == dns.RcodeNameError }

// NoData reports whether the name exists without a record of the asked type (RFC 2308 2.2).
func (a *Answer) NoData() bool {
	return a.Rcode == dns.RcodeSuccess && len(a.Records()) == 0
}

// Empty reports NXDomain or NoData: what RFC 7208 4.6.4 calls a void lookup.
func (a *Answer) Empty() bool { return a.NXDomain() || a.NoData() }

// Chain is the CNAME targets in order, at most 16; empty where the name is no alias.
func (a *Answer) Chain() []string {
	if a.Question.Type == dns.TypeCNAME || !slices.ContainsFunc(a.RRs, isAlias) {
		return nil
	}
	var out []string
	name := a.Question.Name
	for len(out) < maxLinks && len(out) < len(a.RRs) {
		i := slices.IndexFunc(a.RRs, func(rr dns.RR) bool { return isAlias(rr) && strings.EqualFold(rr.Header().Name, name) })
		if i < 0 {
			break
		}
		name = canonical(a.RRs[i].(*dns.CNAME).Target)
		out = append(out, name)
	}
	return out
}

func isAlias(rr dns.RR) bool {
	_, ok := rr.(*dns.CNAME)
	return ok
}

// Final is the name at the end of the CNAME chain: the question's own where there is no CNAME.
func (a *Answer) Final() string {
	if c := a.Chain(); len(c) > 0 {
		return c[len(c)-1]
	}
	return a.Question.Name
}

// Records is the records of the asked type at the end of the chain.
func (a *Answer) Records() []dns.RR {
	final := a.Final()
	var out []dns.RR
	for _, rr := range a.RRs {
		if rr.Header().Rrtype == a.Question.Type && strings.EqualFold(rr.Header().Name, final) {
			out = append(out, rr)
		}
	}
	return out
}

// TXT is the text records, the strings of each joined without a space (RFC 7208 3.3), with DNS escapes undone.
func (a *Answer) TXT() []string {
	var out []string
	for _, parts := range a.TXTStrings() {
		out = append(out, strings.Join(parts, ""))
	}
	return out
}

// TXTStrings is the text records, each as its character-strings with DNS escapes undone.
func (a *Answer) TXTStrings() [][]string {
	var out [][]string
	for _, rr := range a.Records() {
		var raw []string
		switch t := rr.(type) {
		case *dns.TXT:
			raw = t.Txt
		case *dns.SPF:
			raw = t.Txt
		default:
			continue
		}
		parts := make([]string, len(raw))
		for i, s := range raw {
			parts[i] = unescape(s)
		}
		out = append(out, parts)
	}
	return out
}

// Addrs is the A and AAAA records at the end of the chain.
func (a *Answer) Addrs() []netip.Addr {
	var out []netip.Addr
	for _, rr := range a.Records() {
		if ip, ok := address(rr); ok {
			out = append(out, ip)
		}
	}
	return out
}

// address is what an A or AAAA record holds.
func address(rr dns.RR) (netip.Addr, bool) {
	switch t := rr.(type) {
	case *dns.A:
		return netip.AddrFromSlice(t.A.To4())
	case *dns.AAAA:
		return netip.AddrFromSlice(t.AAAA.To16())
	}
	return netip.Addr{}, false
}

// MinTTL is the smallest TTL among the answer's records, in seconds; for an empty answer the negative TTL of its SOA
// (RFC 2308 5: the lesser of the SOA's own TTL and its minimum); 0 where neither is there.
func (a *Answer) MinTTL() uint32 {
	least, seen := uint32(0), false
	for _, rr := range a.RRs {
		if t := rr.Header().Ttl; !seen || t < least {
			least, seen = t, true
		}
	}
	if seen {
		return least
	}
	for _, rr := range a.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			return min(soa.Hdr.Ttl, soa.Minttl)
		}
	}
	return 0
}

// Text is the answer in a line: its records, or NXDOMAIN or "no records", at most 2,000 characters.
func (a *Answer) Text() string {
	if a.Rcode != dns.RcodeSuccess {
		return dns.RcodeToString[a.Rcode]
	}
	if len(a.RRs) == 0 {
		return "NODATA"
	}
	var b strings.Builder
	for i, rr := range a.RRs {
		if i > 0 {
			b.WriteString("; ")
		}
		s := strings.ReplaceAll(strings.TrimPrefix(rr.String(), rr.Header().String()), "\t", " ")
		if rr.Header().Rrtype != a.Question.Type {
			s = dns.TypeToString[rr.Header().Rrtype] + " " + s
		}
		b.WriteString(s)
		if b.Len() > 2000 {
			break
		}
	}
	s := b.String()
	if r := []rune(s); len(r) > 2000 {
		s = string(r[:2000]) + "…"
	}
	return s
}

// unescape undoes miekg/dns's presentation escapes: \DDD and \X.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			out = append(out, s[i])
			continue
		}
		if i+3 < len(s) && digit(s[i+1]) && digit(s[i+2]) && digit(s[i+3]) {
			out = append(out, (s[i+1]-'0')*100+(s[i+2]-'0')*10+(s[i+3]-'0'))
			i += 3
			continue
		}
		out = append(out, s[i+1])
		i++
	}
	return string(out)
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

const maxLinks = 16 // aliases that are followed from one name, within answers and from one to the next

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

// leaf is a question under way or answered. done is closed when answer and err are set.
type leaf struct {
	done   chan struct{}
	answer *Answer
	err    error
}
