package lab

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"
)

// grow makes the tree out of the zones as they were read. Six: servers are reached at their IPv6 addresses as well.
func grow(own map[string]*zone, bulk *bulk, six bool) *tree {
	t := &tree{
		zones: maps.Clone(own), bulk: bulk, reach: map[string][]netip.Addr{}, hosts: map[netip.Addr]*host{},
		mail: map[netip.Addr]MailHost{}, pages: map[string]page{}, logos: map[string]string{}, marks: map[string]*zone{},
	}
	t.addRegistries("test.")
	for origin := range own {
		t.addRegistries(origin)
	}
	if bulk != nil {
		t.zones[bulk.parent.origin] = bulk.parent
		t.host(netip.MustParseAddr(sharedAddr1)).bulk = bulk
		t.host(netip.MustParseAddr(sharedAddr2)).bulk = bulk
	}
	t.delegate()
	for _, z := range t.zones {
		t.place(z, six)
	}
	for _, addr := range []string{resolverAddr, cacheAddr1, cacheAddr2} {
		t.host(netip.MustParseAddr(addr)).recursive = true
	}
	for _, origin := range slices.Sorted(maps.Keys(own)) {
		for addr, rules := range own[origin].rules {
			if !addr.IsValid() { // every server of the zone
				for _, at := range t.serving(t.zones[origin], six) {
					t.hosts[at].rules = append(t.hosts[at].rules, rules...)
				}
				continue
			}
			h := t.host(addr)
			h.rules = append(h.rules, rules...)
			h.zones[origin] = t.zones[origin]
		}
	}
	t.placeMail()
	return t
}

// addRegistries makes the root, and the registries' zones above a zone: its TLD, and co.uk where it is under that.
func (t *tree) addRegistries(origin string) {
	if t.zones["."] == nil {
		root := newZone(".")
		root.mustAdd(". 3600 SOA a.root.lab. admin.root.lab. 1 3600 600 86400 300\n. NS a.root.lab.\na.root.lab. A " +
			rootAddr + "\n" +
			rdapHost + ". A " + webAddr + "\n" + whoisHost + ". A " + whoisAddr)
		t.zones["."] = root.withKey()
	}
	if origin == "." {
		return
	}
	labels := dns.SplitDomainName(origin)
	names := []string{labels[len(labels)-1] + "."}
	if suffix, icann := publicsuffix.PublicSuffix(strings.TrimSuffix(origin, ".")); icann {
		names = append(names, suffix+".")
	}
	for _, name := range names {
		if t.zones[name] == nil {
			tld := newZone(name)
			tld.mustAdd(fmt.Sprintf("@ 3600 SOA ns1 admin 1 3600 600 86400 300\n@ NS ns1\n@ NS ns2\nns1 A %s\nns2 A %s",
				tldAddr1, tldAddr2))
			t.zones[name] = tld.withKey()
		}
	}
}

// delegate puts each zone's delegation into the zone above it.
func (t *tree) delegate() {
	cuts := map[string]map[string]*cut{}
	for _, z := range t.zones {
		if z.origin == "." {
			continue
		}
		c := &cut{ns: z.get(z.origin, dns.TypeNS)}
		if z.parent != nil {
			c.ns = nil
			for _, rr := range z.parent {
				if rr.Header().Rrtype == dns.TypeNS {
					c.ns = append(c.ns, rr)
				} else {
					c.glue = append(c.glue, rr)
				}
			}
		} else {
			c.glue = z.hostRecords(c.ns)
		}
		if z.signed != nil {
			c.ds = z.signed.ds()
		}
		up := t.above(z.origin).origin
		if cuts[up] == nil {
			cuts[up] = map[string]*cut{}
		}
		cuts[up][z.origin] = c
	}
	for up, c := range cuts {
		t.zones[up] = t.zones[up].delegated(c)
	}
}

// placeMail puts a mail host at every address that an MX record leads to, and a policy at every name that has one.
func (t *tree) placeMail() {
	zones := []*zone{}
	for _, z := range t.zones {
		zones = append(zones, z)
	}
	if t.bulk != nil {
		zones = append(zones, t.bulk.pattern)
	}
	for _, z := range zones {
		for _, types := range z.names {
			for _, rr := range types[dns.TypeMX] {
				target := strings.ToLower(rr.(*dns.MX).Mx)
				addrs := t.addresses(target)
				if dns.IsSubDomain(z.origin, target) {
					for _, a := range z.get(target, dns.TypeA) {
						addrs = append(addrs, addrOf(a))
					}
				}
				for _, a := range addrs {
					if isDocumentation(a) {
						t.mail[a] = MailHost{}
					}
				}
			}
		}
		if z.page != (page{}) {
			t.pages["mta-sts."+z.about.Name] = z.page
		}
		if z.logo != "" {
			t.logos["logo."+z.about.Name] = z.page.packed(z.logo)
		}
		if z.mark != nil {
			t.marks["logo."+z.about.Name] = z
		}
	}
	for _, z := range zones {
		for a, h := range z.mail {
			t.mail[a] = h
		}
	}
}
