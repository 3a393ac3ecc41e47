package outbound

import (
	"context"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/view"
	"signpost/diag/protocol/dkim"
	"signpost/diag/visible"
)

// reportDisputedKey reports whether the domain's servers give different keys at a selector.
func reportDisputedKey(ctx context.Context, p *view.Pass, s *selector) bool {
	name := s.name + "._domainkey." + p.Domain
	d := authority.DisputedText(ctx, p, name, func(string) bool { return true })
	if d != nil {
		p.Found(DKIMInDispute, name, map[string]any{"selector": s.name, "answers": d.Answers}, d.Evidence...)
		s.disputed = true
	}
	return d != nil
}

// reportKey judges what stands at a selector; nil where there is no key record of its own.
func reportKey(p *view.Pass, s *selector, every view.Chance) *DKIMKey {
	cname := ""
	if c := s.answer.Chain(); len(c) > 0 {
		cname = strings.TrimSuffix(c[len(c)-1], ".")
	}
	full := s.name + "._domainkey." + p.Name()
	if slices.ContainsFunc(s.answer.TXT(), dkim.HoldsPrivateKey) {
		p.Found(DKIMPrivateKey, full, s.args(p), diag.Said(s.answer))
		return nil
	}
	text, one := theKey(p, s, every, cname)
	if !one {
		return nil
	}
	k := dkim.Parse(text)
	for _, f := range k.Faults {
		severity := diag.Error
		if f.Harmless {
			severity = diag.Notice
		}
		p.FoundAs(severity, DKIMSyntax, full, s.args(
			p, "term", visible.Clip(f.Term, 200), "position", f.Pos, "reason", f.Reason, "suggestion",
			visible.Clip(f.Suggestion, 1200), "works", f.Harmless, "record", visible.Clip(text, 1200),
		), diag.Said(s.answer))
	}
	if len(k.Faults) > 0 && k.Bits == 0 && !k.Revoked {
		return nil
	}
	if every.Gives(s.answer) && k.Revoked {
		return nil // a wildcard that revokes every key is how a parked domain says that it signs nothing
	}
	if s.provider != nil && s.provider.Role != "" && !slices.Contains(commonSelectors, s.name) {
		p.SawProvider(s.provider.ID, s.provider.Role, "dkim")
	}
	judgeKey(p, s, k)
	return &DKIMKey{Selector: s.name, Type: k.Type, Bits: k.Bits, Testing: k.Testing(), Revoked: k.Revoked, CNAME: cname}
}

// args is the arguments of a finding about the selector's key, with more of them in pairs.
func (s *selector) args(p *view.Pass, more ...any) map[string]any {
	m := map[string]any{"selector": s.name, "name": s.name + "._domainkey." + p.Name()}
	for i := 0; i+1 < len(more); i += 2 {
		m[more[i].(string)] = more[i+1]
	}
	return m
}

// theKey is the one text at a selector that is a key. Where there is none, or several, it tells what is wrong, if
// anything is.
func theKey(p *view.Pass, s *selector, every view.Chance, cname string) (text string, one bool) {
	full, said := s.name+"._domainkey."+p.Name(), diag.Said(s.answer)
	if s.answer.Empty() {
		// Where nobody could tell whether every name is such an alias, only a selector that somebody named counts.
		if every.Alias(s.answer) != "" && (every.Err == nil || s.named()) {
			p.Found(DKIMCNAMEDangling, full, s.args(p, "target", cname, "nxdomain", s.answer.NXDomain()), said)
		}
		return "", false
	}
	texts := s.answer.TXT()
	keys := slices.DeleteFunc(slices.Clone(texts), func(t string) bool { return !dkim.IsKey(t) })
	if len(texts) > 1 {
		if whole := dkim.Whole(texts); whole != "" {
			p.Found(DKIMBadKey, full, s.args(p, "reason", "in-two-records", "lost", false, "suggestion", whole), said)
			return "", false
		}
	}
	switch {
	case len(keys) == 0:
		severity := diag.Warning
		if !s.named() { // nobody may sign with it
			severity = diag.Notice
		}
		if every.Has(s.answer) && len(texts) > 0 && (s.named() || every.Err == nil) {
			p.FoundAs(severity, DKIMWrongRecord, full, s.args(p, "record", visible.Clip(texts[0], 300)), said)
		}
		return "", false
	case len(keys) > 1:
		p.Found(DKIMMultiple, full, s.args(p, "count", len(keys)), said)
		return "", false
	}
	return keys[0], true
}

// judgeKey tells what is wrong with a key that could be read.
func judgeKey(p *view.Pass, s *selector, k *dkim.Key) {
	full, said := s.name+"._domainkey."+p.Name(), diag.Said(s.answer)
	weak := func() map[string]any { return s.args(p, "bits", k.Bits, "minimum", minBits, "recommended", goodBits) }
	switch {
	case k.Revoked: // how much it matters depends on the other keys
	case k.Bad != "":
		p.Found(DKIMBadKey, full, s.args(p, "reason", k.Bad, "lost", lostParts[k.Bad], "suggestion", k.Meant), said)
	case k.Type == "rsa" && k.Bits < minBits:
		p.FoundAs(diag.Error, DKIMWeakKey, full, weak(), said)
	case k.Type == "rsa" && k.Bits < goodBits:
		p.Found(DKIMWeakKey, full, weak(), said)
	}
	if k.Testing() {
		p.Found(DKIMTesting, full, s.args(p), said)
	}
	if k.SHA1Only() {
		p.Found(DKIMSHA1Only, full, s.args(p), said)
	}
	if !k.ForEmail() {
		p.Found(DKIMNoEmailService, full, s.args(p, "services", k.Services), said)
	}
}

// lostParts are the ways in which a key is bad because a part of it was most likely lost.
var lostParts = map[string]bool{"truncated": true, "not-base64": true, "not-a-key": true}

// reportOneKind tells of a domain whose keys are all Ed25519: many large receivers do not verify them, so that for them
// the mail is not signed. Signers keep an RSA key beside it (RFC 8463).
func reportOneKind(p *view.Pass, keys []DKIMKey, all []*selector) {
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

// reportRevoked tells of selectors whose key was taken back (RFC 6376 3.6.1). Beside a key that works it is what a
// change of keys leaves behind, unless it is the one that the asker or the provider names.
func reportRevoked(p *view.Pass, keys []DKIMKey, all []*selector) {
	works := slices.ContainsFunc(keys, func(k DKIMKey) bool { return !k.Revoked && k.Bits > 0 })
	for _, k := range keys {
		i := slices.IndexFunc(all, func(s *selector) bool { return s.name == k.Selector })
		if !k.Revoked || i < 0 {
			continue
		}
		severity := DKIMRevoked.Severity
		if works && !all[i].named() {
			severity = diag.Notice
		}
		p.FoundAs(severity, DKIMRevoked, k.Selector+"._domainkey."+p.Name(), all[i].args(p), diag.Said(all[i].answer))
	}
}

const minBits = 1024 // below: verifiers must not accept the key (RFC 8301 3.2)

const (
	goodBits = 2048 // signers should use it (RFC 8301 3.2)

)
