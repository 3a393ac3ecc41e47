package checks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"unicode"

	"signpost/diag"
	"signpost/diag/cause"
	"signpost/diag/guarded"
	"signpost/diag/plain"
	"signpost/diag/protocol/spf"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// deadDelegation is what makes every answer about a domain's records meaningless.
var deadDelegation = []diag.Code{DelegationNXDomain.Code, DelegationBroken.Code}

// SPF reads the domain's SPF record and all that it includes (RFC 7208).
var SPF = &diag.Check{
	Name: "spf", HiddenBy: deadDelegation, SkippedBy: []diag.Code{ZoneCNAMEApex.Code}, Run: with(checkSPF),
	DecidedBy: diag.Touched.Mail,
	Codes: []diag.Kind{
		SPFNone, SPFMultiple, SPFSyntax, SPFTooManyLookups, SPFLookupBudget,
		SPFTooManyVoids, SPFTooManyMX, SPFLoop, SPFIncludeNone, SPFIncludeBroken,
		SPFPassAll, SPFTooBroad, SPFNeutralAll, SPFNoAll, SPFSoftfailAll,
		SPFPTR, SPFTermsAfterAll, SPFDuplicateTerm, SPFStringsJoined, SPFTooLong,
		SPFLeftoverType, SPFSenderID, SPFProviderMissing, SPFSourceNotCovered, SPFMisplaced,
		SPFNobody, SPFEmptyMX,
		SPFInDispute,
	},
}

// What the check may find.
var (
	SPFNone             = diag.Kind{Code: "spf.none", Severity: diag.Error}
	SPFMultiple         = diag.Kind{Code: "spf.multiple", Severity: diag.Error}
	SPFSyntax           = diag.Kind{Code: "spf.syntax", Severity: diag.Error}
	SPFTooManyLookups   = diag.Kind{Code: "spf.too-many-lookups", Severity: diag.Error}
	SPFLookupBudget     = diag.Kind{Code: "spf.lookup-budget", Severity: diag.Notice}
	SPFTooManyVoids     = diag.Kind{Code: "spf.too-many-voids", Severity: diag.Error}
	SPFTooManyMX        = diag.Kind{Code: "spf.too-many-mx", Severity: diag.Error}
	SPFLoop             = diag.Kind{Code: "spf.loop", Severity: diag.Error}
	SPFIncludeNone      = diag.Kind{Code: "spf.include-none", Severity: diag.Error}
	SPFIncludeBroken    = diag.Kind{Code: "spf.include-broken", Severity: diag.Error}
	SPFPassAll          = diag.Kind{Code: "spf.pass-all", Severity: diag.Error}
	SPFTooBroad         = diag.Kind{Code: "spf.too-broad", Severity: diag.Warning}
	SPFNeutralAll       = diag.Kind{Code: "spf.neutral-all", Severity: diag.Warning}
	SPFNoAll            = diag.Kind{Code: "spf.no-all", Severity: diag.Warning}
	SPFSoftfailAll      = diag.Kind{Code: "spf.softfail-all", Severity: diag.Info}
	SPFPTR              = diag.Kind{Code: "spf.ptr", Severity: diag.Warning}
	SPFTermsAfterAll    = diag.Kind{Code: "spf.terms-after-all", Severity: diag.Notice}
	SPFDuplicateTerm    = diag.Kind{Code: "spf.duplicate-term", Severity: diag.Notice}
	SPFStringsJoined    = diag.Kind{Code: "spf.strings-joined", Severity: diag.Warning}
	SPFTooLong          = diag.Kind{Code: "spf.too-long", Severity: diag.Warning}
	SPFLeftoverType     = diag.Kind{Code: "spf.leftover-type", Severity: diag.Notice}
	SPFSenderID         = diag.Kind{Code: "spf.sender-id", Severity: diag.Notice}
	SPFProviderMissing  = diag.Kind{Code: "spf.provider-missing", Severity: diag.Error}
	SPFSourceNotCovered = diag.Kind{Code: "spf.source-not-covered", Severity: diag.Error}
	SPFMisplaced        = diag.Kind{Code: "spf.misplaced", Severity: diag.Warning}
	SPFNobody           = diag.Kind{Code: "spf.nobody", Severity: diag.Error}
	SPFEmptyMX          = diag.Kind{Code: "spf.empty-mx", Severity: diag.Warning}
	SPFInDispute        = diag.Kind{Code: "spf.in-dispute", Severity: diag.Notice}
)

