package authority

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/protocol/dnssec"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// DNSSEC follows the chain of trust to the domain's zone, verifies the signatures over its mail records (RFC 4035 5),
// and asks validating resolvers whether they refuse what they could answer without validation.
var DNSSEC = &diag.Check{
	Name: "dnssec", HiddenBy: DeadDelegation, Run: view.With(checkDNSSEC),
	Codes: []diag.Kind{
		DNSSECUnsigned, DNSSECNoChain, DNSSECBogus, DNSSECDSWithoutKey, DNSSECDSMismatch,
		DNSSECSignatureExpired, DNSSECSignatureExpiring, DNSSECWeakAlgorithm,
		DNSSECServersDiffer, DNSSECIterations,
	},
}

// What the check may find.
var (
	DNSSECUnsigned          = diag.Kind{Code: "dnssec.unsigned", Severity: diag.Info}
	DNSSECNoChain           = diag.Kind{Code: "dnssec.no-chain", Severity: diag.Notice}
	DNSSECBogus             = diag.Kind{Code: "dnssec.bogus", Severity: diag.Error}
	DNSSECDSWithoutKey      = diag.Kind{Code: "dnssec.ds-without-key", Severity: diag.Error}
	DNSSECDSMismatch        = diag.Kind{Code: "dnssec.ds-mismatch", Severity: diag.Error}
	DNSSECSignatureExpired  = diag.Kind{Code: "dnssec.signature-expired", Severity: diag.Error}
	DNSSECSignatureExpiring = diag.Kind{Code: "dnssec.signature-expiring", Severity: diag.Warning}
	DNSSECWeakAlgorithm     = diag.Kind{Code: "dnssec.weak-algorithm", Severity: diag.Warning}
	DNSSECIterations        = diag.Kind{Code: "dnssec.nsec3-iterations", Severity: diag.Notice}
)

const (
	maxValidators  = 3 // resolvers asked whether they refuse the domain
	maxSignedHosts = 5 // MX hosts whose addresses are verified
)

// DNSSECFacts is what the dnssec check learned. State is secure, insecure or bogus; DS and Keys are in words: "12345
// ED25519 SHA256", "257 12345 ED25519"; Ends is when the signature ends that has to be renewed first.
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

func checkDNSSEC(ctx context.Context, p *view.Pass) (any, error) {
	facts := &DNSSECFacts{DS: []string{}, Keys: []string{}, Resolvers: []Validator{}}
	cut, err := p.DNS.Walk(ctx, p.Domain)
	if err != nil {
		return facts, err
	}
	if cut.NXDomain {
		return facts, nil
	}
	z, err := p.Trust.Zone(ctx, cut.Zone)
	if err != nil {
		return facts, err
	}
	facts.Zone, facts.Parent, facts.State = view.Shown(z.Name), view.Shown(z.Parent), string(z.State)
	for _, d := range z.DS[:min(len(z.DS), 20)] {
		facts.DS = append(facts.DS, fmt.Sprintf("%d %s %s", d.KeyTag, algorithm(d.Algorithm),
			cmp.Or(dns.HashToString[d.DigestType], fmt.Sprint(d.DigestType))))
	}
	for _, k := range z.Keys[:min(len(z.Keys), 20)] {
		facts.Keys = append(facts.Keys, fmt.Sprintf("%d %d %s", k.Flags, k.KeyTag(), algorithm(k.Algorithm)))
	}
	var evidence []diag.Evidence
	for _, a := range z.Said {
		evidence = append(evidence, diag.Said(a))
	}
	judgeAlgorithms(p, z, evidence)
	judgeHashing(ctx, p, z)
	if z.State == dnssec.Insecure {
		judgeInsecure(p, z, facts, evidence)
		return facts, nil
	}
	var validators guarded.Group
	var refusals []diag.Evidence
	validators.Go(func() { facts.Resolvers, refusals = askValidators(ctx, p) })
	faults, life, failed := z.Faults, z.Life, error(nil)
	if z.State == dnssec.Secure {
		var first, each dnssec.Span
		var servers guarded.Group
		servers.Go(func() { each = judgeSignedServers(ctx, p, cut, z) })
		faults, first, failed = verifyMail(ctx, p, z)
		servers.Wait()
		life = life.Sooner(first).Sooner(each)
	}
	validators.Wait()
	signed := life != (dnssec.Span{})
	if signed {
		facts.Ends = life.Ends.UTC().Format(time.RFC3339)
	}
	reportFaults(p, faults, facts, refusals)
	if len(faults) > 0 {
		facts.State = string(dnssec.Bogus)
		return facts, nil
	}
	if i := slices.IndexFunc(facts.Resolvers, func(v Validator) bool { return v.Refuses }); i >= 0 {
		p.Found(DNSSECBogus, z.Name,
			map[string]any{"reason": "resolver", "name": p.Name(), "ede": facts.Resolvers[i].EDE,
				"resolver": facts.Resolvers[i].ID}, refusals...)
	}
	if signed && p.Now.After(life.Due()) {
		p.Found(DNSSECSignatureExpiring, z.Name,
			map[string]any{"expires": facts.Ends, "hours": int(life.Ends.Sub(p.Now).Hours())}, evidence...)
	}
	return facts, failed
}

