package gate

import (
	"context"
	"slices"
	"strings"
	"time"

	"signpost/diag"
	"signpost/diag/checks/outbound"
	"signpost/diag/guarded"
	"signpost/diag/protocol/txt"
)

// Try is one change that might mend findings.
type Try struct {
	For     []*diag.Finding // what it is to mend
	Records []diag.Record   // the change; none: there is none, and Notes says why
	// texts at other names that a record is made of, as between the quotes of a zone file: what they say is kept as well
	From  []string
	Notes []diag.Note // what is remarkable about the records
}

// Proposal is changes of the same records, of which one is to be made: the first that the gate lets pass.
type Proposal []Try

const (
	gateTimeout  = 5 * time.Second
	maxProposals = 16 // of one report that are tried
	maxRounds    = 4  // times that a change is completed
)

// gate decides which changes stand in a report. Each is put into the zone as it is and examined by the checks that
// found the faults. It passes where the faults it is for are gone, no error or warning is new, no policy changed that
// the faults are not about, everybody who might send or was sent reports still is, and nothing is lost that a name had
// by a wildcard. Whoever shows a record takes it from a finding that the gate gave it to.
type gate struct {
	*diag.Trial
	propose func(*diag.Report) []Proposal
}

// change is a change that passed.
type change struct {
	try     Try
	records []diag.Record
	notes   []diag.Note
	changed []string // policies: all, p, sp, np, adkim, aspf
}

// Conclusion makes the gate's work the conclusion of a run. Propose names changes that might mend what a report holds;
// it is called again for the zone as it would be, and must not keep the report.
func Conclusion(propose func(*diag.Report) []Proposal) func(context.Context, *diag.Trial) {
	return func(ctx context.Context, t *diag.Trial) {
		g := gate{t, propose}
		g.decide(ctx)
	}
}

// decide gives the findings of the report their records, or the reason why there are none.
func (g *gate) decide(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, gateTimeout)
	defer cancel()
	for i := range g.Report.Results {
		for j := range g.Report.Results[i].Findings {
			g.Report.Results[i].Findings[j].Records = []diag.Record{}
		}
	}
	var passed []*change
	var proposals []Proposal
	if err := guarded.Try(func() {
		proposals = g.propose(g.Report)
		for _, p := range proposals[:min(len(proposals), maxProposals)] {
			if c := g.first(ctx, p); c != nil {
				passed = append(passed, c)
			}
		}
		passed = g.together(ctx, passed)
	}); err != nil {
		passed = nil
	}
	for _, c := range passed {
		c.give()
	}
	for _, p := range proposals {
		for _, t := range p {
			for _, f := range t.For {
				for i := range f.Notes {
					f.Notes[i].Args, _ = diag.Seen(f.Notes[i].Args).(map[string]any)
				}
				if len(f.Records) == 0 && len(f.Notes) == 0 {
					f.Notes = []diag.Note{{Code: NoteUnknown, Args: map[string]any{"check": f.Code.Check()}}}
				}
			}
		}
	}
}

