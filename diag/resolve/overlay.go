package resolve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// Edit is one record that is entered into a zone, or taken out of it.
type Edit struct {
	RR     dns.RR
	Remove bool
}

// Set is the records of one name and type.
type Set struct {
	Name string
	Type uint16
	RRs  []dns.RR
}

// AliasError says that a name can hold no record, because it is an alias: a CNAME stands there (RFC 1034 3.6.2), or it
// lies below a DNAME (RFC 6672 2.4).
type AliasError struct{ Name, Target string }

func (e *AliasError) Error() string { return "resolve: " + e.Name + " is an alias of " + e.Target }

// ErrNotThere says that a record that was to be taken out is not there.
var ErrNotThere = errors.New("resolve: no such record")

func (m memory) resolve(_ context.Context, name string, qtype uint16) (*Answer, error) {
	a := m(name, qtype)
	if a == nil {
		return nil, &Failure{Question: Question{name, qtype}, Err: ErrNoServers}
	}
	return a, usable(a)
}

// layer is a change laid over what a session knows.
type layer struct {
	below *Session
	sets  map[Question][]dns.RR // as they would be
	names map[string]bool       // their owners
	made  map[string]bool       // names that begin to exist
}

// With is the session as it would be with these edits made in the zones: what they change is answered so, everything
// else from this session's memory and, where it was not asked yet, by the servers. Lost is what answered for a name by
// a wildcard, and no longer would, because the name begins to exist (RFC 4592 2.2.1). The error is an *AliasError,
// ErrNotThere, or that of a look-up.
func (s *Session) With(ctx context.Context, edits []Edit) (with *Session, lost []Set, err error) {
	l := &layer{below: s, sets: map[Question][]dns.RR{}, names: map[string]bool{}, made: map[string]bool{}}
	for _, e := range edits {
		h := e.RR.Header()
		name := canonical(h.Name)
		if _, ok := dns.IsDomainName(name); !ok {
			return nil, nil, &Failure{Question: Question{name, h.Rrtype}, Err: ErrBadName}
		}
		if !l.names[name] && !e.Remove {
			more, err := l.spring(ctx, name, h.Rrtype)
			if err != nil {
				return nil, nil, err
			}
			lost = append(lost, more...)
		}
		if !e.Remove {
			l.names[name] = true
		}
	}
	// What goes, goes first: an alias makes room for a record.
	for _, remove := range []bool{true, false} {
		for _, e := range edits {
			if e.Remove == remove {
				if err := l.edit(ctx, e); err != nil {
					return nil, nil, err
				}
			}
		}
	}
	lost = slices.DeleteFunc(lost, func(x Set) bool { // what the edits give anew is not
		now := l.sets[Question{x.Name, x.Type}]
		return !slices.ContainsFunc(x.RRs, func(old dns.RR) bool {
			return !slices.ContainsFunc(now, func(rr dns.RR) bool { return same(rr, old) })
		})
	})
	out := &Session{net: s.net, home: s.home, ctx: s.ctx, cancel: func() {}, leaves: map[leafKey]*leaf{},
		cuts: map[string]*cut{}, descents: map[string]*descent{}, source: l, below: s}
	return out, lost, nil
}

// edit makes one edit in its set, which begins as it is.
func (l *layer) edit(ctx context.Context, e Edit) error {
	q := Question{canonical(e.RR.Header().Name), e.RR.Header().Rrtype}
	set, ok := l.sets[q]
	if !ok {
		var err error
		if set, err = l.begin(ctx, q); err != nil {
			return err
		}
	}
	at := slices.IndexFunc(set, func(rr dns.RR) bool { return same(rr, e.RR) })
	switch {
	case e.Remove && at < 0 && l.made[q.Name]: // what a wildcard gave goes with the name's beginning
	case e.Remove && at < 0:
		return fmt.Errorf("%w at %s", ErrNotThere, q)
	case e.Remove:
		set = slices.Delete(slices.Clone(set), at, at+1)
	case at < 0:
		rr := dns.Copy(e.RR)
		rr.Header().Name = q.Name
		set = append(slices.Clone(set), rr)
	}
	l.sets[q], l.names[q.Name] = set, true
	return nil
}

