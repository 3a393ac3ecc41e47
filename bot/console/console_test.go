package console

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"signpost/commands"
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

func chat(t *testing.T, input string, change func(*Chat)) string {
	t.Helper()
	l, b := setup(t)
	var out bytes.Buffer
	c := &Chat{In: strings.NewReader(input), Out: &out, Lang: language.English, Deps: commands.Deps{KB: b, Net: l.Net(), Now: time.Now}}
	for _, d := range l.Domains() {
		c.Deps.Demo = append(c.Deps.Demo, commands.DemoDomain{Domain: d.Name, Fault: d.Fault})
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
	out := chat(t, "/demo\n\ncheck spf-none.example\n2\n检查 healthy.example lang=zh\nnonsense\n/quit\n/mailcheck healthy.example\n", nil)
	for _, want := range []string{
		"hostile-text.example", "✖ spf-none.example: broken:", "spf-none.example  TXT  v=spf1 mx -all", "[1] Check again", "> 2", "spf.none", "✔ healthy.example：邮件配置正常",
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
	out := chat(t, "/mailcheck spf-none.example\n/mailhelp\n", func(c *Chat) { c.JSON = true })
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

func TestHostileTextStaysText(t *testing.T) {
	evil := "a\x1b[2Jb\u202ec\x07\x00\td\ne\u009b31m"
	got := Face{}.Text(commands.Reply{Title: evil, Sections: []commands.Section{{Heading: evil, Text: evil, Items: []string{evil}, Code: evil, Fields: []commands.Field{{Label: evil, Value: evil}}}}})
	for _, r := range got {
		if r != '\n' && (r < 32 || r == 0x202e || r >= 0x7f && r < 0xa0) {
			t.Errorf("%U came through", r)
		}
	}
}

func TestWrapCountsWideCharacters(t *testing.T) {
	got := Face{Width: 40}.Text(commands.Reply{Title: strings.Repeat("邮件", 40)})
	for line := range strings.Lines(got) {
		if n := len([]rune(strings.TrimSpace(line))); n > 20 {
			t.Errorf("%d wide characters on a line of 40 columns", n)
		}
	}
}
