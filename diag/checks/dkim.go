package checks

import (
	"context"
	"errors"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/guarded"
	"signpost/diag/protocol/dkim"
	"signpost/diag/protocol/spf"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// DKIM looks for the domain's DKIM keys (RFC 6376). A selector that nobody names cannot be found: the finding says which were tried.
var DKIM = &diag.Check{
	Name: "dkim", HiddenBy: deadDelegation, Run: with(checkDKIM),
	DecidedBy: func(t diag.Touched) bool { // of the TXT records, only SPF's includes name selectors, and lead to no warning
		return t.Hosts() && t.Mail() || t.Below("_domainkey")
	},
	Codes: []diag.Kind{
		DKIMNoneFound, DKIMSelectorMissing, DKIMMultiple, DKIMSyntax, DKIMBadKey,
		DKIMWeakKey, DKIMRevoked, DKIMTesting, DKIMSHA1Only, DKIMWrongRecord,
		DKIMCNAMEDangling, DKIMNoEmailService, DKIMSenderWithoutKey,
		DKIMMisplaced, DKIMEd25519Only,
		DKIMInDispute,
	},
}

// What the check may find.
var (
	DKIMNoneFound        = diag.Kind{Code: "dkim.none-found", Severity: diag.Warning}
	DKIMSelectorMissing  = diag.Kind{Code: "dkim.selector-missing", Severity: diag.Error}
	DKIMMultiple         = diag.Kind{Code: "dkim.multiple", Severity: diag.Error}
	DKIMSyntax           = diag.Kind{Code: "dkim.syntax", Severity: diag.Error}
	DKIMBadKey           = diag.Kind{Code: "dkim.bad-key", Severity: diag.Error}
	DKIMWeakKey          = diag.Kind{Code: "dkim.weak-key", Severity: diag.Warning}
	DKIMRevoked          = diag.Kind{Code: "dkim.revoked", Severity: diag.Warning}
	DKIMTesting          = diag.Kind{Code: "dkim.testing", Severity: diag.Notice}
	DKIMSHA1Only         = diag.Kind{Code: "dkim.sha1-only", Severity: diag.Warning}
	DKIMWrongRecord      = diag.Kind{Code: "dkim.wrong-record", Severity: diag.Warning}
	DKIMCNAMEDangling    = diag.Kind{Code: "dkim.cname-dangling", Severity: diag.Error}
	DKIMNoEmailService   = diag.Kind{Code: "dkim.no-email-service", Severity: diag.Error}
	DKIMSenderWithoutKey = diag.Kind{Code: "dkim.sender-without-key", Severity: diag.Notice}
	DKIMMisplaced        = diag.Kind{Code: "dkim.misplaced", Severity: diag.Warning}
	DKIMEd25519Only      = diag.Kind{Code: "dkim.ed25519-only", Severity: diag.Warning}
	DKIMInDispute        = diag.Kind{Code: "dkim.in-dispute", Severity: diag.Notice}
)

// commonSelectors are names that many systems use, whoever runs them.
var commonSelectors = []string{
	"default", "selector1", "selector2", "dkim", "mail", "s1", "s2", "k1", "k2", "key1", "key2", "email", "smtp", "mx", "google", "dk", "sig1", "m1", "s1024", "s2048",
}

const (
	minBits  = 1024 // below: verifiers must not accept the key (RFC 8301 3.2)
	goodBits = 2048 // signers should use it (RFC 8301 3.2)

	maxSelectors = 40
)

// DKIMFacts is what the dkim check learned.
type DKIMFacts struct {
	Keys     []DKIMKey `json:"keys"`
	Tried    []string  `json:"tried"`
	Wildcard bool      `json:"wildcard"`          // every selector answers
	NoneAt   bool      `json:"none_at"`           // the servers say that nothing exists below _domainkey (RFC 8020)
	Stopped  bool      `json:"stopped,omitempty"` // guessing ended with the first key, for there were many domains
}

// DKIMKey is one key as it was found.
type DKIMKey struct {
	Selector string `json:"selector"`
	Type     string `json:"type"`
	Bits     int    `json:"bits"`
	Testing  bool   `json:"testing"`
	Revoked  bool   `json:"revoked"`
	CNAME    string `json:"cname"`
}

// selector is one name to ask, and what came of it.
type selector struct {
	name     string
	given    bool
	provider *diag.Fingerprint // whose own selector it is
	disputed bool              // the domain's servers give different keys
	answer   *resolve.Answer
	err      error
}

// named reports that somebody named the selector: the asker, or the provider that signs with it.
func (s *selector) named() bool { return s.given || s.provider != nil }

func checkDKIM(ctx context.Context, p *pass) (any, error) {
	// Whether there is anything at all is asked while the providers are still being learned: the chain stays as short as that to MX.
	root := &selector{name: ""}
	var every chance // what any selector has
	var probing guarded.Group
	probing.Go(func() { ask(ctx, p, []*selector{root}) })
	probing.Go(func() { every = p.chance(ctx, "_domainkey."+p.Domain, dns.TypeTXT) })
	named, err := namedSelectors(ctx, p)
	probing.Wait()
	facts := DKIMFacts{Keys: []DKIMKey{}, Tried: []string{}}
	facts.NoneAt = root.err == nil && root.answer.NXDomain()
	facts.Wildcard = every.records()
	all := slices.Clone(named)
	// Servers that deny _domainkey may have names below it all the same (RFC 8020 tells what they should say), so the names are asked for
	// unless the domain says that it signs nothing, or has one key for all selectors.
	if !oneKey(every) && !(facts.NoneAt && parked(ctx, p)) {
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
	wildcard := p.wildcardOf(ctx, every)
	if p.disputedMX(ctx) != nil { // whose keys belong here is not known
		for _, s := range all {
			if s.provider != nil && s.provider.Role != "sender" {
				s.provider = nil
			}
		}
	}
	missing := reportMissingSelectors(p, all, every, wildcard)
	reportOneKind(p, facts.Keys, all)
	if len(facts.Keys) == 0 && err == nil && !reported(p) && !parked(ctx, p) && !oneKey(every) {
		var evidence []diag.Evidence
		if root.err == nil {
			evidence = append(evidence, diag.Said(root.answer))
		}
		if wildcard != "" {
			evidence = append(evidence, diag.Said(every.answer))
		}
		for _, s := range named {
			evidence = append(evidence, diag.Said(s.answer))
		}
		p.Found(DKIMNoneFound, p.Domain, withWildcard(map[string]any{"tried": facts.Tried}, wildcard), evidence...)
		missing = p.likelySelectors(ctx, all)
	}
	if len(missing) > 0 && !oneKey(every) {
		p.misplacedKeys(ctx, root, missing)
	}
	if len(facts.Keys) > 0 {
		return facts, namedFailure(all)
	}
	return facts, err
}

// oneKey reports whether every selector has a key, by a wildcard: a key that is used, or one that is revoked for all.
func oneKey(every chance) bool {
	return every.records() && slices.ContainsFunc(every.answer.TXT(), dkim.IsKey)
}

// namedFailure is the first failure of a selector that somebody named; that of a merely common one leaves no doubt once a key is found.
func namedFailure(all []*selector) error {
	for _, s := range all {
		if s.err != nil && s.named() {
			return s.err
		}
	}
	return nil
}

// reported reports whether this check has found something already: one of these codes, or anything where none is named.
func reported(p *pass, codes ...diag.Code) bool {
	found := p.Findings()
	if len(codes) == 0 {
		return len(found) > 0
	}
	return slices.ContainsFunc(found, func(f diag.Finding) bool { return slices.Contains(codes, f.Code) })
}

// namedSelectors is the selectors given, and those of the providers seen in MX and SPF. The error tells that these could not be told.
func namedSelectors(ctx context.Context, p *pass) ([]*selector, error) {
	var out []*selector
	for _, g := range p.Selectors[:min(len(p.Selectors), maxSelectors)] {
		name := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(g), "."))
		name = strings.TrimSuffix(name, "."+p.name())
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
			if f.Role != "gateway" && includesAny(txt.TXT(), f.SPFIncludes) && !slices.ContainsFunc(seen, func(g diag.Fingerprint) bool { return g.ID == f.ID }) {
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
func ask(ctx context.Context, p *pass, selectors []*selector) {
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

// guessesFirst is how many guessed selectors are asked side by side at first where the first key ends the search; then twice as many each time.
const guessesFirst = 2

// askUntilKey asks for the named selectors, which come first, and then for guesses until there is a key. It gives those that were asked, and
// whether some were not.
func askUntilKey(ctx context.Context, p *pass, all []*selector, named int) (asked []*selector, stopped bool) {
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

// reportDisputedKey reports whether the domain's servers give different keys at a selector.
func reportDisputedKey(ctx context.Context, p *pass, s *selector) bool {
	name := s.name + "._domainkey." + p.Domain
	d := p.disputedText(ctx, name, func(string) bool { return true })
	if d != nil {
		p.Found(DKIMInDispute, name, map[string]any{"selector": s.name, "answers": d.answers}, d.evidence...)
		s.disputed = true
	}
	return d != nil
}

// reportKey judges what stands at a selector; nil where there is no key record of its own.
func reportKey(p *pass, s *selector, every chance) *DKIMKey {
	full := s.name + "._domainkey." + p.name()
	said := diag.Said(s.answer)
	args := func(more ...any) map[string]any {
		m := map[string]any{"selector": s.name, "name": full}
		for i := 0; i+1 < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	cname := ""
	if c := s.answer.Chain(); len(c) > 0 {
		cname = strings.TrimSuffix(c[len(c)-1], ".")
	}
	if s.answer.Empty() {
		// Where nobody could tell whether every name is such an alias, only a selector that somebody named counts.
		if every.alias(s.answer) != "" && (every.err == nil || s.named()) {
			p.Found(DKIMCNAMEDangling, full, args("target", cname, "nxdomain", s.answer.NXDomain()), said)
		}
		return nil
	}
	var keys []string
	for _, text := range s.answer.TXT() {
		if dkim.IsKey(text) {
			keys = append(keys, text)
		}
	}
	if texts := s.answer.TXT(); len(texts) > 1 {
		if whole := dkim.Whole(texts); whole != "" {
			p.Found(DKIMBadKey, full, args("reason", "in-two-records", "lost", false, "suggestion", whole), said)
			return nil
		}
	}
	switch {
	case len(keys) == 0:
		if every.has(s.answer) && s.named() {
			p.Found(DKIMWrongRecord, full, args("record", visible.Clip(s.answer.TXT()[0], 300)), said)
		}
		return nil
	case len(keys) > 1:
		p.Found(DKIMMultiple, full, args("count", len(keys)), said)
		return nil
	}
	k := dkim.Parse(keys[0])
	for _, f := range k.Faults {
		severity := diag.Error
		if f.Harmless {
			severity = diag.Notice
		}
		p.FoundAs(severity, DKIMSyntax, full, args(
			"term", visible.Clip(f.Term, 200), "position", f.Pos, "reason", f.Reason, "suggestion", visible.Clip(f.Suggestion, 1200), "works", f.Harmless,
		), said)
	}
	if len(k.Faults) > 0 && k.Bits == 0 && !k.Revoked {
		return nil
	}
	out := &DKIMKey{Selector: s.name, Type: k.Type, Bits: k.Bits, Testing: k.Testing(), Revoked: k.Revoked, CNAME: cname}
	if every.gives(s.answer) && k.Revoked {
		return nil // a wildcard that revokes every key is how a parked domain says that it signs nothing
	}
	if s.provider != nil && s.provider.Role != "" && !slices.Contains(commonSelectors, s.name) {
		p.SawProvider(s.provider.ID, s.provider.Role, "dkim")
	}
	switch {
	case k.Revoked:
		p.Found(DKIMRevoked, full, args(), said)
	case k.Bad != "":
		p.Found(DKIMBadKey, full, args("reason", k.Bad, "lost", lostParts[k.Bad], "suggestion", k.Meant), said)
	case k.Type == "rsa" && k.Bits < minBits:
		p.FoundAs(diag.Error, DKIMWeakKey, full, args("bits", k.Bits, "minimum", minBits, "recommended", goodBits), said)
	case k.Type == "rsa" && k.Bits < goodBits:
		p.Found(DKIMWeakKey, full, args("bits", k.Bits, "minimum", minBits, "recommended", goodBits), said)
	}
	if k.Testing() {
		p.Found(DKIMTesting, full, args(), said)
	}
	if k.SHA1Only() {
		p.Found(DKIMSHA1Only, full, args(), said)
	}
	if !k.ForEmail() {
		p.Found(DKIMNoEmailService, full, args("services", k.Services), said)
	}
	return out
}

// lostParts are the ways in which a key is bad because a part of it was most likely lost.
var lostParts = map[string]bool{"truncated": true, "not-base64": true, "not-a-key": true}

// reportOneKind tells of a domain whose keys are all Ed25519: many large receivers do not verify them, so that for them the mail is not
// signed. Signers keep an RSA key beside it (RFC 8463).
func reportOneKind(p *pass, keys []DKIMKey, all []*selector) {
	var names []string
	var evidence []diag.Evidence
	for _, k := range keys {
		if k.Revoked {
			continue
		}
		if k.Type != dkim.Ed25519 {
			return
		}
		names = append(names, k.Selector)
		for _, s := range all {
			if s.name == k.Selector && s.answer != nil {
				evidence = append(evidence, diag.Said(s.answer))
			}
		}
	}
	if len(names) > 0 {
		p.Found(DKIMEd25519Only, p.Domain, map[string]any{"selectors": names}, evidence...)
	}
}

// reportMissingSelectors names the selectors that were given and are not there, and the providers none of whose selectors is.
// What a wildcard gives every name is no key, unless it is one.
// The selectors that were looked for in vain are returned.
func reportMissingSelectors(p *pass, all []*selector, every chance, wildcard string) (missing []*selector) {
	there := func(s *selector) bool {
		return s.err == nil && (every.has(s.answer) || every.alias(s.answer) != "" || oneKey(every) && !s.answer.Empty())
	}
	byProvider := map[string][]*selector{}
	var order []string
	for _, s := range all {
		full := s.name + "._domainkey." + p.name()
		if s.given && s.err == nil && !s.disputed && !there(s) {
			missing = append(missing, s)
			p.Found(DKIMSelectorMissing, full, withWildcard(map[string]any{"selector": s.name, "name": full, "provider": ""}, wildcard), diag.Said(s.answer))
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
			full := names[0] + "._domainkey." + p.name()
			if byProvider[id][0].provider.Role == "sender" {
				p.Found(DKIMSenderWithoutKey, p.Domain, map[string]any{"provider": id, "tried": names}, evidence...)
				continue
			}
			missing = append(missing, byProvider[id]...)
			p.Found(DKIMSelectorMissing, full, withWildcard(map[string]any{"selector": strings.Join(names, ", "), "name": full, "provider": id}, wildcard), evidence...)
		}
	}
	return missing
}
