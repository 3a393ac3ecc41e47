package feeds

import (
	"slices"
	"time"
)

// Memory is what is known of an address since the last look. Its zero value is an address that was never looked at. It
// is bounded, and may be kept as JSON.
type Memory struct {
	From     string          `json:"from,omitempty"`     // where it was in the end: redirects and pages lead on
	ETag     string          `json:"etag,omitempty"`     // of what is there
	Modified string          `json:"modified,omitempty"` // Last-Modified of it, as it came
	Seen     map[string]Mark `json:"seen,omitempty"`     // by identifier
	Ongoing  []Item          `json:"ongoing,omitempty"`  // incidents and maintenances that went on at the last look
	Looked   time.Time       `json:"looked"`             // the last look that got an answer
	Failures int             `json:"failures,omitempty"` // looks without one since
	NotUntil time.Time       `json:"not_until"`          // the server asked for peace, or failed
}

// Mark is what was told of an item.
type Mark struct {
	State string    `json:"state,omitempty"`
	Over  bool      `json:"over,omitempty"`
	Last  time.Time `json:"last"` // when it was last in the feed
}

const (
	maxSeen    = 1000 // items that are remembered and are not in the feed any more
	maxOngoing = 30
)

// Change is why an item is told.
type Change string

// The changes.
const (
	New     Change = "new"
	Changed Change = "changed" // an incident or maintenance is in another state
	Ended   Change = "ended"
)

// Told is an item that is to be told, and why.
type Told struct {
	Item   Item   `json:"item"`
	Change Change `json:"change"`
}

// Fresh is what is new in a feed, oldest first, and what is to be remembered of it. At the first look only what goes on
// is told: incidents and maintenances that are not over. An item that left a feed and comes again is not new. A status
// page's summary lists what goes on alone: what left it has ended.
func Fresh(before Memory, f Feed, now time.Time) ([]Told, Memory) {
	first := before.Seen == nil
	after := before
	after.Seen = make(map[string]Mark, len(f.Items))
	for id, m := range before.Seen {
		after.Seen[id] = m
	}
	var out []Told
	for _, x := range slices.Backward(f.Items) {
		was, known := before.Seen[x.ID]
		after.Seen[x.ID] = Mark{State: x.State, Over: x.Over, Last: now}
		goesOn := x.Kind != News && !x.Over
		switch {
		case !known && first && !goesOn:
		case !known && x.Over: // it came and went between two looks
			out = append(out, Told{x, Ended})
		case !known:
			out = append(out, Told{x, New})
		case x.Over && !was.Over:
			out = append(out, Told{x, Ended})
		case x.State != was.State && !x.Over:
			out = append(out, Told{x, Changed})
		}
	}
	out = append(out, after.follow(f, now)...)
	after.forget(len(f.Items))
	return out, after
}

// follow notes what goes on now, and gives what went on and left the list.
func (m *Memory) follow(f Feed, now time.Time) (ended []Told) {
	was := m.Ongoing
	m.Ongoing = nil
	there := map[string]bool{}
	for _, x := range f.Items {
		there[x.ID] = true
		if x.Kind != News && !x.Over && len(m.Ongoing) < maxOngoing {
			m.Ongoing = append(m.Ongoing, x)
		}
	}
	for _, x := range was {
		switch {
		case there[x.ID]:
		case slices.Contains(f.lists, x.Kind):
			x.Over = true
			m.Seen[x.ID] = Mark{State: x.State, Over: true, Last: now}
			ended = append(ended, Told{x, Ended})
		case len(m.Ongoing) < maxOngoing: // this document does not tell
			m.Ongoing = append(m.Ongoing, x)
		}
	}
	return ended
}

// forget leaves out what has been gone from the feed for longest.
func (m *Memory) forget(now int) {
	for len(m.Seen) > now+maxSeen {
		oldest := ""
		for id, mark := range m.Seen {
			if oldest == "" || mark.Last.Before(m.Seen[oldest].Last) || mark.Last.Equal(m.Seen[oldest].Last) && id < oldest {
				oldest = id
			}
		}
		delete(m.Seen, oldest)
	}
}
