package reports

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"signpost/diag/visible"
)

// small is bounds that keep a fuzzing round short.
func small() Limits {
	return Limits{Bytes: 1 << 20, Total: 4 << 20, Ratio: 200, Files: 50, Depth: 3, Records: 500, Time: 2 * time.Second}
}

// held is what holds of everything that was read, whatever was given.
func held(t *testing.T, b *Batch) {
	for _, a := range b.Aggregates {
		if a.Policy.Domain == "" || len(a.Records) > 500 {
			t.Errorf("kept: %+v", a)
		}
		for _, s := range append([]string{a.Org, a.ID, a.Email, a.Contact, a.Policy.Domain, a.File}, a.Errors...) {
			if !visible.Is(s) {
				t.Errorf("%q may not be shown", s)
			}
		}
		for _, r := range a.Records {
			if r.Count < 0 || r.Count > maxCount || !visible.Is(r.HeaderFrom+r.EnvelopeFrom) {
				t.Errorf("kept: %+v", r)
			}
		}
	}
	for _, r := range b.TLS {
		if len(r.Policies) == 0 || !visible.Is(r.Org+r.ID) {
			t.Errorf("kept: %+v", r)
		}
	}
	if len(b.Aggregates)+len(b.TLS) == 0 && len(b.Faults) == 0 {
		t.Error("nothing was read, and nothing was said of it")
	}
	if b.bytes > 16<<20 {
		t.Errorf("%d octets were read", b.bytes)
	}
}

// seeds is the test data.
func seeds(f *testing.F) (out [][]byte) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		_, text, _ := document(f, file)
		out = append(out, []byte(text))
	}
	return out
}

func FuzzAggregate(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := NewBatch(small(), nil)
		b.Read(context.Background(), "x.xml", bytes.NewReader(append([]byte("<feedback>"), raw...)))
		held(t, b)
	})
}

func FuzzTLS(f *testing.F) {
	f.Add(
		[]byte(
			`"organization-name":"x","policies":[{"policy":{"policy-type":"sts"},"summary":{"total-failure-session-count":"3"},"failure-details":[{"failed-session-count":1}]}]}`,
		),
	)
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := NewBatch(small(), nil)
		b.Read(context.Background(), "x.json", bytes.NewReader(append([]byte("{"), raw...)))
		held(t, b)
	})
}

func FuzzUnpack(f *testing.F) {
	for _, s := range seeds(f)[:3] {
		f.Add(gzipped(f, s))
		f.Add(zipped(f, map[string][]byte{"a.xml": s}))
		f.Add(mailed("application/gzip", "a.xml.gz", gzipped(f, s)))
	}
	if raw, err := os.ReadFile("testdata/google.txtar"); err == nil {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := NewBatch(small(), nil)
		b.Read(context.Background(), "x", bytes.NewReader(raw))
		held(t, b)
	})
}