// begin is a set before the edits.
func (l *layer) begin(ctx context.Context, q Question) ([]dns.RR, error) {
	if l.made[q.Name] {
		return nil, nil // what a wildcard gave ends where the name begins
	}
	if q.Type != dns.TypeCNAME {
		if alias, ok := l.sets[Question{q.Name, dns.TypeCNAME}]; ok {
			if len(alias) > 0 {
				return nil, &AliasError{q.Name, aliasTarget(alias[0])}
			}
			return nil, nil // nothing stood beside the alias that goes
		}
	}
	a, err := l.below.resolve(ctx, q.Name, q.Type)
	if err != nil {
		return nil, err
	}
	for _, rr := range a.RRs {
		d, ok := rr.(*dns.DNAME)
		if owner := canonical(rr.Header().Name); ok && owner != q.Name && within(owner, q.Name) {
			return nil, &AliasError{q.Name, canonical(d.Target)}
		}
	}
	if q.Type != dns.TypeCNAME && len(a.Chain()) > 0 {
		return nil, &AliasError{q.Name, a.Chain()[0]}
	}
	return a.Records(), nil
}

// Own is the records that stand at a name itself; none where it is an alias.
func (s *Session) Own(ctx context.Context, name string, qtype uint16) ([]dns.RR, error) {
	a, err := s.resolve(ctx, canonical(name), qtype)
	if err != nil || len(a.Chain()) > 0 {
		return nil, err
	}
	return a.Records(), nil
}

// Begins reports whether a name begins to exist with the edits: before, a wildcard answered for it, or nothing.
func (s *Session) Begins(name string) bool {
	for x := s; x != nil; x = x.below {
		if l, ok := x.source.(*layer); ok && l.made[canonical(name)] {
			return true
		}
	}
	return false
}

// Changed is the answer that edits gave a name for this type; nil where they left it as it is. Nothing signs it: of a
// zone that is signed, it would be signed as its other records are.
func (s *Session) Changed(ctx context.Context, name string, qtype uint16) *Answer {
	q := Question{canonical(name), qtype}
	for x := s; x != nil; x = x.below {
		if l, ok := x.source.(*layer); ok {
			if set, changed := l.sets[q]; changed {
				return l.answer(ctx, q, set, dns.RcodeSuccess)
			}
		}
	}
	return nil
}

func aliasTarget(rr dns.RR) string {
	if c, ok := rr.(*dns.CNAME); ok {
		return canonical(c.Target)
	}
	return ""
}

// same reports whether two records say the same: of TXT, the joined strings count. A CAA record holds its value as it
// came, or with the escapes of a zone file.
func same(a, b dns.RR) bool {
	p, isCAA := a.(*dns.CAA)
	if q, ok := b.(*dns.CAA); ok && isCAA {
		return p.Flag == q.Flag && strings.EqualFold(p.Tag, q.Tag) && unescape(p.Value) == unescape(q.Value)
	}
	x, y := textOf(a), textOf(b)
	if x != nil && y != nil && a.Header().Rrtype == b.Header().Rrtype {
		return unescape(strings.Join(x, "")) == unescape(strings.Join(y, ""))
	}
	c := dns.Copy(b)
	c.Header().Name, c.Header().Class = a.Header().Name, a.Header().Class
	return dns.IsDuplicate(a, c)
}

func textOf(rr dns.RR) []string {
	switch t := rr.(type) {
	case *dns.TXT:
		return t.Txt
	case *dns.SPF:
		return t.Txt
	}
	return nil
}

// hostTypes is what a name of a host or a mail domain may live by.
var hostTypes = []uint16{dns.TypeMX, dns.TypeA, dns.TypeTXT, dns.TypeAAAA, dns.TypeCAA}

// spring notes which names begin to exist when a name gets a record: itself, and those above it that were only answered
// by a wildcard or not at all. It gives what wildcards answered for them. Where a name with a registrant begins,
// everything exists.
func (l *layer) spring(ctx context.Context, name string, qtype uint16) (lost []Set, err error) {
	for n := name; n != "." && n != registrable(n); n = parentName(n) {
		if l.names[n] || l.made[n] {
			return lost, nil
		}
		types := hostTypes
		if strings.HasPrefix(n, "_") { // nobody's host: only what is to stand there counts
			types = []uint16{qtype}
		}
		state, sets, err := l.below.stands(ctx, n, types)
		if err != nil {
			return nil, err
		}
		switch state {
		case exists:
			return lost, nil
		case byWildcard:
			l.made[n] = true
			if !strings.HasPrefix(n, "_") {
				lost = append(lost, sets...)
			}
		case absent:
			l.made[n] = true
		}
	}
	return lost, nil
}

