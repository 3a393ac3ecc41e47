package outbound

import (
	"context"
	"errors"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/protocol/dkim"
	"signpost/diag/protocol/spf"

	"github.com/miekg/dns"
)

// DKIM looks for the domain's DKIM keys (RFC 6376). A selector that nobody names cannot be found: the finding says
// which were tried.
var DKIM = &diag.Check{
	Name: "dkim", HiddenBy: authority.DeadDelegation, Run: view.With(checkDKIM),
	// Of the TXT records, only SPF's includes name selectors, and lead to no warning.
	DecidedBy: func(t diag.Touched) bool {
		return t.Hosts() && t.Mail() || t.Below("_domainkey")
	},
	Codes: []diag.Kind{
		DKIMNoneFound, DKIMSelectorMissing, DKIMMultiple, DKIMSyntax, DKIMBadKey,
		DKIMWeakKey, DKIMPrivateKey, DKIMRevoked, DKIMTesting, DKIMSHA1Only, DKIMWrongRecord,
		DKIMCNAMEDangling, DKIMNoEmailService, DKIMSenderWithoutKey,
		DKIMMisplaced, DKIMEd25519Only,
		DKIMInDispute,
	},
}

// DKIMFacts is what the dkim check learned.
type DKIMFacts struct {
	Keys     []DKIMKey `json:"keys"`
	Tried    []string  `json:"tried"`
	Wildcard bool      `json:"wildcard"`          // every selector answers
	NoneAt   bool      `json:"none_at"`           // the servers say that nothing exists below _domainkey (RFC 8020)
	Stopped  bool      `json:"stopped,omitempty"` // guessing ended with the first key, for there were many domains
}

func checkDKIM(ctx context.Context, p *view.Pass) (any, error) {
	// Whether there is anything at all is asked while the providers are still being learned: the chain stays as short as
	// that to MX.
	root := &selector{name: ""}
	var every view.Chance // what any selector has
	var probing guarded.Group
	probing.Go(func() { ask(ctx, p, []*selector{root}) })
	probing.Go(func() { every = p.Chance(ctx, "_domainkey."+p.Domain, dns.TypeTXT) })
	named, err := namedSelectors(ctx, p)
	probing.Wait()
	facts := DKIMFacts{Keys: []DKIMKey{}, Tried: []string{}}
	facts.NoneAt = root.err == nil && root.answer.NXDomain()
	facts.Wildcard = every.Records()
	all := slices.Clone(named)
	// Servers that deny _domainkey may have names below it all the same (RFC 8020 tells what they should say), so the
	// names are asked for unless the domain says that it signs nothing, or has one key for all selectors.
	if !oneKey(every) && !(facts.NoneAt && view.Parked(ctx, p)) {
		for _, name := range commonSelectors {
			if !slices.ContainsFunc(named, func(s *selector) bool { return s.name == name }) {
				all = append(all, &selector{name: name})
			}
		}
	}
	if p.Bulk {
		all, facts.Stopped = askUntilKey(ctx, p, all, len(named))
	} else {
		ask(ctx, p, all)
	}
	for _, s := range all {
		facts.Tried = append(facts.Tried, s.name)
		if s.err != nil {
			err = errors.Join(err, s.err)
			continue
		}
		if s.named() && reportDisputedKey(ctx, p, s) {
			continue
		}
		if key := reportKey(p, s, every); key != nil {
			facts.Keys = append(facts.Keys, *key)
		}
	}
	wildcard := p.WildcardOf(ctx, every)
	if authority.DisputedMX(ctx, p) != nil { // whose keys belong here is not known
		for _, s := range all {
			if s.provider != nil && s.provider.Role != "sender" {
				s.provider = nil
			}
		}
	}
	missing := reportMissingSelectors(p, all, every, wildcard)
	reportOneKind(p, facts.Keys, all)
	reportRevoked(p, facts.Keys, all)
	if len(facts.Keys) == 0 && err == nil && (!view.Reported(p) || onlyWrong(p)) && !view.Parked(ctx, p) &&
		!oneKey(every) {
		var evidence []diag.Evidence
		if root.err == nil {
			evidence = append(evidence, diag.Said(root.answer))
		}
		if wildcard != "" {
			evidence = append(evidence, diag.Said(every.Answer))
		}
		for _, s := range named {
			evidence = append(evidence, diag.Said(s.answer))
		}
		p.Found(DKIMNoneFound, p.Domain, view.WithWildcard(map[string]any{"tried": facts.Tried}, wildcard), evidence...)
		missing = likelySelectors(ctx, p, all)
	}
	if len(missing) > 0 && !oneKey(every) {
		misplacedKeys(ctx, p, root, missing, all)
	}
	if len(facts.Keys) > 0 {
		return facts, namedFailure(all)
	}
	return facts, err
}

// oneKey reports whether every selector has a key, by a wildcard: a key that is used, or one that is revoked for all.
func oneKey(every view.Chance) bool {
	return every.Records() && slices.ContainsFunc(every.Answer.TXT(), dkim.IsKey)
}

// namedFailure is the first failure of a selector that somebody named; that of a merely common one leaves no doubt once
// a key is found.
func namedFailure(all []*selector) error {
	for _, s := range all {
		if s.err != nil && s.named() {
			return s.err
		}
	}
	return nil
}

// onlyWrong reports that texts which are no keys are all that was found, at selectors that may not be in use.
func onlyWrong(p *view.Pass) bool {
	return !slices.ContainsFunc(p.Findings(),
		func(f diag.Finding) bool { return f.Code != DKIMWrongRecord.Code || f.Severity > diag.Notice })
}

