package commands

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag"

	"golang.org/x/text/language"
)

// TestShort holds every answer to so many lines before "more", and whatever is over them to what stands behind it.
func TestShort(t *testing.T) {
	d := deps(t)
	holds := func(command, text string, lang language.Tag) chat.Reply {
		r, _ := ask(t, d, command, text, lang)
		if r.Height() > chat.MaxLines {
			t.Errorf("%s %s: %d lines:\n%s", command, chat.Clip(text, 60), r.Height(), r.Lines())
		}
		return r
	}
	beside(d.Demo, func(i int, x answers.DemoDomain) {
		lang := []language.Tag{language.English, language.Chinese}[i/3%2]
		switch {
		case i%3 == 0 || !testing.Short():
			r := holds(chat.Check, x.Domain, lang)
			report := r.Data.(*diag.Report)
			for _, f := range report.Findings() {
				if title := d.KB.Advise(lang, report, f).Title; !strings.Contains(full(r), title) {
					t.Errorf("%s: %q stands nowhere in\n%s", x.Domain, title, full(r))
				}
			}
			for _, res := range report.Results {
				if title := d.KB.CheckTitle(lang, res.Check); res.Status == diag.Unknown && !strings.Contains(r.Lines(), title) {
					t.Errorf("%s: that %s could not be checked is not in\n%s", x.Domain, title, r.Lines())
				}
			}
		case i%3 == 1:
			holds(chat.Help, x.Domain+" no mail since 9:00, urgent", lang)
			holds(chat.Ticket, x.Domain+" no mail since 9:00 text=both", lang)
		default:
			holds(chat.Help, x.Domain+" 邮箱被盗 550 5.7.26 退信", lang)
			holds(chat.Ticket, x.Domain+" 收不到发票 密码 Abc12345!", lang)
		}
	})
	o := openOffice(t)
	o.d.Demo = d.Demo
	for _, ask := range []struct{ command, text string }{{chat.Set, ""}, {chat.Demo, ""},
		{chat.Set, "digest=daily hours=always provider=alimail region=CN"}} {
		for _, lang := range chat.Languages() {
			in := func(r *chat.Request) { r.Lang = lang }
			r := o.ask(ask.text, by(ask.command), in)
			if r.Height() > chat.MaxLines || r.Detail == nil {
				t.Errorf("/%s %s: %d lines, more: %v\n%s", ask.command, ask.text, r.Height(), r.Detail != nil, r.Lines())
			}
			whole := o.ask("more", by(""), in)
			n := r.Height() + (chat.Reply{Sections: r.Detail.Sections}).Height()
			if whole.Height() < n-3 || whole.Detail != nil {
				t.Errorf("/%s, more: %d of %d lines\n%s", ask.command, whole.Height(), n, whole.Lines())
			}
		}
	}
	for _, g := range d.KB.Guides() {
		for _, lang := range chat.Languages() {
			holds(chat.Ask, "guide="+g.ID, lang)
		}
	}
	files, _ := filepath.Glob("../kb/testdata/bounces/collected/*")
	if len(files) == 0 {
		t.Fatal("no bounces")
	}
	beside(files, func(i int, name string) {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
		}
		holds(chat.Bounce, string(raw), []language.Tag{language.English, language.Chinese}[i%2])
	})
}

// TestWholeOnDemand gives all of an answer to the button "more", typed as a line too.
func TestWholeOnDemand(t *testing.T) {
	d := deps(t)
	for _, c := range []struct{ command, text string }{
		{chat.Ask, "guide=bulk"}, {chat.Ticket, "names-entered-whole.example no mail since 9:00"},
		{chat.Help, "spf-no-provider.example no mail, urgent"},
		{chat.Check, "names-entered-whole.example"}, {chat.Help, "邮箱被盗 阿里邮箱"},
	} {
		short, _ := ask(t, d, c.command, c.text, language.English)
		if short.Detail == nil {
			t.Fatalf("%s %s has no more:\n%s", c.command, c.text, short.Lines())
		}
		text := ""
		for _, a := range short.Actions {
			if a.Detail {
				text = a.Text
			}
		}
		if text == "" {
			t.Errorf("%s %s: no button gives the rest: %v", c.command, c.text, short.Actions)
		}
		long, _ := ask(t, d, c.command, text, language.English)
		if len(long.Lines()) <= len(short.Lines()) {
			t.Errorf("%s %s: %d lines, then %d", c.command, text, short.Height(), long.Height())
		}
	}
}

// TestCut moves what is over, and loses nothing.
func TestCut(t *testing.T) {
	list := chat.Section{Heading: "list"}
	for i := range 20 {
		list.Items = append(list.Items, fmt.Sprint("item ", i))
	}
	r := chat.Reply{Title: "title",
		Sections: []chat.Section{{Text: "first"}, list, {Muted: true, Text: "muted"}, {Code: "record"}}}
	out, cut := r.Short()
	if !cut || out.Height() > chat.MaxLines || out.Detail == nil {
		t.Fatalf("%v, %d lines", cut, out.Height())
	}
	for _, want := range append([]string{"first", "muted", "record"}, list.Items...) {
		if !strings.Contains(full(out), want) {
			t.Errorf("%q is lost", want)
		}
	}
	if _, cut := (chat.Reply{Title: "title", Sections: r.Sections[:1]}).Short(); cut {
		t.Error("two lines are cut")
	}
}
