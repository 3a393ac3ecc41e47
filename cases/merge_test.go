package cases

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// contactIn logs a contact.
func contactIn(t *testing.T, b *Book, number int64, gist string) {
	t.Helper()
	if _, _, err := b.Change(t.Context(), "T1", number, "", func(c *Case) (Edit, error) {
		c.Contacts++
		return Edit{Contact: &Contact{ID: int64(c.Contacts), At: b.now(), Channel: "phone", Gist: gist},
			Entries: []Entry{{Kind: "contact", Text: gist}}}, nil
	}); err != nil {
		t.Fatal(err)
	}
}

func (c *Case) reopenFor(t *testing.T, b *Book, request string) {
	t.Helper()
	if err := b.Part(t.Context(), "T1", c, request, "U1"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Change(t.Context(), "T1", c.Number, request, func(c *Case) (Edit, error) {
		c.Merged = 0
		c.SetState(WaitingUs, b.now(), BusinessHours{})
		return Edit{Entries: []Entry{{Kind: "reopened"}}}, nil
	}); err != nil {
		t.Fatal(err)
	}
}

// toldOnce looks whether what was merged, parted and merged again stands once in the case that stays.
func toldOnce(t *testing.T, b *Book) {
	t.Helper()
	ctx := t.Context()
	contacts, err := b.Contacts(ctx, "T1", 2)
	if err != nil {
		t.Fatal(err)
	}
	var gists []string
	for _, x := range contacts {
		gists = append(gists, fmt.Sprint(x.Gist, !x.Answered.IsZero()))
	}
	if want := []string{"their callfalse", "first calltrue", "second callfalse"}; !slices.Equal(gists, want) {
		t.Errorf("%q, want %q", gists, want)
	}
	history, err := b.Timeline(ctx, "T1", 2, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	for _, e := range history {
		if strings.HasPrefix(e.Text, "MAIL-1: ") {
			told[e.Kind+" "+e.Text]++
		}
	}
	for what, n := range told {
		if n != 1 {
			t.Errorf("%s is told %d times", what, n)
		}
	}
	if told["contact MAIL-1: second call"] != 1 || told["reopened MAIL-1: "] != 1 {
		t.Errorf("%v", told)
	}
}

// TestMergeAgain merges a case, opens it again and merges it again: nothing is there twice, what was added meanwhile
// is there once.
func TestMergeAgain(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		one := open(t, b, "1", "a.example", "one")
		open(t, b, "2", "b.example", "two")
		contactIn(t, b, 1, "first call")
		contactIn(t, b, 2, "their call")
		for n, holds := range map[int64]Inherited{1: {Tickets: []string{"T1"}, Tags: []string{"both", "ours"}},
			2: {Tickets: []string{"T2"}, Tags: []string{"both", "theirs"}}} {
			if _, _, err := b.Change(ctx, "T1", n, "", func(c *Case) (Edit, error) {
				c.Tickets, c.Tags = holds.Tickets, holds.Tags
				return Edit{}, nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.Merge(ctx, "T1", 1, 2, "m1", Act{By: "U1", At: b.now()}); err != nil {
			t.Fatal(err)
		}
		if n, err := b.OpenOf(ctx, "T1", "a.example"); err != nil || n != 2 {
			t.Errorf("a.example has the open case %d, %v", n, err)
		}
		if found, _, err := b.Find(ctx, "T1", Query{Domain: "a.example", Open: true}, 0, 9); err != nil ||
			!slices.Equal(numbers(found), []int64{2}) {
			t.Errorf("%v, %v", numbers(found), err)
		}
		if found, _, err := b.Find(ctx, "T1", Query{Solved: true}, 0, 9); err != nil || len(found) != 0 {
			t.Errorf("a merged case counts as solved: %v, %v", numbers(found), err)
		}
		// Made again, as after a crash, it changes nothing; by another request it is refused.
		if c, err := b.Merge(ctx, "T1", 1, 2, "m1", Act{By: "U1", At: b.now()}); err != nil || c.Number != 2 {
			t.Errorf("%v, %v", c, err)
		}
		if _, err := b.Merge(ctx, "T1", 1, 2, "other", Act{By: "U1", At: b.now()}); !errors.Is(err, ErrState) {
			t.Errorf("merged twice: %v", err)
		}
		if _, err := b.Merge(ctx, "T1", 2, 1, "back", Act{By: "U1", At: b.now()}); !errors.Is(err, ErrState) {
			t.Errorf("merged into its own part: %v", err)
		}
		one, err := b.Case(ctx, "T1", one.Number)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := b.Survivor(ctx, "T1", one, ""); err != nil || s.Number != 2 {
			t.Errorf("%+v, %v", s, err)
		}
		one.reopenFor(t, b, "r")
		if two, err := b.Case(ctx, "T1", 2); err != nil || len(two.From)+len(two.MergedFrom)+len(two.Domains) != 0 ||
			!slices.Equal(two.Tags, []string{"both", "theirs"}) || !slices.Equal(two.Tickets, []string{"T2"}) {
			t.Errorf("%+v, %v", two, err)
		}
		if contacts, err := b.Contacts(ctx, "T1", 2); err != nil || len(contacts) != 1 ||
			contacts[0].Gist != "their call" {
			t.Errorf("%+v, %v", contacts, err)
		}
		if n, err := b.OpenOf(ctx, "T1", "a.example"); err != nil || n != 1 {
			t.Errorf("a.example has the open case %d, %v", n, err)
		}
		if found, _, err := b.Find(ctx, "T1", Query{Ticket: "T1"}, 0, 9); err != nil ||
			!slices.Equal(numbers(found), []int64{1}) {
			t.Errorf("%v, %v", numbers(found), err)
		}
		contactIn(t, b, 1, "second call")
		if _, _, err := b.Change(ctx, "T1", 1, "", func(*Case) (Edit, error) {
			return Edit{Contact: &Contact{ID: 1, At: b.now(), Channel: "phone", Gist: "first call",
				Answered: b.now().Add(time.Minute)}}, nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Merge(ctx, "T1", 1, 2, "m2", Act{By: "U1", At: b.now()}); err != nil {
			t.Fatal(err)
		}
		toldOnce(t, b)
	})
}

// TestPartOfPart: a case that is opened again goes out of every case that it has become part of, and leaves what
// another brought too.
func TestPartOfPart(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		for n := range 4 {
			c := open(t, b, fmt.Sprint(n), fmt.Sprintf("d%d.example", n+1), fmt.Sprint("case ", n+1))
			if _, _, err := b.Change(ctx, "T1", c.Number, "", func(c *Case) (Edit, error) {
				c.Tags = []string{"all", fmt.Sprint("t", c.Number)}
				if c.Number == 1 || c.Number == 4 {
					c.Tags = append(c.Tags, "pair")
				}
				return Edit{}, nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		contactIn(t, b, 1, "call of one")
		for _, m := range [][2]int64{{1, 2}, {2, 3}, {4, 3}} {
			if _, err := b.Merge(ctx, "T1", m[0], m[1], fmt.Sprint("m", m), Act{By: "U1", At: b.now()}); err != nil {
				t.Fatal(err)
			}
		}
		contacts, err := b.Contacts(ctx, "T1", 3)
		if err != nil || len(contacts) != 1 {
			t.Fatalf("%+v, %v", contacts, err)
		}
		contacts[0].Answered = b.now().Add(time.Minute)
		if _, _, err := b.Change(ctx, "T1", 3, "",
			func(*Case) (Edit, error) { return Edit{Contact: &contacts[0]}, nil }); err != nil {
			t.Fatal(err)
		}
		one, err := b.Case(ctx, "T1", 1)
		if err != nil {
			t.Fatal(err)
		}
		one.reopenFor(t, b, "again")
		three, err := b.Case(ctx, "T1", 3)
		if err != nil || !slices.Equal(three.Tags, []string{"all", "t3", "t2", "pair", "t4"}) ||
			!slices.Equal(three.Domains, []string{"d2.example", "d4.example"}) {
			t.Errorf("%q %q, %v", three.Tags, three.Domains, err)
		}
		if contacts, err := b.Contacts(ctx, "T1", 3); err != nil || len(contacts) != 0 {
			t.Errorf("%+v, %v", contacts, err)
		}
		if contacts, err := b.Contacts(ctx, "T1", 1); err != nil || len(contacts) != 1 ||
			contacts[0].Answered.IsZero() {
			t.Errorf("the answer did not come back: %+v, %v", contacts, err)
		}
		if n, err := b.OpenOf(ctx, "T1", "d1.example"); err != nil || n != 1 {
			t.Errorf("d1.example has the open case %d, %v", n, err)
		}
	})
}

// TestMergeCrossed: two people who merge two cases into each other at the same moment leave one of them open.
func TestMergeCrossed(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		for round := range int64(10) {
			x, y := open(t, b, fmt.Sprint("x", round), "", "one"), open(t, b, fmt.Sprint("y", round), "", "two")
			contactIn(t, b, x.Number, "x")
			contactIn(t, b, y.Number, "y")
			errs := make(chan error, 2)
			go func() {
				_, err := b.Merge(ctx, "T1", x.Number, y.Number, fmt.Sprint("xy", round), Act{By: "U1", At: b.now()})
				errs <- err
			}()
			go func() {
				_, err := b.Merge(ctx, "T1", y.Number, x.Number, fmt.Sprint("yx", round), Act{By: "U2", At: b.now()})
				errs <- err
			}()
			for range 2 {
				if err := <-errs; err != nil && !errors.Is(err, ErrState) {
					t.Fatal(err)
				}
			}
			list, err := b.Cases(ctx, "T1", []int64{x.Number, y.Number})
			if err != nil {
				t.Fatal(err)
			}
			open := slices.DeleteFunc(slices.Clone(list), func(c *Case) bool { return !c.State.Open() })
			if len(open) != 1 {
				t.Fatalf("round %d: %d of two cases are open: %+v %+v", round, len(open), list[0], list[1])
			}
			contacts, err := b.Contacts(ctx, "T1", open[0].Number)
			if err != nil || len(contacts) != 2 {
				t.Errorf("round %d: %d contacts, %v", round, len(contacts), err)
			}
			for _, c := range list {
				if s, err := b.Survivor(ctx, "T1", c, ""); err != nil || s.Number != open[0].Number {
					t.Errorf("round %d: %s leads to %+v, %v", round, c.Name(), s, err)
				}
			}
		}
	})
}

// TestRemind: a case holds so many reminders, each once, and drops those long over.
func TestRemind(t *testing.T) {
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	c := &Case{}
	remind := func(id, by string, now time.Time) Reason {
		_, err := c.Remind(Act{By: by, At: now}, Reminder{ID: id, At: now.Add(time.Hour), What: id})
		return Why(err).Reason
	}
	for i := range MaxReminders {
		if why := remind(fmt.Sprint(i), "U1", now); why != "" {
			t.Fatal(i, why)
		}
	}
	if remind("more", "U1", now) != Full || remind("3", "U1", now) != Unchanged || len(c.Reminders) != MaxReminders {
		t.Errorf("%d reminders", len(c.Reminders))
	}
	later := now.Add(50 * time.Hour)
	if remind("more", "U2", later) != "" || len(c.Reminders) != 1 || !slices.Contains(c.Terms(), "rem:u2") {
		t.Errorf("%+v", c.Reminders)
	}
}
