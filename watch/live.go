package watch

import (
	"slices"
	"strings"
	"time"

	"signpost/diag"
	"signpost/diag/checks/authority"
)

// State is how far a change has come. Kept records name it, so that none is ever renamed.
type State string

// The states of a change whose spreading is followed.
const (
	Unseen      State = ""            // nothing could be asked yet
	Unpublished State = "unpublished" // the domain's own servers do not have it
	Disagreeing State = "disagreeing" // they, or what is reached past them, say different things
	Spreading   State = "spreading"   // they have it, and not every cache that was asked
	Everywhere  State = "everywhere"  // every cache that could be asked has it
	GivenUp     State = "given-up"    // it did not come about in time
)

const (
	// followed is for how long a change is followed at most: no cache keeps an answer for longer (RFC 8767 4).
	followed = 7 * 24 * time.Hour
	soonest  = 30 * time.Second // between two looks
	latest   = 30 * time.Minute
)

// Live is a change whose way into the caches is followed, for a channel.
type Live struct {
	Domain  string    `json:"domain"`
	Channel string    `json:"channel"`
	By      string    `json:"by,omitempty"`
	Lang    string    `json:"lang,omitempty"`
	Since   time.Time `json:"since"`
	Rev     int64     `json:"rev"`
	// Wanted is what the records shall be; none: whatever the domain's own servers say now.
	Wanted []Wanted `json:"wanted,omitempty"`

	Next    time.Time `json:"next"`
	Done    time.Time `json:"done,omitzero"`
	State   State     `json:"state"`
	Looks   int       `json:"looks"`   // since the state changed
	Blind   int       `json:"blind"`   // looks in a row that showed nothing
	Current int       `json:"current"` // resolvers that have it
	Total   int       `json:"total"`   // resolvers that answered
	Silent  int       `json:"silent"`  // resolvers that could not be asked
	Longest uint32    `json:"longest"` // seconds that the most patient cache keeps what was
	// Seen is what each resolver said at the last look that told, those that lack it first.
	Seen  []Seen    `json:"seen,omitempty"`
	Ended time.Time `json:"ended,omitzero"`
	// Where the message stands that is brought up to date.
	Place string `json:"place,omitempty"`
	TS    string `json:"ts,omitempty"`
}

// Seen is a resolver's answer to what is waited for: its name, its region (empty: the world), what it said as
// authority.CacheAnswer has it, and for how many seconds it will go on saying so where it lacks what is new.
type Seen struct {
	ID     string `json:"id"`
	Region string `json:"region,omitempty"`
	State  string `json:"state"`
	TTL    uint32 `json:"ttl,omitempty"`
}

// behind is the states of a resolver that lacks what is new, the hardest first; what else is not "current" tells
// nothing.
var behind = []string{"servfail", "refused", "old", "denied"}

// weight is how much a resolver's answer to one question says of what it said to all: the least counts.
func weight(state string) int {
	switch i := slices.Index(behind, state); {
	case i >= 0:
		return i
	case state == "current":
		return len(behind) + 1
	}
	return len(behind)
}

// Lacks reports whether it answered without what is new.
func (s Seen) Lacks() bool { return weight(s.State) < len(behind) }

// Follow is a change whose spreading is followed from now on.
func Follow(domain, channel, by string, wanted []Wanted, now time.Time) *Live {
	return &Live{Domain: domain, Channel: channel, By: by, Since: now.UTC(), Next: now.UTC().Truncate(time.Second),
		Wanted: wanted[:min(len(wanted), maxWanted)]}
}

// LiveChecks is the checks that tell how far a change has spread.
func LiveChecks() []string { return []string{authority.Propagation.Name} }

// Places is what caches are to be asked for.
func (l *Live) Places() (out []diag.Place) {
	for _, w := range l.Wanted {
		out = append(out, w.Place(l.Domain))
	}
	return out
}

// See takes in what a look showed. Nothing is everywhere that not one resolver has confirmed.
func (l *Live) See(due, at time.Time, r *diag.Report) {
	l.Done, l.Looks = due.UTC(), l.Looks+1
	before := l.State
	l.judge(r)
	if l.State != before {
		l.Looks = 1
	}
	if l.State == Everywhere {
		l.Ended = at.UTC()
	} else if at.Sub(l.Since) > followed {
		l.State, l.Ended = GivenUp, at.UTC()
	}
	l.Next = at.UTC().Add(l.pause()).Truncate(time.Second)
}

