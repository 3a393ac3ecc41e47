package batch

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signpost/kb"
)

// TestKB counts what is known, and tells pages that stand from those that are gone, changed or out of reach.
func TestKB(t *testing.T) {
	pages := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/stands":
			_, _ = w.Write([]byte("<p>Call +86 (10) 5550-0100</p>"))
		case "/changed":
			_, _ = w.Write([]byte("<p>Call somebody else</p>"))
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			http.NotFound(w, r)
		}
	}))
	defer pages.Close()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "providers"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := "names: {en: Ours, zh: 我们的}\nchannels:\n"
	for _, path := range []string{"stands", "changed", "gone", "broken"} {
		text += "- {kind: phone, number: '+86 10 5550 0100', seen: '2026-01-01', confidence: secondary, source: '" +
			pages.URL + "/" + path + "'}\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "providers", "ours.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	b, err := kb.LoadWith(dir)
	if err != nil {
		t.Fatal(err)
	}
	whole := fmt.Sprintf("whole: %d providers", len(b.Fingerprints()))
	var out bytes.Buffer
	if err := DescribeKB(&out, b, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)); err != nil ||
		!strings.Contains(out.String(), "old: ours: phone +86 10 5550 0100, seen 2026-01-01") ||
		!strings.Contains(out.String(), whole) {
		t.Errorf("%v\n%s", err, out.String())
	}
	// Only the test's own server is within reach: everything else is unknown.
	client := pages.Client()
	inner := client.Transport
	client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		if "https://"+r.URL.Host != pages.URL {
			return nil, http.ErrServerClosed
		}
		return inner.RoundTrip(r)
	})
	out.Reset()
	if code := VerifyKB(t.Context(), &out, b, client); code != ExitFound {
		t.Errorf("exit %d", code)
	}
	for _, want := range []string{"stands    " + pages.URL + "/stands", "changed   " + pages.URL + "/changed",
		"gone      " + pages.URL + "/gone", "unknown   " + pages.URL + "/broken", "unknown   https://help.aliyun.com"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	// The client for the public web goes to no private address.
	out.Reset()
	if code := VerifyKB(t.Context(), &out, b, PublicClient()); strings.Contains(out.String(), "stands    "+pages.URL) {
		t.Errorf("a private address was connected to (exit %d)\n%s", code, out.String())
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
