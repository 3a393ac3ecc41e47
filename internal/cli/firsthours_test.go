package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// checkedKnowledge is the command in docs/firsthours.md that a developer's slip is told by, with what it prints.
var checkedKnowledge = regexp.MustCompile("(?ms)^```text\n\\$ signpost kb check knowledge\n(.*?)^```$")

// TestDevelopersHour: a slip in a provider's file is told as the page shows it, with file, line and field; without the
// slip the same file is taken.
func TestDevelopersHour(t *testing.T) {
	found := checkedKnowledge.FindStringSubmatch(read(t, "docs/firsthours.md"))
	if found == nil {
		t.Fatal("the page shows no slip")
	}
	t.Chdir(t.TempDir())
	write := func(text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join("knowledge", "providers"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join("knowledge", "providers", "alimail.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("id: alimail\nchannels:\n- kind: phone\n  value: '95187'\n  hourz: 24x7\n")
	code, out, errs := call(t, "", "kb", "check", "knowledge")
	if code != 2 || strings.TrimSpace(errs) != strings.TrimSpace(found[1]) {
		t.Errorf("exit %d: %s\nin the page:\n%s\nthe program:\n%s", code, out, found[1], errs)
	}
	write("id: alimail\n")
	if code, out, errs := call(t, "", "kb", "check", "knowledge"); code != 0 {
		t.Errorf("without the slip: exit %d: %s%s", code, out, errs)
	}
}