// judge is how far the change has come, as the propagation check tells.
func (l *Live) judge(r *diag.Report) {
	f, ok := diag.Facts[authority.PropagationFacts](r, authority.Propagation)
	if !ok || len(f.Questions) == 0 {
		l.Blind++
		return
	}
	lags, heard, silent := map[string]bool{}, map[string]bool{}, map[string]bool{}
	lacking, differing := false, false
	longest := uint32(0)
	asked := map[diag.Place]bool{}
	now := slices.Clone(l.Wanted)
	var seen []Seen
	for _, q := range f.Questions {
		place := placeOf(q.Question)
		if asked[place] = len(q.Whole) == len(q.Current); !asked[place] { // cut ones tell nothing
			continue
		}
		concerns := len(now) == 0
		for i, w := range now {
			if w.Place(l.Domain) == place {
				if w.Set && w.Digest == "" {
					if w.Digest = w.setDigest(q.Whole); q.State == "spreading" {
						w.Digest = underWay
					}
					now[i].Digest = w.Digest
				}
				now[i].Done, concerns = w.fulfilled(q.Whole), true
				lacking = lacking || !now[i].Done
			}
		}
		if !concerns {
			continue
		}
		differing = differing || q.State == "servers-disagree"
		for _, a := range q.Resolvers {
			seen = sawOne(seen, a)
			switch a.State {
			case "current":
				heard[a.Address] = true
			case "old", "denied":
				heard[a.Address], lags[a.Address] = true, true
				longest = max(longest, a.TTL)
			case "servfail", "refused":
				heard[a.Address], lags[a.Address] = true, true
			default: // it did not answer, or what it answers is its own
				silent[a.Address] = true
			}
		}
	}
	for _, w := range now {
		if !asked[w.Place(l.Domain)] { // this question could not be examined
			l.Blind++
			return
		}
	}
	for a := range silent {
		if !lags[a] { // what it says of one record is no word on another
			delete(heard, a)
		}
	}
	l.Wanted = now
	l.Blind, l.Longest, l.Total, l.Current = 0, longest, len(heard), len(heard)-len(lags)
	slices.SortStableFunc(seen, func(x, y Seen) int { return weight(x.State) - weight(y.State) })
	l.Seen, l.Silent = seen, 0
	for a := range silent {
		if !heard[a] {
			l.Silent++
		}
	}
	switch {
	case lacking:
		l.State, l.Longest = Unpublished, 0
	case differing:
		l.State = Disagreeing
	case l.Total > 0 && l.Current == l.Total:
		l.State = Everywhere
	case l.Total == 0:
		l.Blind++
	default:
		l.State = Spreading
	}
}

// placeOf is where the records stand that a question asks for: "example.com. MX".
func placeOf(question string) diag.Place {
	f := strings.Fields(question)
	if len(f) == 0 {
		return diag.Place{}
	}
	return diag.Place{Name: strings.ToLower(strings.TrimSuffix(f[0], ".")), Type: f[len(f)-1]}
}

// sawOne adds a resolver's answer to one question to what is known of it.
func sawOne(seen []Seen, a authority.CacheAnswer) []Seen {
	x := Seen{ID: a.ID, Region: a.Region, State: a.State}
	if x.Lacks() {
		x.TTL = a.TTL
	}
	i := slices.IndexFunc(seen, func(s Seen) bool { return s.ID == a.ID })
	switch {
	case i < 0:
		return append(seen, x)
	case weight(x.State) < weight(seen[i].State):
		seen[i] = x
	case x.State == seen[i].State:
		seen[i].TTL = max(seen[i].TTL, x.TTL)
	}
	return seen
}

// pause is how long to wait for the next look: until the caches that are behind let go, and while there is nothing to
// wait for, longer and longer.
func (l *Live) pause() time.Duration {
	if l.State == Spreading && l.Blind == 0 && l.Longest > 0 {
		return min(max(time.Duration(l.Longest+1)*time.Second, soonest), latest)
	}
	return min(soonest<<min(max(l.Looks-1, 0), 10), latest)
}

// Over reports that nothing is waited for any more.
func (l *Live) Over() bool { return !l.Ended.IsZero() }
