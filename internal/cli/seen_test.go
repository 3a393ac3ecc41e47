package cli

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/bot/metrics"
	"signpost/bot/tracing"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
	"signpost/diag/lab"
	"signpost/kb"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"golang.org/x/text/language"
	"google.golang.org/protobuf/proto"
)

// told is what a scrape answers.
func told(m *metrics.Metrics) string {
	w := httptest.NewRecorder()
	m.Handler(metrics.Sources{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// TestDiagnosesCounted: checks are counted by name and status, DNS questions by rcode, and people who ask too often.
func TestDiagnosesCounted(t *testing.T) {
	l, err := lab.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	base, err := kb.ForDiagnosis(language.English)
	if err != nil {
		t.Fatal(err)
	}
	m := metrics.New("v1.2.3")
	d := answers.Deps{KB: base, Net: l.Net(), Now: time.Now, Runs: answers.NewRuns(time.Now, 1), Watcher: watcher{m}}
	countQuestions(d.Net, m)
	ask := func(id, domain string, only ...string) error {
		q, wrong := intent.ReadQuestion(domain, language.English)
		if wrong != "" {
			t.Fatal(wrong)
		}
		q.Options.Only = only
		_, err := answers.Diagnose(t.Context(), d, chat.Request{ID: id, Team: "T1", User: "U1"}, q, nil)
		return err
	}
	if err := ask("1", "spf-none.example"); err != nil {
		t.Fatal(err)
	}
	if err := ask("2", "healthy.example"); err == nil {
		t.Error("a second check within the hour")
	}
	d.Net.Resolvers, d.Net.ResolversOnly = []netip.AddrPort{netip.MustParseAddrPort("198.51.100.250:53")}, true
	d.Runs = nil
	if err := ask("3", "healthy.example", "mx"); err != nil {
		t.Fatal(err)
	}
	got := told(m)
	for _, want := range []string{
		`signpost_checks_total{check="spf",status="found"} 1`, `signpost_checks_total{check="mx",status="passed"} 1`,
		`signpost_dns_questions_total{rcode="NOERROR",transport="udp"}`, `rcode="NXDOMAIN"`,
		`rcode="timeout"`, `signpost_limits_total{limit="checks"} 1`, `signpost_diagnosis_seconds_count`,
		`signpost_build_info{goversion="go`, `version="v1.2.3"} 1`, `signpost_checks_total{check="mx",status="unknown"} 1`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, ".example") {
		t.Error("a domain is named")
	}
}

// TestChecksTraced: each check of a diagnosis is a span below it, with the check's name and status and nothing of the
// domain; those that could not tell are marked.
func TestChecksTraced(t *testing.T) { // not beside others: the environment is everybody's
	var sent bytes.Buffer
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(&sent, r.Body)
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	tracer, err := tracing.Start(t.Context(), "v1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := tracer.Root(t.Context(), "job", "")
	ctx, observe, over := watcher{metrics.New("v1")}.Diagnosing(ctx)
	for _, check := range []string{"mx", "spf", "dkim"} {
		observe(diag.Progress{Check: check})
	}
	observe(diag.Progress{Check: "spf", Result: &diag.Result{Check: "spf", Status: diag.Found}})
	observe(diag.Progress{Check: "mx", Result: &diag.Result{Check: "mx", Status: diag.Unknown}})
	observe(diag.Progress{Check: "dmarc", Result: &diag.Result{Check: "dmarc", Status: diag.Skipped}}) // never began

	over(&diag.Report{Domain: "spf-none.example"}) // dkim has not ended
	if tracing.Carry(ctx) == "" {
		t.Error("the checks are in no trace")
	}
	end(nil)
	tracer.Stop(t.Context())
	var got tracepb.TracesData
	if err := proto.Unmarshal(sent.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	var diagnosis []byte
	var above [][]byte
	spans := map[string]string{}
	for _, s := range got.GetResourceSpans()[0].GetScopeSpans()[0].GetSpans() {
		about := map[string]string{}
		for _, a := range s.GetAttributes() {
			about[a.GetKey()] = a.GetValue().GetStringValue()
		}
		switch s.GetName() {
		case "diagnosis":
			diagnosis = s.GetSpanId()
		case "check":
			spans[about["check"]] = fmt.Sprint(about["status"], " ", s.GetStatus().GetCode() == 2)
			above = append(above, s.GetParentSpanId())
		}
	}
	want := map[string]string{"mx": "unknown true", "spf": "found false", "dkim": "unknown true", "dmarc": "skipped false"}
	if !maps.Equal(spans, want) || diagnosis == nil {
		t.Errorf("%v, want %v", spans, want)
	}
	if slices.ContainsFunc(above, func(id []byte) bool { return !bytes.Equal(id, diagnosis) }) {
		t.Error("a check stands elsewhere than below its diagnosis")
	}
	if bytes.Contains(sent.Bytes(), []byte("spf-none")) {
		t.Error("a span tells the domain")
	}
}
