package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/feeds"
	"signpost/watch"

	"github.com/redis/go-redis/v9"
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
			if _, err := b.Forget(ctx, "T1", "U7", "U1", "f"); err != nil {
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

// TestForgottenCases: a request that is repeated after an error tells the cases of the attempt before too, and another
// request does not.
func TestForgottenCases(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		for i := range 3 {
			open(t, b, fmt.Sprint(i), "", fmt.Sprintf("problem %d of <@U7|somebody>", i))
		}
		open(t, b, "other", "", "problem of U77")
		broken, cancel := context.WithCancel(ctx)
		redisOf(b).AddHook(&afterCalls{"evalsha", 2, cancel})
		if got, err := b.Forget(broken, "T1", "U7", "U1", "f"); err == nil {
			t.Fatalf("nothing went wrong: %v", got)
		}
		got, err := b.Forget(ctx, "T1", "U7", "U1", "f")
		if err != nil || !slices.Equal(got, []int64{1, 2, 3}) {
			t.Errorf("%v, %v", got, err)
		}
		if got, err := b.Forget(ctx, "T1", "U7", "U1", "g"); err != nil || len(got) != 0 {
			t.Errorf("%v, %v", got, err)
		}
		if out, err := b.Export(ctx, "T1", "json", nil); err != nil || strings.Contains(string(out), "somebody") ||
			!strings.Contains(string(out), "U77") {
			t.Errorf("%s, %v", out, err)
		}
	})
}

// TestForgottenWatches: whoever is forgotten is named in no watch, no change that is followed and no feed any more,
// which go on for their channels; nobody else is taken out.
func TestForgottenWatches(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		for _, by := range []string{"U7", "U77"} {
			channel := "C" + by
			w := &watch.Watch{Domain: "example.com", Channel: channel, By: by, Done: time.Unix(1795771478, 0).UTC()}
			err := errors.Join(b.SetWatch(ctx, "T1", w),
				b.SetLive(ctx, "T1", &watch.Live{Domain: "example.com", Channel: channel, By: by}),
				b.SetSource(ctx, "T1", &feeds.Source{ID: "of" + by, Address: "https://status.example/" + channel,
					Subs: []feeds.Subscriber{{Channel: channel, By: by}, {Channel: "C9", By: "U9"}}}))
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.Forget(ctx, "T1", "U7", "U1", "f"); err != nil {
			t.Fatal(err)
		}
		for by, want := range map[string]string{"U7": "", "U77": "U77"} {
			w, err := b.Watch(ctx, "T1", "C"+by, "example.com")
			l, err2 := b.Live(ctx, "T1", "C"+by, "example.com")
			s, err3 := b.Source(ctx, "T1", "of"+by)
			if err := errors.Join(err, err2, err3); err != nil {
				t.Fatal(err)
			}
			if w.By != want || l.By != want || s.Subs[0].By != want || s.Subs[1].By != "U9" || w.Channel != "C"+by ||
				w.Done.Unix() != 1795771478 {
				t.Errorf("%s: %+v, %+v, %+v", by, w, l, s)
			}
			if err := b.SetWatch(ctx, "T1", w); err != nil {
				t.Errorf("%s: the watch does not go on: %v", by, err)
			}
		}
	})
}

// afterCalls does something once a command was carried out so many times.
type afterCalls struct {
	name string
	left int
	do   func()
}

func (a *afterCalls) DialHook(next redis.DialHook) redis.DialHook { return next }

func (a *afterCalls) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if cmd.Name() == a.name {
			if a.left--; a.left == 0 {
				a.do()
			}
		}
		return err
	}
}

func (a *afterCalls) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
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
