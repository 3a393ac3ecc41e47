package authority

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"signpost/diag"
	"signpost/diag/cause"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// Propagation compares what recursive resolvers around the world have in their caches with what the domain's own
// servers answer now: what was changed reaches everybody only when the old answer, or the old denial (RFC 2308), has
// run out everywhere.
var Propagation = &diag.Check{
	Name: "propagation", HiddenBy: DeadDelegation, Run: view.With(checkPropagation), Uses: []*diag.Check{Delegation},
	Codes: []diag.Kind{
		PropagationPending, PropagationNegativeCached, PropagationResolverServfail, PropagationFiltered,
		PropagationDiffers,
	},
}

// What the check may find.
var (
	PropagationPending          = diag.Kind{Code: "propagation.pending", Severity: diag.Warning}
	PropagationNegativeCached   = diag.Kind{Code: "propagation.negative-cached", Severity: diag.Warning}
	PropagationResolverServfail = diag.Kind{Code: "propagation.resolver-servfail", Severity: diag.Warning}
	PropagationFiltered         = diag.Kind{Code: "propagation.filtered", Severity: diag.Notice}
	PropagationDiffers          = diag.Kind{Code: "propagation.differs", Severity: diag.Warning}
)

// ErrNoResolver says that there is no recursive resolver to compare with.
var ErrNoResolver = cause.New(cause.NoResolver, "diag: no recursive resolver to compare with can be reached from here")

const (
	maxResolvers    = 40
	maxSpread       = 8 // questions besides those that mail lives by
	resolverTimeout = 4 * time.Second
	longEnough      = 30 // seconds: of a shorter life, all of it may well be left of an old answer
)

// NoResolvers is why nothing was compared where there is nobody to compare with.
const NoResolvers = "resolvers"

// PropagationFacts is what each resolver answered. State is published (everywhere the same), not-published (nobody has
// it), spreading, or servers-disagree: the domain's own servers do.
type PropagationFacts struct {
	Questions []SpreadFacts `json:"questions"`
}

// SpreadFacts is one question. Current is what the domain's servers answer, and Whole the same uncut.
type SpreadFacts struct {
	Question  string        `json:"question"`
	State     string        `json:"state"`
	Current   []string      `json:"current"`
	Whole     []string      `json:"-"`
	Resolvers []CacheAnswer `json:"resolvers"`
}

// CacheAnswer is what one resolver answered. State is current, old, denied, servfail, refused (its validation refuses
// the answer: the dnssec check tells), alias (it follows the alias that the servers have beside the records: the zone
// check tells), differs (it has just fetched something else from the domain's servers), filtered or silent; TTL the
// seconds that it will go on saying so.
type CacheAnswer struct {
	ID      string `json:"id"`
	Region  string `json:"region"`
	Address string `json:"address"`
	State   string `json:"state"`
	Answer  string `json:"answer"`
	TTL     uint32 `json:"ttl"`
}

// recursiveResolvers is the resolvers that a run compares with.
func recursiveResolvers(p *view.Pass) []diag.Recursive {
	return p.Resolvers[:min(len(p.Resolvers), maxResolvers)]
}

// cached is one resolver's answer, judged.
type cached struct {
	CacheAnswer
	alias string // the alias that it follows and that stands beside the records, without its final dot
	said  diag.Evidence
}

func checkPropagation(ctx context.Context, p *view.Pass) (any, error) {
	facts := &PropagationFacts{Questions: []SpreadFacts{}}
	questions := []resolve.Question{{Name: p.Domain, Type: dns.TypeMX}, {Name: p.Domain, Type: dns.TypeTXT},
		{Name: "_dmarc." + p.Domain, Type: dns.TypeTXT}}
	questions = append(questions, furtherQuestions(p, questions)...)
	resolvers := recursiveResolvers(p)
	if p.Planned() {
		return facts, diag.Skip("planned") // no resolver can have what is not delegated yet
	}
	if len(resolvers) == 0 {
		return facts, diag.Skip(NoResolvers)
	}
	answers := make([][]*resolve.Answer, len(questions)) // by question and resolver; nil: silent
	for i := range answers {
		answers[i] = make([]*resolve.Answer, len(resolvers))
	}
	askCtx, cancel := context.WithTimeout(ctx, resolverTimeout)
	defer cancel()
	var wg guarded.Group
	for j, r := range resolvers {
		wg.Go(func() {
			if !p.DNS.KnowsRoot(askCtx, r.Address) {
				return
			}
			var each guarded.Group
			for i, q := range questions {
				each.Go(func() { answers[i][j], _ = p.DNS.Recurse(askCtx, r.Address, q.Name, q.Type, resolve.Plain) })
			}
			each.Wait()
		})
	}
	wg.Wait()
	heard := slices.ContainsFunc(answers[0], func(a *resolve.Answer) bool { return a != nil })
	if !heard {
		return facts, ErrNoResolver
	}
	var failed []error
	failing := map[string]diag.Evidence{}
	for i, q := range questions {
		c, err := currentAnswers(ctx, p, q)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		failed = append(failed, compareCaches(ctx, p, q, c, resolvers, answers[i], facts, failing))
	}
	if len(failing) > 0 {
		var ids []string
		var evidence []diag.Evidence
		for _, id := range slices.Sorted(maps.Keys(failing)) {
			ids, evidence = append(ids, id), append(evidence, failing[id])
		}
		p.Found(PropagationResolverServfail, p.Domain,
			map[string]any{"resolvers": ids, "failing": len(ids), "total": len(resolvers)}, evidence...)
	}
	return facts, errors.Join(failed...)
}

