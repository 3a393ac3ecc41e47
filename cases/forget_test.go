package cases

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// TestForgetMeanwhile takes a person out while others go on writing: nothing of theirs is lost, and who is called
// alike stays.
func TestForgetMeanwhile(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		c := open(t, b, "1", "a.example", "asked by U7 and U77\nU7")
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				for j := range 25 {
					if _, _, err := b.Change(ctx, "T1", c.Number, fmt.Sprint(i, " ", j), func(c *Case) (Edit, error) {
						c.Followers = append(c.Followers, fmt.Sprintf("U8%d%d", i, j))
						return Edit{Entries: []Entry{{Kind: "note", By: "U77",
							Text: fmt.Sprintf("note %d %d", i, j)}}}, nil
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for range 5 {
			if _, err := b.Forget(ctx, "T1", "U7", "U1"); err != nil {
				t.Error(err)
			}
		}
		all.Wait()
		r, err := b.record(ctx, "T1", c.Number)
		if err != nil || len(r.Timeline) != 102 || len(r.Case.Followers) != 100 ||
			r.Case.Title != "asked by gone and U77 gone" || r.Timeline[50].By != "U77" {
			t.Errorf("%d entries, %d followers, %q, %v", len(r.Timeline), len(r.Case.Followers), r.Case.Title, err)
		}
	})
}

// TestExpired deletes what was ended long ago, and nothing else, however far it gets at once.
func TestExpired(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		now := time.Now()
		b.now = func() time.Time { return now.Add(-100 * 24 * time.Hour) }
		for i := range 120 {
			c := open(t, b, fmt.Sprint(i), "", fmt.Sprint("problem ", i))
			if i%2 == 0 {
				if i == 50 {
					b.now = func() time.Time { return now }
				}
				if _, _, err := b.Change(ctx, "T1", c.Number, "s",
					func(c *Case) (Edit, error) {
						c.SetState(Closed, now, BusinessHours{})
						return Edit{},
							nil
					}); err != nil {
					t.Fatal(err)
				}
			}
		}
		total, from := 0, int64(0)
		for {
			n, next, err := b.Expired(ctx, "T1", now.Add(-30*24*time.Hour), from, 70)
			if err != nil {
				t.Fatal(err)
			}
			total += n
			if from = next; next == 0 {
				break
			}
		}
		if total != 25 {
			t.Errorf("%d deleted, want 25", total)
		}
		if list, err := b.Audits(ctx, "T1", 100); err != nil || len(list) != 25 || list[0].By != "retention" {
			t.Errorf("%d audited, %v", len(list), err)
		}
	})
}
