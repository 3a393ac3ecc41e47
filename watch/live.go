package watch

import (
	"hash/fnv"
	"slices"
	"strconv"
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
	followed  = 7 * 24 * time.Hour
	soonest   = 30 * time.Second // between two looks
	latest    = 30 * time.Minute
	maxWanted = 8
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
	Ended   time.Time `json:"ended,omitzero"`
	// Where the message stands that is brought up to date.
	Place string `json:"place,omitempty"`
	TS    string `json:"ts,omitempty"`
}

// Wanted is a record that is to come: of a type, mx, txt or dmarc, by a text that it holds or by what Digest gives for
// it.
type Wanted struct {
	Type   string `json:"type"`
	Holds  string `json:"holds,omitempty"`
	Digest string `json:"digest,omitempty"`
}

// Digest names a record in few signs, whatever the case of a host's name and the quotes around a text.
func Digest(value string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(plainValue(value)))
	return strconv.FormatUint(h.Sum64(), 36)
}

// plainValue is a record without what two ways of writing it differ in.
func plainValue(value string) string {
	if strings.HasPrefix(value, `"`) { // the strings of a text are one
		value = strings.Trim(strings.ReplaceAll(value, `" "`, ""), `"`)
	}
	return strings.TrimSuffix(strings.ToLower(strings.Join(strings.Fields(value), " ")), ".")
}

// is reports whether one of the records is the one that is wanted.
func (w Wanted) is(records []string) bool {
	return slices.ContainsFunc(records, func(r string) bool {
		if w.Digest != "" {
			return Digest(r) == w.Digest
		}
		return strings.Contains(plainValue(r)+" ", plainValue(w.Holds))
	})
}

// Types is the types of records that can be wanted.
var Types = []string{"mx", "txt", "dmarc"}

// of is which of the types a question is about.
func of(domain, question string) string {
	name, kind, _ := strings.Cut(question, " ")
	switch {
	case strings.HasPrefix(strings.ToLower(name), "_dmarc."):
		return "dmarc"
	case strings.Contains(kind, "MX"):
		return "mx"
	}
	return "txt"
}

// Follow is a change whose spreading is followed from now on.
func Follow(domain, channel, by string, wanted []Wanted, now time.Time) *Live {
	return &Live{Domain: domain, Channel: channel, By: by, Since: now.UTC(), Next: now.UTC().Truncate(time.Second),
		Wanted: wanted[:min(len(wanted), maxWanted)]}
}

// LiveChecks is the checks that tell how far a change has spread.
func LiveChecks() []string { return []string{authority.Propagation.Name} }

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
	behind, heard, silent := map[string]bool{}, map[string]bool{}, map[string]bool{}
	lacking, differing := false, false
	longest := uint32(0)
	asked := map[string]bool{}
	for _, q := range f.Questions {
		kind := of(l.Domain, q.Question)
		asked[kind] = true
		wanted := slices.DeleteFunc(slices.Clone(l.Wanted), func(w Wanted) bool { return w.Type != kind })
		if len(l.Wanted) > 0 && len(wanted) == 0 {
			continue // it is not about this one
		}
		for _, w := range wanted {
			lacking = lacking || !w.is(q.Current)
		}
		differing = differing || q.State == "servers-disagree"
		for _, a := range q.Resolvers {
			switch a.State {
			case "current":
				heard[a.Address] = true
			case "old", "denied":
				heard[a.Address], behind[a.Address] = true, true
				longest = max(longest, a.TTL)
			case "servfail", "refused":
				heard[a.Address], behind[a.Address] = true, true
			default: // it did not answer, or what it answers is its own
				silent[a.Address] = true
			}
		}
	}
	for _, w := range l.Wanted {
		if !asked[w.Type] { // this question could not be examined
			l.Blind++
			return
		}
	}
	l.Blind, l.Longest, l.Total, l.Current = 0, longest, len(heard), len(heard)-len(behind)
	l.Silent = 0
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