// furtherQuestions is what caches are asked for because somebody waits for it, without what they are asked for anyway.
func furtherQuestions(p *view.Pass, asked []resolve.Question) (out []resolve.Question) {
	for _, r := range p.Spread {
		q := resolve.Question{Name: dns.CanonicalName(r.Name), Type: dns.StringToType[r.Type]}
		if q.Type != dns.TypeNone && view.GoodName(q.Name) && dns.IsSubDomain(p.Domain, q.Name) && len(out) < maxSpread &&
			!slices.Contains(asked, q) && !slices.Contains(out, q) {
			out = append(out, q)
		}
	}
	return out
}

// currently is what counts of a question: what those answer now who decide, each different answer once, and what a
// resolver may say besides.
type currently struct{ now, besides []*resolve.Answer }

// currentAnswers is what the domain's own servers answer now, or those of the zone above where that decides. The error
// means that none could be asked.
func currentAnswers(ctx context.Context, p *view.Pass, q resolve.Question) (c currently, err error) {
	if heldAbove(q) {
		c.now, c.besides, err = aboveAnswers(ctx, p, q)
	} else {
		c.now, err = ownAnswers(ctx, p, q)
	}
	return c, err
}

// ownAnswers is what the domain's own servers answer now.
func ownAnswers(ctx context.Context, p *view.Pass, q resolve.Question) ([]*resolve.Answer, error) {
	var all []*resolve.Answer
	if f, ok := diag.FactsOf[*DelegationFacts](p.Await(ctx, Delegation)); ok {
		all = f.mail[q]
	}
	if len(all) == 0 {
		a, err := p.DNS.Lookup(ctx, q.Name, q.Type)
		if err != nil {
			return nil, err
		}
		all = []*resolve.Answer{a}
	}
	var out []*resolve.Answer
	for _, a := range all {
		if a.Chain() != nil { // the end of an alias may be served elsewhere
			b, err := p.DNS.Lookup(ctx, q.Name, q.Type)
			if err != nil {
				return nil, err
			}
			a = b
		}
		if !slices.ContainsFunc(out, func(b *resolve.Answer) bool { return view.SameRecords(a, b) }) {
			out = append(out, a)
		}
	}
	return out, nil
}

// compareCaches judges what the resolvers said to one question. Failing collects those that could not resolve it.
func compareCaches(
	ctx context.Context, p *view.Pass, q resolve.Question, says currently, resolvers []diag.Recursive,
	answers []*resolve.Answer,
	facts *PropagationFacts, failing map[string]diag.Evidence,
) error {
	now := says.now
	f := SpreadFacts{Question: q.String(), State: "published", Current: view.RecordTexts(now[0]),
		Whole: view.WholeTexts(now[0])}
	groups := map[string][]cached{}
	total := 0
	var failed error
	for j, r := range resolvers {
		c := cached{CacheAnswer: CacheAnswer{ID: r.ID, Region: r.Region, Address: r.Address.String(), State: "silent"}}
		if a := answers[j]; a != nil {
			c.Answer, c.TTL, c.said = a.Text(), a.MinTTL(), diag.Said(a)
			var err error
			if c.State, err = cacheState(ctx, p, r, a, says); err != nil {
				failed = errors.Join(failed, err)
			}
			if c.State == "alias" {
				c.alias = view.Shown(a.Chain()[0])
			}
			total++
		}
		groups[c.State] = append(groups[c.State], c)
		f.Resolvers = append(f.Resolvers, c.CacheAnswer)
	}
	switch {
	case len(now) > 1:
		f.State = "servers-disagree"
	case len(groups["alias"])+len(groups["differs"]) > 0:
		f.State = "servers-disagree"
	case len(groups["old"])+len(groups["denied"]) > 0:
		f.State = "spreading"
	case now[0].Empty():
		f.State = "not-published"
	}
	facts.Questions = append(facts.Questions, f)
	reportCaches(p, PropagationPending, q, f, groups["old"], total)
	reportCaches(p, PropagationDiffers, q, f, groups["differs"], total)
	reportCaches(p, PropagationDiffers, q, f, groups["alias"], total)
	reportCaches(p, PropagationNegativeCached, q, f, groups["denied"], total)
	reportCaches(p, PropagationFiltered, q, f, groups["filtered"], total)
	for _, c := range groups["servfail"] {
		if _, known := failing[c.ID]; !known {
			failing[c.ID] = c.said
		}
	}
	return failed
}

