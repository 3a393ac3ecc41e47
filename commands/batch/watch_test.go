package batch

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag/lab"

	"golang.org/x/text/language"
)

// TestWatchOnce: what changed since the look before is printed once, with exit code 1; what cannot be read is bad
// usage.
func TestWatchOnce(t *testing.T) {
	l, err := lab.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	base, err := loadKB()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	list := filepath.Join(dir, "domains.txt")
	run := func(text string) (int, string) {
		t.Helper()
		if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		c := &Watch{File: list, State: list + ".state", Out: &out, Err: &errs, Text: chat.Reply.Lines,
			Lang: language.English, Timeout: 20 * time.Second, Parallel: 2,
			Deps: answers.Deps{KB: base, Net: l.Net(), Now: time.Now}}
		code := c.Run(context.Background())
		return code, out.String() + errs.String()
	}
	const both = "healthy.example # ours\n\nspf-none.example\nhealthy.example\n"
	if code, said := run(both); code != ExitOK || !strings.Contains(said, "2 domains looked at; changed: 0") {
		t.Fatalf("%d: %s", code, said)
	}
	undo, err := l.Publish([]lab.Published{{Name: "healthy.example", Type: "TXT", Value: "v=spf1 +all"}})
	if err != nil {
		t.Fatal(err)
	}
	if code, said := run(both); code != ExitFound || !strings.Contains(said, "2 SPF records") ||
		strings.Contains(said, "spf-none") {
		t.Errorf("%d: %s", code, said)
	}
	if code, said := run(both); code != ExitOK || strings.Contains(said, "SPF") {
		t.Errorf("again: %d: %s", code, said)
	}
	if err := undo(); err != nil {
		t.Fatal(err)
	}
	if code, said := run(both); code != ExitFound || !strings.Contains(said, "no longer found") {
		t.Errorf("mended: %d: %s", code, said)
	}
	for _, bad := range []string{"", "# nothing\n", "healthy.example\nno domain at all\n"} {
		if code, said := run(bad); code != ExitUsage {
			t.Errorf("%q: %d: %s", bad, code, said)
		}
	}
	if err := os.WriteFile(list+".state", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, said := run(both); code != ExitUsage || !strings.Contains(said, "is no state") {
		t.Errorf("a broken state: %d: %s", code, said)
	}
}
