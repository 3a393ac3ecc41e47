package lab

import (
	"maps"
	"slices"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// Memory is the zones of a lab without servers: Answers, for resolve.Net.Answers, gives what a recursive resolver
// would. It serves tests of thousands of zones.
type Memory struct {
	zones map[string]*zone
	texts map[string]string
	tree  *tree
}

// NewMemory reads zones, by their origin.
func NewMemory(texts map[string]string) (*Memory, error) {
	m := &Memory{zones: map[string]*zone{}, texts: maps.Clone(texts)}
	for _, origin := range slices.Sorted(maps.Keys(texts)) {
		z, err := parseZone(origin, texts[origin])
		if err != nil {
			return nil, err
		}
		m.zones[z.origin] = z
	}
	m.tree = grow(m.zones, nil, false)
	return m, nil
}

// With is the memory with some zones replaced or added; their delegations are not looked at.
func (m *Memory) With(texts map[string]string) (*Memory, error) {
	t := *m.tree
	t.zones = maps.Clone(m.tree.zones)
	out := &Memory{texts: maps.Clone(m.texts), tree: &t}
	for origin, text := range texts {
		z, err := parseZone(origin, text)
		if err != nil {
			return nil, err
		}
		t.zones[z.origin], out.texts[origin] = z, text
	}
	return out, nil
}

// Answers answers one question, aliases within a zone followed.
func (m *Memory) Answers(name string, qtype uint16) *resolve.Answer {
	z := m.tree.deepest(name)
	msg := new(dns.Msg)
	z.fill(msg, name, qtype, nil)
	if !msg.Authoritative {
		return nil
	}
	a := &resolve.Answer{Question: resolve.Question{Name: name, Type: qtype}, Rcode: msg.Rcode, Authoritative: true,
		RRs: msg.Answer, Ns: msg.Ns, Size: msg.Len()}
	if a.Final() != name && len(a.Records()) == 0 && !dns.IsSubDomain(z.origin, a.Final()) {
		a.Rcode = dns.RcodeSuccess
	}
	return a
}
