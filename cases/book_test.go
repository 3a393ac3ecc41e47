package cases

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/diag"
	"signpost/internal/redistest"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// books runs a test on the embedded store and on a real server.
func books(t *testing.T, test func(t *testing.T, b *Book)) {
	t.Run("embedded", func(t *testing.T) {
		client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
		t.Cleanup(func() { _ = client.Close() })
		test(t, OpenBook(client, time.Now))
	})
	t.Run("real", func(t *testing.T) {
		client := redis.NewClient(&redis.Options{Addr: redistest.Start(t).Addr})
		t.Cleanup(func() { _ = client.Close() })
		test(t, OpenBook(client, time.Now))
	})
}

func open(t testing.TB, b *Book, request, domain, title string, codes ...string) *Case {
	t.Helper()
	o, err := b.Open(context.Background(), "T1", Opening{
		Request: request, Second: true,
		Case: Case{Domain: domain, Title: title, Provider: "alimail", By: "U1", Channel: "C1",
			First: &Snapshot{Verdict: diag.Broken, Found: codes}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return o.Case
}

func numbers(list []*Case) (out []int64) {
	for _, c := range list {
		out = append(out, c.Number)
	}
	return out
}

// TestOpen opens a case once for a request, and offers the existing one of a domain.
func TestOpen(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		first, err := b.Open(ctx, "T1", Opening{Request: "r1",
			Case: Case{Domain: "a.example", Title: "收不到信", By: "U1"}, Said: "x"})
		if err != nil || first.Existing || first.Repeated || first.Case.Number != 1 ||
			first.Case.Name() != "MAIL-1" || first.Case.State != New || first.Case.Rev != 1 {
			t.Fatalf("%+v %+v %v", first, first.Case, err)
		}
		again, err := b.Open(ctx, "T1", Opening{Request: "r1", Case: Case{Domain: "a.example", Title: "收不到信"}})
		if err != nil || !again.Repeated || again.Case.Number != 1 {
			t.Errorf("the same request opens %+v, %v", again, err)
		}
		other, err := b.Open(ctx, "T1", Opening{Request: "r2", Case: Case{Domain: "a.example", Title: "second"}})
		if err != nil || !other.Existing || other.Case.Number != 1 {
			t.Errorf("the domain has a case: %+v, %v", other, err)
		}
		second, err := b.Open(ctx, "T1", Opening{Request: "r3", Second: true,
			Case: Case{Domain: "a.example", Title: "second"}})
		if err != nil || second.Existing || second.Case.Number != 2 {
			t.Errorf("%+v, %v", second, err)
		}
		elsewhere, err := b.Open(ctx, "T2", Opening{Request: "r1",
			Case: Case{Domain: "a.example", Title: "another workspace"}})
		if err != nil || elsewhere.Existing || elsewhere.Case.Number != 1 {
			t.Errorf("another workspace: %+v, %v", elsewhere, err)
		}
		if _, err := b.Case(ctx, "T2", 2); !errors.Is(err, ErrNone) {
			t.Errorf("a case of another workspace: %v", err)
		}
		if n, err := b.OpenOf(ctx, "T1", "a.example"); n != 1 || err != nil {
			t.Error(n, err)
		}
		if list, err := b.Timeline(ctx, "T1", 1, "", 10); err != nil || len(list) != 1 || list[0].Text != "x" ||
			list[0].By != "U1" || list[0].At.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// TestChange changes a case once for a request, keeps what others change at the same time, and lets go of the domain
// when it is solved.
func TestChange(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		c := open(t, b, "o", "a.example", "no mail", "spf.none a.example")
		for n := range 2 {
			got, repeated, err := b.Change(ctx, "T1", c.Number, "take", func(c *Case) (Edit, error) {
				c.Assignee = "U2"
				return Edit{Entries: []Entry{{Kind: "taken", By: "U2"}}}, nil
			})
			if err != nil || repeated != (n == 1) || got.Assignee != "U2" || got.Rev != 2 {
				t.Fatalf("%d: %+v %v %v", n, got, repeated, err)
			}
		}
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, _, err := b.Change(ctx, "T1", c.Number, fmt.Sprint("tag", i), func(c *Case) (Edit, error) {
					c.Tags = append(c.Tags, fmt.Sprint("t", i))
					c.Contacts++
					return Edit{Entries: []Entry{{Kind: "note", Text: fmt.Sprint(i)}},
						Contact: &Contact{ID: int64(c.Contacts), Gist: fmt.Sprint(i)}}, nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		got, err := b.Case(ctx, "T1", c.Number)
		if err != nil || len(got.Tags) != 20 || got.Rev != 22 || got.Contacts != 20 {
			t.Errorf("changes are lost: %+v, %v", got, err)
		}
		contacts, err := b.Contacts(ctx, "T1", c.Number)
		if err != nil || len(contacts) != 20 || contacts[19].ID != 20 {
			t.Errorf("%d contacts, %v", len(contacts), err)
		}
		if list, err := b.Recent(ctx, "T1", c.Number, 100); err != nil || len(list) != 23 {
			t.Errorf("%d entries, %v", len(list), err)
		}
		refused := errors.New("no")
		if _, _, err := b.Change(ctx, "T1", c.Number, "x",
			func(*Case) (Edit, error) { return Edit{}, refused }); !errors.Is(err, refused) {
			t.Error(err)
		}
		if _, _, err := b.Change(ctx, "T1", 99, "x",
			func(*Case) (Edit, error) { return Edit{}, nil }); !errors.Is(err, ErrNone) {
			t.Error(err)
		}
	})
}

// TestChangeOfState: a case that is solved lets go of its domain and counts; opened again it has it again.
func TestChangeOfState(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		c := open(t, b, "o", "a.example", "no mail", "spf.none a.example")
		counts := func(want map[State]int64) {
			t.Helper()
			got, err := b.Counts(ctx, "T1")
			for _, s := range States {
				if got[s] != want[s] || err != nil {
					t.Errorf("%s: %d, want %d; %v", s, got[s], want[s], err)
				}
			}
		}
		counts(map[State]int64{New: 1})
		if _, _, err := b.Change(ctx, "T1", c.Number, "solve", func(c *Case) (Edit, error) {
			c.SetState(Solved, time.Now(), BusinessHours{})
			c.Resolution = "补上 include"
			return Edit{Measures: []Measure{{"solve:alimail", 60}, {"solve:alimail", 120},
				{"answer:alimail:ticket", 30}}}, nil
		}); err != nil {
			t.Fatal(err)
		}
		counts(map[State]int64{Solved: 1})
		if _, err := b.OpenOf(ctx, "T1", "a.example"); !errors.Is(err, ErrNone) {
			t.Errorf("the solved case holds its domain: %v", err)
		}
		stats, err := b.Stats(ctx, "T1", "solve:")
		if err != nil || len(stats) != 1 || stats[0].Median != 90*time.Second || stats[0].Count != 2 {
			t.Errorf("%+v, %v", stats, err)
		}
		if _, _, err := b.Change(ctx, "T1", c.Number, "reopen", func(c *Case) (Edit, error) {
			c.SetState(WaitingUs, time.Now(), BusinessHours{})
			c.Thread = "1.5"
			return Edit{}, nil
		}); err != nil {
			t.Fatal(err)
		}
		if n, err := b.OpenOf(ctx, "T1", "a.example"); n != c.Number || err != nil {
			t.Error(n, err)
		}
		if n, err := b.InThread(ctx, "T1", "C1", "1.5"); n != c.Number || err != nil {
			t.Error(n, err)
		}
		if _, err := b.InThread(ctx, "T2", "C1", "1.5"); !errors.Is(err, ErrNone) {
			t.Error(err)
		}
	})
}

// TestOlderRecord reads a record from before shapes were written down, and refuses one of a later program without
// touching it.
func TestOlderRecord(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		redisOf(b).HSet(ctx, caseKey("T1", 5), "rev", 3, "data",
			`{"t":"old","s":"new","o":"2025-01-02T03:04:05Z","c":"2025-01-02T03:04:05Z"}`)
		redisOf(b).HSet(ctx, caseKey("T1", 6), "rev", 3, "data", `{"v":99,"t":"later","s":"new"}`)
		redisOf(b).HSet(ctx, caseKey("T1", 7), "rev", 3, "data", `{"t":`)
		c, err := b.Case(ctx, "T1", 5)
		if err != nil || c.Shape != shape || c.Priority != Normal || c.Rev != 3 || !c.Since.Equal(c.Opened) {
			t.Errorf("%+v, %v", c, err)
		}
		if _, _, err := b.Change(ctx, "T1", 5, "x",
			func(c *Case) (Edit, error) { c.Title = "newer"; return Edit{}, nil }); err != nil {
			t.Error(err)
		}
		if _, err := b.Case(ctx, "T1", 6); !errors.Is(err, ErrBook) || !strings.Contains(err.Error(), "update") {
			t.Error(err)
		}
		if _, err := b.Case(ctx, "T1", 7); !errors.Is(err, ErrBook) {
			t.Error(err)
		}
	})
}