// SPFFacts is what the spf check learned.
type SPFFacts struct {
	Record  string      `json:"record"`
	Meant   []MeantText `json:"meant,omitempty"` // at the domain itself
	Records []string    `json:"records"`
	Lookups int         `json:"lookups"`
	Voids   int         `json:"voids"`
	All     string      `json:"all"`
	Tree    []string    `json:"tree"`
}

func checkSPF(ctx context.Context, p *pass) (any, error) {
	beside := map[string]*resolve.Answer{} // what stands where SPF records are left behind or misplaced
	var mu sync.Mutex
	var wg guarded.Group
	for name, qtype := range map[string]uint16{p.Domain: dns.TypeSPF, "_spf." + p.Domain: dns.TypeTXT, "www." + p.Domain: dns.TypeTXT} {
		wg.Go(func() {
			if a, err := p.DNS.Lookup(ctx, name, qtype); err == nil {
				mu.Lock()
				defer mu.Unlock()
				beside[name] = a
			}
		})
	}
	guarded.Go(func() { _, _ = p.MXProviders(ctx) }, nil) // asked early: its answer is wanted below
	tree := spf.Audit(ctx, p.DNS, p.Domain)
	if tree.Err != nil {
		return nil, tree.Err
	}
	facts := SPFFacts{Records: append([]string{}, tree.Texts...), Lookups: tree.Lookups(), Voids: len(tree.Voids()), Tree: tree.Lines()}
	facts.Meant = meantTexts(tree.Answer, "spf")
	said := diag.Said(tree.Answer)
	wg.Wait()
	if d := p.disputedSPF(ctx); d != nil {
		p.Found(SPFInDispute, p.Domain, d.args(), d.evidence...)
		return SPFFacts{Records: []string{}, Tree: []string{}}, nil
	}
	if typed := beside[p.Domain]; typed != nil && len(typed.TXT()) > 0 {
		p.Found(SPFLeftoverType, p.Domain, map[string]any{"record": visible.Clip(typed.TXT()[0], 500)}, diag.Said(typed))
	}
	for _, text := range tree.Answer.TXT() {
		if strings.HasPrefix(strings.ToLower(text), "spf2.0/") {
			p.Found(SPFSenderID, p.Domain, map[string]any{"record": visible.Clip(text, 500)}, said)
		}
	}
	switch len(tree.Texts) {
	case 0:
		if err := hiddenByAlias(ctx, p, tree.Answer); err != nil {
			return facts, err
		}
		return facts, reportNoSPF(ctx, p, tree, beside)
	case 1:
		facts.Record = tree.Texts[0]
	default:
		p.Found(SPFMultiple, p.Domain, map[string]any{"count": len(tree.Texts), "records": ClipAll(tree.Texts)}, said)
		return facts, nil
	}
	if all, _ := tree.Record.All(); all != nil {
		facts.All = string(all.Qualifier) + "all"
	}
	reportSPFText(ctx, p, tree, said)
	reportSPFTerms(p, tree, said)
	reportSPFTree(p, tree)
	reportSPFNobody(ctx, p, tree, said)
	err := reportSPFProvider(ctx, p, tree, said)
	err = errors.Join(err, reportSPFSources(ctx, p, tree, said))
	return facts, err
}

