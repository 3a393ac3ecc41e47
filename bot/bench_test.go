package bot

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/diag/lab"
	"signpost/internal/redistest"
)

// BenchmarkAck sends 200 slash commands a second over signed HTTP, each a diagnosis that runs while the next ones come,
// with a real Redis that syncs every write to disk. It reports the acknowledgements' times in ms; Slack waits 3,000.
func BenchmarkAck(b *testing.B) {
	server := redistest.Start(b)
	r := start(b, settings{redis: server.URL(), noSocket: true, withFaults: true, workers: 64})
	domains := r.lab.Domains()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	b.ResetTimer()
	for i := range b.N {
		<-tick.C
		d := r.Command(fmt.Sprintf("U%d", i%500), fmt.Sprintf("D%d", i), "/mailcheck", domains[i%len(domains)].Name)
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

// BenchmarkAnswer asks for a healthy domain whose servers take 30 ms an answer, again and again, each time in a new
// conversation, and reports the time from the command to its final answer in ms, with a real Redis that syncs every
// write to disk. A second of 0.5 is 500.
func BenchmarkAnswer(b *testing.B) {
	server := redistest.Start(b)
	r := start(b, settings{redis: server.URL(), http: true, withFaults: true, workers: 16,
		lab: []lab.Option{lab.Latency(30 * time.Millisecond)}})
	var took []time.Duration
	for i := range b.N {
		channel := fmt.Sprintf("D%d", i)
		began := time.Now()
		if status, _, _, err := r.PostSigned(
			b.Context(),
			r.url(),
			r.Command("U1", channel, "/mailcheck", "healthy.example"),
		); err != nil ||
			status != http.StatusOK {
			b.Fatal(status, err)
		}
		if !r.Wait(20*time.Second, func() bool { return r.says(channel, "mail is set up well") }) {
			b.Fatal("no answer")
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "median-ms")
	b.ReportMetric(float64(took[len(took)-1].Milliseconds()), "max-ms")
}

// says reports whether a message in a channel holds a text.
func (r *rig) says(channel, text string) bool {
	return slices.ContainsFunc(r.Messages(), func(m slackfake.Message) bool {
		return m.Channel == channel && strings.Contains(slackfake.AllText(m.Blocks), text)
	})
}
