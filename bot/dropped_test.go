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
	if !r.Wait(10*time.Second, func() bool { return len(r.SharedFiles()) > 0 }) {
		t.Fatal("no picture")
	}
	r.settle()
	if shared := r.SharedFiles(); len(shared) != 2 || shared[0].Name != "days.png" || shared[0].Channel != "C1" ||
		shared[0].Thread != "7.3" || !strings.HasPrefix(string(shared[0].Content), "\x89PNG") ||
		!strings.Contains(shared[0].Alt, "Mail of dmarc-watching.example by day") || shared[0].Comment != shared[0].Alt {
		t.Errorf("%d files", len(shared))
	}
	if n := r.Calls("download"); n != 3 {
		t.Errorf("%d downloads", n)
	}
	// An answer for the asker alone has no pictures: a file in the channel would be everybody's.
	r.Send(r.Command("U1", "C1", "/mailreport", "dmarc-watching.example 30d lang=zh"))
	if alone := r.final(1, "以 dmarc-watching.example 的名义发信")[0]; alone.User != "U1" {
		t.Errorf("for %q", alone.User)
	}
	r.settle()
	if n := len(r.SharedFiles()); n != 2 {
		t.Errorf("%d files", n)
	}
}
