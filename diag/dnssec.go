package diag

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"signpost/diag/guarded"
	"signpost/diag/protocol/dnssec"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// DNSSEC follows the chain of trust to the domain's zone, verifies the signatures over its mail records (RFC 4035 5), and asks
// validating resolvers whether they refuse what they could answer without validation.
var DNSSEC = &Check{
	Name: "dnssec", HiddenBy: deadDelegation, Run: with(checkDNSSEC),
	Codes: []Spec{
		{"dnssec.unsigned", Info}, {"dnssec.no-chain", Notice}, {"dnssec.bogus", Error}, {"dnssec.ds-without-key", Error}, {"dnssec.ds-mismatch", Error},
		{"dnssec.signature-expired", Error}, {"dnssec.signature-expiring", Warning}, {"dnssec.weak-algorithm", Warning},
		{"dnssec.servers-differ", Warning},
	},
}

const (
	signatureEnds  = 3 * 24 * time.Hour
	maxValidators  = 3 // resolvers asked whether they refuse the domain
	maxSignedHosts = 5 // MX hosts whose addresses are verified
)

// DNSSECFacts is what the dnssec check learned. State is secure, insecure or bogus; DS and Keys are in words: "12345 ED25519 SHA256",
// "257 12345 ED25519"; Ends is when the first signature ends.
type DNSSECFacts struct {
	Zone      string      `json:"zone"`
	Parent    string      `json:"parent"`
	State     string      `json:"state"`
	DS        []string    `json:"ds"`
	Keys      []string    `json:"keys"`
	Ends      string      `json:"ends"`
	Resolvers []Validator `json:"resolvers"`
}

// Validator is a resolver that was asked with and without validation. EDE is its extended error (RFC 8914).
type Validator struct {
	ID      string `json:"id"`
	Address string `json:"address"`
	Refuses bool   `json:"refuses"`
	EDE     string `json:"ede"`
}

func checkDNSSEC(ctx context.Context, p *pass) (any, error) {
	facts := &DNSSECFacts{DS: []string{}, Keys: []string{}, Resolvers: []Validator{}}
	cut, err := p.DNS.Walk(ctx, p.Domain)
	if err != nil {
		return facts, err
	}
	if cut.NXDomain {
		return facts, nil
	}
	z, err := p.trust.Zone(ctx, cut.Zone)
	if err != nil {
		return facts, err
	}
	facts.Zone, facts.Parent, facts.State = shown(z.Name), shown(z.Parent), string(z.State)
	for _, d := range z.DS[:min(len(z.DS), 20)] {
		facts.DS = append(facts.DS, fmt.Sprintf("%d %s %s", d.KeyTag, algorithm(d.Algorithm), cmp.Or(dns.HashToString[d.DigestType], fmt.Sprint(d.DigestType))))
	}
	for _, k := range z.Keys[:min(len(z.Keys), 20)] {
		facts.Keys = append(facts.Keys, fmt.Sprintf("%d %d %s", k.Flags, k.KeyTag(), algorithm(k.Algorithm)))
	}
	var evidence []Evidence
	for _, a := range z.Said {
		evidence = append(evidence, Said(a))
	}
	judgeAlgorithms(p, z, evidence)
	if z.State == dnssec.Insecure {
		judgeInsecure(p, z, facts, evidence)
		return facts, nil
	}
	var validators guarded.Group
	var refusals []Evidence
	validators.Go(func() { facts.Resolvers, refusals = askValidators(ctx, p) })
	faults, ends, failed := z.Faults, z.Ends, error(nil)
	if z.State == dnssec.Secure {
		var first, each time.Time
		var servers guarded.Group
		servers.Go(func() { each = judgeSignedServers(ctx, p, cut, z) })
		faults, first, failed = verifyMail(ctx, p, z)
		servers.Wait()
		for _, t := range []time.Time{first, each} {
			if !t.IsZero() && (ends.IsZero() || t.Before(ends)) {
				ends = t
			}
		}
	}
	validators.Wait()
	if !ends.IsZero() {
		facts.Ends = ends.UTC().Format(time.RFC3339)
	}
	reportFaults(p, faults, facts, refusals)
	if len(faults) > 0 {
		facts.State = string(dnssec.Bogus)
		return facts, nil
	}
	if i := slices.IndexFunc(facts.Resolvers, func(v Validator) bool { return v.Refuses }); i >= 0 {
		p.Found("dnssec.bogus", z.Name, map[string]any{"reason": "resolver", "name": p.name(), "ede": facts.Resolvers[i].EDE, "resolver": facts.Resolvers[i].ID}, refusals...)
	}
	if !ends.IsZero() && ends.Sub(p.Now) < signatureEnds {
		p.Found("dnssec.signature-expiring", z.Name, map[string]any{"expires": facts.Ends, "hours": int(ends.Sub(p.Now).Hours())}, evidence...)
	}
	return facts, failed
}

