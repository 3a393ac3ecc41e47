package metrics

import (
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Transport is the way on which Slack delivers.
type Transport string

// The transports.
const (
	Socket Transport = "socket"
	HTTP   Transport = "http"
)

// Outcome is what became of a delivery, a job or a call.
type Outcome string

// Outcomes of deliveries.
const (
	Accepted Outcome = "accepted" // durable
	Repeated Outcome = "repeated" // known already
	Limited  Outcome = "limited"  // refused, because too many wait; of a call: Slack's own limit
	Held     Outcome = "held"     // in memory, while Redis is away
	Dropped  Outcome = "dropped"  // refused, because no memory is left for it
)

// Outcomes of jobs.
const (
	Answered Outcome = "answered"
	Waiting  Outcome = "waiting" // gives way to another job, or to Slack's limit
	Failed   Outcome = "failed"  // tried again later; of a call: an answer of trouble at Slack's
	GivenUp  Outcome = "given-up"
)

// Outcomes of calls of Slack.
const (
	OK      Outcome = "ok"
	Refused Outcome = "refused" // Slack's word says why
	Lost    Outcome = "lost"    // no answer: it may or may not have been carried out
)

// Limit is a bound that was reached.
type Limit string

// The limits beside those of the queue, which are told by their own names (person, channel, team).
const (
	LimitBodies    Limit = "bodies"     // too many bodies are read at once
	LimitBody      Limit = "body"       // a body is too large
	LimitSignature Limit = "signature"  // a request is not Slack's
	LimitStore     Limit = "store"      // no more requests fit into memory while Redis is away
	LimitChecks    Limit = "checks"     // somebody has asked for too many checks within an hour
	LimitMemory    Limit = "memory"     // the memory of Redis is short
	LimitEdits     Limit = "edits"      // progress is not shown, because the budget of edits is spent
	LimitRequests  Limit = "retry-full" // a request from Slack was limited for longer than a job waits
)

// mostValues is how many values of one label are told apart.
const mostValues = 100

// Metrics is everything that is counted by one process. Its methods may be called from anywhere at any time.
type Metrics struct {
	registry *prometheus.Registry

	acks, answers, diagnoses, callTimes        *prometheus.HistogramVec
	deliveries, jobs, checks, questions, calls *prometheus.CounterVec
	limits                                     *prometheus.CounterVec
	checkNames, rcodes, methods, limitNames    *names
	ready, connected                           prometheus.GaugeFunc
	seen                                       snapshot
	scrapeMu                                   sync.Mutex
}

// ackBuckets are finer where a person begins to notice; Slack gives up after 3 s.
var ackBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3}

// workBuckets suit diagnoses and answers, which take up to half a minute, and calls of Slack.
var workBuckets = []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 20, 30, 60, 300}

// New is Metrics of a program of this version.
func New(version string) *Metrics {
	m := &Metrics{
		registry:   prometheus.NewRegistry(),
		checkNames: newNames(), rcodes: newNames(), methods: newNames(), limitNames: newNames(),
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
		m.registry.MustRegister(v)
		return v
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		m.registry.MustRegister(v)
		return v
	}
	m.acks = histogram("signpost_ack_seconds",
		"From a delivery of Slack's to its acknowledgement, by transport.", ackBuckets, "transport")
	m.answers = histogram("signpost_answer_seconds",
		"From a delivery of Slack's to the end of its answer.", workBuckets)
	m.diagnoses = histogram("signpost_diagnosis_seconds", "One run of checks on one domain.", workBuckets)
	m.callTimes = histogram("signpost_slack_call_seconds", "Calls of Slack, by method.", workBuckets, "method")
	m.deliveries = counter("signpost_deliveries_total",
		"Requests that Slack delivered, by what became of them: accepted, repeated, limited, held, dropped.", "outcome")
	m.jobs = counter("signpost_jobs_total",
		"Attempts at jobs by how they ended: answered, waiting, failed, given-up.", "outcome")
	m.checks = counter("signpost_checks_total", "Checks of diagnoses, by name and status.", "check", "status")
	m.questions = counter("signpost_dns_questions_total",
		"DNS questions, by transport and the answer's rcode; timeout or error where none came.", "transport", "rcode")
	m.calls = counter("signpost_slack_calls_total",
		"Calls of Slack, retries included, by method and outcome: ok, refused, limited, failed, lost.", "method", "outcome")
	m.limits = counter("signpost_limits_total", "How often a limit was reached, by kind.", "limit")
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "signpost_build_info",
		Help: "Always 1; the labels tell the version of the program and of Go."}, []string{"version", "goversion"})
	info.WithLabelValues(clip(version), runtime.Version()).Set(1)
	m.registry.MustRegister(info, &m.seen, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.begin()
	return m
}

