package console

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/bot/jobs"
	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/lab"
	"signpost/kb"

	"golang.org/x/text/language"
)

func setup(t *testing.T) (*lab.Lab, *kb.Base) {
	t.Helper()
	l, err := lab.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	b, err := kb.Load()
	if err != nil {
		t.Fatal(err)
	}
	return l, b
}

func talk(t *testing.T, input string, change func(*Chat)) string {
	t.Helper()
	l, b := setup(t)
	var out bytes.Buffer
	c := &Chat{In: strings.NewReader(input), Out: &out, Lang: language.English,
		Deps: answers.Deps{KB: b, Net: l.Net(), Now: time.Now}}
	for _, d := range l.Domains() {
		c.Deps.Demo = append(c.Deps.Demo, answers.DemoDomain{Domain: d.Name, Fault: d.Fault})
	}
	if change != nil {
		change(c)
	}
	if err := c.Run(t.Context()); err != nil {
		t.Error(err)
	}
	return out.String()
}

func TestPipedChat(t *testing.T) {
	out := talk(t, "/demo all\n\ncheck spf-none.example\n2\n检查 healthy.example lang=zh\nnonsense\n/quit\n/mailcheck "+
		"healthy.example\n", nil)
	for _, want := range []string{
		"hostile-text.example", "✖ spf-none.example: broken:", "spf-none.example  TXT  v=spf1 mx -all", "[1] Check again",
		"> 2", "spf.none", "✔ healthy.example：邮件配置正常",
		"Did you mean",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if strings.Contains(out, "\x1b") || strings.Contains(out, "> /mailcheck healthy") {
		t.Errorf("escape sequences, or something after the end:\n%s", out)
	}
}

func TestJSONChat(t *testing.T) {
	out := talk(t, "/mailcheck spf-none.example\n/mailhelp\n", func(c *Chat) { c.JSON = true })
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines:\n%s", len(lines), out)
	}
	var first struct {
		Command, Title string
		Data           diag.Report
	}
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil {
		t.Fatal(err)
	}
	if first.Command != "mailcheck" || first.Data.Verdict() != diag.Broken || first.Data.Domain != "spf-none.example" {
		t.Errorf("%+v", first)
	}
}

// TestFormLeft: a form that changes something is not handed in where nobody answered it; a line longer than is read
// ends nothing.
func TestFormLeft(t *testing.T) {
	store, stop, err := jobs.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	out := talk(t, "/mailcase open the matter\n/mailcase state 1\n/mailcase show 1\n/mailcase note 1 "+
		strings.Repeat("long ", 80_000)+"\n/mailcase solve 1\n",
		func(c *Chat) { c.Deps.Book = cases.OpenBook(store, time.Now) })
	for _, want := range []string{"nothing was changed", "State          new", "Only the first", "Noted in MAIL-1"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%.3000s", want, out)
		}
	}
	if strings.Contains(out, "is solved") || strings.Contains(out, "waiting for the provider, for") {
		t.Errorf("handed in all the same:\n%.3000s", out)
	}
}

func TestHostileTextStaysText(t *testing.T) {
	evil := "a\x1b[2Jb\u202ec\x07\x00\td\ne\u009b31m"
	got := Face{}.Text(chat.Reply{Title: evil,
		Sections: []chat.Section{{Heading: evil, Text: evil, Items: []string{evil}, Code: evil,
			Fields: []chat.Field{{Label: evil, Value: evil}}}}})
	for _, r := range got {
		if r != '\n' && (r < 32 || r == 0x202e || r >= 0x7f && r < 0xa0) {
			t.Errorf("%U came through", r)
		}
	}
}

