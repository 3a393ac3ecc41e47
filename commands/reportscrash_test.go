package commands

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/internal/redistest"
	"signpost/reports"
	"signpost/watch"
)

// mailOf is a report of one day about healthy.example with so many messages of a sender, as a receiver writes it.
func mailOf(id string, day time.Time, ip, signer string, pass bool, messages int) []byte {
	day = day.UTC().Truncate(24 * time.Hour)
	return fmt.Appendf(nil, "<feedback><report_metadata><org_name>receiver.example</org_name><report_id>%s</report_id>"+
		"<date_range><begin>%d</begin><end>%d</end></date_range></report_metadata><policy_published><domain>healthy.example"+
		"</domain><p>none</p></policy_published><record><row><source_ip>%s</source_ip><count>%d</count><policy_evaluated>"+
		"<disposition>none</disposition><dkim>%s</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>"+
		"healthy.example</header_from></identifiers><auth_results><dkim><domain>%s</domain><result>pass</result></dkim>"+
		"</auth_results></record></feedback>", id, day.Unix(), day.Unix()+86399, ip, messages,
		map[bool]string{true: "pass", false: "fail"}[pass], signer)
}

// TestReportsKilledAtEveryStep ends the process at every step of counting reports that tell something new, before and
// after Redis has heard of it. The request is made again, as the queue does: each report is counted once, and what is
// new is told as if nothing had happened. Who sends the same reports once more is told that they had been counted.
func TestReportsKilledAtEveryStep(t *testing.T) {
	server := redistest.StartWith(t, "--appendfsync", "no")
	o := openOffice(t)
	o.d.Net = nil // nobody need be asked
	steady := cases.OpenBook(server.Client(), o.d.Now)
	ago := func(days int) time.Time { return o.now.AddDate(0, 0, -days) }
	var news, before []chat.File
	for i := range 8 {
		before = append(before, file(fmt.Sprint(i, ".xml"),
			mailOf(fmt.Sprint(i), ago(10-i), "192.0.2.10", "healthy.example", true, 9)))
	}
	for i, signer := range []string{"newsletter.example", "shop.example"} {
		news = append(news, file(fmt.Sprint("new", i, ".xml"),
			mailOf(fmt.Sprint("new", i), ago(1), fmt.Sprint("203.0.113.7", i), signer, false, 40)))
	}
	asked := func(id, team string, files []chat.File) chat.Request {
		return chat.Request{ID: id, Team: team, User: "U1", Channel: "C9", Command: chat.Report, Files: files}
	}
	var want string
	for _, unseen := range []bool{false, true} {
		for step := int64(0); step < 100; step++ {
			team := fmt.Sprintf("R%v-%d", unseen, step)
			o.d.Book = steady
			w := watch.New("healthy.example", "C1", "U1", watch.Daily, o.now)
			if err := steady.SetWatch(t.Context(), team, w); err != nil {
				t.Fatal(err)
			}
			o.handle(asked("before", team, before))
			ended := true
			if step > 0 {
				client, alive := server.Dying(step, unseen)
				d := o.d
				d.Book = cases.OpenBook(client, o.d.Now)
				err := Handle(context.Background(), d, asked("new", team, news), func(chat.Reply) {})
				ended = err == nil && alive()
				_ = client.Close()
			}
			got := ""
			for _, id := range []string{"new", "new", "another"} { // also where the answer was lost
				r := o.handle(asked(id, team, news))
				said := words(r)
				got += fmt.Sprintln(id, len(r.Outbox), strings.Contains(said, "Counted into the daily sums: 2; had been counted: 0"),
					strings.Contains(said, "Counted into the daily sums: 0; had been counted: 2"))
				for _, m := range r.Outbox {
					got += m.Key + " " + m.Channel + "\n" + words(m.Reply) + "\n"
				}
			}
			rows, err := steady.MailSums(t.Context(), team, "healthy.example", 30)
			if s := reports.Summarize(rows, nil, nil); err != nil || len(s) != 1 || s[0].Messages != 152 {
				t.Fatalf("killed at step %d: %+v, %v", step, s, err)
			}
			if step == 0 {
				if want = got; strings.Count(want, "newsletter.example") != 4 || !strings.Contains(want, "another 0 false true") ||
					strings.Count(want, "new 1 true false") != 2 {
					t.Fatal(want)
				}
				continue
			}
			if got != want {
				t.Errorf("killed at step %d (its answer unseen: %v):\n%s\nwant\n%s", step, unseen, got, want)
			}
			if ended {
				if step < 3 {
					t.Errorf("only %d steps", step)
				}
				break
			}
		}
	}
}
