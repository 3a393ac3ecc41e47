package commands

import (
	"fmt"
	"testing"
	"time"

	"signpost/commands/chat"
	"signpost/watch"
)

// TestWatchClock: a look that was lost with the queue is asked for again, one that comes twice or late is made once,
// and a clock that is put back doubles none.
func TestWatchClock(t *testing.T) {
	o := openOffice(t)
	first := o.watched("add healthy.example hourly").Scheduled[0]
	armed := func() (out []chat.Event) {
		t.Helper()
		events, err := o.d.Book.WatchEvents(t.Context(), "T1")
		if err != nil {
			t.Fatal(err)
		}
		return events
	}
	if e := armed(); len(e) != 1 || e[0].Key() != first.Key() {
		t.Fatalf("armed before it came: %v", e)
	}
	_, next := o.tick(first)
	if e := armed(); len(e) != 1 || e[0].Key() != next.Key() {
		t.Errorf("armed after it: %v, want %v", e, next)
	}
	o.now = o.now.Add(50 * time.Hour) // the queue was lost, and nobody looked
	lost := armed()
	if len(lost) != 1 || !lost[0].Due.After(o.now) || lost[0].Due.Sub(o.now) > time.Hour {
		t.Fatalf("after two days: %v", lost)
	}
	_, after := o.tick(lost[0])
	if !after.Due.After(lost[0].Due) {
		t.Errorf("the one after: %v", after)
	}
	o.now = o.now.Add(-30 * time.Hour) // the clock was wrong
	w, err := o.d.Book.Watch(t.Context(), "T1", "C1", "healthy.example")
	if err != nil {
		t.Fatal(err)
	}
	done, rev := w.Done, w.Rev
	for _, e := range []chat.Event{first, next, lost[0]} {
		o.asks++
		r := chat.Request{ID: fmt.Sprint("back", o.asks), Team: "T1", Channel: "C1", Command: chat.Case, Event: &e,
			Internal: true}
		if got := o.handle(r); len(got.Outbox) != 0 {
			t.Errorf("told again: %v", got.Outbox)
		}
	}
	w, err = o.d.Book.Watch(t.Context(), "T1", "C1", "healthy.example")
	if err != nil || !w.Done.Equal(done) || w.Rev != rev {
		t.Errorf("looked again at %v: %v", w.Done, err)
	}
}

// BenchmarkWatch10000 is a look as it comes from the queue, on the lab, whose servers run in this process as well: the
// share of a core that 10,000 looks a day take is at most what it tells.
func BenchmarkWatch10000(b *testing.B) {
	o := openOffice(b)
	e := o.watched("add healthy.example daily").Scheduled[0]
	b.ResetTimer()
	for range b.N {
		_, e = o.tick(e)
	}
	const looks = 10_000
	perLook := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(100*looks*perLook.Seconds()/watch.Daily.Span().Seconds(), "%core")
}
