package blockkit

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"signpost/bot/internal/slackfake"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
	"golang.org/x/text/language"
)

// asSent is blocks as they travel.
func asSent(t testing.TB, blocks []slack.Block) []map[string]any {
	t.Helper()
	raw, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAnySize renders Replies of every shape and size; the strict fake judges.
func TestAnySize(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	bits := []string{"a", "<!channel>", "<@U123>", "&", "中文", "```", "\n", " ", "*", "\x00", "\u202e", "é",
		"https://x.example/", "\xff", "👍", "_spf.example.com"}
	text := func(n int) string {
		var b strings.Builder
		for range random.IntN(n + 1) {
			b.WriteString(bits[random.IntN(len(bits))])
		}
		return b.String()
	}
	for i := range 300 {
		size := []int{0, 3, 40, 300, 2000}[i%5]
		r := chat.Reply{Tone: chat.Tone(random.IntN(5)), Title: text(size), Final: random.IntN(2) == 0}
		for range random.IntN([]int{1, 3, 10, 60}[i%4] + 1) {
			s := chat.Section{Tone: chat.Tone(random.IntN(5)), Heading: text(size / 4), Text: text(size), Code: text(size),
				Muted: random.IntN(3) == 0}
			for range random.IntN(8) {
				s.Items = append(s.Items, text(size/4))
				s.Fields = append(s.Fields, chat.Field{Label: text(10), Value: text(size / 4)})
			}
			if random.IntN(2) == 0 {
				s.Table = chat.NewTable(text(size/8) + "|#" + text(10) + "|" + text(10))
				for range s.Items {
					s.Table.Add(text(size/4), text(size/4), text(size/4))
				}
			}
			r.Sections = append(r.Sections, s)
		}
		for n := range random.IntN(30) {
			r.Actions = append(r.Actions,
				chat.Action{ID: fmt.Sprint(n), Label: "Label " + fmt.Sprint(n), Command: "mailcheck", Text: text(size / 2),
					Detail: n == 1, Danger: n == 2, Confirm: "Sure?" + text(300)})
		}
		if r.Title == "" {
			r.Title = "x"
		}
		m := Render(language.English, r, "kept")
		raw, err := json.Marshal(m.Blocks)
		if err != nil {
			t.Fatal(err)
		}
		if faults := slackfake.Judge(m.Text, raw); len(faults) > 0 {
			t.Fatalf("message %d: %v", i, faults)
		}
		for page, pages := 0, 1; page < min(pages, 3); page++ {
			var v slack.ModalViewRequest
			v, pages = Page(language.Chinese, r.Title, r.Sections, "kept", page)
			raw, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if faults := slackfake.JudgeView(raw); len(faults) > 0 {
				t.Fatalf("view %d page %d: %v", i, page, faults)
			}
		}
	}
}

// TestNothingIsLost finds every record of a report of 300 findings on the pages of its modal, and the way to them in
// the message.
func TestNothingIsLost(t *testing.T) {
	r := chat.Reply{Title: "big", Final: true}
	for i := range 300 {
		r.Sections = append(r.Sections,
			chat.Section{Heading: fmt.Sprintf("Finding %d", i), Text: strings.Repeat("why ", 50),
				Code: fmt.Sprintf("x%d.example TXT \"%s\"", i, strings.Repeat("y", 100))})
	}
	m := Render(language.English, r, "job-1")
	all := slackfake.AllText(asSent(t, m.Blocks))
	if !m.Cut || !strings.Contains(all, "Finding 0") || strings.Contains(all, "Finding 299") ||
		!strings.Contains(all, "more parts do not fit") {
		t.Errorf("cut %v: %.300s", m.Cut, all)
	}
	var click Click
	for _, b := range slackfake.Buttons(asSent(t, m.Blocks)) {
		if b.ActionID == "show-all" {
			c, err := ParseClick(b.Value)
			if err != nil {
				t.Fatal(err)
			}
			click = c
		}
	}
	if click.Kept != "job-1"+WholeSuffix {
		t.Fatalf("no button for the whole: %+v", click)
	}
	seen := ""
	for page, pages := 0, 1; page < pages; page++ {
		var v slack.ModalViewRequest
		v, pages = Page(language.English, r.Title, r.Sections, click.Kept, page)
		seen += slackfake.AllText(asSent(t, v.Blocks.BlockSet))
	}
	for i := range 300 {
		if !strings.Contains(seen, fmt.Sprintf("x%d.example TXT", i)) {
			t.Errorf("finding %d is on no page", i)
		}
	}
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"<!channel> & <@U1>": "&lt;!channel&gt; &amp; &lt;@U1&gt;", "a\x00b\u202ec": "a�b�c", "\xff": "�", "中文": "中文",
		"a\tb\nc": "a b\nc",
	} {
		if got := Escape(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"ask <@U1> & <#C2|general>":                    "ask <@U1> &amp; <#C2>",
		"<!channel> <!subteam^S1> <@S1> <@U1|<!here>>": "&lt;!channel&gt; &lt;!subteam^S1&gt; &lt;@S1&gt; &lt;@U1|&lt;!here&gt;&gt;",
		"<http://x.example|U1> &lt;@U1&gt;":            "&lt;http://x.example|U1&gt; &amp;lt;@U1&amp;gt;",
	} {
		if got := EscapeSaid(in); got != want {
			t.Errorf("%q said: %q, want %q", in, got, want)
		}
	}
	if got := fence("a```b"); strings.Contains(got, "```") {
		t.Errorf("the fence is open: %q", got)
	}
}

// FuzzPieces parts texts: nothing is lost, and no piece is too long.
func FuzzPieces(f *testing.F) {
	f.Add("a\nb&<>\n\n中", 5)
	f.Fuzz(func(t *testing.T, s string, n int) {
		if n < 5 || n > 100 || len(s) > 5000 {
			return
		}
		s = chat.Clean(s)
		got := pieces(s, n, Escape)
		for _, p := range got {
			if utf8.RuneCountInString(Escape(p)) > n {
				t.Errorf("%q is longer than %d", p, n)
			}
		}
		letters := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if letters(strings.Join(got, "")) != letters(s) {
			t.Errorf("%q became %q", s, got)
		}
	})
}

func TestParseClick(t *testing.T) {
	for _, bad := range []string{"", "x", "{}", `{"c":1}`, `{"k":"x","p":-1}`, "[]"} {
		if c, err := ParseClick(bad); err == nil {
			t.Errorf("%q: %+v", bad, c)
		}
	}
	if c, err := ParseClick(`{"c":"mailcheck","t":"a.b"}`); err != nil || c.Command != "mailcheck" || c.Text != "a.b" {
		t.Errorf("%+v, %v", c, err)
	}
}
