package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/cases"
	"signpost/cases/event"
	"signpost/commands/chat"
	"signpost/diag/lab"
	"signpost/reports"
	"signpost/watch"
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

// TestReportsMailed: a mail with a report from the mailbox for them is counted once, nobody is answered, and a channel
// that watches the domain is told once of a sender that was never seen before.
func TestReportsMailed(t *testing.T) {
	t.Parallel()
	r := start(t, settings{})
	now := time.Now().UTC()
	mail := func(id string, daysAgo int, signer string) []byte {
		return append([]byte("From: dmarc@receiver.example\r\nSubject: report\r\nMIME-Version: 1.0\r\n"+
			"Content-Type: application/xml; name=\"r.xml\"\r\n\r\n"), reportMail(id, daysAgo, signer)...)
	}
	w := watch.New("healthy.example", "C1", "U1", watch.Weekly, now)
	w.Next = now.AddDate(0, 0, 7)
	if err := r.bot.Deps.Book.SetWatch(t.Context(), slackfake.Team, w); err != nil {
		t.Fatal(err)
	}
	take := func(name string, mail []byte) {
		t.Helper()
		if err := r.bot.takeReport(t.Context(), name, mail); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 8 {
		take(fmt.Sprintf("1-%d.eml", i), mail(fmt.Sprint(i), 9-i, "healthy.example"))
	}
	for range 2 { // the second time as after a crash, before it was marked
		take("1-9.eml", mail("new", 1, "newsletter.example"))
	}
	said := r.final(1, "First seen in 30 days: newsletter.example")[0]
	if said.Channel != "C1" || said.User != "" {
		t.Errorf("said in %s to %q", said.Channel, said.User)
	}
	rows, err := r.bot.Deps.Book.MailSums(t.Context(), slackfake.Team, "healthy.example", 30)
	if s := reports.Summarize(rows, nil, nil); err != nil || len(s) != 1 || s[0].Messages != 81 {
		t.Errorf("%+v, %v", s, err)
	}
	r.settle()
	if n := len(r.Messages()); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// TestDigestPicture: a weekly digest is followed by the picture of its trend, once however often it is said.
func TestDigestPicture(t *testing.T) {
	t.Parallel()
	r := start(t, settings{})
	now := time.Now().UTC()
	w := watch.New("healthy.example", "C1", "U1", watch.Weekly, now)
	w.Next, w.Looked = now.AddDate(0, 0, 7), now
	w.Trail = watch.Trail{Last: now.Format(time.DateOnly), States: "ssbps"}
	if err := r.bot.Deps.Book.SetWatch(t.Context(), slackfake.Team, w); err != nil {
		t.Fatal(err)
	}
	weekly := cases.ChannelSettings{Digest: event.Weekly}
	if err := r.bot.Deps.Book.SetChannel(t.Context(), slackfake.Team, "C1", weekly); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		comes := chat.Reply{Scheduled: []chat.Event{{Kind: event.DigestDue, Team: slackfake.Team, Channel: "C1", Due: now,
			Every: event.Weekly, Day: now.Format(time.DateOnly)}}}
		if err := r.bot.enqueueOutbox(t.Context(), &responder{request: request{Team: slackfake.Team}}, comes); err != nil {
			t.Fatal(err)
		}
	}
	said := r.final(1, "Mail cases:")[0]
	if !r.Wait(10*time.Second, func() bool { return len(r.SharedFiles()) > 0 }) {
		t.Fatal("no picture")
	}
	r.settle()
	shared := r.SharedFiles()
	if len(shared) != 1 || shared[0].Name != "watched.png" || shared[0].Channel != "C1" || shared[0].Thread != "" ||
		!strings.HasPrefix(string(shared[0].Content), "\x89PNG") || !strings.Contains(shared[0].Alt, "Trend: on ") ||
		!strings.Contains(slackfake.AllText(said.Blocks), "Trend: on ") {
		t.Errorf("%d files: %q\n%s", len(shared), shared[0].Alt, slackfake.AllText(said.Blocks))
	}
}