// namedSelectors is the selectors given, and those of the providers seen in MX and SPF. The error tells that these
// could not be told.
func namedSelectors(ctx context.Context, p *view.Pass) ([]*selector, error) {
	var out []*selector
	for _, g := range p.Selectors[:min(len(p.Selectors), MaxSelectors)] {
		name := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(g), "."))
		name = strings.TrimSuffix(name, "."+p.Name())
		name = strings.TrimSuffix(name, "._domainkey")
		if i := strings.Index(name, "._domainkey."); i >= 0 {
			name = name[:i]
		}
		if name != "" {
			out = append(out, &selector{name: name, given: true})
		}
	}
	seen, err := p.MXProviders(ctx)
	txt, errTXT := p.DNS.Lookup(ctx, p.Domain, dns.TypeTXT)
	if errTXT == nil {
		for i := range p.Providers {
			f := &p.Providers[i]
			if f.Role != "gateway" && includesAny(txt.TXT(), f.SPFIncludes) &&
				!slices.ContainsFunc(seen, func(g diag.Fingerprint) bool { return g.ID == f.ID }) {
				other := diag.Fingerprint{ID: f.ID, DKIMSelectors: f.DKIMSelectors}
				if f.Role == "sender" {
					other.Role = f.Role // a mailbox provider that is named in SPF alone may have been left
				}
				seen = append(seen, other)
			}
		}
	}
	for i := range seen {
		for _, name := range seen[i].DKIMSelectors {
			if !slices.ContainsFunc(out, func(s *selector) bool { return s.name == name }) {
				out = append(out, &selector{name: name, provider: &seen[i]})
			}
		}
	}
	return out, err
}

// includesAny reports whether an SPF record among the texts includes one of the names.
func includesAny(texts, includes []string) bool {
	for _, text := range texts {
		if !spf.IsRecord(text) {
			continue
		}
		r, _ := spf.Parse(text)
		for _, t := range r.Terms {
			if t.Name == "include" && slices.Contains(includes, strings.ToLower(strings.TrimSuffix(t.Target, "."))) {
				return true
			}
		}
	}
	return false
}

// ask looks the selectors up, all at once.
func ask(ctx context.Context, p *view.Pass, selectors []*selector) {
	var wg guarded.Group
	for _, s := range selectors {
		wg.Go(func() {
			name := "_domainkey." + p.Domain
			if s.name != "" {
				name = s.name + "." + name
			}
			s.answer, s.err = p.DNS.Lookup(ctx, name, dns.TypeTXT)
		})
	}
	wg.Wait()
}

// guessesFirst is how many guessed selectors are asked side by side at first where the first key ends the search; then
// twice as many each time.
const guessesFirst = 2

// askUntilKey asks for the named selectors, which come first, and then for guesses until there is a key. It gives those
// that were asked, and whether some were not.
func askUntilKey(ctx context.Context, p *view.Pass, all []*selector, named int) (asked []*selector, stopped bool) {
	next := guessesFirst
	for from, to := 0, named; from < len(all); from, to, next = to, min(to+next, len(all)), 2*next {
		ask(ctx, p, all[from:to])
		if slices.ContainsFunc(all[from:to], func(s *selector) bool {
			return s.err == nil && slices.ContainsFunc(s.answer.TXT(), dkim.IsKey)
		}) {
			return all[:to], to < len(all)
		}
	}
	return all, false
}

// reportMissingSelectors names the selectors that were given and are not there, and the providers none of whose
// selectors is. What a wildcard gives every name is no key, unless it is one. The selectors that were looked for in
// vain are returned.
func reportMissingSelectors(p *view.Pass, all []*selector, every view.Chance, wildcard string) (missing []*selector) {
	there := func(s *selector) bool {
		return s.err == nil && (every.Has(s.answer) || every.Alias(s.answer) != "" || oneKey(every) && !s.answer.Empty())
	}
	byProvider := map[string][]*selector{}
	var order []string
	for _, s := range all {
		full := s.name + "._domainkey." + p.Name()
		if s.given && s.err == nil && !s.disputed && !there(s) {
			missing = append(missing, s)
			p.Found(DKIMSelectorMissing, full,
				view.WithWildcard(map[string]any{"selector": s.name, "name": full, "provider": ""}, wildcard), diag.Said(s.answer))
		}
		if s.provider != nil && s.provider.Role != "" {
			if byProvider[s.provider.ID] == nil {
				order = append(order, s.provider.ID)
			}
			byProvider[s.provider.ID] = append(byProvider[s.provider.ID], s)
		}
	}
	for _, id := range order {
		var names []string
		var evidence []diag.Evidence
		gone := true
		for _, s := range byProvider[id] {
			gone = gone && s.err == nil && !s.disputed && !there(s)
			names = append(names, s.name)
			if s.err == nil {
				evidence = append(evidence, diag.Said(s.answer))
			}
		}
		if gone && !slices.ContainsFunc(all, func(s *selector) bool { return there(s) && s.given }) {
			full := names[0] + "._domainkey." + p.Name()
			if byProvider[id][0].provider.Role == "sender" {
				p.Found(DKIMSenderWithoutKey, p.Domain, map[string]any{"provider": id, "tried": names}, evidence...)
				continue
			}
			missing = append(missing, byProvider[id]...)
			p.Found(DKIMSelectorMissing, full,
				view.WithWildcard(map[string]any{"selector": strings.Join(names, ", "), "name": full, "provider": id}, wildcard),
				evidence...)
		}
	}
	return missing
}
