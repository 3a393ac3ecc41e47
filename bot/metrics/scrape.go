package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Lane is how a lane of the queue stands.
type Lane struct {
	Name string
	// Pending jobs wait for a worker, active ones have one; retry and scheduled ones wait for their time.
	Pending, Active, Retry, Scheduled int64
	// Oldest is for how long the pending job that waits longest has waited; zero where none waits.
	Oldest time.Duration
}

// Memory is the memory of one Redis, in octets. Max is 0 where it has no bound.
type Memory struct {
	Node      string
	Used, Max int64
}

// Sources are asked at a scrape. A nil one is not.
type Sources struct {
	Lanes  func(context.Context) ([]Lane, error)
	Cases  func(context.Context) (map[string]int64, error) // by state
	Memory func(context.Context) ([]Memory, error)
	Held   func() int // requests in memory while Redis is away
}

// Example is Sources that have one of everything, for whoever wants to know what is told.
func Example() Sources {
	return Sources{
		Lanes:  func(context.Context) ([]Lane, error) { return []Lane{{Name: "lane"}}, nil },
		Cases:  func(context.Context) (map[string]int64, error) { return map[string]int64{"new": 1}, nil },
		Memory: func(context.Context) ([]Memory, error) { return []Memory{{Node: "127.0.0.1:6379", Used: 1}}, nil },
		Held:   func() int { return 0 },
	}
}

const (
	// fresh is for how long what a scrape has seen serves the next one.
	fresh = time.Second
	// within is how long the sources may take: a scrape that has to wait for Redis tells the rest.
	within = 2 * time.Second
)

// Handler answers scrapes.
func (m *Metrics) Handler(from Sources) http.Handler {
	inner := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 8})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.look(r.Context(), from)
		inner.ServeHTTP(w, r)
	})
}

// look asks the sources, unless they were asked just now.
func (m *Metrics) look(ctx context.Context, from Sources) {
	m.scrapeMu.Lock()
	defer m.scrapeMu.Unlock()
	if time.Since(m.seen.at()) < fresh {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var all sync.WaitGroup
	var mu sync.Mutex
	var out []prometheus.Metric
	// What cannot be asked is not told, and that it cannot is.
	ask := func(source string, f func() ([]prometheus.Metric, error)) {
		all.Go(func() {
			got, err := f()
			if err != nil {
				slog.Debug("not told at this scrape", "source", source, "error", err)
			}
			up := 1.0
			if err != nil {
				up, got = 0, nil
			}
			mu.Lock()
			defer mu.Unlock()
			out = append(append(out, got...), gauge(sourceUp, up, source))
		})
	}
	if from.Lanes != nil {
		ask("lanes", func() ([]prometheus.Metric, error) { return lanesOf(from.Lanes(ctx)) })
	}
	if from.Cases != nil {
		ask("cases", func() ([]prometheus.Metric, error) { return casesOf(from.Cases(ctx)) })
	}
	if from.Memory != nil {
		ask("redis", func() ([]prometheus.Metric, error) { return memoryOf(from.Memory(ctx)) })
	}
	all.Wait()
	if from.Held != nil {
		out = append(out, gauge(heldRequests, float64(from.Held())))
	}
	m.seen.set(out)
}

var (
	laneJobs = describe("signpost_lane_jobs", "Jobs of a lane, by state: pending, active, retry, scheduled.",
		"lane", "state")
	laneOldest = describe("signpost_lane_oldest_seconds",
		"For how long the oldest pending job of a lane has waited for a worker.", "lane")
	casesIn    = describe("signpost_cases", "Cases of all workspaces, by state.", "state")
	memoryUsed = describe("signpost_redis_memory_used_bytes", "Memory that a Redis uses.", "node")
	memoryMax  = describe("signpost_redis_memory_max_bytes", "Memory that a Redis may use; 0: no bound.", "node")
	sourceUp   = describe("signpost_source_up",
		"1 where the lanes, the cases, the memory of Redis could be asked at this scrape, 0 otherwise.", "source")
	heldRequests = describe("signpost_held_requests", "Requests held in memory while Redis is away.")

	scraped = []*prometheus.Desc{laneJobs, laneOldest, casesIn, memoryUsed, memoryMax, sourceUp, heldRequests}
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

// mostRows is how many lanes, states or nodes are told at most.
const mostRows = 100

func lanesOf(all []Lane, err error) (out []prometheus.Metric, _ error) {
	for _, l := range all[:min(len(all), mostRows)] {
		for state, n := range map[string]int64{"pending": l.Pending, "active": l.Active, "retry": l.Retry,
			"scheduled": l.Scheduled} {
			out = append(out, gauge(laneJobs, float64(n), clip(l.Name), state))
		}
		out = append(out, gauge(laneOldest, l.Oldest.Seconds(), clip(l.Name)))
	}
	return out, err
}

func casesOf(all map[string]int64, err error) (out []prometheus.Metric, _ error) {
	for state, n := range all {
		if len(out) < mostRows && len(state) <= mostOctets {
			out = append(out, gauge(casesIn, float64(n), state))
		}
	}
	return out, err
}

func memoryOf(all []Memory, err error) (out []prometheus.Metric, _ error) {
	for _, r := range all[:min(len(all), mostRows)] {
		out = append(out, gauge(memoryUsed, float64(r.Used), clip(r.Node)), gauge(memoryMax, float64(r.Max), clip(r.Node)))
	}
	return out, err
}

func (s *snapshot) set(rows []prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.when, s.rows = time.Now(), rows
}

func (s *snapshot) at() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.when
}

// Describe is a collector's.
func (s *snapshot) Describe(to chan<- *prometheus.Desc) {
	for _, d := range scraped {
		to <- d
	}
}

// Collect is a collector's.
func (s *snapshot) Collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	rows := s.rows
	s.mu.Unlock()
	for _, r := range rows {
		to <- r
	}
}
