package resolve

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"sync"

	"signpost/diag/courtesy"

	"github.com/miekg/dns"
)

const (
	maxRecords = 500 // records of one section of an answer that are looked at

	maxQuestions = 2000     // different questions of one diagnosis, whatever a zone leads it into
	maxToServer  = 300      // messages to one address: nobody's servers are flooded on a stranger's word (the NXNSAttack)
	maxOctets    = 16 << 20 // of answers in one diagnosis
)

// unpack reads a message, of each section no more than maxRecords and as many aliases as are followed. More is how many
// records it passed over. A message that announces few, as nearly all do, is read as it is.
func unpack(wire []byte) (m *dns.Msg, more int, err error) {
	const most = maxRecords + maxLinks
	m = new(dns.Msg)
	var counts, starts [3]int // of the answer, authority and additional sections (RFC 1035 4.1.1)
	for i := range counts {
		counts[i] = int(binary.BigEndian.Uint16(wire[6+2*i:]))
	}
	if max(counts[0], counts[1], counts[2]) <= most {
		return m, 0, m.Unpack(wire)
	}
	at := 12
	for range binary.BigEndian.Uint16(wire[4:]) {
		at = skipName(wire, at) + 4
	}
	for i := range counts {
		starts[i] = at
		for n := range counts[i] {
			if at == len(wire) {
				break // fewer than announced
			}
			if at = skipRecord(wire, at); at > len(wire) {
				return nil, 0, ErrBadAnswer
			}
			if n >= most {
				more++
			}
		}
	}
	first := slices.Clone(wire)
	binary.BigEndian.PutUint16(first[6:], uint16(min(counts[0], most))) //nolint:gosec // 500
	clear(first[8:12])
	if err = m.Unpack(first); err != nil {
		return nil, 0, err
	}
	if m.Ns, err = records(wire, starts[1], min(counts[1], most)); err != nil {
		return nil, 0, err
	}
	m.Extra, err = records(wire, starts[2], min(counts[2], most))
	return m, more, err
}

// records reads at most n records from a place in a message.
func records(wire []byte, at, n int) (out []dns.RR, err error) {
	for range n {
		if at == len(wire) {
			break
		}
		var rr dns.RR
		if rr, at, err = dns.UnpackRR(wire, at); err != nil {
			return nil, err
		}
		out = append(out, rr)
	}
	return out, nil
}

// skipName is where the name at this place ends (RFC 1035 4.1.4); beyond the message where it does not.
func skipName(wire []byte, at int) int {
	for at < len(wire) {
		switch n := int(wire[at]); {
		case n == 0:
			return at + 1
		case n >= 0xC0:
			return at + 2
		default:
			at += 1 + n
		}
	}
	return len(wire) + 1
}

// skipRecord is where the record at this place ends; beyond the message where it does not.
func skipRecord(wire []byte, at int) int {
	if at = skipName(wire, at) + 8; at+2 > len(wire) {
		return len(wire) + 1
	}
	return at + 2 + int(binary.BigEndian.Uint16(wire[at:]))
}

// onChain is the records of an answer section that stand on the way from the question's name to its end: those of the
// name, of what it is an alias for, and so on, and the DNAMEs above them (RFC 6672 3.1), in this order. Whatever else a
// server adds is dropped, so an answer costs what it says and not what it holds. Omitted counts the records of the
// chain beyond maxRecords; the aliases are never among them. The error is ErrLongChain.
func onChain(q Question, section []dns.RR) (kept []dns.RR, omitted int, err error) {
	if q.Type == dns.TypeAXFR || q.Type == dns.TypeANY || len(section) == 0 {
		kept = section[:min(len(section), maxRecords)]
		if q.Type != dns.TypeAXFR { // of a transfer the beginning is enough
			omitted = len(section) - len(kept)
		}
		return kept, omitted, nil
	}
	owners, above := make(map[string][]dns.RR, 4), map[string]bool{}
	names := 0
	for _, rr := range section {
		owner := strings.ToLower(rr.Header().Name)
		owners[owner] = append(owners[owner], rr)
		if rr.Header().Rrtype == dns.TypeDNAME {
			names++
		}
	}
	name, links, room := q.Name, 0, maxRecords
	for {
		for up := name; names > 0 && up != "."; {
			up = parentName(up)
			if !above[up] {
				kept, above[up] = append(kept, dnames(owners[up])...), true
			}
		}
		here := owners[name]
		delete(owners, name) // a circle ends where it comes back to
		target := ""
		for _, rr := range here {
			if c, ok := rr.(*dns.CNAME); ok && q.Type != dns.TypeCNAME && target == "" {
				kept, target = append(kept, rr), canonical(c.Target)
				continue
			}
			if rr.Header().Rrtype == dns.TypeDNAME && above[name] {
				continue // it stands already
			}
			if room--; room < 0 {
				omitted++
				continue
			}
			kept = append(kept, rr)
		}
		if target == "" {
			return kept, omitted, nil
		}
		if links++; links > maxLinks {
			return nil, 0, ErrLongChain
		}
		name = target
	}
}

