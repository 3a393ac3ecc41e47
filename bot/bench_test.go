package bot

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"signpost/internal/redistest"
)

// BenchmarkAck sends 100 slash commands a second over signed HTTP, each a diagnosis that runs while the next ones come, with a real
// Redis that syncs every write to disk. It reports the acknowledgements' times in ms; Slack waits 3,000.
func BenchmarkAck(b *testing.B) {
	server := redistest.Start(b)
	r := start(b, settings{redis: server.URL(), noSocket: true, withFaults: true, workers: 64})
	domains := r.lab.Domains()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	b.ResetTimer()
	for i := range b.N {
		<-tick.C
		d := r.Command("U1", fmt.Sprintf("D%d", i), "/mailcheck", domains[i%len(domains)].Name)
		wg.Go(func() {
			status, _, t, err := r.PostSigned(b.Context(), r.url(), d)
			if err != nil || status != http.StatusOK {
				b.Errorf("%d, %v", status, err)
			}
			mu.Lock()
			took = append(took, t)
			mu.Unlock()
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	at := func(p float64) float64 { return float64(took[int(float64(len(took)-1)*p)].Microseconds()) / 1000 }
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(at(1), "max-ms")
	b.ReportMetric(float64(len(r.Messages()))/b.Elapsed().Seconds(), "answers/s")
}