// cacheState judges one resolver's answer beside those that the domain's servers give.
func cacheState(ctx context.Context, p *view.Pass, r diag.Recursive, a *resolve.Answer, c currently) (string, error) {
	same := func(b *resolve.Answer) bool { return view.SameRecords(a, b) }
	switch {
	case a.Rcode == dns.RcodeServerFailure:
		// Where the resolver answers without validation, the signatures are at fault: the dnssec check tells.
		if b, err := p.DNS.Recurse(ctx, r.Address, a.Question.Name, a.Question.Type, resolve.Unchecked); err != nil {
			return "silent", err
		} else if b.Rcode == dns.RcodeSuccess || b.NXDomain() {
			return "refused", nil
		}
		return "servfail", nil
	case a.Rcode != dns.RcodeSuccess && !a.NXDomain():
		return "silent", nil
	case slices.ContainsFunc(c.now, same), slices.ContainsFunc(c.besides, same):
		return "current", nil
	case besideAlias(ctx, p, a):
		return "alias", nil
	case a.Empty():
		if slices.ContainsFunc(a.Ns, func(rr dns.RR) bool {
			zone := p.Domain
			if heldAbove(a.Question) {
				zone = a.Question.Name
			}
			return rr.Header().Rrtype == dns.TypeSOA && dns.IsSubDomain(dns.CanonicalName(rr.Header().Name), zone)
		}) {
			return "denied", nil
		}
		return "filtered", nil // a denial that names no zone comes from no server of this one
	}
	// Who has records for a name that cannot exist (RFC 6761 6.4) puts answers of its own in place of others'.
	if b, err := p.DNS.Recurse(ctx, r.Address, "signpost.invalid.", a.Question.Type, resolve.Plain); err == nil &&
		len(b.Records()) > 0 {
		return "filtered", nil
	}
	// What runs out is old only where some of its time has passed. One that has all of it was fetched just now: of name
	// servers also from those that served the name before.
	if a.Question.Type != dns.TypeNS && slices.ContainsFunc(c.now, func(b *resolve.Answer) bool {
		return !b.Empty() && b.MinTTL() == a.MinTTL() && a.MinTTL() >= longEnough
	}) {
		return "differs", nil
	}
	return "old", nil
}

// besideAlias reports that a resolver's answer follows an alias that the domain's servers give out now as well, to
// questions for other types: it will go on so, and no waiting helps.
func besideAlias(ctx context.Context, p *view.Pass, a *resolve.Answer) bool {
	if len(a.Chain()) == 0 {
		return false
	}
	alias, err := p.DNS.Lookup(ctx, a.Question.Name, dns.TypeCNAME)
	return err == nil && view.AliasTarget(alias) == a.Chain()[0]
}

// reportCaches reports the resolvers of one kind: how many, what they say, and for how long at most.
func reportCaches(p *view.Pass, kind diag.Kind, q resolve.Question, f SpreadFacts, group []cached, total int) {
	if len(group) == 0 {
		return
	}
	var ids []string
	var evidence []diag.Evidence
	longest := uint32(0)
	for _, c := range group {
		ids, evidence = append(ids, c.ID), append(evidence, c.said)
		longest = max(longest, c.TTL)
	}
	args := map[string]any{
		"type": dns.TypeToString[q.Type], "old": group[0].Answer, "new": cmp.Or(strings.Join(f.Current, "; "), "NODATA"),
		"resolvers": ids,
		"count":     len(group), "total": total, "seconds": int(longest), "minutes": int((longest + 59) / 60),
	}
	if kind == PropagationDiffers {
		args["target"] = group[0].alias
	}
	p.Found(kind, q.Name, args, evidence...)
}