// judgeInsecure tells a zone that is not signed from one that is, and that no chain of trust reaches.
func judgeInsecure(p *view.Pass, z *dnssec.Zone, facts *DNSSECFacts, evidence []diag.Evidence) {
	if len(z.DS) == 0 || len(z.Keys) == 0 {
		p.Found(DNSSECUnsigned, z.Name,
			map[string]any{"keys": len(z.Keys) > 0, "ds": len(z.DS) > 0, "parent": view.Shown(z.Parent)}, evidence...)
		return
	}
	args := map[string]any{"reason": "unsigned-ancestor", "at": view.Shown(z.Broken), "above": "",
		"parent": view.Shown(z.Parent), "ds": facts.DS, "keys": facts.Keys}
	if z.Broken != "." {
		args["above"] = view.Shown(view.ParentOf(z.Broken))
	}
	if z.Unknown {
		args["reason"] = "unknown-algorithm"
	}
	p.Found(DNSSECNoChain, z.Name, args, evidence...)
}

func algorithm(n uint8) string { return cmp.Or(dns.AlgorithmToString[n], fmt.Sprint(n)) }

// judgeAlgorithms reports keys that must be replaced, and DS records where all are of a weak kind.
func judgeAlgorithms(p *view.Pass, z *dnssec.Zone, evidence []diag.Evidence) {
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
		p.Found(DNSSECWeakAlgorithm, z.Name, map[string]any{"algorithms": weak}, evidence...)
	}
}

// manyIterations is the number of rounds from which on validating resolvers take a zone for unsigned, or refuse it (RFC
// 9276 3.2; BIND, PowerDNS and Knot Resolver set their limit there).
const manyIterations = 50

// judgeHashing reports a zone whose names are hashed more than once to deny others (NSEC3): RFC 9276 3.1 wants no
// further rounds.
func judgeHashing(ctx context.Context, p *view.Pass, z *dnssec.Zone) {
	if len(z.DS) == 0 || len(z.Keys) == 0 {
		return
	}
	a, err := p.DNS.Lookup(ctx, z.Name, dns.TypeNSEC3PARAM)
	if err != nil {
		return
	}
	for _, rr := range a.Records() {
		if n, ok := rr.(*dns.NSEC3PARAM); ok && n.Iterations > 0 {
			severity := diag.Notice
			if n.Iterations > manyIterations {
				severity = diag.Warning
			}
			p.FoundAs(severity, DNSSECIterations, z.Name,
				map[string]any{"iterations": int(n.Iterations), "limit": manyIterations, "many": n.Iterations > manyIterations},
				diag.Said(a))
			return
		}
	}
}

