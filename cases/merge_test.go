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
		return Edit{Contact: &Contact{ID: int64(c.Contacts), At: b.now(), Channel: "phone", Gist: gist}, Entries: []Entry{{Kind: "contact", Text: gist}}}, nil
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
		c.SetState(WaitingUs, b.now(), Business{})
		return Edit{Entries: []Entry{{Kind: "reopened"}}}, nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestMergeAgain merges a case, opens it again and merges it again: nothing is there twice, what was added meanwhile is there once.
func TestMergeAgain(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		one := open(t, b, "1", "a.example", "one")
		open(t, b, "2", "b.example", "two")
		contactIn(t, b, 1, "first call")
		contactIn(t, b, 2, "their call")
		if _, err := b.Merge(ctx, "T1", 1, 2, "m1", "U1", Business{}); err != nil {
			t.Fatal(err)
		}
		if n, err := b.OpenOf(ctx, "T1", "a.example"); err != nil || n != 2 {
			t.Errorf("a.example has the open case %d, %v", n, err)
		}
		if found, _, err := b.Find(ctx, "T1", Query{Domain: "a.example", Open: true}, 0, 9); err != nil || !slices.Equal(numbers(found), []int64{2}) {
			t.Errorf("%v, %v", numbers(found), err)
		}
		if found, _, err := b.Find(ctx, "T1", Query{Solved: true}, 0, 9); err != nil || len(found) != 0 {
			t.Errorf("a merged case counts as solved: %v, %v", numbers(found), err)
		}
		// Made again, as after a crash, it changes nothing; by another request it is refused.
		if c, err := b.Merge(ctx, "T1", 1, 2, "m1", "U1", Business{}); err != nil || c.Number != 2 {
			t.Errorf("%v, %v", c, err)
		}
		if _, err := b.Merge(ctx, "T1", 1, 2, "other", "U1", Business{}); !errors.Is(err, ErrState) {
			t.Errorf("merged twice: %v", err)
		}
		if _, err := b.Merge(ctx, "T1", 2, 1, "back", "U1", Business{}); !errors.Is(err, ErrState) {
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
		if two, err := b.Case(ctx, "T1", 2); err != nil || len(two.From) != 0 {
			t.Errorf("%v, %v", two.From, err)
		}
		contactIn(t, b, 1, "second call")
		if _, _, err := b.Change(ctx, "T1", 1, "", func(*Case) (Edit, error) {
			return Edit{Contact: &Contact{ID: 1, At: b.now(), Channel: "phone", Gist: "first call", Answered: b.now().Add(time.Minute)}}, nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Merge(ctx, "T1", 1, 2, "m2", "U1", Business{}); err != nil {
			t.Fatal(err)
		}
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
				_, err := b.Merge(ctx, "T1", x.Number, y.Number, fmt.Sprint("xy", round), "U1", Business{})
				errs <- err
			}()
			go func() {
				_, err := b.Merge(ctx, "T1", y.Number, x.Number, fmt.Sprint("yx", round), "U2", Business{})
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
	for i := range MaxReminders {
		if !c.Remind(Reminder{ID: fmt.Sprint(i), At: now.Add(time.Hour), By: "U1"}, now) {
			t.Fatal(i)
		}
	}
	if c.Remind(Reminder{ID: "more", At: now.Add(time.Hour)}, now) || !c.Remind(Reminder{ID: "3", At: now.Add(time.Hour)}, now) || len(c.Reminders) != MaxReminders {
		t.Errorf("%d reminders", len(c.Reminders))
	}
	later := now.Add(50 * time.Hour)
	if !c.Remind(Reminder{ID: "more", At: later.Add(time.Hour), By: "U2"}, later) || len(c.Reminders) != 1 || !slices.Contains(c.Terms(), "rem:u2") {
		t.Errorf("%+v", c.Reminders)
	}
}
