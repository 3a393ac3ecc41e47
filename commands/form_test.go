package commands

import (
	"strings"
	"testing"
	"time"

	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// TestFieldsChecked: what is wrong with a field is said on the field, before anything is asked; a time that may only
// seem over, since the clock is not known, is let through.
func TestFieldsChecked(t *testing.T) {
	by := chat.Writer{Lang: language.English, Zone: "Asia/Shanghai", Now: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)}
	nowhere := by
	nowhere.Zone = ""
	for _, x := range []struct {
		verb, field, value string
		by                 chat.Writer
		want               string
	}{
		{"remind", "when", "2h call them", by, ""}, {"remind", "when", "明天 9:00", by, ""}, {"remind", "when", "off", by, ""},
		{"remind", "when", "whenever", by, "When? For example"},
		{"remind", "when", "2026-11-20 9:00", by, "is over"}, {"remind", "when", "", by, "needed"},
		{"remind", "when", "today 9:30", nowhere, ""},
		{"contact", "at", "9:30", by, ""}, {"contact", "at", "", by, ""},
		{"contact", "at", "tomorrow 9:00", by, "still to come"}, {"contact", "at", "9:30 they called", by, "For example"},
		{"contact", "at", "9:30", nowhere, ""},
		{"contact", "ticket", "0003Y5YJCP", by, ""}, {"contact", "ticket", "none yet", by, "no ticket number"},
		{"merge", "into", "MAIL-3", by, ""}, {"merge", "into", "案例3", by, ""},
		{"merge", "into", "the other one", by, "MAIL-42"}, {"merge", "into", "3 4", by, "MAIL-42"},
	} {
		wrong := CheckAnswers(chat.Case, x.verb+" MAIL-1", x.by, map[string]string{x.field: x.value})[x.field]
		if x.want == "" && wrong != "" || !strings.Contains(wrong, x.want) {
			t.Errorf("%s %s=%q: %q, want %q", x.verb, x.field, x.value, wrong, x.want)
		}
	}
}