// TestCompare tells what was fixed from what could not be looked at, by more than the code.
func TestCompare(t *testing.T) {
	key := func(selector string) map[string]any { return map[string]any{"selector": selector} }
	first := &Snapshot{
		Found: []string{"spf.none a", "dkim.weak-key a", "dkim.weak-key a", "mtasts.none a"},
		Args:  []map[string]any{{}, key("s1"), key("s2"), {}},
	}
	later := &Snapshot{
		Found: []string{"dkim.weak-key a", "dmarc.none a"}, Args: []map[string]any{key("s2"), {}},
		Unknown: []string{"mtasts"},
	}
	show := func(marks []diag.Mark, s *Snapshot) (out []string) {
		for _, m := range marks {
			f, ok := s.Marked(m)
			out = append(out, fmt.Sprint(f.Code, " ", f.Args["selector"], " ", ok))
		}
		return out
	}
	d := diag.Compare(first.Outcome(), later.Outcome())
	got := fmt.Sprint(show(d.Fixed, first), show(d.Unsure, first), show(d.Same, later), show(d.New, later))
	want := "[spf.none <nil> true dkim.weak-key s1 true] [mtasts.none <nil> true] [dkim.weak-key s2 true] [dmarc.none <nil> true]"
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
	older := &Snapshot{Found: []string{"spf.none a", "dkim.weak-key a"}}
	if d := diag.Compare(older.Outcome(), later.Outcome()); len(d.Same) != 1 || len(d.Fixed) != 1 || len(d.New) != 1 {
		t.Errorf("an older record: %+v", d)
	}
	if d := diag.Compare((*Snapshot)(nil).Outcome(),
		later.Outcome()); len(d.Fixed)+len(d.New)+len(d.Same)+len(d.Unsure) > 0 {
		t.Errorf("nothing to compare with: %+v", d)
	}
}

func TestParseName(t *testing.T) {
	for in, want := range map[string]int64{"MAIL-42": 42, "mail-42": 42, "#42": 42, "42": 42, "0": 0, "x": 0,
		"MAIL-": 0, "9999999999999999": 0, "-1": 0} {
		if n, ok := ParseName(in); n != want && ok || ok != (want > 0) {
			t.Errorf("%s: %d %v", in, n, ok)
		}
	}
}