// judgeInsecure tells a zone that is not signed from one that is, and that no chain of trust reaches.
func judgeInsecure(p *pass, z *dnssec.Zone, facts *DNSSECFacts, evidence []Evidence) {
	if len(z.DS) == 0 || len(z.Keys) == 0 {
		p.Found("dnssec.unsigned", z.Name, map[string]any{"keys": len(z.Keys) > 0, "ds": len(z.DS) > 0, "parent": shown(z.Parent)}, evidence...)
		return
	}
	args := map[string]any{"reason": "unsigned-ancestor", "at": shown(z.Broken), "above": "", "parent": shown(z.Parent), "ds": facts.DS, "keys": facts.Keys}
	if z.Broken != "." {
		args["above"] = shown(parentOf(z.Broken))
	}
	if z.Unknown {
		args["reason"] = "unknown-algorithm"
	}
	p.Found("dnssec.no-chain", z.Name, args, evidence...)
}

func algorithm(n uint8) string { return cmp.Or(dns.AlgorithmToString[n], fmt.Sprint(n)) }

// judgeAlgorithms reports keys that must be replaced, and DS records where all are of a weak kind.
func judgeAlgorithms(p *pass, z *dnssec.Zone, evidence []Evidence) {
	if len(z.DS) == 0 {
		return
	}
	var weak []string
	for _, k := range z.Keys {
		if w := dnssec.Weak(k); w != "" && !slices.Contains(weak, w) {
			weak = append(weak, w)
		}
	}
	if !slices.ContainsFunc(z.DS, func(d *dns.DS) bool { return dnssec.Weak(d) == "" }) {
		weak = append(weak, dnssec.Weak(z.DS[0]))
	}
	if len(weak) > 0 {
		p.Found("dnssec.weak-algorithm", z.Name, map[string]any{"algorithms": weak}, evidence...)
	}
}

// verifyMail verifies the records that mail depends on: of names in other zones, those zones' own diagnosis tells.
func verifyMail(ctx context.Context, p *pass, z *dnssec.Zone) (faults []dnssec.Fault, ends time.Time, err error) {
	type set struct {
		name  string
		qtype uint16
	}
	sets := []set{{z.Name, dns.TypeSOA}, {p.Domain, dns.TypeMX}, {p.Domain, dns.TypeTXT}, {"_dmarc." + p.Domain, dns.TypeTXT}}
	if hosts, _, err := mailHosts(ctx, p); err == nil {
		for _, h := range hosts[:min(len(hosts), maxSignedHosts)] {
			if dns.IsSubDomain(z.Name, h.name+".") {
				sets = append(sets, set{h.name + ".", dns.TypeA})
			}
		}
	}
	verdicts := make([]*dnssec.Verdict, len(sets))
	errs := make([]error, len(sets))
	var wg guarded.Group
	for i, s := range sets {
		wg.Go(func() { verdicts[i], errs[i] = p.trust.Lookup(ctx, s.name, s.qtype) })
	}
	wg.Wait()
	for _, v := range verdicts {
		if v == nil || v.Zone == nil || v.Zone.Name != z.Name {
			continue
		}
		for _, f := range v.Faults {
			if f.Zone == z.Name {
				faults = append(faults, f)
			}
		}
		if !v.Ends.IsZero() && (ends.IsZero() || v.Ends.Before(ends)) {
			ends = v.Ends
		}
	}
	return faults, ends, errors.Join(errs...)
}

