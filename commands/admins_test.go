package commands

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/internal/redistest"
)

// reserved is lines that ask for what is for administrators, by what they ask for, in the words of either language.
func reserved() map[string][]string {
	out := map[string][]string{
		"delete": {"delete 1", "delete 1 yes", "delete MAIL-1 yes", "1 delete", "please delete case 1", "删除案例 1"},
		"export": {"export json", "export"},
		"import": {"import"},
		"forget": {"forget <@U7>", "forget <@U7> yes", "forget U7ABCDEF"},
		"set":    {"language=zh", "hours=always", "form", "admins=<@U2>", "管理员=关", "摘要=每天", "access=channel record=on"},
	}
	for _, lang := range chat.Languages() {
		for _, verb := range slices.Collect(maps.Keys(out)) {
			if verb == "set" {
				continue
			}
			for _, word := range strings.Split(chat.Text(lang, "words.case."+verb, nil), ",") {
				out[verb] = append(out[verb], strings.TrimSpace(word)+map[string]string{"delete": " 1 yes", "export": " json",
					"forget": " <@U7> yes"}[verb])
			}
		}
	}
	return out
}

// ways is how the same line may come: what is done to a request whose command is known.
func ways() map[string]func(*chat.Request) {
	free := func(r *chat.Request) { // what somebody writes names its command
		r.Text, r.Command = "/"+r.Command+" "+r.Text, ""
	}
	return map[string]func(*chat.Request){
		"a slash command, a button or a form": func(*chat.Request) {},
		"a direct message":                    func(r *chat.Request) { free(r); directly(r) },
		"a mention":                           func(r *chat.Request) { free(r); r.Text, r.Public = "<@UBOT> "+r.Text, true },
		"the thread of the case": func(r *chat.Request) {
			r.Public, r.Command, r.Thread = r.Command == chat.Case, "", "1.1"
		},
		"a person's own page": func(r *chat.Request) { directly(r); r.Channel = r.User },
		"with a language":     func(r *chat.Request) { r.Text += " lang=zh" },
	}
}

// TestAdministrators: where administrators are named, nobody else exports, imports, deletes, forgets or sets anything,
// by whatever way and words; who is refused is told whom to ask; and they themselves go on as before.
func TestAdministrators(t *testing.T) {
	for _, named := range []string{"in the workspace", "in the environment"} {
		o := openOffice(t)
		o.ask("open the printer of <@U7> is slow")
		if _, _, err := o.d.Book.Change(t.Context(), "T1", 1, "p",
			func(c *cases.Case) (cases.Edit, error) { return c.Posted("C1", "1.1") }); err != nil {
			t.Fatal(err)
		}
		if named == "in the workspace" {
			o.says("admins=<@U1>,<@U5|carol>", "Administrators", by(chat.Set))
		} else {
			o.d.Admins = answers.Admins{"": {"U1", "U5"}}
		}
		before := o.ask("export json", directly).File.Content
		settings := o.ask("", by(chat.Set)).Data
		for what, lines := range reserved() {
			for _, line := range lines {
				for way, change := range ways() {
					r := o.request(line, as("U2"), change)
					if what == "set" {
						r = o.request(line, as("U2"), by(chat.Set), change)
						if way == "the thread of the case" {
							continue // settings have no words of their own there
						}
					}
					if what == "import" {
						r.Files = []chat.File{{Name: "casebook.json", Open: func(context.Context) (io.ReadCloser, error) {
							t.Errorf("%s: the file is opened", way)
							return nil, errors.New("not for U2")
						}}}
					}
					got := o.handle(r)
					if w := words(got); got.Tone != chat.Caution || !strings.Contains(w, "U1") || !strings.Contains(w, "U5") ||
						got.File != nil || got.Form != nil || len(got.Outbox)+len(got.Actions) > 0 {
						t.Errorf("%s, %s, %q: %.300s", named, way, line, w)
					}
				}
			}
		}
		// The answers to a form that was opened before.
		r := o.request("", by(chat.Set), as("U2"), func(r *chat.Request) { r.Values = map[string]string{"digest": "daily"} })
		if got := o.handle(r); got.Tone != chat.Caution || !strings.Contains(words(got), "U5") {
			t.Errorf("a form: %+v", got)
		}
		if after := o.ask("export json", directly, as("U5")).File.Content; string(after) != string(before) {
			t.Errorf("changed:\n%s\nwas\n%s", after, before)
		}
		if now := o.ask("", by(chat.Set), as("U2")).Data; !maps.Equal(now.(map[string]string), settings.(map[string]string)) {
			t.Errorf("settings: %v, were %v", now, settings)
		}
		// Everything else is everybody's.
		o.says("note 1 from U2", "MAIL-1", as("U2"))
		o.says("", "Administrators", by(chat.Set), as("U2"))
		// And another workspace has none named, or the same of the environment.
		other := func(r *chat.Request) { r.Team = "T2" }
		got := o.ask("digest=daily", by(chat.Set), as("U2"), other)
		if (got.Tone == chat.Good) != (named == "in the workspace") {
			t.Errorf("%s, elsewhere: %s", named, words(got))
		}
		o.ask("delete 1 yes", as("U5"))
		o.says("show 1", "no such case")
	}
}

