package watch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/checks/authority"
)

// spread is what the propagation check tells: the records of the domain's servers, and a resolver a word, as its state
// and TTL: "current", "old/600", "silent".
func spread(state, mx, resolvers string) *diag.Report {
	q := authority.SpreadFacts{Question: "a.example. IN MX", State: state, Current: strings.Split(mx, "|")}
	for i, w := range strings.Fields(resolvers) {
		a := authority.CacheAnswer{Address: fmt.Sprintf("192.0.2.%d:53", i)}
		name, ttl, _ := strings.Cut(w, "/")
		a.State = name
		_, _ = fmt.Sscan(ttl, &a.TTL)
		q.Resolvers = append(q.Resolvers, a)
	}
	return &diag.Report{Domain: "a.example", Answers: 1, Results: []diag.Result{{Check: authority.Propagation.Name,
		Status: diag.Passed, Facts: &authority.PropagationFacts{Questions: []authority.SpreadFacts{q}}}}}
}

// TestLive: a change is everywhere when every cache that answers has it, and one does; the next look comes when the
// caches let go, or later and later where there is nothing to wait for.
func TestLive(t *testing.T) {
	none := &diag.Report{Domain: "a.example"}
	want := []Wanted{{Type: "mx", Holds: "MX1.new.example."}}
	for name, x := range map[string]struct {
		wanted []Wanted
		looks  []*diag.Report
		state  State
		of     string
		pause  time.Duration
	}{
		"everywhere": {want, []*diag.Report{spread("published", "5 mx1.new.example.", "current current")},
			Everywhere, "2 of 2", soonest},
		"spreading": {want, []*diag.Report{spread("spreading", "5 mx1.new.example.", "current old/600 denied/90 silent")},
			Spreading, "1 of 3", 601 * time.Second},
		"long in caches": {want, []*diag.Report{spread("spreading", "5 mx1.new.example.", "current old/86400")},
			Spreading, "1 of 2", latest},
		"not published": {want, []*diag.Report{spread("published", "5 mx.old.example.", "current")},
			Unpublished, "1 of 1", soonest},
		"not published for long": {want, []*diag.Report{spread("published", "5 mx.old.example.", "current"),
			spread("published", "5 mx.old.example.", "current"), spread("published", "5 mx.old.example.", "current")},
			Unpublished, "1 of 1", 4 * soonest},
		"by digest": {[]Wanted{{Type: "mx", Digest: Digest("5 MX1.new.example.")}},
			[]*diag.Report{spread("published", "5 mx1.new.example.", "current")}, Everywhere, "1 of 1", soonest},
		"nobody answers": {want, []*diag.Report{spread("published", "5 mx1.new.example.", "silent")}, Unseen,
			"0 of 0", soonest},
		"nothing to tell": {nil, []*diag.Report{none, none}, Unseen, "0 of 0", 2 * soonest},
		"disagreeing": {nil, []*diag.Report{spread("servers-disagree", "5 a.example.", "current")},
			Disagreeing, "1 of 1", soonest},
		"unknown is not the end": {nil, []*diag.Report{spread("spreading", "5 a.example.", "current old/600"), none},
			Spreading, "1 of 2", 2 * soonest},
		"another question": {[]Wanted{{Type: "dmarc", Holds: "p=reject"}},
			[]*diag.Report{spread("published", "5 a.example.", "current")}, Unseen, "0 of 0", soonest},
	} {
		l := Follow("a.example", "C1", "U1", x.wanted, monday)
		at := monday
		for _, r := range x.looks {
			l.See(l.Next, at, r)
		}
		if of := fmt.Sprintf("%d of %d", l.Current, l.Total); l.State != x.state || of != x.of || l.Next.Sub(at) != x.pause ||
			l.Over() != (x.state == Everywhere) {
			t.Errorf("%s: %q, %s, next in %v, over %t", name, l.State, of, l.Next.Sub(at), l.Over())
		}
	}
	l := Follow("a.example", "C1", "U1", want, monday)
	l.See(l.Next, monday.Add(followed+time.Hour), none)
	if l.State != GivenUp || !l.Over() {
		t.Errorf("after a week: %q", l.State)
	}
}

func TestDigest(t *testing.T) {
	for _, same := range [][2]string{{"5 MX1.example.", "5 mx1.example"}, {`"v=spf1 " "-all"`, "v=spf1 -all"},
		{`"v=DMARC1; p=none"`, "v=dmarc1;  p=none"}} {
		if Digest(same[0]) != Digest(same[1]) {
			t.Errorf("%q is not %q", same[0], same[1])
		}
	}
	if Digest("5 a.example.") == Digest("6 a.example.") {
		t.Error("two records are one")
	}
}