// begin tells what has not happened yet as zero, so that its first time is seen as a change.
func (m *Metrics) begin() {
	for _, o := range []Outcome{Accepted, Repeated, Limited, Held, Dropped} {
		m.deliveries.WithLabelValues(string(o))
	}
	for _, o := range []Outcome{Answered, Waiting, Failed, GivenUp} {
		m.jobs.WithLabelValues(string(o))
	}
	for _, l := range []Limit{"person", "channel", "team", LimitBodies, LimitBody, LimitSignature, LimitStore, LimitChecks,
		LimitMemory, LimitEdits} {
		m.limits.WithLabelValues(m.limitNames.of(string(l)))
	}
}

// Tell has two further numbers told: whether this process answers requests at once, and whether its socket stands.
// It is called once, before the first scrape.
func (m *Metrics) Tell(ready, connected func() bool) {
	gauge := func(name, help string, holds func() bool) prometheus.GaugeFunc {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			if holds() {
				return 1
			}
			return 0
		})
	}
	m.ready = gauge("signpost_ready", "1 where /readyz says that requests are answered at once, 0 otherwise.", ready)
	m.registry.MustRegister(m.ready)
	if connected != nil {
		m.connected = gauge("signpost_socket_connected", "1 where the Socket Mode connection stands, 0 otherwise.", connected)
		m.registry.MustRegister(m.connected)
	}
}

// Acked counts an acknowledgement.
func (m *Metrics) Acked(by Transport, took time.Duration) {
	m.acks.WithLabelValues(string(by)).Observe(took.Seconds())
}

// Delivered counts what became of a delivery.
func (m *Metrics) Delivered(o Outcome) { m.deliveries.WithLabelValues(string(o)).Inc() }

// JobEnded counts an attempt at a job.
func (m *Metrics) JobEnded(o Outcome) { m.jobs.WithLabelValues(string(o)).Inc() }

// AnsweredIn counts how long somebody waited for an answer.
func (m *Metrics) AnsweredIn(took time.Duration) { m.answers.WithLabelValues().Observe(took.Seconds()) }

// Diagnosed counts a run of checks.
func (m *Metrics) Diagnosed(took time.Duration) {
	m.diagnoses.WithLabelValues().Observe(took.Seconds())
}

// Checked counts one check of a run, by its name and status.
func (m *Metrics) Checked(check, status string) {
	m.checks.WithLabelValues(m.checkNames.of(check), m.checkNames.of(status)).Inc()
}

// Asked counts a DNS question: the rcode of its answer, or "timeout" or "error".
func (m *Metrics) Asked(transport, rcode string) {
	m.questions.WithLabelValues(m.rcodes.of(transport), m.rcodes.of(rcode)).Inc()
}

// Called counts a call of Slack.
func (m *Metrics) Called(method string, o Outcome, took time.Duration) {
	method = m.methods.of(method)
	m.calls.WithLabelValues(method, string(o)).Inc()
	m.callTimes.WithLabelValues(method).Observe(took.Seconds())
}

// Reached counts that a limit was reached.
func (m *Metrics) Reached(l Limit) { m.limits.WithLabelValues(m.limitNames.of(string(l))).Inc() }

// names bounds the values of a label.
type names struct {
	mu    sync.Mutex
	known map[string]bool
}

func newNames() *names { return &names{known: map[string]bool{}} }

// other stands for every value behind the bound.
const other = "other"

// of is the value itself, or other where there are too many, or it is no name.
func (n *names) of(value string) string {
	if value == "" || len(value) > mostOctets {
		return other
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.known[value] {
		if len(n.known) >= mostValues {
			return other
		}
		n.known[value] = true
	}
	return value
}

// mostOctets is how long a label's value may be.
const mostOctets = 64

func clip(s string) string { return s[:min(len(s), mostOctets)] }

// snapshot is what the latest scrape has seen.
type snapshot struct {
	mu   sync.Mutex
	when time.Time
	rows []prometheus.Metric
}
