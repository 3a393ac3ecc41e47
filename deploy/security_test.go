package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreatsHaveTests: every test that SECURITY.md names is there, and every threat names one.
func TestThreatsHaveTests(t *testing.T) {
	named := regexp.MustCompile("`([a-z0-9/]+)` `(Test\\w+)`")
	threats := 0
	for line := range strings.Lines(string(read(t, "../SECURITY.md"))) {
		tests := named.FindAllStringSubmatch(line, -1)
		if row := strings.HasPrefix(line, "| ") && !strings.HasSuffix(line, "| tests |\n"); row {
			threats++
			if len(tests) == 0 || strings.Count(line, "|") != 4 {
				t.Errorf("a threat without a test: %s", line)
			}
		}
		for _, n := range tests {
			if !declared(t, filepath.Join("..", n[1]), n[2]) {
				t.Errorf("%s has no %s", n[1], n[2])
			}
		}
	}
	if threats < 12 {
		t.Errorf("%d threats", threats)
	}
	if declared(t, "../bot", "TestThatThereIsNot") {
		t.Error("finds what there is not")
	}
}

// declared reports whether a test stands in a folder.
func declared(t *testing.T, dir, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "\nfunc "+test+"(t *testing.T)") {
			return true
		}
	}
	return false
}