// reportNoSPF tells a missing record from one that is misspelt, or stands in the wrong place. None is only said to be missing where no text
// was meant as one.
func reportNoSPF(ctx context.Context, p *pass, tree *spf.Tree, elsewhere map[string]*resolve.Answer) error {
	args := map[string]any{}
	for _, text := range tree.Answer.TXT() {
		trimmed := strings.TrimLeftFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
		if pasted, ok := plain.Pasted(text, "v=spf1"); ok {
			trimmed = pasted
		}
		if trimmed != text && spf.IsRecord(trimmed) {
			p.FoundAs(diag.Error, SPFMisplaced, p.Domain, map[string]any{"at": p.name(), "record": visible.Clip(text, 500), "reason": "leading-character", "front": true}, diag.Said(tree.Answer))
			continue
		}
		if record, reason := spf.Misspelt(text); reason != "" {
			p.Found(SPFSyntax, p.Domain, map[string]any{
				"term": visible.Clip(firstWord(text), 200), "position": 0, "reason": reason, "suggestion": visible.Clip(record, 500), "record": visible.Clip(text, 500),
			}, diag.Said(tree.Answer))
		}
	}
	misspelt := reported(p, SPFMisplaced.Code, SPFSyntax.Code)
	every := p.chance(ctx, p.Domain, dns.TypeTXT)
	for _, name := range []string{"_spf." + p.Domain, "www." + p.Domain} {
		a := elsewhere[name]
		if a == nil || every.err != nil || every.gives(a) { // what every name has is no slip
			continue
		}
		for _, text := range a.TXT() {
			if spf.IsRecord(text) {
				at := strings.TrimSuffix(a.Question.Name, ".")
				p.Found(SPFMisplaced, p.Domain, map[string]any{"at": at, "record": visible.Clip(text, 500), "reason": "other-name"}, diag.Said(a))
			}
		}
	}
	if misspelt {
		return nil
	}
	args = withMisplaced(args, p.misplacedSPF(ctx, every))
	maps.Copy(args, p.aliasArgs(ctx, tree.Answer))
	severity := diag.Error
	mx, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	if err == nil && onlyNullMX(mx) {
		severity = diag.Warning
		args["null_mx"] = true
	}
	p.FoundAs(severity, SPFNone, p.Domain, args, diag.Said(tree.Answer))
	return nil
}

// misspeltSPF is the first word of a text that was meant as an SPF record and is none; empty where there is no such text.
func misspeltSPF(a *resolve.Answer) string {
	for _, text := range a.TXT() {
		if _, reason := spf.Misspelt(text); reason != "" {
			return firstWord(text)
		}
	}
	return ""
}

// name is the domain without its final dot.
func (p *pass) name() string { return strings.TrimSuffix(p.Domain, ".") }

// onlyNullMX reports whether the only MX is the null MX (RFC 7505).
func onlyNullMX(a *resolve.Answer) bool {
	rrs := a.Records()
	if len(rrs) != 1 {
		return false
	}
	mx, ok := rrs[0].(*dns.MX)
	return ok && mx.Mx == "."
}

