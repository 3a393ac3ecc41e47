package metrics

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func scrape(m *Metrics, s Sources) string {
	w := httptest.NewRecorder()
	m.Handler(s).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// TestLabelsBounded: whatever comes, a label has so many values at most, and none is long.
func TestLabelsBounded(t *testing.T) {
	m := New(strings.Repeat("v", 1000))
	for i := range 10_000 {
		m.Checked(fmt.Sprint("check", i), "found")
		m.Called(fmt.Sprint("method", i), OK, time.Second)
		m.Asked("udp", fmt.Sprint("RCODE", i))
		m.Reached(Limit(fmt.Sprint("limit", i)))
	}
	m.Checked(strings.Repeat("x", 1000), "found")
	m.Checked("", "found")
	got := scrape(m, Sources{
		Lanes: func(context.Context) ([]Lane, error) {
			return make([]Lane, 1), nil
		},
		Cases: func(context.Context) (map[string]int64, error) {
			all := map[string]int64{strings.Repeat("s", 1000): 1}
			for i := range 1000 {
				all[fmt.Sprint("state", i)] = 1
			}
			return all, nil
		},
		Memory: func(context.Context) ([]Memory, error) { return nil, errors.New("away") },
	})
	for _, name := range []string{"signpost_checks_total", "signpost_slack_calls_total", "signpost_dns_questions_total",
		"signpost_limits_total", "signpost_cases"} {
		if n := strings.Count(got, "\n"+name+"{"); n < 50 || n > mostValues+1 {
			t.Errorf("%s has %d series", name, n)
		}
	}
	if !strings.Contains(got, `signpost_checks_total{check="other",status="found"}`) ||
		strings.Contains(got, strings.Repeat("x", 65)) || strings.Contains(got, strings.Repeat("s", 65)) ||
		strings.Contains(got, strings.Repeat("v", 65)) {
		t.Error("a long label, or none for the others")
	}
	if !strings.Contains(got, `signpost_source_up{source="redis"} 0`) ||
		!strings.Contains(got, `signpost_source_up{source="lanes"} 1`) {
		t.Error("it is not told which source is away")
	}
}

// TestSourcesShared: scrapes that come at once ask the sources once, and one that is slow does not hold them up.
func TestSourcesShared(t *testing.T) {
	m, asked := New(""), 0
	s := Sources{Cases: func(ctx context.Context) (map[string]int64, error) {
		asked++
		if _, ok := ctx.Deadline(); !ok {
			t.Error("without a deadline")
		}
		return map[string]int64{"new": 7}, nil
	}}
	for range 5 {
		if !strings.Contains(scrape(m, s), `signpost_cases{state="new"} 7`) {
			t.Error("no cases")
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// answering is a Slack that answers one thing.
type answering struct {
	status      int
	kind, body  string
	err, broken error
}

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	body := io.Reader(strings.NewReader(a.body))
	if a.broken != nil {
		body = io.MultiReader(body, failing{a.broken})
	}
	header := http.Header{"Content-Type": {a.kind}}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(body)}, nil
}

// TestCalls tells the outcome of a call, and hands the answer on as it came.
func TestCalls(t *testing.T) {
	const js = "application/json; charset=utf-8"
	long := `{"ok":true,"text":"` + strings.Repeat("a", 2*mostRead) + `"}`
	for _, c := range []struct {
		name, url string
		answer    answering
		want      string
	}{
		{"ok", "/api/chat.update", answering{200, js, `{"ok":true}`, nil, nil}, "chat.update ok"},
		{"refused", "/api/chat.update", answering{200, js, `{"error":"no","ok":false}`, nil, nil}, "chat.update refused"},
		{"limited", "/api/x", answering{200, js, `{"ok":false,"error":"ratelimited"}`, nil, nil}, "x limited"},
		{"in trouble", "/api/x", answering{200, js, `{"ok":false,"error":"internal_error"}`, nil, nil}, "x failed"},
		{"429", "/api/x", answering{429, js, ``, nil, nil}, "x limited"},
		{"503", "/api/x", answering{503, js, ``, nil, nil}, "x failed"},
		{"no connection", "/api/x", answering{err: io.ErrUnexpectedEOF}, "x lost"},
		{"broken off", "/api/x", answering{200, js, `{"ok":`, nil, io.ErrUnexpectedEOF}, "x lost"},
		{"no JSON", "/api/x", answering{200, js, `<html>`, nil, nil}, "x ok"},
		{"long", "/api/x", answering{200, js, long, nil, nil}, "x ok"},
		{"another path", "/api/x/y", answering{200, js, ``, nil, nil}, "other ok"},
	} {
		m := New("")
		r := httptest.NewRequest(http.MethodPost, "http://slack.example"+c.url, nil)
		resp, err := Client{Metrics: m, Host: "slack.example", Next: c.answer}.RoundTrip(r)
		if !errors.Is(err, c.answer.err) {
			t.Errorf("%s: %v", c.name, err)
		}
		if resp != nil {
			body, err := io.ReadAll(resp.Body)
			if !errors.Is(err, c.answer.broken) || !bytes.Equal(body, []byte(c.answer.body)) {
				t.Errorf("%s: %d octets, %v", c.name, len(body), err)
			}
		}
		method, outcome, _ := strings.Cut(c.want, " ")
		want := fmt.Sprintf("signpost_slack_calls_total{method=%q,outcome=%q} 1", method, outcome)
		if !strings.Contains(scrape(m, Sources{}), want) {
			t.Errorf("%s: no %s", c.name, want)
		}
	}
}