// first is the first change of a proposal that passes; nil where none does. Findings that get no record are told why.
func (g *gate) first(ctx context.Context, p Proposal) *change {
	var passed *change
	why := map[*diag.Finding][]diag.Note{}
	for _, t := range p {
		if len(t.Records) == 0 {
			for _, f := range t.For {
				why[f] = t.Notes
			}
			continue
		}
		c, obstacle := g.try(ctx, t)
		if obstacle == nil {
			passed = c
			break
		}
		for _, f := range t.For {
			if why[f] == nil {
				why[f] = []diag.Note{*obstacle}
			}
		}
	}
	var codes []string
	if passed != nil {
		for _, f := range passed.try.For {
			if code := string(f.Code); passed.about(f) && !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
	}
	for _, t := range p {
		for _, f := range t.For {
			switch {
			case passed != nil && slices.Contains(passed.try.For, f):
				if !passed.about(f) {
					f.Notes = []diag.Note{{Code: NoteWith, Args: map[string]any{"codes": codes}}}
				}
			case why[f] != nil:
				f.Notes = why[f]
			case passed != nil:
				f.Notes = []diag.Note{{Code: NoteAfter, Args: map[string]any{"codes": codes}}}
			}
		}
	}
	return passed
}

// give puts the records into the findings.
func (c *change) give() {
	for _, f := range c.try.For {
		if c.about(f) {
			f.Records, f.Notes = c.records, c.notes
		}
	}
}

// policies are what a finding is about, beside texts: only these may change with a record that mends it.
var policies = map[diag.Code][]string{
	outbound.SPFPassAll.Code: {"all"}, outbound.SPFNeutralAll.Code: {"all"}, outbound.SPFNoAll.Code: {"all"},
	outbound.DMARCPolicyNone.Code: {"p"},
}

// about reports whether a finding is about all policies that the change changes.
func (c *change) about(f *diag.Finding) bool {
	return !slices.ContainsFunc(c.changed, func(p string) bool { return !slices.Contains(policies[f.Code], p) })
}

// try puts a change into the zone, completes it where the checks then find what it would take, and gives what it comes
// to in all. Obstacle is why it does not pass.
func (g *gate) try(ctx context.Context, t Try) (c *change, obstacle *diag.Note) {
	z := &zone{session: g.Session()}
	records, notes := t.Records, slices.Clone(t.Notes)
	for range maxRounds {
		next, why := z.apply(ctx, records)
		if why != nil {
			return nil, why
		}
		z = next
		after := g.Again(ctx, z.session, z.touched(g.Domain()))
		if obstacle = g.judge(ctx, after, t, z); obstacle == nil {
			break
		}
		more := g.more(after, t)
		if more == nil {
			return nil, obstacle
		}
		records, notes = more.Records, append(notes, more.Notes...)
	}
	if obstacle != nil {
		return nil, obstacle
	}
	c = &change{try: t}
	if c.records, obstacle = g.difference(ctx, z); obstacle != nil {
		return nil, obstacle
	}
	if len(c.records) == 0 {
		return nil, &diag.Note{Code: NoteNoChange, Args: map[string]any{}}
	}
	if c.changed, obstacle = g.keeps(ctx, t, z); obstacle != nil {
		return nil, obstacle
	}
	if !slices.ContainsFunc(t.For, c.about) {
		return nil, &diag.Note{Code: NotePolicy, Args: map[string]any{"tag": strings.Join(c.changed, ", ")}}
	}
	c.notes = append(notes, z.notes...)
	return c, nil
}

// sortOf tells the sort of a record: of TXT records, several sorts stand at one name.
func sortOf(r diag.Record) string {
	out := strings.ToLower(r.Name) + " " + r.Type
	if rr, err := rrOf(r); err == nil && r.Type == "TXT" {
		text, _ := txt.Of(rr)
		out += " " + txt.KindAt(rr.Header().Name, text)
	}
	return out
}

// more is what would complete a change: what is proposed for the zone as it then is, for records of the same sorts.
func (g *gate) more(after *diag.Report, t Try) *Try {
	for _, p := range g.propose(after) {
		for _, other := range p {
			if !slices.ContainsFunc(other.For, func(f *diag.Finding) bool { return policies[f.Code] == nil }) {
				continue // a step of its own
			}
			for _, r := range other.Records {
				if slices.ContainsFunc(t.Records, func(x diag.Record) bool { return sortOf(x) == sortOf(r) }) {
					return &other
				}
			}
		}
	}
	return nil
}

// difference is what has to be done to the zone as it is.
func (g *gate) difference(ctx context.Context, z *zone) (out []diag.Record, obstacle *diag.Note) {
	for _, q := range z.sets {
		before, err := g.Session().Own(ctx, q.Name, q.Type)
		if err != nil {
			return nil, unknownNote("", err)
		}
		if z.session.Begins(q.Name) { // what a wildcard gave there is none of its own
			before = nil
		}
		after, err := z.session.Own(ctx, q.Name, q.Type)
		if err != nil {
			return nil, unknownNote("", err)
		}
		out = append(out, difference(before, after)...)
	}
	slices.SortStableFunc(out, func(a, b diag.Record) int {
		switch {
		case a.Remove == b.Remove:
			return 0
		case a.Remove:
			return 1
		}
		return -1
	})
	return out, nil
}

// together is the changes that may all be made: what does not go with those before it goes.
func (g *gate) together(ctx context.Context, passed []*change) []*change {
	for len(passed) > 1 {
		var all Try
		for _, c := range passed {
			all.For = append(all.For, c.try.For...)
			all.From = append(all.From, c.try.From...)
			all.Records = append(all.Records, c.records...)
		}
		obstacle := doubled(passed)
		if obstacle == nil {
			var z *zone
			if z, obstacle = (&zone{session: g.Session()}).apply(ctx, all.Records); obstacle == nil {
				if obstacle = g.judge(ctx, g.Again(ctx, z.session, z.touched(g.Domain())), all, z); obstacle == nil {
					_, obstacle = g.keeps(ctx, all, z)
				}
			}
		}
		if obstacle == nil {
			return passed
		}
		last := passed[len(passed)-1]
		passed = passed[:len(passed)-1]
		for _, f := range last.try.For {
			f.Notes = []diag.Note{{Code: NoteConflict,
				Args: map[string]any{"codes": []string{string(passed[0].try.For[0].Code)}}}}
		}
	}
	return passed
}

// doubled finds two changes that would enter a record of one sort at one name.
func doubled(passed []*change) *diag.Note {
	seen := map[string]bool{}
	for _, c := range passed {
		var own []string
		for _, r := range c.records {
			if key := sortOf(r); !r.Remove && !slices.Contains(own, key) {
				own = append(own, key)
			}
		}
		for _, key := range own {
			if seen[key] {
				return &diag.Note{Code: NoteConflict}
			}
			seen[key] = true
		}
	}
	return nil
}
