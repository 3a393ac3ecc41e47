package kb

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"signpost/diag"
)

// readNetwork reads the facts about resolvers and blocklists.
func (b *Base) readNetwork() error {
	var r struct {
		Resolvers []Resolver `yaml:"resolvers"`
	}
	if err := read("data/resolvers.yaml", &r); err != nil {
		return err
	}
	var l struct {
		Lists []Blocklist `yaml:"lists"`
	}
	if err := read("data/blocklists.yaml", &l); err != nil {
		return err
	}
	b.resolvers, b.blocklists = r.Resolvers, l.Lists
	for _, x := range b.resolvers {
		if x.ID == "" || !x.Address.IsValid() || x.Confidence == "from-memory" {
			return fmt.Errorf("%w: resolvers.yaml: %q needs an id, an address and a source", ErrData, x.ID)
		}
	}
	for _, x := range b.blocklists {
		if x.ID == "" || x.Zone == "" || len(x.Codes)+len(x.Bits) == 0 || x.Terms == "" {
			return fmt.Errorf("%w: blocklists.yaml: %q needs an id, a zone, codes or bits, and terms", ErrData, x.ID)
		}
	}
	var i struct {
		Issuers []issuer `yaml:"issuers"`
	}
	if err := read("data/issuers.yaml", &i); err != nil {
		return err
	}
	for _, x := range i.Issuers {
		if x.Name == "" || len(x.Organizations) == 0 || len(x.CAA) == 0 || x.Source == "" {
			return fmt.Errorf("%w: issuers.yaml: %q needs a name, organizations, caa and a source", ErrData, x.Name)
		}
		b.issuers = append(b.issuers, diag.Issuer{Name: x.Name, Organizations: x.Organizations, Names: x.CAA})
	}
	return nil
}

// issuer is a certificate authority: how it is named in what it issues, and every name by which CAA records allow it.
type issuer struct {
	Name          string   `yaml:"name"`
	Organizations []string `yaml:"organizations"`
	CAA           []string `yaml:"caa"`
	Fact          `yaml:",inline"`
}

// Issuers is the certificate authorities as diag recognises them.
func (b *Base) Issuers() []diag.Issuer { return b.issuers }

// Resolvers is the public resolvers that diag compares caches of.
func (b *Base) Resolvers() []diag.Recursive {
	var out []diag.Recursive
	for _, r := range b.resolvers {
		out = append(out, diag.Recursive{ID: r.ID, Region: r.Region, Address: netip.AddrPortFrom(r.Address, 53)})
	}
	return out
}

// ResolverName is what a resolver is called, by its id.
func (b *Base) ResolverName(id string) string {
	for _, r := range b.resolvers {
		if r.ID == id && r.Name != "" {
			return r.Name
		}
	}
	return id
}

// Blocklists is the lists of these ids. The error names those that there are.
func (b *Base) Blocklists(ids []string) ([]diag.Blocklist, error) {
	var out []diag.Blocklist
	for _, id := range ids {
		i := slices.IndexFunc(b.blocklists, func(l Blocklist) bool { return l.ID == id })
		if i < 0 {
			var known []string
			for _, l := range b.blocklists {
				known = append(known, l.ID)
			}
			return nil, fmt.Errorf("kb: no such blocklist: %s. There are: %s", id, strings.Join(known, ", "))
		}
		l := b.blocklists[i]
		out = append(out, diag.Blocklist{ID: l.ID, Name: l.Name, Zone: l.Zone, Domains: l.Domains, Codes: l.Codes,
			Bits: l.Bits, Refusals: l.Refusals, Removal: l.Removal})
	}
	return out, nil
}
