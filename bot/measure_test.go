package bot

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/cases"
	"signpost/internal/redistest"
)

// scrape reads /metrics: every series with its labels in alphabetical order, as Prometheus writes them.
func (r *rig) scrape() map[string]float64 {
	r.t.Helper()
	resp, err := http.Get("http://" + r.bot.MetricsAddr() + "/metrics")
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		r.t.Fatal(resp.Status)
	}
	out := map[string]float64{}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		line := lines.Text()
		if at := strings.LastIndexByte(line, ' '); at > 0 && !strings.HasPrefix(line, "#") {
			if out[line[:at]], err = strconv.ParseFloat(line[at+1:], 64); err != nil {
				r.t.Errorf("%q: %v", line, err)
			}
		}
	}
	return out
}

// TestMetrics drives the bot over both transports, with a Slack that limits, refuses, fails and breaks off, and reads
// at /metrics what happened.
func TestMetrics(t *testing.T) {
	t.Parallel()
	r := start(t, settings{redis: redistest.StartWith(t, "--maxmemory", "64mb").URL(), http: true, measured: true,
		withFaults: true})
	before := r.scrape()
	for series, want := range map[string]float64{
		`signpost_deliveries_total{outcome="accepted"}`: 0, `signpost_limits_total{limit="signature"}`: 0,
		`signpost_lane_jobs{lane="signpost-diagnosis",state="pending"}`: 0, `signpost_ready`: 1,
		`signpost_socket_connected`: 1, `signpost_source_up{source="redis"}`: 1, `signpost_source_up{source="lanes"}`: 1,
		`signpost_source_up{source="cases"}`: 1, `signpost_held_requests`: 0,
	} {
		if got, ok := before[series]; !ok || got != want {
			t.Errorf("before: %s %v, want %v", series, got, want)
		}
	}
	r.Fail("chat.postMessage", slackfake.Failure{Status: http.StatusTooManyRequests, RetryAfter: 1},
		slackfake.Failure{Status: http.StatusServiceUnavailable}, slackfake.Failure{Drop: true})
	r.Fail("users.info", slackfake.Failure{Error: "user_not_found"})
	again := r.Command("U1", "C1", "/mailcheck", "healthy.example")
	for range 2 {
		if status, _, _, err := r.PostSigned(t.Context(), r.url(), again); err != nil || status != http.StatusOK {
			t.Fatal(status, err)
		}
	}
	r.Send(r.Direct("U2", "D2", "check spf-none.example"))
	r.Send(r.Command("U3", "D3", "/mailcase", "open example.com our mail bounces"))
	if resp, err := http.Post(r.url()+"/slack/commands", "text/plain", strings.NewReader("x")); err == nil {
		_ = resp.Body.Close()
	}
	r.final(1, "spf-none.example")
	r.final(1, "mail is set up well")
	r.final(1, "example.com")
	var got map[string]float64
	if !r.Wait(20*time.Second, func() bool {
		got = r.scrape()
		return got[`signpost_answer_seconds_count`] >= 3 && got[`signpost_cases{state="new"}`] == 1
	}) {
		t.Error("not all is answered")
	}
	for series, least := range map[string]float64{
		`signpost_ack_seconds_count{transport="http"}`: 2, `signpost_ack_seconds_count{transport="socket"}`: 2,
		`signpost_deliveries_total{outcome="accepted"}`: 3, `signpost_deliveries_total{outcome="repeated"}`: 1,
		`signpost_answer_seconds_count`: 3, `signpost_limits_total{limit="signature"}`: 1,
		`signpost_slack_calls_total{method="chat.postMessage",outcome="ok"}`:      1,
		`signpost_slack_calls_total{method="chat.postMessage",outcome="limited"}`: 1,
		`signpost_slack_calls_total{method="chat.postMessage",outcome="failed"}`:  1,
		`signpost_slack_calls_total{method="chat.postMessage",outcome="lost"}`:    1,
		`signpost_slack_calls_total{method="users.info",outcome="refused"}`:       1,
		`signpost_slack_call_seconds_count{method="chat.postMessage"}`:            4,
		`signpost_cases{state="new"}`:                                             1,
		`go_goroutines`:                                                           10,
	} {
		if got[series] < least {
			t.Errorf("%s %v, want %v or more", series, got[series], least)
		}
	}
	memory := regexp.MustCompile(`^signpost_redis_memory_(used|max)_bytes\{node="127\.0\.0\.1:\d+"\}$`)
	for series, value := range got {
		if m := memory.FindStringSubmatch(series); m != nil && (value < 100_000 || m[1] == "max" && value != 64<<20) {
			t.Errorf("%s %v", series, value)
		}
	}
	nobodyIsNamed(t, got)
}

