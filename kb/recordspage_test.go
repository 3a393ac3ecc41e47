package kb

import (
	"os"
	"strings"
	"testing"

	"signpost/diag/gate"
)

// TestRecordsPage: docs/records.md tells of every reason that the gate may give.
func TestRecordsPage(t *testing.T) {
	page, err := os.ReadFile("../docs/records.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Count(string(page), "\n| `")
	for _, code := range gate.NoteCodes {
		if !strings.Contains(string(page), "\n| `"+code+"` |") {
			t.Errorf("docs/records.md does not tell of %s", code)
		}
	}
	if rows != len(gate.NoteCodes) {
		t.Errorf("docs/records.md has %d codes, the gate %d", rows, len(gate.NoteCodes))
	}
}
