package outbound

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/plain"
	"signpost/diag/protocol/spf"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// SPF reads the domain's SPF record and all that it includes (RFC 7208).
var SPF = &diag.Check{
	Name: "spf", HiddenBy: authority.DeadDelegation, SkippedBy: []diag.Code{view.ZoneCNAMEApex.Code},
	Run:       view.With(checkSPF),
	DecidedBy: diag.Touched.Mail,
	Codes: []diag.Kind{
		SPFNone, SPFMultiple, SPFSyntax, SPFTooManyLookups, SPFLookupBudget,
		SPFTooManyVoids, SPFTooManyMX, SPFLoop, SPFIncludeNone, SPFIncludeBroken,
		SPFPassAll, SPFTooBroad, SPFNeutralAll, SPFNoAll, SPFSoftfailAll,
		SPFPTR, SPFTermsAfterAll, SPFDuplicateTerm, SPFStringsJoined, SPFTooLong,
		SPFLeftoverType, SPFSenderID, SPFProviderMissing, SPFSourceNotCovered, SPFMisplaced,
		SPFNobody, SPFEmptyMX, SPFPrivateRange,
		SPFInDispute,
	},
}

// SPFFacts is what the spf check learned.
type SPFFacts struct {
	Record  string      `json:"record"`
	Meant   []MeantText `json:"meant,omitempty"` // at the domain itself
	Records []string    `json:"records"`
	Lookups int         `json:"lookups"`
	Voids   int         `json:"voids"`
	All     string      `json:"all"`
	Tree    []string    `json:"tree"`
	Costs   []spf.Cost  `json:"-"` // the Tree, for whoever shows it in columns
}

func checkSPF(ctx context.Context, p *view.Pass) (any, error) {
	var typed *resolve.Answer
	var wg guarded.Group
	wg.Go(func() { typed, _ = p.DNS.Lookup(ctx, p.Domain, dns.TypeSPF) })
	if !p.Bulk { // asked early, for where there is no record
		for _, name := range namesForSPF(p) {
			wg.Go(func() { _, _ = p.DNS.Lookup(ctx, name, dns.TypeTXT) })
		}
	}
	guarded.Go(func() { _, _ = p.MXProviders(ctx) }, nil) // asked early: its answer is wanted below
	tree := spf.Audit(ctx, p.DNS, p.Domain)
	if tree.Err != nil {
		return nil, tree.Err
	}
	facts := SPFFacts{Records: append([]string{}, tree.Texts...), Lookups: tree.Lookups(), Voids: len(tree.Voids()),
		Tree: tree.Lines(), Costs: tree.Costs()}
	facts.Meant = meantTexts(tree.Answer, "spf")
	said := diag.Said(tree.Answer)
	wg.Wait()
	if d := authority.DisputedSPF(ctx, p); d != nil {
		p.Found(SPFInDispute, p.Domain, d.Args(), d.Evidence...)
		return SPFFacts{Records: []string{}, Tree: []string{}}, nil
	}
	if typed != nil && len(typed.TXT()) > 0 {
		p.Found(SPFLeftoverType, p.Domain, map[string]any{"record": visible.Clip(typed.TXT()[0], 500)}, diag.Said(typed))
	}
	for _, text := range tree.Answer.TXT() {
		if strings.HasPrefix(strings.ToLower(text), "spf2.0/") {
			p.Found(SPFSenderID, p.Domain, map[string]any{"record": visible.Clip(text, 500)}, said)
		}
	}
	switch len(tree.Texts) {
	case 0:
		if err := view.HiddenByAlias(ctx, p, tree.Answer); err != nil {
			return facts, err
		}
		return facts, reportNoSPF(ctx, p, tree)
	case 1:
		facts.Record = tree.Texts[0]
	default:
		p.Found(SPFMultiple, p.Domain, map[string]any{"count": len(tree.Texts), "records": visible.ClipAll(tree.Texts)}, said)
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

// namesForSPF is where people put by mistake the record that belongs at the domain itself.
func namesForSPF(p *view.Pass) []string { return []string{"_spf." + p.Domain, "www." + p.Domain} }

// reportNoSPF tells a missing record from one that is misspelt, or stands in the wrong place. None is only said to be
// missing where no text was meant as one.
func reportNoSPF(ctx context.Context, p *view.Pass, tree *spf.Tree) error {
	args := map[string]any{}
	for _, text := range tree.Answer.TXT() {
		trimmed := strings.TrimLeftFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })
		if pasted, ok := plain.Pasted(text, "v=spf1"); ok {
			trimmed = pasted
		}
		if trimmed != text && spf.IsRecord(trimmed) {
			p.FoundAs(diag.Error, SPFMisplaced, p.Domain,
				map[string]any{"at": p.Name(), "record": visible.Clip(text, 500), "reason": "leading-character", "front": true},
				diag.Said(tree.Answer))
			continue
		}
		if record, reason := spf.Misspelt(text); reason != "" {
			p.Found(SPFSyntax, p.Domain, map[string]any{
				"term": visible.Clip(firstWord(text), 200), "position": 0, "reason": reason,
				"suggestion": visible.Clip(record, 500), "record": visible.Clip(text, 500),
			}, diag.Said(tree.Answer))
		}
	}
	misspelt := view.Reported(p, SPFMisplaced.Code, SPFSyntax.Code)
	every := p.Chance(ctx, p.Domain, dns.TypeTXT)
	for _, name := range namesForSPF(p) {
		a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT)
		if err != nil || every.Err != nil || every.Gives(a) { // what every name has is no slip
			continue
		}
		for _, text := range a.TXT() {
			if spf.IsRecord(text) {
				at := strings.TrimSuffix(a.Question.Name, ".")
				p.Found(SPFMisplaced, p.Domain, map[string]any{"at": at, "record": visible.Clip(text, 500), "reason": "other-name"},
					diag.Said(a))
			}
		}
	}
	if misspelt {
		return nil
	}
	args = view.WithMisplaced(args, misplacedSPF(ctx, p, every))
	maps.Copy(args, p.AliasArgs(ctx, tree.Answer))
	severity := diag.Error
	mx, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	if err == nil && view.OnlyNullMX(mx) {
		severity = diag.Warning
		args["null_mx"] = true
	}
	p.FoundAs(severity, SPFNone, p.Domain, args, diag.Said(tree.Answer))
	return nil
}