// verifyMail verifies the records that mail depends on: of names in other zones, those zones' own diagnosis tells.
func verifyMail(ctx context.Context, p *view.Pass, z *dnssec.Zone) (faults []dnssec.Fault, life dnssec.Span,
	err error) {
	type set struct {
		name  string
		qtype uint16
	}
	sets := []set{{z.Name, dns.TypeSOA}, {p.Domain, dns.TypeMX}, {p.Domain, dns.TypeTXT},
		{"_dmarc." + p.Domain, dns.TypeTXT}}
	if hosts, _, err := view.MailHosts(ctx, p); err == nil {
		for _, h := range hosts[:min(len(hosts), maxSignedHosts)] {
			if dns.IsSubDomain(z.Name, h.Name+".") {
				sets = append(sets, set{h.Name + ".", dns.TypeA})
			}
		}
	}
	verdicts := make([]*dnssec.Verdict, len(sets))
	errs := make([]error, len(sets))
	var wg guarded.Group
	for i, s := range sets {
		wg.Go(func() { verdicts[i], errs[i] = p.Trust.Lookup(ctx, s.name, s.qtype) })
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
		life = life.Sooner(v.Life)
	}
	return faults, life, errors.Join(errs...)
}

// faultKinds is what each reason is reported as; every other one is bogus.
var faultKinds = map[dnssec.Reason]diag.Kind{
	dnssec.NoKey: DNSSECDSWithoutKey, dnssec.DSMismatch: DNSSECDSMismatch, dnssec.Expired: DNSSECSignatureExpired,
}

// reportFaults reports each kind of fault once, with all the names that show it.
func reportFaults(p *view.Pass, faults []dnssec.Fault, facts *DNSSECFacts, refusals []diag.Evidence) {
	ede := ""
	for _, v := range facts.Resolvers {
		ede = cmp.Or(ede, v.EDE)
	}
	var kinds []diag.Kind
	by := map[diag.Kind][]dnssec.Fault{}
	for _, f := range faults {
		kind := cmp.Or(faultKinds[f.Reason], DNSSECBogus)
		if by[kind] == nil {
			kinds = append(kinds, kind)
		}
		by[kind] = append(by[kind], f)
	}
	for _, kind := range kinds {
		var names []string
		var evidence []diag.Evidence
		for _, f := range by[kind] {
			names = append(names, view.Shown(f.Name)+" "+dns.TypeToString[f.Type])
			if f.Said != nil {
				evidence = append(evidence, diag.Said(f.Said))
			}
		}
		f := by[kind][0]
		args := map[string]any{"reason": string(f.Reason), "name": names[0], "names": names, "ede": ede,
			"parent": facts.Parent, "ds": facts.DS, "keys": facts.Keys}
		if !f.When.IsZero() {
			args["when"] = f.When.UTC().Format(time.RFC3339)
		}
		p.Found(kind, f.Zone, args, append(evidence, refusals...)...)
	}
}

// askValidators asks resolvers for the domain's MX records as a mail server does, and those that fail once more without
// validation: where only that succeeds, validation is why.
func askValidators(ctx context.Context, p *view.Pass) ([]Validator, []diag.Evidence) {
	if p.Planned() {
		return []Validator{}, nil // they see the zone as it is delegated now
	}
	resolvers := recursiveResolvers(p)
	resolvers = resolvers[:min(len(resolvers), maxValidators)]
	out := make([]Validator, len(resolvers))
	said := make([][]diag.Evidence, len(resolvers))
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
			first, second := diag.Said(a), diag.Said(b)
			first.Answer = strings.TrimSuffix(first.Answer+" ("+a.EDE+")", " ()")
			second.Question += " (+cd)"
			said[i] = []diag.Evidence{first, second}
		})
	}
	wg.Wait()
	seen, evidence := []Validator{}, []diag.Evidence(nil)
	for i := range out {
		if answered[i] {
			seen, evidence = append(seen, out[i]), append(evidence, said[i]...)
		}
	}
	return seen, evidence
}