// TestReadersClock: times are shown by the clock of whoever reads them, where it is known.
func TestReadersClock(t *testing.T) {
	at := time.Date(2026, 11, 26, 23, 30, 0, 0, time.UTC)
	r := chat.Reply{Title: "t", Sections: []chat.Section{{Fields: []chat.Field{{Label: "Opened", At: at}},
		Entries: []chat.Entry{{At: at, Text: "opened"}}}}}
	for want, zone := range map[string]*time.Location{"2026-11-26 23:30 UTC": nil,
		"2026-11-27 07:30 +08:00": time.FixedZone("", 8*3600)} {
		if got := (Face{Zone: zone}).Text(r); strings.Count(got, want) != 2 {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

// TestTour follows the guided tour to its end in both languages by the Enter key alone.
func TestTour(t *testing.T) {
	for lang, want := range map[language.Tag][]string{
		language.English: {"Step 1 of 11", "[1] Do it  [2] Next step", "The final dot is missing",
			"> /demo mend missing-dot.example", "Published for missing-dot.example", "✔ missing-dot.example",
			"SERVFAIL", "4008013260", "DKIM", "MAIL-1",
			"Step 11 of 11", "> /demo reports", "That was the tour"},
		language.Chinese: {"第 1 步，共 11 步", "末尾缺少一个点", "已按诊断建议为 missing-dot.example 发布", "✔ missing-dot.example",
			"4008013260", "MAIL-1", "第 11 步，共 11 步", "导览结束"},
	} {
		out := talk(t, "/demo tour\n"+strings.Repeat("\n", 40), func(c *Chat) {
			c.Lang = lang
			inLab(t, c)
			c.Deps.DemoReports = sentReports
		})
		rest := out
		for _, w := range want {
			_, after, ok := strings.Cut(rest, w)
			if !ok {
				t.Fatalf("%v: %q is missing, or stands too early, in\n%s", lang, w, out)
			}
			rest = after
		}
		for _, bad := range []string{"Did you mean", "For example:", "does not know", "例如：/", "您是不是", "不认识"} {
			if strings.Contains(out, bad) {
				t.Errorf("%v: a line of the tour is not understood (%q):\n%s", lang, bad, out)
			}
		}
		if n := strings.Count(out, "\n> "); n != 2*11 { // the first stands at the beginning
			t.Errorf("%v: %d lines were asked", lang, n)
		}
	}
}

// sentReports is the lab's reports, as files that somebody sent.
func sentReports() (out []chat.File) {
	for _, f := range lab.Reports(time.Now()) {
		out = append(out, chat.File{Name: f.Name, Size: int64(len(f.Content)),
			Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.Content)), nil }})
	}
	return out
}

// TestTourIsLeft: whoever asks something else on the tour goes on where they were; without a tour an empty line asks
// for nothing.
func TestTourIsLeft(t *testing.T) {
	out := talk(t, "\n/demo tour\n/mailhelp help\n\n1\n\n", func(c *Chat) { inLab(t, c) })
	for _, want := range []string{"> /demo tour", "Step 1 of", "> /mailhelp help", "> /mailcheck missing-dot.example",
		"> 1", "> /demo tour 2", "Step 2 of"} {
		_, after, ok := strings.Cut(out, want)
		if !ok {
			t.Fatalf("%q is missing in\n%s", want, out)
		}
		out = after
	}
}

// TestNoDemo: where there is no demo, /demo tells how to start it.
func TestNoDemo(t *testing.T) {
	out := talk(t, "/demo\n/dema\n", func(c *Chat) { c.Deps.Demo = nil })
	if !strings.Contains(out, "console --demo") || strings.Contains(out, "mean /demo") {
		t.Errorf("shown:\n%s", out)
	}
}

func TestWrapCountsWideCharacters(t *testing.T) {
	got := Face{Width: 40}.Text(chat.Reply{Title: strings.Repeat("邮件", 40)})
	for line := range strings.Lines(got) {
		if n := len([]rune(strings.TrimSpace(line))); n > 20 {
			t.Errorf("%d wide characters on a line of 40 columns", n)
		}
	}
}

func TestWrapKeepsWordsWhole(t *testing.T) {
	whole := []string{"https://help.example/a-very-long/path/of-many/words?that=goes&beyond=the-width-of-it",
		"a-host-name-of-many-words.mail.example", "TLS-RPT", "2026-12-01"}
	got := Face{Width: 40}.Text(chat.Reply{Title: "t", Sections: []chat.Section{
		{Items: []string{whole[0], "the host that answers is " + whole[1]},
			Text: "thirty columns of words, and now " + whole[2] + " and thirty columns more up to " + whole[3]},
		{Text: strings.Repeat("邮", 20) + "。" + strings.Repeat("邮", 3)},
	}})
	for _, w := range whole {
		if !strings.Contains(got, w) {
			t.Errorf("%q is parted in\n%s", w, got)
		}
	}
	for line := range strings.Lines(got) {
		if line = strings.TrimSpace(line); line == "-" || strings.HasPrefix(line, "。") {
			t.Errorf("a line of %q in\n%s", line, got)
		}
	}
}