// dnames is those of the records that are DNAMEs, with their signatures; of one name there may be one (RFC 6672 2.4).
func dnames(rrs []dns.RR) (out []dns.RR) {
	for _, rr := range rrs {
		t := rr.Header().Rrtype
		if sig, ok := rr.(*dns.RRSIG); ok {
			t = sig.TypeCovered
		}
		if t == dns.TypeDNAME && len(out) < maxLinks {
			out = append(out, rr)
		}
	}
	return out
}

// join adds a further answer of an alias chain to what is known already; only records of the chain are kept. The error
// is ErrLongChain.
func join(whole, next *Answer, q Question) (*Answer, error) {
	out := *next
	out.Question = q
	if whole.Server.IsValid() {
		out.Server, out.RTT = whole.Server, whole.RTT+next.RTT
	}
	rrs, omitted, err := onChain(q, append(slices.Clone(whole.RRs), next.RRs...))
	if err != nil {
		return nil, err
	}
	out.RRs = slices.DeleteFunc(rrs, func(rr dns.RR) bool {
		t := rr.Header().Rrtype
		return t != q.Type && t != dns.TypeCNAME && t != dns.TypeDNAME
	})
	out.Omitted = whole.Omitted + next.Omitted + omitted
	return &out, nil
}

// Limits collects the bounds that cut off what was asked under one context. Nothing that was learned under it is
// complete then: whoever concludes from it says so.
type Limits struct {
	mu    sync.Mutex
	first error
}

type limitsKey struct{}

// WithLimits has l collect the bounds that questions under the new context run into.
func WithLimits(ctx context.Context, l *Limits) context.Context {
	return context.WithValue(ctx, limitsKey{}, l)
}

// Err is the first bound that was reached; nil where none was.
func (l *Limits) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first
}

// Note adds a bound that was reached.
func (l *Limits) Note(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first == nil {
		l.first = err
	}
}

// noteCut notes where an answer lacks records, or a bound was the end of the question.
func noteCut(ctx context.Context, a *Answer, err error) {
	if err == nil && a != nil && a.Omitted > 0 {
		err = &Failure{Question: a.Question, Server: a.Server, RTT: a.RTT, Err: ErrLargeAnswer}
	}
	l, ok := ctx.Value(limitsKey{}).(*Limits)
	if ok && isBound(err) {
		l.Note(err)
	}
}

// paced waits until a resolver that strangers run may be asked again; one that was asked this already is not asked
// again.
func (s *Session) paced(ctx context.Context, k leafKey) error {
	s.mu.Lock()
	_, asked := s.leaves[k]
	s.mu.Unlock()
	if asked || s.below != nil || slices.Contains(s.net.Resolvers, k.server) {
		return nil
	}
	if err := s.net.Public.Wait(ctx, k.server.String()); err != nil {
		return &Failure{Question: Question{k.name, k.qtype}, Server: k.server, Err: courtesy.ErrTooOften}
	}
	return nil
}

// isBound reports that a bound of this package was the end of a question.
func isBound(err error) bool {
	for _, bound := range []error{ErrLargeAnswer, ErrLongChain, ErrTooMany, ErrManyServers, ErrBusy, ErrTooMuch,
		courtesy.ErrTooOften} {
		if errors.Is(err, bound) {
			return true
		}
	}
	return false
}

// spend counts a message to a server. The error is ErrBusy or ErrTooMuch. The resolvers that the operator chose are
// asked as often as there are questions.
func (s *Session) spend(k leafKey) error {
	if s.octets.Load() >= maxOctets {
		return ErrTooMuch
	}
	if k.recurse && s.net.trusted(k.server, true) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent[k.server.Addr()] >= maxToServer {
		return ErrBusy
	}
	s.sent[k.server.Addr()]++
	return nil
}
