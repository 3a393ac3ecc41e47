package tracing

import (
	"compress/gzip"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// answers is a collector that answers as it was told, once each, and 200 ever after.
type answers struct {
	mu   sync.Mutex
	next []func(http.ResponseWriter)
	got  []*http.Request
	body []string
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.got, a.body = append(a.got, r), append(a.body, string(raw))
	if len(a.next) > 0 {
		a.next[0](w)
		a.next = a.next[1:]
	}
}

func (a *answers) seen() ([]*http.Request, []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.got, a.body
}

func status(code int, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

// partly says that a collector refuses n spans, in the octets of an ExportTraceServiceResponse.
func partly(n uint64) func(http.ResponseWriter) {
	inner := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), n)
	inner = protowire.AppendString(protowire.AppendTag(inner, 2, protowire.BytesType), "too large")
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/x-protobuf")
		_, _ = w.Write(protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), inner))
	}
}

var oneSpan = []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{{Name: "job"}}}}}}

// TestUpload: what a collector says decides whether a batch is sent again, given up, or done.
func TestUpload(t *testing.T) { // not beside others: the environment is everybody's
	for name, c := range map[string]struct {
		said  []func(http.ResponseWriter)
		calls int
		ok    bool
	}{
		"taken":            {nil, 1, true},
		"busy, then taken": {[]func(http.ResponseWriter){status(503, "Retry-After", "0")}, 2, true},
		"limited until a time": {[]func(http.ResponseWriter){
			status(429, "Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT")}, 2, true},
		"a gateway without its server": {[]func(http.ResponseWriter){status(502, "Retry-After", "0"),
			status(504, "Retry-After", "0")}, 3, true},
		"busy for too long": {[]func(http.ResponseWriter){status(503, "Retry-After", "60")}, 1, false},
		"wrong":             {[]func(http.ResponseWriter){status(400)}, 1, false},
		"a fault":           {[]func(http.ResponseWriter){status(500, "Retry-After", "0")}, 1, false},
		"sent elsewhere":    {[]func(http.ResponseWriter){status(307, "Location", "/elsewhere")}, 1, false},
		"in part":           {[]func(http.ResponseWriter){partly(3)}, 1, false},
		"with a warning":    {[]func(http.ResponseWriter){partly(0)}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			a := &answers{next: c.said}
			srv := httptest.NewServer(a)
			defer srv.Close()
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", srv.URL+"/base/")
			t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20x, x-scope = a%2Cb")
			to, err := newCollector()
			if err != nil {
				t.Fatal(err)
			}
			err = to.UploadTraces(t.Context(), oneSpan)
			got, body := a.seen()
			if len(got) != c.calls || (err == nil) != c.ok || err != nil && !errors.Is(err, errAnswer) {
				t.Errorf("%d calls, %v", len(got), err)
			}
			var sent tracepb.TracesData
			if err := proto.Unmarshal([]byte(body[0]), &sent); err != nil || len(sent.GetResourceSpans()) != 1 ||
				body[len(body)-1] != body[0] {
				t.Errorf("%v: %q", err, body)
			}
			first := got[0]
			if first.URL.Path != "/base/v1/traces" || first.Header.Get("Authorization") != "Bearer x" ||
				first.Header.Get("X-Scope") != "a,b" || first.Header.Get("Content-Type") != "application/x-protobuf" {
				t.Errorf("%s %v", first.URL, first.Header)
			}
		})
	}
}

// TestUploadByEnvironment: an address for traces alone, compression, time limits and certificates of the operator's.
func TestUploadByEnvironment(t *testing.T) {
	a := &answers{}
	srv := httptest.NewTLSServer(a)
	defer srv.Close()
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	file := filepath.Join(t.TempDir(), "ca.pem")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(file, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", srv.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "200")
	to, err := newCollector()
	if err != nil {
		t.Fatal(err)
	}
	if err := to.UploadTraces(t.Context(), oneSpan); err == nil {
		t.Error("a certificate that nobody vouches for is taken")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", file)
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "10000")
	if to, err = newCollector(); err != nil {
		t.Fatal(err)
	}
	if err := to.UploadTraces(t.Context(), oneSpan); err != nil {
		t.Fatal(err)
	}
	got, body := a.seen()
	if len(got) != 1 || got[0].URL.Path != "/" || got[0].Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%d: %+v", len(got), got)
	}
	unpacked, err := gzip.NewReader(strings.NewReader(body[0]))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(unpacked)
	var sent tracepb.TracesData
	if err := errors.Join(err, proto.Unmarshal(raw, &sent)); err != nil || len(sent.GetResourceSpans()) != 1 {
		t.Errorf("%v: %v", err, &sent)
	}
	if err := to.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	// A collector that never answers costs no more than the time that the environment gives.
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer slow.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", slow.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "50")
	if to, err = newCollector(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := to.UploadTraces(t.Context(), oneSpan); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

// TestEnvironmentRefused: what cannot be used is said before anything is traced, without the secrets that it holds.
func TestEnvironmentRefused(t *testing.T) {
	for name, value := range map[string]string{
		"ENDPOINT": "collector:4318", "TRACES_ENDPOINT": "unix:///run/otel", "PROTOCOL": "grpc",
		"TRACES_PROTOCOL": "http/json",
		"COMPRESSION":     "zstd", "TIMEOUT": "10s", "TRACES_TIMEOUT": "0", "HEADERS": "authorization: Bearer s3cret",
		"TRACES_HEADERS": "x y=s3cret", "CERTIFICATE": "/nowhere/ca.pem", "CLIENT_KEY": "/nowhere/key.pem",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
			t.Setenv("OTEL_EXPORTER_OTLP_"+name, value)
			_, err := Start(t.Context(), "")
			if !errors.Is(err, ErrConfig) || strings.Contains(err.Error(), "s3cret") ||
				!strings.Contains(err.Error(), strings.TrimPrefix(name, "TRACES_")) {
				t.Error(err)
			}
		})
	}
}

func FuzzRefusedSpans(f *testing.F) {
	w := httptest.NewRecorder()
	partly(7)(w)
	f.Add(w.Body.Bytes())
	f.Add([]byte("\x0a\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		if err := refusedSpans("text/html", answer); err != nil {
			t.Error(err)
		}
		if err := refusedSpans("application/x-protobuf", answer); err != nil && !errors.Is(err, errAnswer) {
			t.Error(err)
		}
	})
}
