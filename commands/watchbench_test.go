//go:build unix

package commands

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag/lab"
	"signpost/internal/redistest"
	"signpost/watch"

	"golang.org/x/text/language"
)

// BenchmarkWatches is two looks at each of many watched domains, of workspaces with 500 each, through a recursive
// resolver, every mail host visited, a redis-server holding what is known. "cpu-ms/look" is what this process spends,
// with the lab's servers in it; "share-%" what of two cores 10,000 domains take that are looked at daily, where each
// takes as much; "heap-MB" what is held in the end, and "grown-KB/domain" by how much that is more than after a tenth.
func BenchmarkWatches(b *testing.B) {
	const daily, cores = 10_000, 2
	l, err := lab.Start(lab.Bulk(max(b.N, 1)))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	base, err := loadKB()
	if err != nil {
		b.Fatal(err)
	}
	book := cases.OpenBook(redistest.Start(b).Client(), time.Now)
	n := *l.Net()
	n.Resolvers, n.ResolversOnly = l.Resolvers()[:1], true
	d := answers.Deps{KB: base, Net: &n, Now: time.Now, Book: book}
	look := func(i int) {
		team := fmt.Sprintf("T%d", i/watch.Most)
		w := watch.New(lab.BulkName(i+1), "C1", "U1", watch.Daily, time.Now().Truncate(time.Second))
		if err := book.SetWatch(b.Context(), team, w); err != nil {
			b.Error(err)
			return
		}
		e := cases.WatchEvent(team, w)
		for again := range 2 {
			r := chat.Request{ID: fmt.Sprint("e", i, again), Team: team, Channel: "C1", Command: chat.Case, Event: &e,
				Internal: true, Lang: language.English}
			var got chat.Reply
			if err := Handle(b.Context(), d, r, func(x chat.Reply) { got = x }); err != nil || len(got.Outbox) > 0 ||
				len(got.Scheduled) == 0 {
				b.Errorf("%s: %v, %+v", w.Domain, err, got.Outbox)
				return
			}
			e = got.Scheduled[0]
		}
	}
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	looks := func(from, to int) {
		next := atomic.Int64{}
		next.Store(int64(from))
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i := int(next.Add(1)) - 1; i < to; i = int(next.Add(1)) - 1 {
					look(i)
				}
			})
		}
		wg.Wait()
	}
	spent := cpuTime()
	b.ResetTimer()
	tenth := max(b.N/10, 1)
	looks(0, tenth)
	b.StopTimer()
	before := heap()
	b.StartTimer()
	looks(tenth, b.N)
	b.StopTimer()
	after := heap()
	each := float64(cpuTime()-spent) / float64(2*b.N)
	b.ReportMetric(each/float64(time.Millisecond), "cpu-ms/look")
	b.ReportMetric(100*daily*each/float64(cores*24*time.Hour), "share-%")
	b.ReportMetric(after/1e6, "heap-MB")
	b.ReportMetric((after-before)/1e3/float64(max(b.N-tenth, 1)), "grown-KB/domain")
}

// cpuTime is what this process has spent.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
