package reports

import (
	"maps"
	"slices"
)

// From when on something is called new, or more than before.
const (
	NewsDays      = 7   // days with reports that must be known before
	SpikeMessages = 20  // that are not aligned
	SpikeShare    = 0.1 // more of the mail than before
)

// News is what reports tell that those before did not.
type News struct {
	Senders     []Group // that send as the domain for the first time, and prove to be somebody
	Spike       bool    // far more of the mail is not aligned than before
	Before, Now float64 // the share that is not aligned
	Failed      int64   // messages of now that are not aligned
}

// WhatIsNew compares rows of one domain with those before. Who proves nothing is no new sender: forgers change their
// addresses every day. Where too few days are known before, nothing is new. Label is Summarize's.
func WhatIsNew(before, now []Row, label func(domain string, s Source) Label) News {
	was, is := Summarize(before, label, nil), Summarize(now, label, nil)
	if len(was) != 1 || len(is) != 1 || len(was[0].Days) < NewsDays {
		return News{}
	}
	out := News{Before: share(was[0].Count), Now: share(is[0].Count), Failed: is[0].Fail}
	out.Spike = out.Failed >= SpikeMessages && out.Now >= 2*out.Before && out.Now >= out.Before+SpikeShare
	for _, g := range is[0].Groups {
		known := slices.ContainsFunc(was[0].Groups, func(o Group) bool { return o.Kind == g.Kind && o.ID == g.ID })
		somebody := g.Standing == Passes || g.Standing == OwnFails || g.Standing == Unexplained
		if !known && somebody && g.Messages >= LeastExplained {
			out.Senders = append(out.Senders, g)
		}
	}
	return out
}

// Without is sums from which rows are taken out that were added to them. What the sums count with others, as there were
// too many sources, stays in them.
func Without(sums, rows []Row) (out []Row) {
	type key struct{ domain, day, source string }
	less := map[key]map[string]int64{}
	for _, r := range rows {
		k := key{r.Domain, r.Day, r.Source}
		if less[k] == nil {
			less[k] = map[string]int64{}
		}
		for fact, n := range r.Facts {
			less[k][fact] += n
		}
	}
	for _, r := range sums {
		facts := maps.Clone(r.Facts)
		for fact, n := range less[key{r.Domain, r.Day, r.Source}] {
			if facts[fact] -= n; facts[fact] <= 0 {
				delete(facts, fact)
			}
		}
		if r.Facts = facts; len(facts) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// share is how much of the mail of which is told how it fared is not aligned.
func share(c Count) float64 {
	if c.Pass+c.Fail == 0 {
		return 0
	}
	return float64(c.Fail) / float64(c.Pass+c.Fail)
}
