package commands

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"signpost/commands/chat"
	"signpost/diag/lab"

	"golang.org/x/text/language"
)

// attached is the lab's reports whose names hold a word, as somebody attaches them.
func attached(o *office, word string, most int) (out []chat.File) {
	for _, f := range lab.Reports(o.now) {
		if strings.Contains(f.Name, word) && len(out) < most {
			out = append(out, file(f.Name, f.Content))
		}
	}
	return out
}

func file(name string, content []byte) chat.File {
	return chat.File{Name: name, Size: int64(len(content)), Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	}}
}

// TestMailReport reads what is attached, wherever it was attached, counts each report once, and tells the sums again.
func TestMailReport(t *testing.T) {
	o := openOffice(t)
	files := attached(o, "!dmarc-watching.example!", 16)
	ask := func(command, text string, files []chat.File, with ...func(*chat.Request)) string {
		t.Helper()
		r := o.request(text, with...)
		r.Command, r.Files = command, files
		return words(o.handle(r))
	}
	for _, x := range []struct {
		command, text string
		files         []chat.File
		want          []string
	}{
		{"", "", files[:5], []string{"Counted into the daily sums: 5; had been counted: 0", "Reports of 5 days"}},
		{"", "here they are", files[:8], []string{"Counted into the daily sums: 3; had been counted: 5"}},
		{chat.Report, "", files[8:], []string{"Counted into the daily sums: 8"}},
		{chat.Report, "dmarc-watching.example 30d", nil,
			[]string{"1043 messages", "quarantine is safe by the rule", "p=quarantine; rua"}},
		{chat.Report, "dmarc-watching.example 3d", nil, []string{"Reports of 2 days", "cannot be told"}},
		{"", "/mailreport dmarc-watching.example", nil, []string{"1043 messages"}},
		{chat.Report, "", nil, []string{"Which domain", "dmarc-watching.example"}},
		{chat.Report, "healthy.example", nil, []string{"No reports on healthy.example are kept for the last 30 days"}},
		{chat.Report, "", attached(o, "tls.json", 1), []string{"40 sessions encrypted, 9 failed", "certificate had expired",
			"Counted into the daily sums: 1"}},
		{chat.Report, "", attached(o, "tls.json", 1), []string{"had been counted: 1"}},
		{chat.Report, "smtp-expired.example 7d", nil, []string{"smtp-expired.example: 40 sessions encrypted, 9 failed"}},
		{chat.Report, "", []chat.File{file("hello.xml", []byte("hello"))},
			[]string{"No report in 1 file", "hello.xml: no report but text"}},
		{"", "", []chat.File{file("page.zip", []byte("PK\x03\x04"))}, []string{"No report in 1 file"}},
		{"", "", []chat.File{file("bounce.eml", []byte("Subject: x\r\n\r\n550 5.1.1 user unknown"))},
			[]string{"recipient does not exist"}},
	} {
		got := ask(x.command, x.text, x.files)
		for _, want := range x.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s %q with %d files: %q is missing in\n%s", x.command, x.text, len(x.files), want, got)
			}
		}
	}
	chinese := func(r *chat.Request) { r.Lang = language.Chinese }
	if got := ask(chat.Report, "dmarc-watching.example 30天", nil, chinese); !strings.Contains(got, "可以安全地改为 quarantine") {
		t.Errorf("in Chinese:\n%s", got)
	}
	elsewhere := func(r *chat.Request) { r.Team = "T2" }
	if got := ask(chat.Report, "dmarc-watching.example", nil, elsewhere); !strings.Contains(got,
		"No reports on dmarc-watching.example") {
		t.Errorf("another workspace:\n%s", got)
	}
}

// TestMailReportUntilLive: the record of a report's next step can be waited for, each domain's by itself; where no
// record is recommended there is nothing to wait for.
func TestMailReportUntilLive(t *testing.T) {
	o := openOffice(t)
	o.compared()
	ask := func(text string, files []chat.File) []chat.Action {
		r := o.request(text)
		r.Command, r.Files = chat.Report, files
		var out []chat.Action
		for _, a := range o.handle(r).Actions {
			if a.Command == chat.Watch {
				out = append(out, a)
			}
		}
		return out
	}
	files := append(attached(o, "!dmarc-watching.example!", 16), attached(o, "!bimi-weak.example!", 16)...)
	all := ask("", files)
	if len(all) != 2 || all[0].ID == all[1].ID || all[0].Label == all[1].Label ||
		!strings.Contains(all[0].Label, "dmarc-watching.example") {
		t.Fatalf("%+v", all)
	}
	for domain, record := range map[string]string{"dmarc-watching.example": "_dmarc.dmarc-watching.example",
		"bimi-weak.example": "TXT bimi-weak.example"} {
		one := ask(domain+" 30d", nil)
		if len(one) != 1 || !strings.Contains(one[0].Label, "live") {
			t.Fatalf("%s: %+v", domain, one)
		}
		got := words(o.watched(one[0].Text))
		if !strings.Contains(got, "not yet at the domain's own servers") || !strings.Contains(got, "☐ ") ||
			!strings.Contains(got, record) {
			t.Errorf("%s: %s", one[0].Text, got)
		}
	}
	if none := ask("smtp-expired.example", attached(o, "tls.json", 1)); len(none) > 0 {
		t.Errorf("%+v", none)
	}
}