// TestNobodyLockedOut: who changes the list of administrators cannot leave a workspace without one by a slip, and the
// environment goes before the list.
func TestNobodyLockedOut(t *testing.T) {
	o := openOffice(t)
	o.d.HasLeft = func(_ context.Context, user string) bool { return user == "U8" }
	admins := func() string { return o.ask("", by(chat.Set)).Data.(map[string]string)["admins"] }
	set := func(who, text, want string) chat.Reply {
		t.Helper()
		got := o.ask(text, by(chat.Set), as(who))
		if now := admins(); now != want {
			t.Errorf("%s by %s: %q, want %q", text, who, now, want)
		}
		return got
	}
	if got := words(set("U1", "admins=<@U9>", "U9,U1")); !strings.Contains(got, "You stay an administrator") {
		t.Error(got)
	}
	set("U1", "admins=<@U9>", "U9")       // U9 was one, and stays
	set("U9", "admins=<@U2>", "U2,U9")    // nobody who was one would stay
	set("U9", "管理员=<@U2>，<@U8>", "U2,U8") // U2 stays
	if got := set("U2", "admins=@bob", "U2,U8"); got.Tone != chat.Caution {
		t.Error(words(got))
	}
	set("U2", "admins=<@U8>", "U8,U2") // U8 was one, and has left
	if got := set("U7", "admins=<@U7>", "U8,U2"); got.Tone != chat.Caution {
		t.Error(words(got))
	}
	// An administrator's name in the list is not forgotten by the way: with the last everybody would become one.
	o.says("forget <@U2> yes", "administrator", as("U2"))
	set("U2", "admins=off", "off")
	o.says("forget <@U2> yes", "Taken out of", as("U3"))

	o.d.Admins = answers.Admins{"T1": {"U4"}}
	if got := set("U4", "admins=<@U4>,<@U5>", "U4"); !strings.Contains(words(got), "SIGNPOST_ADMINS") {
		t.Error(words(got))
	}
	if got := set("U4", "digest=daily", "U4"); got.Tone != chat.Good {
		t.Error(words(got))
	}
	if got := o.ask("digest=off", by(chat.Set), as("U3")); got.Tone != chat.Caution {
		t.Error(words(got))
	}
	o.d.Admins = answers.Admins{"T2": {"U4"}}
	if got := o.ask("digest=off", by(chat.Set), as("U3")); got.Tone != chat.Good {
		t.Error(words(got))
	}
}

// TestAdministratorsUnknown: where it cannot be told who the administrators are, nobody is taken for one.
func TestAdministratorsUnknown(t *testing.T) {
	o := openOffice(t)
	client := redistest.Embedded(t)
	o.d.Book = cases.OpenBook(client, o.d.Now)
	o.ask("open login broken")
	if err := client.HSet(t.Context(), "signpost:{T1}:settings", "admins", "{").Err(); err != nil {
		t.Fatal(err)
	}
	for _, r := range []chat.Request{o.request("delete 1 yes"), o.request("export json", directly),
		o.request("language=zh", by(chat.Set))} {
		if err := Handle(t.Context(), o.d, r, func(x chat.Reply) {
			if x.Final {
				t.Errorf("%s: %s", r.Text, words(x))
			}
		}); err == nil {
			t.Errorf("%s: no error", r.Text)
		}
	}
}