// standing is how a name comes by its answers.
type standing int

const (
	unclear    standing = iota // no records of the types asked for, and no denial
	absent                     // denied
	exists                     // it is there itself
	byWildcard                 // nothing is there: a wildcard answers
)

// noSuchLabel is a label that nobody uses.
const noSuchLabel = "signpost-no-such-name."

// stands tells how a name comes by its records of these types, and which they are where a wildcard gives them: a
// wildcard answers a name below it, and one beside it, in the same way.
func (s *Session) stands(ctx context.Context, name string, types []uint16) (standing, []Set, error) {
	var sets []Set
	for _, t := range types {
		a, err := s.resolve(ctx, name, t)
		if err != nil {
			return unclear, nil, err
		}
		if a.NXDomain() && len(a.Chain()) == 0 {
			return absent, nil, nil
		}
		if len(a.RRs) == 0 {
			continue
		}
		if len(sets) == 0 {
			for _, probe := range []string{noSuchLabel + name, noSuchLabel + parentName(name)} {
				b, err := s.resolve(ctx, probe, t)
				if err != nil {
					return unclear, nil, err
				}
				if !alike(a, b) {
					return exists, nil, nil
				}
			}
		}
		set := Set{Name: name, Type: t, RRs: a.Records()}
		if c := a.Chain(); len(c) > 0 {
			set = Set{Name: name, Type: dns.TypeCNAME, RRs: []dns.RR{&dns.CNAME{
				Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: 300}, Target: c[0],
			}}}
		}
		sets = append(sets, set)
		if set.Type == dns.TypeCNAME {
			break
		}
	}
	if len(sets) == 0 {
		return unclear, nil, nil
	}
	return byWildcard, sets, nil
}

// alike reports whether two names were answered with the same records.
func alike(a, b *Answer) bool {
	data := func(x *Answer) (out []string) {
		for _, rr := range x.RRs {
			out = append(out, strings.ToLower(dns.TypeToString[rr.Header().Rrtype]+" "+strings.TrimPrefix(rr.String(),
				rr.Header().String())))
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(data(a), data(b))
}

func (l *layer) resolve(ctx context.Context, name string, qtype uint16) (*Answer, error) {
	q := Question{name, qtype}
	alias, aliased := l.sets[Question{name, dns.TypeCNAME}]
	switch set, changed := l.sets[q]; {
	case changed:
		return l.answer(ctx, q, set, dns.RcodeSuccess), nil
	case len(alias) > 0:
		return l.answer(ctx, q, alias, dns.RcodeSuccess), nil
	case aliased, l.made[name]:
		return l.answer(ctx, q, nil, dns.RcodeSuccess), nil
	case l.hidden(name):
		return l.answer(ctx, q, nil, dns.RcodeNameError), nil
	}
	a, err := l.below.resolve(ctx, name, qtype)
	if err != nil {
		return nil, err
	}
	chain := a.Chain()
	for i, target := range chain {
		if l.names[target] || l.made[target] || l.hidden(target) {
			b := *a
			b.RRs, b.Rcode = nil, dns.RcodeSuccess
			for _, rr := range a.RRs {
				if owner := canonical(rr.Header().Name); rr.Header().Rrtype == dns.TypeCNAME &&
					(owner == name || slices.Contains(chain[:i], owner)) {
					b.RRs = append(b.RRs, rr)
				}
			}
			return &b, nil
		}
	}
	return a, nil
}

// hidden reports that a name lies below one that begins to exist, and is none itself: no wildcard reaches it any more.
func (l *layer) hidden(name string) bool {
	for n := parentName(name); n != "."; n = parentName(n) {
		if l.made[n] {
			return true
		}
	}
	return false
}

// answer is what the servers would say. Its size is that of the answer before, with what was added.
func (l *layer) answer(ctx context.Context, q Question, set []dns.RR, rcode int) *Answer {
	a := &Answer{Question: q, Rcode: rcode, Authoritative: true, RRs: set, Size: 12 + len(q.Name) + 5}
	for _, rr := range set {
		a.Size += dns.Len(rr) - len(q.Name) + 1 // the owner is a pointer
	}
	if before, err := l.below.resolve(ctx, q.Name, q.Type); err == nil {
		a.Server = before.Server
	}
	return a
}