// nobodyIsNamed looks for people, channels, workspaces and domains among the labels.
func nobodyIsNamed(t *testing.T, got map[string]float64) {
	t.Helper()
	if len(got) > 1500 {
		t.Errorf("%d series", len(got))
	}
	for series := range got {
		if regexp.MustCompile(`"[^"]*(\.example|example\.com|U[0-9]|C[0-9]|T1)`).MatchString(series) {
			t.Errorf("somebody is named: %s", series)
		}
	}
}

// TestLanesTold: jobs that wait are told with how long the oldest has waited; a limit that is reached is counted; a
// Redis that is away is told as such, and its numbers not at all.
func TestLanesTold(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := start(t, settings{redis: server.URL(), noSocket: true, measured: true, withFaults: true, workers: 4})
	refused := r.flood(60, func(i int) slackfake.Delivery {
		return r.Command("U1", "C1", "/mailcheck", "spf-none.example"+strings.Repeat(" ", i))
	})
	lane := func(state string) string {
		return fmt.Sprintf(`signpost_lane_jobs{lane="signpost-diagnosis",state=%q}`, state)
	}
	var got map[string]float64
	if !r.Wait(15*time.Second, func() bool {
		got = r.scrape()
		return got[`signpost_lane_oldest_seconds{lane="signpost-diagnosis"}`] >= 1
	}) {
		t.Errorf("the oldest has waited %v s", got[`signpost_lane_oldest_seconds{lane="signpost-diagnosis"}`])
	}
	if got[lane("pending")] < 5 || got[lane("active")] < 1 || got[lane("pending")] > 60 {
		t.Errorf("pending %v, active %v", got[lane("pending")], got[lane("active")])
	}
	if n := got[`signpost_limits_total{limit="person"}`]; refused == 0 || int(n) != refused ||
		got[`signpost_deliveries_total{outcome="limited"}`] != n {
		t.Errorf("%d are refused, %v counted", refused, n)
	}
	server.Kill()
	if !poll(10*time.Second, func() bool {
		got = r.scrape()
		return got["signpost_ready"] == 0 && got[`signpost_source_up{source="redis"}`] == 0
	}) {
		t.Error("ready without Redis")
	}
	for series := range maps.Keys(got) {
		if strings.HasPrefix(series, "signpost_lane_") || strings.HasPrefix(series, "signpost_redis_memory") ||
			strings.HasPrefix(series, "signpost_cases") {
			t.Errorf("told without Redis: %s %v", series, got[series])
		}
	}
	if up, ok := got[`signpost_source_up{source="redis"}`]; !ok || up != 0 {
		t.Errorf("redis: %v, %v", up, ok)
	}
	server.Start()
}

// TestWhereItIsTold: what faces Slack tells no metrics and no profiles, and the other two tell nothing else.
func TestWhereItIsTold(t *testing.T) {
	t.Parallel()
	r := start(t, settings{noSocket: true, measured: true})
	for address, paths := range map[string]map[string]int{
		r.bot.Addr():        {"/healthz": 200, "/readyz": 200, "/metrics": 404, "/debug/pprof/": 404},
		r.bot.MetricsAddr(): {"/metrics": 200, "/healthz": 404, "/slack/commands": 404, "/debug/pprof/": 404},
		r.bot.DebugAddr():   {"/debug/pprof/": 200, "/debug/pprof/goroutine": 200, "/metrics": 404, "/slack/commands": 404},
	} {
		for path, want := range paths {
			resp, err := http.Get("http://" + address + path)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != want || len(body) == 0 {
				t.Errorf("%s%s: %s, want %d", address, path, resp.Status, want)
			}
		}
	}
	if s := r.scrape(); len(s) < 50 || s[`signpost_cases{state="`+string(cases.New)+`"}`] != 0 {
		t.Errorf("%d series", len(s))
	}
}
