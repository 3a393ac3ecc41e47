package outbound

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/protocol/dkim"
	"signpost/diag/protocol/txt"

	"github.com/miekg/dns"
)

// likelySelectors is the selectors whose keys are worth looking for under other names: those that somebody named, and
// the commonest; all where there is anything below a _domainkey in whose name the zone stands twice.
func likelySelectors(ctx context.Context, p *view.Pass, all []*selector) []*selector {
	for _, zone := range p.ZonesTwice() {
		if name := "_domainkey." + p.Domain + zone; view.GoodName(name) {
			if a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT); err == nil && !a.NXDomain() {
				return all
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(all),
		func(s *selector) bool { return !s.named() && s.name != commonSelectors[0] })
}

// nearDomainkey is how _domainkey is misspelt.
var nearDomainkey = []string{"_domainkeys", "domainkey", "domainkeys", "_domain_key", "_domain-key", "_dkim"}

// misspeltKeys is the keys of selectors under a misspelt _domainkey, by selector, and those at such a name itself ("").
func misspeltKeys(ctx context.Context, p *view.Pass, all []*selector,
	isKey func(string) bool) map[string][]view.Elsewhere {
	out := map[string][]view.Elsewhere{}
	if p.Bulk {
		return out
	}
	var mu sync.Mutex
	var wg guarded.Group
	every := p.Chance(ctx, p.Domain, dns.TypeTXT)
	look := func(selector, name string, is func(string) bool) (there bool) {
		a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT)
		if err != nil || a.NXDomain() || every.Gives(a) {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		out[selector] = append(out[selector], view.TextsOf(a, "other-name", is)...)
		return true
	}
	for _, label := range nearDomainkey {
		wg.Go(func() {
			if !look("", label+"."+p.Domain, isKey) {
				return // and nothing is below
			}
			var below guarded.Group
			for _, s := range all[:min(len(all), MaxSelectors)] {
				below.Go(func() { look(s.name, s.name+"."+label+"."+p.Domain, dkim.IsKey) })
			}
			below.Wait()
		})
	}
	wg.Wait()
	return out
}

// misplacedKeys looks for the keys of selectors that are missing: under names in which the zone stands twice, at
// _domainkey itself, without _domainkey or with it misspelt, and at the domain. All is every selector that was tried.
func misplacedKeys(ctx context.Context, p *view.Pass, root *selector, missing, all []*selector) {
	isKey := func(t string) bool { return txt.Begins("v=dkim")(t) && dkim.IsKey(t) }
	var keys []view.Elsewhere
	owners := map[string]string{} // where a record stands, and the selector that it is for; "" where that cannot be told
	add := func(selector string, found []view.Elsewhere) {
		for _, e := range found {
			if _, known := owners[e.At]; !known {
				owners[e.At] = selector
				keys = append(keys, e)
			}
		}
	}
	only := ""
	if len(missing) == 1 && missing[0].named() {
		only = missing[0].name
	}
	if root.err == nil {
		add(only, view.TextsOf(root.answer, "branch", isKey))
	}
	if apex, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeTXT); err == nil {
		add(only, view.TextsOf(apex, "apex", isKey))
	}
	missing = missing[:min(len(missing), MaxSelectors)]
	found := make([][]view.Elsewhere, 2*len(missing))
	var wg guarded.Group
	for i, s := range missing {
		wg.Go(func() {
			for _, a := range p.EnteredTwice(ctx, s.name+"._domainkey", dns.TypeTXT) {
				found[2*i] = append(found[2*i], view.TextsOf(a, "zone-twice", dkim.IsKey)...)
			}
		})
		if s.named() {
			wg.Go(func() {
				if a, err := p.DNS.Lookup(ctx, s.name+"."+p.Domain, dns.TypeTXT); err == nil {
					found[2*i+1] = view.TextsOf(a, "other-name", isKey)
				}
			})
		}
	}
	wg.Wait()
	for i, s := range missing {
		add(s.name, append(found[2*i], found[2*i+1]...))
	}
	misspelt := misspeltKeys(ctx, p, all, isKey)
	for _, s := range all {
		add(s.name, misspelt[s.name])
	}
	add(only, misspelt[""])
	for _, e := range keys {
		name := cmp.Or(owners[e.At], "SELECTOR") + "._domainkey." + p.Name()
		args := e.Args(name)
		args["selector"] = owners[e.At]
		p.Found(DKIMMisplaced, name, args, e.Said)
	}
}
