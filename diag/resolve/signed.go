package resolve

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"github.com/miekg/dns"
)

// Signed answers a question with the signatures beside the records (DO, RFC 4035 3.2.1), from the servers of the zone
// that holds the name, whose name it gives too; a DS from those of the zone above. Resolvers, where they are asked
// instead, are told not to validate (CD). Aliases that leave the zone are not followed, and nothing is verified here.
func (s *Session) Signed(ctx context.Context, name string, qtype uint16) (a *Answer, zone string, err error) {
	k := leafKey{name: canonical(name), qtype: qtype, signed: true}
	if _, ok := dns.IsDomainName(k.name); !ok {
		return nil, "", &Failure{Question: Question{k.name, qtype}, Err: ErrBadName}
	}
	if l, ok := s.source.(*layer); ok {
		if a, zone, err = l.below.Signed(ctx, name, qtype); err == nil {
			if b := s.Changed(ctx, name, qtype); b != nil {
				a = b
			}
		}
		return a, zone, err
	}
	if !s.viaResolvers() || s.throughChosen(k.name, qtype) != nil {
		a, zone, err = s.iterate(ctx, k)
		if !errors.Is(err, errCutOff) || len(s.net.Resolvers) == 0 {
			return whole(a, zone, err)
		}
	}
	k.unchecked = true
	if a, err = s.recurse(ctx, k); err != nil {
		return nil, "", err
	}
	return whole(a, signerOf(a), nil)
}

// whole refuses an answer of which not everything was looked at: a set of records that lacks some fits no signature.
func whole(a *Answer, zone string, err error) (*Answer, string, error) {
	if err == nil && a.Omitted > 0 {
		return nil, "", &Failure{Question: a.Question, Server: a.Server, RTT: a.RTT, Err: ErrLargeAnswer}
	}
	return a, zone, err
}

// signerOf is the zone that an answer from a resolver comes from: the signer's, or that of the SOA beside a denial; ""
// where nothing tells.
func signerOf(a *Answer) string {
	for _, rr := range append(append([]dns.RR(nil), a.RRs...), a.Ns...) {
		if sig, ok := rr.(*dns.RRSIG); ok {
			return canonical(sig.SignerName)
		}
	}
	for _, rr := range a.Ns {
		if rr.Header().Rrtype == dns.TypeSOA {
			return canonical(rr.Header().Name)
		}
	}
	return ""
}

// Recursion is how a recursive resolver is asked.
type Recursion int

const (
	Plain     Recursion = iota // as a mail server asks
	Checked                    // with signatures wanted (DO)
	Unchecked                  // with signatures wanted and the resolver's own validation off (DO, CD)
)

// Recurse puts one question to one recursive resolver. Any Rcode is an answer here. Asking again within the session
// gives the same answer without a question.
func (s *Session) Recurse(ctx context.Context, resolver netip.AddrPort, name string, qtype uint16,
	how Recursion) (*Answer, error) {
	name = canonical(name)
	if _, ok := dns.IsDomainName(name); !ok {
		return nil, &Failure{Question: Question{name, qtype}, Err: ErrBadName}
	}
	k := leafKey{server: resolver, name: name, qtype: qtype, recurse: true, signed: how != Plain,
		unchecked: how == Unchecked}
	var a *Answer
	err := s.paced(ctx, k)
	if err == nil {
		a, err = s.ask(ctx, k)
	}
	noteCut(ctx, a, err)
	return a, err
}

// KnowsRoot reports whether a recursive resolver can resolve the root zone. One that cannot stands in a closed network,
// or something on the way answers in its place: what it says means nothing. One that the operator chose is taken at its
// word.
func (s *Session) KnowsRoot(ctx context.Context, resolver netip.AddrPort) bool {
	return slices.Contains(s.net.Resolvers, resolver) || s.knowsRoot(ctx, resolver)
}