// reportSPFText looks at the record as a text: its syntax, its length, its strings.
func reportSPFText(ctx context.Context, p *pass, tree *spf.Tree, said diag.Evidence) {
	apart := map[string]string{} // what ran together, and how it was meant
	for _, parts := range tree.Answer.TXTStrings() {
		if !spf.IsRecord(strings.Join(parts, "")) {
			continue
		}
		for i := 1; i < len(parts); i++ {
			before, after := parts[i-1], parts[i]
			if joined := before[strings.LastIndexByte(before, ' ')+1:] + firstWord(after); spf.Apart(before, after) {
				if apart[joined] = before[strings.LastIndexByte(before, ' ')+1:]; !spf.BeginsAnother(after) {
					apart[joined] += " " + firstWord(after)
				}
				p.Found(SPFStringsJoined, p.Domain, map[string]any{"joined": visible.Clip(joined, 200), "before": visible.Clip(before, 300), "after": visible.Clip(after, 300)}, said)
			}
		}
	}
	for _, e := range tree.Syntax {
		args := map[string]any{
			"term": visible.Clip(e.Term, 200), "position": e.Pos, "reason": e.Reason, "suggestion": visible.Clip(cmp.Or(apart[e.Term], e.Suggestion), 200),
			"lawful": e.Lawful,
		}
		if e.Lawful && (e.Reason == "bad-domain" || e.Reason == "bad-separator") { // a name that no host has, in a term that names one
			args["host"] = true
		}
		p.Found(SPFSyntax, p.Domain, args, said)
	}
	if n := len(tree.Texts[0]); n > 450 {
		p.FoundAs(diag.Notice, SPFTooLong, p.Domain, map[string]any{"octets": n}, said)
	}
	if tree.Answer.Size <= dns.MinMsgSize {
		return
	}
	d, err := p.DNS.Walk(ctx, p.Domain)
	if err != nil {
		return
	}
	for _, ns := range d.NS {
		for _, ip := range ns.Glue {
			_, err := p.DNS.Ask(ctx, netip.AddrPortFrom(ip, 53), p.Domain, dns.TypeTXT, resolve.TCP)
			if errors.Is(err, resolve.ErrUnreachable) || errors.Is(err, resolve.ErrBadAnswer) {
				p.Found(SPFTooLong, p.Domain, map[string]any{"octets": tree.Answer.Size, "server": strings.TrimSuffix(ns.Name, ".")}, said, diag.SaidNothing(err))
				return
			}
		}
	}
}

func firstWord(s string) string {
	w, _, _ := strings.Cut(s, " ")
	return w
}

// reportSPFTerms looks at the terms of the domain's own record.
func reportSPFTerms(p *pass, tree *spf.Tree, said diag.Evidence) {
	r := tree.Record
	all, at := r.All()
	open, by := tree.Open()
	isOpen := open != ""
	switch {
	case isOpen:
		args := map[string]any{"term": open, "record": visible.Clip(r.Text, 1000)}
		if by != tree.Domain {
			args["via"] = by
		}
		p.Found(SPFPassAll, p.Domain, args, said)
	case all != nil && all.Qualifier == '?':
		p.Found(SPFNeutralAll, p.Domain, map[string]any{"record": visible.Clip(r.Text, 1000)}, said)
	case all != nil && all.Qualifier == '~':
		p.Found(SPFSoftfailAll, p.Domain, nil, said)
	case all == nil && r.Modifier("redirect") == nil && len(tree.Syntax) == 0:
		p.Found(SPFNoAll, p.Domain, map[string]any{"record": visible.Clip(r.Text, 1000)}, said)
	}
	if broad := r.Broad(); len(broad) > 0 && !isOpen {
		p.Found(SPFTooBroad, p.Domain, map[string]any{"terms": broad}, said)
	}
	if again := r.Duplicates(); len(again) > 0 && !reported(p, SPFStringsJoined.Code) { // what ran together is not repeated on purpose
		p.Found(SPFDuplicateTerm, p.Domain, map[string]any{"terms": again}, said)
	}
	var ignored []string
	for i, t := range r.Terms {
		if !t.Modifier && t.Name == "ptr" && i < at {
			p.Found(SPFPTR, p.Domain, map[string]any{"term": t.Raw}, said)
		}
		if i > at && (!t.Modifier || t.Name == "redirect") {
			ignored = append(ignored, t.Raw)
		}
	}
	if all != nil {
		if red := r.Modifier("redirect"); red != nil && !slices.Contains(ignored, red.Raw) {
			ignored = append(ignored, red.Raw)
		}
	}
	if len(ignored) > 0 {
		p.Found(SPFTermsAfterAll, p.Domain, map[string]any{"terms": ignored}, said)
	}
}

