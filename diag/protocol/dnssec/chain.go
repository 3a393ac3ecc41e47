package dnssec

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"signpost/diag/cause"
	"signpost/diag/guarded"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"
)

// State is what a chain of trust comes to (RFC 4035 4.3).
type State string

const (
	Secure   State = "secure"   // signed, and every signature on the way holds
	Insecure State = "insecure" // no DS above: nobody expects signatures
	Bogus    State = "bogus"    // signatures are expected, and do not hold
)

// Reason is what is wrong with a link of the chain or a set of records.
type Reason string

const (
	NoKey        Reason = "no-key"        // a DS above, and no key here
	DSMismatch   Reason = "ds-mismatch"   // no key matches a DS
	NoSignature  Reason = "no-signature"  // a set that should be signed is not
	BadSignature Reason = "bad-signature" // the signature does not fit the records
	Expired      Reason = "expired"
	NotYetValid  Reason = "not-yet-valid"
	NoDenial     Reason = "no-denial" // a missing name or record without signed proof
)

// Fault is one thing that is wrong. When is the time that an Expired or NotYetValid signature names.
type Fault struct {
	Reason Reason
	Zone   string
	Name   string
	Type   uint16
	When   time.Time
	Said   *resolve.Answer
}

// Source answers questions with signatures; a *resolve.Session is one.
type Source interface {
	Signed(ctx context.Context, name string, qtype uint16) (a *resolve.Answer, zone string, err error)
	Walk(ctx context.Context, name string) (*resolve.Delegation, error)
	// Elsewhere is what other servers of the zone answer.
	Elsewhere(ctx context.Context, a *resolve.Answer, zone string) []*resolve.Answer
}

// Zone is a zone with what the chain of trust says of it.
type Zone struct {
	Name   string // with its dot
	Parent string
	State  State
	DS     []*dns.DS
	Keys   []*dns.DNSKEY
	Faults []Fault // why it is bogus
	// Life is that of the signature over the keys; zero where none is needed.
	Life Span
	Said []*resolve.Answer // the answers about DS and keys
	// Broken is where the chain of trust ends above or at an insecure zone that has DS records or keys: the highest zone
	// that the one above it holds no DS for, or "." where the root is not signed. Unknown: there is a DS, of kinds that
	// validators do not know.
	Broken  string
	Unknown bool
}

// Chain follows chains of trust; what it learned of a zone it keeps. Its methods are safe for concurrent use.
type Chain struct {
	source Source
	now    time.Time

	spent atomic.Int32 // verifications made

	mu    sync.Mutex
	zones map[string]*pending
	sets  map[setKey]*held
}

type pending struct {
	done chan struct{}
	zone *Zone
	err  error
}

// New begins with nothing known. Now is the time that signatures are held against.
func New(source Source, now time.Time) *Chain {
	return &Chain{source: source, now: now, zones: map[string]*pending{}, sets: map[setKey]*held{}}
}

const maxZones = 64 // of one chain: a name has no more labels that matter

// ErrDepth means that names lead on and on.
var ErrDepth = cause.New(cause.TooManyProofs, "dnssec: too many zones")

// ErrAlgorithm means that a zone is signed by an algorithm that validators know, and that is not computed here: Ed448
// (RFC 8624 3.1).
var ErrAlgorithm = cause.New(cause.UnknownAlgorithm, "dnssec: signed by Ed448, which is not verified here")

