package bot

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/bot/tracing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// span is a span as a collector gets it.
type span struct {
	name, id, parent, trace, request string
	failed                           bool
}

// collect starts a collector, and gives what it has got; told is that in words, without the ids of spans, which are
// chance.
func collect(t *testing.T) (url string, spans func() []span, told *safeBuffer) {
	t.Helper()
	var mu sync.Mutex
	var all []span
	told = &safeBuffer{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var got tracepb.TracesData
		if err := proto.Unmarshal(body, &got); err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, from := range got.GetResourceSpans() {
			for _, scope := range from.GetScopeSpans() {
				for _, s := range scope.GetSpans() {
					one := span{name: s.GetName(), id: hex.EncodeToString(s.GetSpanId()),
						parent: hex.EncodeToString(s.GetParentSpanId()), trace: hex.EncodeToString(s.GetTraceId()),
						failed: s.GetStatus().GetCode() == 2}
					for _, a := range s.GetAttributes() {
						if a.GetKey() == "request_id" {
							one.request = a.GetValue().GetStringValue()
						}
					}
					all = append(all, one)
					s.TraceId, s.SpanId, s.ParentSpanId = nil, nil, nil
				}
			}
		}
		_, _ = told.Write([]byte(got.String()))
	}))
	t.Cleanup(srv.Close)
	return srv.URL, func() []span { mu.Lock(); defer mu.Unlock(); return append([]span(nil), all...) }, told
}

// TestTraces: a request is one trace, from its acceptance over its job to the calls of Slack, and nobody is named in
// it.
func TestTraces(t *testing.T) { // not beside others: the environment is everybody's
	url, spans, words := collect(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
	told, err := tracing.Start(t.Context(), "v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, settings{noSocket: true, tracing: told, withFaults: true})
	r.Fail("chat.postMessage", slackfake.Failure{Status: http.StatusServiceUnavailable})
	for _, channel := range []string{"D1", "D2"} {
		d := r.Command("U1", channel, "/mailcheck", "spf-none.example")
		if status, _, _, err := r.PostSigned(t.Context(), r.url(), d); err != nil || status != http.StatusOK {
			t.Fatal(status, err)
		}
	}
	r.final(2, "spf-none.example")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	told.Stop(t.Context())
	requests, byID := map[string]span{}, map[string]span{}
	for _, s := range spans() {
		byID[s.id] = s
		if s.name == "request" {
			requests[s.trace] = s
		}
	}
	if len(requests) != 2 {
		t.Errorf("%d requests", len(requests))
	}
	posts, failed := map[string]int{}, 0
	for _, s := range byID {
		above := byID[s.parent]
		switch {
		case s.name == "job" && s.request == requests[s.trace].request && s.request != "":
			if s.parent != requests[s.trace].id {
				t.Errorf("a job under %q", above.name)
			}
		case s.name == "slack chat.postMessage":
			if above.name != "job" {
				t.Errorf("a post under %q", above.name)
			}
			posts[s.trace]++
			if s.failed {
				failed++
			}
		}
	}
	if len(posts) != 2 || failed != 1 {
		t.Errorf("posts in %d traces, %d failed, among %v", len(posts), failed, spans())
	}
	for _, word := range []string{"spf-none", "U1", "D1", "xoxb"} {
		if strings.Contains(words.String(), word) {
			t.Errorf("a trace tells %s", word)
		}
	}
	if !strings.Contains(words.String(), "v1.2.3") {
		t.Error("the version is not told")
	}
}

// TestTracesOff: without a collector nothing is traced; one that is no URL is refused; one that does not answer does
// not hold up the end for long.
func TestTracesOff(t *testing.T) {
	off, err := tracing.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := off.Root(t.Context(), "request", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")
	end(nil)
	if tracing.Carry(ctx) != "" {
		t.Error("a trace, though it is off")
	}
	off.Stop(t.Context())
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")
	if _, err := tracing.Start(t.Context(), ""); err == nil {
		t.Error("no URL, and no word about it")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	gone, err := tracing.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end = gone.Root(t.Context(), "request", "no traceparent", "name", "\xff", "odd")
	_, below := tracing.Begin(ctx, "job")
	below(http.ErrServerClosed)
	end(nil)
	began := time.Now()
	gone.Stop(t.Context())
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the end takes %v", took)
	}
	t.Setenv("OTEL_SDK_DISABLED", "true")
	if disabled, err := tracing.Start(t.Context(), ""); err != nil || tracing.Carry(ctx) == "" {
		t.Error(err)
	} else if _, end := disabled.Root(t.Context(), "x", ""); end == nil {
		t.Error("no end")
	}
}
