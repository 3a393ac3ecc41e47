package bot

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/cases"
	"signpost/commands/chat"
	"signpost/diag/lab"
	"signpost/reports"
	"signpost/watch"

	"github.com/slack-go/slack"
)

// TestUntilKilled kills the program with SIGKILL where one change that is followed has just come to its end, another is
// being looked at, and reports have been counted whose news nobody has heard yet, and starts it again: of each change
// one message is brought up to date and the end is posted once, the news is told once, and each report counts once.
func TestUntilKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("left out: the program is built and killed")
	}
	t.Parallel()
	f := startWatched(t)
	s, book, queue, l := f.slack, f.book, f.queue, f.lab
	p := f.run()
	r := &rig{Slack: s, t: t}
	domains := map[string]string{"C1": "healthy.example", "C2": "dmarc-none.example"}
	for channel := range domains {
		s.Join(channel)
	}
	if !s.Wait(30*time.Second, func() bool { return s.Sockets() > 0 }) {
		t.Fatalf("does not connect\n%s", p.log)
	}
	told := func(channel, text string) int { return count(inChannel(s, channel), domains[channel]+text) }
	reportsKnown(t, book)
	s.Join("C3")
	spread(t, s, l, book, queue, domains)
	s.Send(s.Event(map[string]any{"type": "message", "channel": "D1", "channel_type": "im", "user": "U1", "ts": "9.1",
		"event_ts": "9.1", "subtype": "file_share",
		"files": []any{s.File("receiver.example!healthy.example!1!2.xml", reportMail("news", 1, "newsletter.example"))}}))
	counted := func() bool {
		rows, err := book.MailSums(t.Context(), slackfake.Team, "healthy.example", 3)
		return err == nil && len(rows) > 0 && strings.Contains(fmt.Sprint(rows), "newsletter.example")
	}
	if !poll(30*time.Second, func() bool { return counted() && (told("C1", ": live") > 0 || told("C2", ": live") > 0) }) {
		t.Fatalf("the moment does not come: %v %q\n%s", counted(), inChannel(s, "C1"), p.log)
	}
	p.kill()
	p.start()
	const news = "healthy.example: the reports of receivers tell something new"
	if !poll(90*time.Second, func() bool {
		return told("C1", ": live") == 2 && told("C2", ": live") == 2 && count(inChannel(s, "C3"), news) == 1
	}) {
		t.Errorf("after kill -9: %q %q %q\n%s", inChannel(s, "C1"), inChannel(s, "C2"), inChannel(s, "C3"), p.log)
	}
	r.settle()
	for channel, domain := range domains {
		edited := 0
		for _, m := range s.Messages() {
			if m.Channel == channel && m.Edits > 0 {
				edited++
			}
		}
		if all := inChannel(s, channel); len(all) != 2 || told(channel, ": live everywhere") != 2 || edited != 1 {
			t.Errorf("%s: %d edited: %q", domain, edited, all)
		}
	}
	rows, err := book.MailSums(t.Context(), slackfake.Team, "healthy.example", 30)
	if sums := reports.Summarize(rows, nil, nil); err != nil || len(sums) != 1 || sums[0].Messages != 81 {
		t.Errorf("%+v, %v", sums, err)
	}
	if all := inChannel(s, "C3"); len(all) != 1 || count(inChannel(s, "D1"), "healthy.example: 9 messages") != 1 {
		t.Errorf("%q %q", all, inChannel(s, "D1"))
	}
	r.faultless()
}

// spread has a change of each domain come about that was followed in a channel and seen nowhere yet; in a second it is
// looked at.
func spread(t *testing.T, s *slackfake.Slack, l *lab.Lab, book *cases.Book, queue *Bot, domains map[string]string) {
	t.Helper()
	api := slack.New(slackfake.BotToken, slack.OptionAPIURL(s.APIURL()))
	for channel, domain := range domains {
		_, ts, err := api.PostMessageContext(t.Context(), channel, slack.MsgOptionText(domain+": not yet", false),
			slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
		if err == nil {
			_, err = l.Publish([]lab.Published{{Name: domain, Type: "TXT", Value: "it-has-come"}})
		}
		due := time.Now().Add(time.Second).UTC().Truncate(time.Second)
		f := watch.Follow(domain, channel, "U1", []watch.Wanted{{Type: "txt", Holds: "it-has-come"}}, due)
		f.State, f.Place, f.TS = watch.Unpublished, channel, ts
		if err == nil {
			err = book.SetLive(t.Context(), slackfake.Team, f)
		}
		if err == nil {
			comes := chat.Reply{Scheduled: []chat.Event{cases.LiveEvent(slackfake.Team, f)}}
			err = queue.enqueueOutbox(t.Context(), &responder{request: request{Team: slackfake.Team}}, comes)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// reportsKnown has a channel watch a domain of which there are reports of eight days.
func reportsKnown(t *testing.T, book *cases.Book) {
	t.Helper()
	watched := watch.New("healthy.example", "C3", "U1", watch.Weekly, time.Now())
	watched.Next = time.Now().AddDate(0, 0, 7)
	if err := book.SetWatch(t.Context(), slackfake.Team, watched); err != nil {
		t.Fatal(err)
	}
	before := reports.NewBatch(reports.Default(), nil)
	for i := range 8 {
		before.Read(t.Context(), "r.xml", bytes.NewReader(reportMail(fmt.Sprint(i), 9-i, "healthy.example")))
	}
	for _, a := range before.Aggregates {
		if _, err := book.AddReport(t.Context(), slackfake.Team, "before", a); err != nil {
			t.Fatal(err)
		}
	}
}

// reportMail is a report about healthy.example of some days ago, with nine messages of one sender, as it comes.
func reportMail(id string, daysAgo int, signer string) []byte {
	day := time.Now().UTC().AddDate(0, 0, -daysAgo).Truncate(24 * time.Hour)
	result, ip := "fail", "203.0.113.77"
	if signer == "healthy.example" {
		result, ip = "pass", "192.0.2.10"
	}
	return fmt.Appendf(nil, "<feedback><report_metadata><org_name>receiver.example</org_name><report_id>%s</report_id>"+
		"<date_range><begin>%d</begin><end>%d</end></date_range></report_metadata><policy_published><domain>healthy.example"+
		"</domain><p>none</p></policy_published><record><row><source_ip>%s</source_ip><count>9</count><policy_evaluated>"+
		"<disposition>none</disposition><dkim>%s</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>"+
		"healthy.example</header_from></identifiers><auth_results><dkim><domain>%s</domain><result>pass</result></dkim>"+
		"</auth_results></record></feedback>", id, day.Unix(), day.Unix()+86399, ip, result, signer)
}