// Zone examines a zone and those above it. The error means that it could not be told.
func (c *Chain) Zone(ctx context.Context, name string) (*Zone, error) {
	name = strings.ToLower(dns.Fqdn(name))
	c.mu.Lock()
	p, ok := c.zones[name]
	if !ok {
		if len(c.zones) >= maxZones {
			c.mu.Unlock()
			return nil, ErrDepth
		}
		p = &pending{done: make(chan struct{})}
		c.zones[name] = p
	}
	c.mu.Unlock()
	if !ok {
		p.zone, p.err = c.examine(ctx, name)
		close(p.done)
	}
	select {
	case <-p.done:
		return p.zone, p.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *Chain) examine(ctx context.Context, name string) (*Zone, error) {
	z := &Zone{Name: name, State: Insecure}
	if name == "." {
		return z, c.root(ctx, z)
	}
	cut, err := c.source.Walk(ctx, name)
	if err != nil {
		return nil, err
	}
	z.Parent = cut.Parent
	if cut.Zone != name {
		return nil, &resolve.Failure{Question: resolve.Question{Name: name, Type: dns.TypeNS}, Err: resolve.ErrBadAnswer}
	}
	type got struct {
		a   *resolve.Answer
		err error
	}
	keys := make(chan got, 1)
	guarded.Go(func() {
		a, _, err := c.source.Signed(ctx, name, dns.TypeDNSKEY)
		keys <- got{a, err}
	}, func(err error) { keys <- got{nil, err} })
	ds, _, err := c.source.Signed(ctx, name, dns.TypeDS)
	k := <-keys
	if err != nil {
		return nil, err
	}
	z.Said = append(z.Said, ds)
	z.DS = only[*dns.DS](ds.RRs, name)
	if k.err == nil {
		z.Said = append(z.Said, k.a)
		z.Keys = only[*dns.DNSKEY](k.a.RRs, name)
	}
	if len(z.DS) == 0 {
		z.Broken = name
		if len(z.Keys) > 0 { // whether a DS would help depends on the zones above; whether they tell is no matter here
			if up, err := c.Zone(ctx, z.Parent); err == nil && up.State == Insecure {
				z.Broken = cmp.Or(up.Broken, name)
			}
		}
		return z, nil // without keys to expect, a failure to give them is no matter
	}
	if k.err != nil {
		return nil, k.err
	}
	up, err := c.Zone(ctx, z.Parent)
	if err != nil {
		return nil, err
	}
	if err := c.link(ctx, z, up, ds, k.a); err != nil || z.State != Bogus || up.State == Bogus {
		return z, err
	}
	// As a resolver does, the others are asked before the zone is refused: one server may be behind.
	for _, a := range c.source.Elsewhere(ctx, k.a, name) {
		other := *z
		other.State, other.Faults, other.Keys = Insecure, nil, only[*dns.DNSKEY](a.RRs, name)
		if err := c.link(ctx, &other, up, ds, a); err == nil && other.State == Secure {
			return &other, nil
		}
	}
	return z, nil
}

// link judges the step from the zone above to this one.
func (c *Chain) link(ctx context.Context, z, up *Zone, ds, keys *resolve.Answer) error {
	switch up.State {
	case Bogus:
		z.State, z.Faults = Bogus, up.Faults
		return nil
	case Insecure:
		// A registry that is not signed itself, but holds DS records, is taken at its word where the root is not signed
		// either: that is a private tree, in which no chain could begin anywhere else.
		root, err := c.Zone(ctx, ".")
		if err != nil {
			return err
		}
		if root.State != Insecure || !isSuffix(up.Name) {
			z.Broken = cmp.Or(up.Broken, up.Name)
			return nil
		}
	case Secure:
		_, faults, err := c.verify(ctx, up, up.Keys, ds.RRs, z.Name, dns.TypeDS, ds)
		if err != nil {
			return err
		}
		if len(faults) > 0 {
			z.State, z.Faults = Bogus, faults
			return nil
		}
	}
	usable := slices.DeleteFunc(slices.Clone(z.DS),
		func(d *dns.DS) bool { return !Supported(d.Algorithm) || !digests[d.DigestType] })
	if len(usable) == 0 {
		if slices.ContainsFunc(z.DS, func(d *dns.DS) bool { return d.Algorithm == dns.ED448 && digests[d.DigestType] }) {
			return ErrAlgorithm
		}
		z.Broken, z.Unknown = z.Name, true
		return nil // RFC 4035 5.2: a zone that is signed in ways unknown is as one that is not signed
	}
	weak := func(d *dns.DS) bool { return d.DigestType == dns.SHA1 }
	if slices.ContainsFunc(usable, func(d *dns.DS) bool { return !weak(d) }) {
		usable = slices.DeleteFunc(usable, weak) // RFC 4509 3: beside a stronger one SHA-1 does not count
	}
	fault := func(r Reason) {
		z.State = Bogus
		z.Faults = []Fault{{Reason: r, Zone: z.Name, Name: z.Name, Type: dns.TypeDNSKEY, Said: keys}}
	}
	if len(z.Keys) == 0 {
		fault(NoKey)
		return nil
	}
	entry := entries(usable, z.Keys)
	if len(entry) == 0 {
		fault(DSMismatch)
		return nil
	}
	life, faults, err := c.verify(ctx, z, entry, keys.RRs, z.Name, dns.TypeDNSKEY, keys)
	switch {
	case err != nil:
		return err
	case len(faults) > 0:
		z.State, z.Faults = Bogus, faults
	default:
		z.State, z.Life = Secure, life
	}
	return nil
}

func (c *Chain) root(ctx context.Context, z *Zone) error {
	a, _, err := c.source.Signed(ctx, ".", dns.TypeDNSKEY)
	if err != nil {
		return err
	}
	z.Keys = only[*dns.DNSKEY](a.RRs, ".")
	if len(z.Keys) == 0 {
		z.Broken = "."
		return nil
	}
	z.Said = append(z.Said, a)
	life, faults, err := c.verify(ctx, z, z.Keys, a.RRs, ".", dns.TypeDNSKEY, a)
	if err != nil {
		return err
	}
	z.State, z.Faults, z.Life = Secure, faults, life
	if len(faults) > 0 {
		z.State = Bogus
	}
	return nil
}

func matches(d *dns.DS, k *dns.DNSKEY) bool {
	if d.KeyTag != k.KeyTag() || d.Algorithm != k.Algorithm {
		return false
	}
	own := k.ToDS(d.DigestType)
	return own != nil && strings.EqualFold(own.Digest, d.Digest)
}

// digests are those that validators must know (RFC 8624 3.3); SHA-1 still counts, and is reported as weak.
var digests = map[uint8]bool{dns.SHA1: true, dns.SHA256: true, dns.SHA384: true}

// Supported reports whether validators know the algorithm (RFC 8624 3.1).
func Supported(algorithm uint8) bool {
	switch algorithm {
	case dns.RSASHA1, dns.RSASHA1NSEC3SHA1, dns.RSASHA256, dns.RSASHA512, dns.ECDSAP256SHA256, dns.ECDSAP384SHA384,
		dns.ED25519:
		return true
	}
	return false
}

// Weak is why a key or a DS must be replaced (RFC 8624 3.1, 3.3, RFC 9905): the algorithm's name with "RSA 768"-like
// sizes under 1,024 bits; "" where it is fine.
func Weak(rr dns.RR) string {
	switch t := rr.(type) {
	case *dns.DNSKEY:
		switch t.Algorithm {
		case dns.RSAMD5, dns.DSA, dns.RSASHA1, dns.DSANSEC3SHA1, dns.RSASHA1NSEC3SHA1, dns.ECCGOST:
			return dns.AlgorithmToString[t.Algorithm]
		case dns.RSASHA256, dns.RSASHA512:
			if bits := rsaBits(t); bits > 0 && bits < 1024 {
				return dns.AlgorithmToString[t.Algorithm] + "/" + strconv.Itoa(bits)
			}
		}
	case *dns.DS:
		if t.DigestType == dns.SHA1 || t.DigestType == dns.GOST94 {
			return "DS " + dns.HashToString[t.DigestType]
		}
	}
	return ""
}

func isSuffix(zone string) bool {
	name := strings.TrimSuffix(zone, ".")
	if name == "" || !strings.Contains(name, ".") {
		return true
	}
	s, icann := publicsuffix.PublicSuffix(name)
	return icann && s == name
}

// only is the records of one kind that a name has.
func only[T dns.RR](rrs []dns.RR, name string) (out []T) {
	for _, rr := range rrs {
		if t, ok := rr.(T); ok && strings.EqualFold(rr.Header().Name, name) {
			out = append(out, t)
		}
	}
	return out
}

// Span is the time for which a signature holds; zero: there is none.
type Span struct{ Begins, Ends time.Time }

// rsaBits is the length of an RSA key's modulus (RFC 3110 2); 0 where it cannot be read.
func rsaBits(k *dns.DNSKEY) int {
	raw, err := base64.StdEncoding.DecodeString(k.PublicKey)
	if err != nil || len(raw) < 3 {
		return 0
	}
	exponent, rest := int(raw[0]), raw[1:]
	if exponent == 0 {
		exponent, rest = int(raw[1])<<8|int(raw[2]), raw[3:]
	}
	if len(rest) <= exponent {
		return 0
	}
	return 8 * len(rest[exponent:])
}

// setKey tells sets apart by what they hold, TTLs aside, and by the keys that they are held against.
type setKey [sha256.Size]byte

// held is what the verification of one set came to; done is closed when it stands.
type held struct {
	done   chan struct{}
	life   Span
	reason Reason // "": a signature holds
	when   time.Time
	err    error
}