// TestFormLeftAtTerminal: Ctrl-C, Ctrl-D or a command leaves a form, and nothing of it is handed in; an empty answer
// keeps what stands there, a dash empties the field.
func TestFormLeftAtTerminal(t *testing.T) {
	form := &chat.Form{Title: "Form",
		Fields: []chat.Input{{Name: "when", Label: "When", Initial: "2h"},
			{Name: "what", Label: "What", Optional: true, Initial: "call"}}}
	for _, x := range []struct {
		answers    []string
		ok         bool
		when, what string
		held       string
	}{
		{answers: []string{"", "-"}, ok: true, when: "2h"},
		{answers: []string{"tomorrow 9:00", ""}, ok: true, when: "tomorrow 9:00", what: "call"},
		{answers: []string{"3h", "/mailcase list"}, held: "/mailcase list"},
		{answers: []string{"3h"}},
	} {
		var out bytes.Buffer
		c := &Chat{Deps: answers.Deps{Now: time.Now}, Out: &out, Terminal: true, Lang: language.English,
			read: func(string, string) (string, error) {
				if len(x.answers) == 0 {
					return "", errLeft
				}
				line := x.answers[0]
				x.answers = x.answers[1:]
				return line, nil
			}}
		values, ok := c.ask(form)
		if ok != x.ok || c.held != x.held || ok && (values["when"] != x.when || values["what"] != x.what) {
			t.Errorf("%+v: %v %v, held %q", x, values, ok, c.held)
		}
		if !ok && !strings.Contains(out.String(), "Left as it was") {
			t.Errorf("nothing is said:\n%s", &out)
		}
	}
}

// safeBuffer is written to and read at once.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestDemoCase types the lines that /demo case tells, in both languages: they lead a case through its whole life.
func TestDemoCase(t *testing.T) {
	for lang, want := range map[language.Tag][]string{
		language.English: {"MAIL-1 is open", "contact on record: ticket · they ask for the headers",
			"0003Y5YJCP is on record", "a reminder at", "first answer by ticket 0003Y5YJCP", "Fixed since opening (1)",
			"MAIL-1 is solved", "Review of MAIL-1", "look at SPF before a move", "Time to solution"},
		language.Chinese: {"MAIL-1", "对方要求提供邮件头", "0003Y5YJCP", "提醒", "首次答复", "已修复", "复盘", "迁移前先看 SPF"},
	} {
		lines := strings.Join(strings.Split(chat.Text(lang, "demo.case", nil), "\n"), "\n")
		out := talk(t, "/demo case\n"+lines+"\n", func(c *Chat) {
			c.Lang = lang
			inLab(t, c)
		})
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: %q is missing in\n%s", lang, w, out)
			}
		}
		if strings.Contains(out, "For example: /mailcase") || strings.Contains(out, "例如：/mailcase") {
			t.Errorf("%s: something was not understood:\n%s", lang, out)
		}
	}
}

// inLab gives a chat a casebook, and a lab whose records may be changed.
func inLab(t *testing.T, c *Chat) {
	t.Helper()
	store, stop, err := jobs.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	c.Deps.Book = cases.OpenBook(store, time.Now)
	l, err := lab.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	c.Deps.Net = l.Net()
	c.Deps.Publish = func(records []kb.Record) error {
		var changes []lab.Published
		for _, r := range records {
			changes = append(changes, lab.Published(r))
		}
		_, err := l.Publish(changes)
		return err
	}
}

// TestCaseInConsole leads a case through its whole life: opened from a diagnosis, a contact, the ticket's number, the
// first answer, the DNS mended, checked again, solved, reviewed, kept; and a reminder comes while nobody types.
func TestCaseInConsole(t *testing.T) {
	out, in := &safeBuffer{}, strings.Join([]string{
		"/mailcheck spf-no-provider.example", "3", // the button that opens a case
		"/mailcase remind 1 1s call them", "/mailcase contact 1", "ticket", "", "all of it, with the bounce", "no", "", "",
		"", "/mailcase ticket 1 0003Y5YJCP", "/mailcase answered 1 they see it too",
		"/demo mend spf-no-provider.example", "/mailcase recheck 1", "1", "published the include",
		"look at SPF before a move", "/mailcase review 1", "/mailask what about SPF before a move?", "/mailcase list",
		"/mailcase stats",
		"/mailcase export csv", "",
	}, "\n")
	talk(t, "", func(c *Chat) {
		pr, pw := io.Pipe()
		c.In, c.Out = pr, out
		inLab(t, c)
		go func() {
			defer pw.Close()
			_, _ = io.WriteString(pw, in)
			for end := time.Now().Add(20 * time.Second); time.Now().Before(end) &&
				!strings.Contains(out.String(), "Reminder: MAIL-1"); {
				<-time.After(10 * time.Millisecond)
			}
		}()
	})
	for _, want := range []string{
		"MAIL-1 is open: ", "MAIL-1: contact on record: ticket · all of it, with the bounce", "MAIL-1: ticket 0003Y5YJCP",
		"first answer", "Fixed since opening (1)", "SPF does not name your mailbox provider", "MAIL-1 is solved",
		"Review of MAIL-1", "ticket 0003Y5YJCP · all of it", "published the include", "Learned in your own cases",
		"look at SPF before a move", "First answer, median", "MAIL-1,spf-no-provider.example,alimail,",
		"Reminder: MAIL-1", "call them",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}
