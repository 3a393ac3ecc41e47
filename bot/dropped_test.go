package bot

import (
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/diag/lab"
)

// TestReportsDropped: reports that somebody drops into a channel whose messages the app may read are told under them,
// each once; other files, and those of other programs, are not even asked for.
func TestReportsDropped(t *testing.T) {
	t.Parallel()
	r := start(t, settings{history: true})
	drop := func(ts, text string, more map[string]any, files ...any) {
		event := map[string]any{"type": "message", "subtype": "file_share", "channel": "C1", "channel_type": "channel",
			"user": "U1", "text": text, "ts": ts, "event_ts": ts, "files": files}
		for k, v := range more {
			event[k] = v
		}
		r.Send(r.Event(event))
	}
	var some []any
	for _, f := range lab.Reports(time.Now()) {
		if strings.Contains(f.Name, "!dmarc-watching.example!") && len(some) < 3 {
			some = append(some, r.File(f.Name, f.Content))
		}
	}
	if len(some) != 3 {
		t.Fatal("no reports")
	}
	other := r.File("holiday.zip", []byte("PK"))
	drop("7.1", "look, the beach", nil, other)
	drop("7.2", "", map[string]any{"bot_id": "B9"}, some...)
	r.settle()
	if n := r.Calls("download"); n != 0 {
		t.Fatalf("%d files asked for that nobody gave us", n)
	}
	drop("7.3", "today's reports", nil, some[0], other, some[1], some[2])
	drop("7.3", "today's reports", nil, some[0], other, some[1], some[2]) // delivered again
	said := r.final(1, "Counted into the daily sums: 3")[0]
	if said.Thread != "7.3" || said.User != "" || strings.Contains(slackfake.AllText(said.Blocks), "holiday") {
		t.Errorf("in the thread %q for %q: %s", said.Thread, said.User, slackfake.AllText(said.Blocks))
	}
	r.settle()
	if n := r.Calls("download"); n != 3 {
		t.Errorf("%d downloads", n)
	}
}