// reportSPFNobody tells of a record by which nobody may send although it names senders, and of an mx term whose host has no MX.
func reportSPFNobody(ctx context.Context, p *pass, tree *spf.Tree, said diag.Evidence) {
	instead := map[string]string{} // an mx term, and what was meant: the host has an address
	evidence := []diag.Evidence{said}
	for i := range tree.Terms {
		c := &tree.Terms[i]
		host := c.WithoutMX()
		if host == "" {
			continue
		}
		addrs, answers, err := p.DNS.Addrs(ctx, host+".")
		if err != nil && len(addrs) == 0 {
			continue
		}
		evidence = append(evidence, diag.Said(c.Answers[0]))
		if len(addrs) > 0 {
			meant := *c.Term
			meant.Name = "a"
			instead[c.Term.Raw] = meant.String()
			evidence = saidAll(answers, evidence...)
		}
	}
	terms, nobody := tree.Nobody()
	if nobody && tree.Unsure() == nil && takesMail(ctx, p) {
		severity := diag.Error
		if all, _ := tree.Record.All(); all == nil || all.Qualifier != '-' {
			severity = diag.Warning
		}
		suggestion := ""
		if len(terms) == 1 {
			suggestion = instead[terms[0]]
		}
		p.FoundAs(severity, SPFNobody, p.Domain, map[string]any{"terms": ClipAll(terms), "record": visible.Clip(tree.Record.Text, 1000), "suggestion": suggestion}, evidence...)
		return
	}
	for _, term := range slices.Sorted(maps.Keys(instead)) {
		p.Found(SPFEmptyMX, p.Domain, map[string]any{"term": term, "suggestion": instead[term], "record": visible.Clip(tree.Record.Text, 1000)}, evidence...)
	}
}

// takesMail reports a domain with an MX or an address: what has neither has worse to mend than who may send for it.
func takesMail(ctx context.Context, p *pass) bool {
	mx, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	if err != nil || !mx.Empty() {
		return err == nil && !onlyNullMX(mx)
	}
	addrs, _, _ := p.DNS.Addrs(ctx, p.Domain)
	return len(addrs) > 0
}

// reportSPFTree looks at the limits, and at every record below the domain's own.
func reportSPFTree(p *pass, tree *spf.Tree) {
	said := diag.Said(tree.Answer)
	loops := false
	tree.Each(func(t *spf.Tree) {
		for _, c := range t.Terms {
			if c.Names > spf.MaxNames {
				p.Found(SPFTooManyMX, t.Domain, map[string]any{"term": c.Term.Raw, "names": c.Names}, saidAll(c.Answers)...)
			}
		}
		if t == tree {
			return
		}
		switch {
		case t.Loop:
			loops = true
			p.Found(SPFLoop, p.Domain, map[string]any{"domain": t.Domain, "term": t.Via}, said)
		case t.Answer == nil:
		case len(t.Texts) == 0 && misspeltSPF(t.Answer) != "": // to receivers there is none; whoever runs it wrote one
			p.Found(SPFIncludeBroken, p.Domain, map[string]any{"included": t.Domain, "reason": "syntax", "term": visible.Clip(misspeltSPF(t.Answer), 200)}, diag.Said(t.Answer))
		case len(t.Texts) == 0:
			p.Found(SPFIncludeNone, p.Domain, map[string]any{"included": t.Domain, "term": t.Via, "nxdomain": t.NoName}, diag.Said(t.Answer))
		case len(t.Texts) > 1:
			p.Found(SPFIncludeBroken, p.Domain, map[string]any{"included": t.Domain, "reason": "multiple", "term": t.Via}, diag.Said(t.Answer))
		case spf.Permanent(t.Syntax) != nil:
			p.Found(SPFIncludeBroken, p.Domain, map[string]any{"included": t.Domain, "reason": "syntax", "term": visible.Clip(spf.Permanent(t.Syntax).Term, 200)}, diag.Said(t.Answer))
		}
	})
	n := tree.Lookups()
	switch {
	case loops:
	case n > spf.MaxLookups:
		args := map[string]any{"lookups": n, "limit": spf.MaxLookups, "tree": tree.Lines()}
		if short, ok := tree.Shorten(); ok {
			args["dropped"], args["shorter"], args["left"] = ClipAll(short.Dropped), visible.Clip(short.Record, 1000), short.Lookups
			args["replaced"] = ClipAll(slices.Sorted(maps.Keys(short.Replaced)))
		}
		p.Found(SPFTooManyLookups, p.Domain, args, said)
	case n >= spf.MaxLookups-1:
		p.Found(SPFLookupBudget, p.Domain, map[string]any{"lookups": n, "limit": spf.MaxLookups}, said)
	}
	if voids := tree.Voids(); len(voids) > spf.MaxVoids {
		p.Found(SPFTooManyVoids, p.Domain, map[string]any{"voids": len(voids), "limit": spf.MaxVoids, "terms": ClipAll(voids)}, said)
	}
}

