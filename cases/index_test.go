package cases

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/cases/redistest"

	"signpost/cases/index"
)

// TestIndex opens, changes, deletes, imports and forgets at random in blocks of three cases and superblocks of three blocks, and looks after each step whether every question
// finds just the cases that it means.
func TestIndex(t *testing.T) {
	client := redistest.Start(t).Client()
	b := OpenBook(client, time.Now)
	b.index.Size = 3
	ctx, dice := t.Context(), rand.New(rand.NewPCG(1, 2))
	users, domains := []string{"", "U1", "U2"}, []string{"a.example", "b.example", "c.example"}
	check := func(team string) {
		t.Helper()
		last, err := b.Last(ctx, team)
		if err != nil {
			t.Fatal(err)
		}
		all, err := b.Cases(ctx, team, span(1, last))
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(all)
		for name, q := range map[string]struct {
			Query
			is func(*Case) bool
		}{
			"all":    {Query{}, func(*Case) bool { return true }},
			"open":   {Query{Open: true}, func(c *Case) bool { return c.State.Open() }},
			"mine":   {Query{Open: true, Assignee: "U1"}, func(c *Case) bool { return c.State.Open() && c.Assignee == "U1" }},
			"was U2": {Query{Assignee: "U2"}, func(c *Case) bool { return c.Assignee == "U2" }},
			"domain": {Query{Domain: "b.example", State: Closed}, func(c *Case) bool { return c.Domain == "b.example" && c.State == Closed }},
			"words":  {Query{Text: "rare thing"}, func(c *Case) bool { return strings.Contains(c.Title, "rare thing") }},
		} {
			var want []int64
			for _, c := range all {
				if q.is(c) {
					want = append(want, c.Number)
				}
			}
			var got []int64
			for below, pages := int64(0), 0; ; pages++ {
				found, next, err := b.Find(ctx, team, q.Query, below, 5)
				if err != nil || pages > 100 {
					t.Fatal(pages, err)
				}
				got = append(got, numbers(found)...)
				if below = next; next == 0 {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s in %s: %v, want %v", name, team, got, want)
			}
		}
	}
	for i := range 250 {
		last, err := b.Last(ctx, "T1")
		if err != nil {
			t.Fatal(err)
		}
		n := 1 + dice.Int64N(last+1)
		switch dice.IntN(6) {
		case 0, 1, 2:
			title := fmt.Sprint("matter ", i)
			if dice.IntN(9) == 0 {
				title += " rare thing"
			}
			open(t, b, fmt.Sprint("r", i), domains[dice.IntN(3)], title)
		case 3, 4:
			_, _, err = b.Change(ctx, "T1", n, fmt.Sprint("c", i), func(c *Case) (Edit, error) {
				c.Assignee = users[dice.IntN(3)]
				c.SetState(States[dice.IntN(len(States))], time.Now(), BusinessHours{})
				return Edit{Entries: []Entry{{Kind: "note", By: "U1", Text: "a word"}}}, nil
			})
		default:
			err = b.Delete(ctx, "T1", n, "U1")
		}
		if err != nil && !strings.Contains(err.Error(), ErrNone.Error()) {
			t.Fatal(err)
		}
		if i%10 == 9 {
			check("T1")
		}
	}
	out, err := b.Export(ctx, "T1", "json", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.Import(ctx, "T2", strings.NewReader(string(out)), nil); err != nil || got.Refused > 0 {
		t.Fatal(err)
	}
	check("T2")
	if _, err := b.Forget(ctx, "T2", "U2", "U1"); err != nil {
		t.Fatal(err)
	}
	check("T2")
	// An index of the version before: no floors, no terms that say two things.
	for _, key := range client.Keys(ctx, "signpost:{T1}:floor:*").Val() {
		client.Del(ctx, key)
	}
	for _, key := range client.Keys(ctx, "signpost:{T1}:shelf:*").Val() {
		client.HDel(ctx, key, "oa:u1", "oa:u2")
	}
	client.Del(ctx, indexKey("T1"))
	check("T1")
	open(t, b, "meanwhile", "b.example", "rare thing")
	if err := b.Reindex(ctx, "T1"); err != nil {
		t.Fatal(err)
	}
	if v := client.Get(ctx, indexKey("T1")).Val(); v != fmt.Sprint(index.Version) {
		t.Errorf("version %q", v)
	}
	check("T1")
	open(t, b, "after", "b.example", "rare thing")
	check("T1")
	for n := range int64(400) { // nothing stays of what is gone
		if err := b.Delete(ctx, "T1", n+1, "U1"); err != nil && !strings.Contains(err.Error(), ErrNone.Error()) {
			t.Fatal(err)
		}
	}
	if left := append(client.Keys(ctx, "signpost:{T1}:floor:*").Val(), client.Keys(ctx, "signpost:{T1}:shelf:*").Val()...); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