// misspeltSPF is the first word of a text that was meant as an SPF record and is none; empty where there is no such
// text.
func misspeltSPF(a *resolve.Answer) string {
	for _, text := range a.TXT() {
		if _, reason := spf.Misspelt(text); reason != "" {
			return firstWord(text)
		}
	}
	return ""
}

// reportSPFTree looks at the limits, and at every record below the domain's own.
func reportSPFTree(p *view.Pass, tree *spf.Tree) {
	said := diag.Said(tree.Answer)
	loops := false
	tree.Each(func(t *spf.Tree) {
		for _, c := range t.Terms {
			if c.Names > spf.MaxNames {
				p.Found(SPFTooManyMX, t.Domain, map[string]any{"term": c.Term.Raw, "names": c.Names}, view.SaidAll(c.Answers)...)
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
			p.Found(SPFIncludeBroken, p.Domain,
				map[string]any{"included": t.Domain, "reason": "syntax", "term": visible.Clip(misspeltSPF(t.Answer), 200)},
				diag.Said(t.Answer))
		case len(t.Texts) == 0:
			p.Found(SPFIncludeNone, p.Domain, map[string]any{"included": t.Domain, "term": t.Via, "nxdomain": t.NoName},
				diag.Said(t.Answer))
		case len(t.Texts) > 1:
			p.Found(SPFIncludeBroken, p.Domain, map[string]any{"included": t.Domain, "reason": "multiple", "term": t.Via},
				diag.Said(t.Answer))
		case spf.Permanent(t.Syntax) != nil:
			p.Found(SPFIncludeBroken, p.Domain,
				map[string]any{"included": t.Domain, "reason": "syntax", "term": visible.Clip(spf.Permanent(t.Syntax).Term, 200)},
				diag.Said(t.Answer))
		}
	})
	n := tree.Lookups()
	switch {
	case loops:
	case n > spf.MaxLookups:
		args := map[string]any{"lookups": n, "limit": spf.MaxLookups, "tree": tree.Lines()}
		if short, ok := tree.Shorten(); ok {
			args["dropped"], args["shorter"], args["left"] = visible.ClipAll(short.Dropped), visible.Clip(short.Record, 1000),
				short.Lookups
			args["replaced"] = visible.ClipAll(slices.Sorted(maps.Keys(short.Replaced)))
		}
		p.Found(SPFTooManyLookups, p.Domain, args, said)
	case n >= spf.MaxLookups-1:
		p.Found(SPFLookupBudget, p.Domain, map[string]any{"lookups": n, "limit": spf.MaxLookups}, said)
	}
	if voids := tree.Voids(); len(voids) > spf.MaxVoids {
		p.Found(SPFTooManyVoids, p.Domain,
			map[string]any{"voids": len(voids), "limit": spf.MaxVoids, "terms": visible.ClipAll(voids)}, said)
	}
}