func ClipAll(in []string) []string {
	out := make([]string, 0, min(len(in), 40))
	for _, s := range in[:min(len(in), 40)] {
		out = append(out, visible.Clip(s, 500))
	}
	return out
}

// reportSPFProvider notes the providers that the record names, and whether the one that holds the mailboxes is among them.
func reportSPFProvider(ctx context.Context, p *pass, tree *spf.Tree, said diag.Evidence) error {
	var domains []string
	tree.Each(func(t *spf.Tree) {
		if t != tree {
			domains = append(domains, t.Domain)
		}
	})
	covered := map[string]bool{}
	for _, f := range p.Providers {
		for _, inc := range f.SPFIncludes {
			if slices.Contains(domains, inc) {
				covered[f.ID] = true
				p.SawProvider(f.ID, f.Role, "spf")
			}
		}
	}
	own, err := p.settledProviders(ctx)
	if err != nil {
		return err
	}
	_, isOpen := tree.Record.Open()
	if err := tree.Unsure(); err != nil {
		return err // an include that did not answer may name the provider
	}
	if isOpen || len(tree.Syntax) > 0 {
		return nil // what is broken is said elsewhere
	}
	for _, f := range own {
		if f.Role == "mailbox" && len(f.SPFIncludes) > 0 && !covered[f.ID] && !hasMacros(tree) {
			p.Found(SPFProviderMissing, p.Domain, map[string]any{"provider": f.ID, "includes": f.SPFIncludes, "record": visible.Clip(tree.Record.Text, 1000)}, said)
		}
	}
	return nil
}

// hasMacros reports whether some include depends on the sender, so that the tree does not show who is covered.
func hasMacros(tree *spf.Tree) bool {
	found := false
	tree.Each(func(t *spf.Tree) {
		for _, c := range t.Terms {
			found = found || c.Macro && (c.Term.Name == "include" || c.Term.Name == "redirect")
		}
	})
	return found
}

// reportSPFSources judges the addresses that are said to send for the domain.
func reportSPFSources(ctx context.Context, p *pass, tree *spf.Tree, said diag.Evidence) error {
	var unsure error
	for _, ip := range p.SourceIPs {
		out := spf.Evaluate(ctx, p.DNS, spf.Query{IP: ip, MailFrom: "postmaster@" + p.name(), Helo: p.name(), Now: p.Now})
		switch out.Result {
		case spf.Pass:
		case spf.TempError:
			unsure = cause.With(cause.Undecided, fmt.Sprintf("diag: whether SPF covers %s could not be told: %s", ip, out.Because), map[string]any{"ip": ip.String(), "because": out.Because})
		default:
			family := "ip4"
			if ip.Unmap().Is6() {
				family = "ip6"
			}
			args := map[string]any{
				"ip": ip.String(), "result": string(out.Result), "term": family + ":" + ip.Unmap().String(), "record": visible.Clip(tree.Record.Text, 1000),
			}
			if out.Result == spf.PermError { // then no further term helps
				args["because"], args["terms"] = out.Cause, ClipAll(empty(out))
			}
			p.Found(SPFSourceNotCovered, ip.String(), args, said)
		}
	}
	return unsure
}

// empty is the terms of an evaluation that came back empty.
func empty(out spf.Outcome) (terms []string) {
	voids := 0
	for _, n := range out.Trace {
		if n.Voids > voids && !slices.Contains(terms, n.Term) {
			terms = append(terms, n.Term)
		}
		voids = max(voids, n.Voids)
	}
	return terms
}