// faultCodes is the code for each reason; every other one is dnssec.bogus.
var faultCodes = map[dnssec.Reason]Code{
	dnssec.NoKey: "dnssec.ds-without-key", dnssec.DSMismatch: "dnssec.ds-mismatch", dnssec.Expired: "dnssec.signature-expired",
}

// reportFaults reports each kind of fault once, with all the names that show it.
func reportFaults(p *pass, faults []dnssec.Fault, facts *DNSSECFacts, refusals []Evidence) {
	ede := ""
	for _, v := range facts.Resolvers {
		ede = cmp.Or(ede, v.EDE)
	}
	var codes []Code
	by := map[Code][]dnssec.Fault{}
	for _, f := range faults {
		code := cmp.Or(faultCodes[f.Reason], "dnssec.bogus")
		if by[code] == nil {
			codes = append(codes, code)
		}
		by[code] = append(by[code], f)
	}
	for _, code := range codes {
		var names []string
		var evidence []Evidence
		for _, f := range by[code] {
			names = append(names, shown(f.Name)+" "+dns.TypeToString[f.Type])
			if f.Said != nil {
				evidence = append(evidence, Said(f.Said))
			}
		}
		f := by[code][0]
		args := map[string]any{"reason": string(f.Reason), "name": names[0], "names": names, "ede": ede, "parent": facts.Parent, "ds": facts.DS, "keys": facts.Keys}
		if !f.When.IsZero() {
			args["when"] = f.When.UTC().Format(time.RFC3339)
		}
		p.Found(code, f.Zone, args, append(evidence, refusals...)...)
	}
}

// askValidators asks resolvers for the domain's MX records as a mail server does, and those that fail once more without validation: where
// only that succeeds, validation is why.
func askValidators(ctx context.Context, p *pass) ([]Validator, []Evidence) {
	if p.planned() {
		return []Validator{}, nil // they see the zone as it is delegated now
	}
	resolvers := p.recursive()
	resolvers = resolvers[:min(len(resolvers), maxValidators)]
	out := make([]Validator, len(resolvers))
	said := make([][]Evidence, len(resolvers))
	answered := make([]bool, len(resolvers))
	var wg guarded.Group
	for i, r := range resolvers {
		wg.Go(func() {
			out[i] = Validator{ID: r.ID, Address: r.Address.String()}
			a, err := p.DNS.Recurse(ctx, r.Address, p.Domain, dns.TypeMX, resolve.Checked)
			if err != nil {
				return
			}
			answered[i] = a.Rcode == dns.RcodeSuccess
			if a.Rcode != dns.RcodeServerFailure {
				return
			}
			b, err := p.DNS.Recurse(ctx, r.Address, p.Domain, dns.TypeMX, resolve.Unchecked)
			if err != nil || b.Rcode != dns.RcodeSuccess {
				return
			}
			answered[i], out[i].Refuses, out[i].EDE = true, true, a.EDE
			first, second := Said(a), Said(b)
			first.Answer = strings.TrimSuffix(first.Answer+" ("+a.EDE+")", " ()")
			second.Question += " (+cd)"
			said[i] = []Evidence{first, second}
		})
	}
	wg.Wait()
	seen, evidence := []Validator{}, []Evidence(nil)
	for i := range out {
		if answered[i] {
			seen, evidence = append(seen, out[i]), append(evidence, said[i]...)
		}
	}
	return seen, evidence
}
