package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"signpost/cases"

	"golang.org/x/text/language"
)

var mailcase = &Command{
	Name: mailcaseName, Usage: "open DOMAIN WORDS | list | mine | show N | search WORDS | note N WORDS | contact N | ticket N NUMBER | answered N | recheck N | remind N 2h | solve N WORDS | close N WORDS | stats | help",
	Example: "/mailcase open example.com no mail since 9:00", Summary: "summary.mailcase", Pastes: true, Run: runMailcase,
	Inputs: caseInputs, inputsFor: func(text string) []Input { verb, _ := caseVerb(text); return caseForms[verb] },
	asksBack: func(text string) bool {
		verb, rest := caseVerb(text)
		_, rest = caseNumber(rest)
		return caseForms[verb] != nil && rest == ""
	},
}

// Case is the command about cases.
const Case = "mailcase"

const mailcaseName = Case

// caseInputs is every field of the forms about cases.
var caseInputs = []Input{
	{Name: "domain", Kind: Domain, Optional: true}, {Name: "title"}, {Name: "provider", Kind: Choice, Optional: true}, {Name: "priority", Kind: Choice, Optional: true}, {Name: "tags", Optional: true},
	{Name: "state", Kind: Choice}, {Name: "text", Kind: Lines}, {Name: "channel", Kind: Choice}, {Name: "ticket", Optional: true}, {Name: "gist", Kind: Lines},
	{Name: "answered", Kind: Choice, Optional: true}, {Name: "next", Kind: Lines, Optional: true}, {Name: "partner", Kind: Choice, Optional: true}, {Name: "who", Optional: true},
	{Name: "resolution", Kind: Lines}, {Name: "lesson", Kind: Lines, Optional: true}, {Name: "when"}, {Name: "into"},
}

// caseForms is the fields that each verb asks for.
var caseForms = map[string][]Input{
	"open":    inputsNamed("domain", "title", "provider", "priority", "tags"),
	"note":    inputsNamed("text"),
	"state":   inputsNamed("state"),
	"contact": inputsNamed("channel", "ticket", "gist", "answered", "next", "partner", "who"),
	"solve":   inputsNamed("resolution", "lesson"),
	"close":   inputsNamed("resolution", "lesson"),
	"lesson":  inputsNamed("resolution"),
	"remind":  inputsNamed("when"),
	"merge":   inputsNamed("into"),
}

func inputsNamed(names ...string) (out []Input) {
	for _, n := range names {
		out = append(out, caseInputs[slices.IndexFunc(caseInputs, func(i Input) bool { return i.Name == n })])
	}
	return out
}

// caseVerbs are what can be done with cases; their words in each language are in the catalogue.
var caseVerbs = []string{
	"open", "list", "mine", "show", "search", "take", "assign", "state", "note", "contact", "ticket", "answered", "recheck", "draft", "remind", "snooze", "solve", "close", "reopen", "merge", "follow",
	"unfollow", "priority", "tag", "lesson", "review", "stats", "export", "import", "delete", "forget", "audit",
}

// insideVerbs are what the program asks itself, and nobody else may.
var insideVerbs = []string{"root", "posted", "due", "home", "heard", "react", "arm", "digest", "sweep"}

// insideVerb is caseVerb for what the program asks itself.
func insideVerb(text string) (verb, rest string) {
	if first, rest, _ := strings.Cut(text, " "); slices.Contains(insideVerbs, first) {
		return first, strings.TrimSpace(rest)
	}
	return caseVerb(text)
}

// caseVerb takes the verb off a text; "" where it begins with none.
func caseVerb(text string) (verb, rest string) {
	first, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	first = strings.ToLower(strings.Trim(first, ":："))
	for _, v := range caseVerbs {
		if first == v || slices.Contains(listed("case."+v), first) {
			return v, strings.TrimSpace(rest)
		}
	}
	return "", strings.TrimSpace(text)
}

// caseNumber takes a case's number off a text; 0 where it begins with none.
func caseNumber(text string) (number int64, rest string) {
	first, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	if n, ok := cases.ParseName(first); ok {
		return n, strings.TrimSpace(rest)
	}
	return 0, strings.TrimSpace(text)
}

// desk is a request about cases at work.
type desk struct {
	d     Deps
	r     Request
	say   func(Reply)
	verb  string
	words string // what follows verb and number
	form  bool   // the form was asked for
	rev   int64  // the case's revision that the asker has seen
	now   time.Time
}

func (k *desk) text(id string, args map[string]any) string { return texts.Text(k.r.Lang, id, args) }

// errSaid says that the answer has been given.
var errSaid = errors.New("commands: said")

// runMailcase carries out what is asked about cases.
func runMailcase(ctx context.Context, d Deps, r Request, reply func(Reply)) error {
	if d.Book == nil {
		reply(Reply{Tone: Caution, Title: texts.Text(r.Lang, "set.no-store", nil), Final: true})
		return nil
	}
	text, form := wantsForm(r.Text)
	k := &desk{d: d, r: r, say: reply, form: form, now: d.Now().UTC().Round(time.Second)}
	k.verb, k.words = caseVerb(text)
	if r.Inside {
		k.verb, k.words = insideVerb(text)
	}
	if k.verb == "" {
		if n, rest := caseNumber(text); n > 0 && rest == "" {
			k.verb = "show"
		} else if text == "" {
			k.verb = "list"
		} else {
			k.wrong("case.unknown-verb", map[string]any{"what": clip(text, 40)})
			return nil
		}
	}
	err := k.run(ctx)
	switch {
	case err == nil, errors.Is(err, errSaid):
		return nil
	case errors.Is(err, cases.ErrNone):
		k.wrong("case.none", map[string]any{"what": clip(k.r.Text, 40)})
		return nil
	case errors.Is(err, cases.ErrConflict):
		k.wrong("case.busy", nil)
		return nil
	case errors.Is(err, cases.ErrFull):
		k.wrong("case.full", nil)
		return nil
	case errors.Is(err, cases.ErrState):
		k.wrong("case.merged-already", nil)
		return nil
	}
	return err
}

func (k *desk) run(ctx context.Context) error {
	switch k.verb {
	case "open":
		return k.open(ctx)
	case "list", "mine", "search":
		return k.list(ctx)
	case "stats":
		return k.stats(ctx)
	case "home":
		return k.home(ctx)
	case "export":
		return k.export(ctx)
	case "import":
		return k.receive(ctx)
	case "forget":
		return k.forget(ctx)
	case "audit":
		return k.audit(ctx)
	case "heard":
		return k.heard(ctx)
	case "react":
		return k.react(ctx)
	case "arm":
		return k.arm(ctx)
	case "digest":
		return k.digest(ctx)
	case "sweep":
		return k.sweep(ctx)
	}
	c, err := k.find(ctx)
	if err != nil {
		return err
	}
	if f := caseForms[k.verb]; f != nil && (k.form || k.words == "" && len(k.r.Values) == 0) {
		return k.ask(c)
	}
	k.rev = k.seenRev(c)
	work := map[string]func(context.Context, *cases.Case) error{
		"show": k.show, "take": k.take, "assign": k.assign, "state": k.state, "note": k.note, "contact": k.contact, "ticket": k.ticket, "answered": k.answered, "recheck": k.recheck,
		"draft": k.draft, "remind": k.remind, "snooze": k.remind, "solve": k.end, "close": k.end, "reopen": k.reopen, "merge": k.merge, "follow": k.follow, "unfollow": k.follow,
		"priority": k.priority, "tag": k.tag, "lesson": k.lesson, "review": k.review, "delete": k.remove, "root": k.root, "posted": k.posted, "due": k.due,
	}[k.verb]
	return work(ctx, c)
}

// wrong says what was wrong, with an example.
func (k *desk) wrong(id string, args map[string]any) {
	k.say(Reply{Tone: Caution, Title: k.text(id, args), Sections: []Section{{Text: k.text("try", map[string]any{"example": "/mailcase note 42 called again"})}}, Final: true})
}

// find is the case that is meant: the one named, that of the thread, or the one last spoken of here.
func (k *desk) find(ctx context.Context) (*cases.Case, error) {
	n, rest := caseNumber(k.words)
	var err error
	switch {
	case n > 0:
		k.words = rest
	case k.r.Thread != "":
		n, err = k.d.Book.InThread(ctx, k.r.Team, k.r.Channel, k.r.Thread)
	default:
		err = cases.ErrNone
	}
	if errors.Is(err, cases.ErrNone) {
		n, err = k.d.Book.LastSpoken(ctx, k.r.where())
	}
	if errors.Is(err, cases.ErrNone) {
		k.wrong("case.which", nil)
		return nil, errSaid
	}
	if err != nil {
		return nil, err
	}
	c, err := k.d.Book.Case(ctx, k.r.Team, n)
	if err == nil && !k.seen(c) {
		err = fmt.Errorf("%w: %s", cases.ErrNone, cases.Name(n)) // not even that there is one
	}
	return c, err
}

// seen reports whether the asker may see a case: one that is restricted, in its channel alone, and by those who work on it.
func (k *desk) seen(c *cases.Case) bool {
	return !c.Restricted || k.r.Channel == c.Channel || k.r.Inside && k.r.User == "" || slices.Contains([]string{c.By, c.Assignee}, k.r.User)
}

// value is what a field says, or the rest of the line.
func (k *desk) value(name string) string {
	v := strings.TrimSpace(k.r.Values[name])
	if v == "" {
		v = k.words
	}
	clean, _ := withoutSecrets(v)
	return clean
}

// pieces is a text as entries of a timeline: a long one in several, so that nothing of it is lost.
func (k *desk) pieces(kind, text string) []cases.Entry {
	runes := []rune(text)
	if len(runes) == 0 {
		return []cases.Entry{{Kind: kind, By: k.r.User}}
	}
	var out []cases.Entry
	for part := range slices.Chunk(runes, cases.MaxText) {
		out = append(out, cases.Entry{Kind: kind, By: k.r.User, Text: string(part)})
	}
	return out
}

// aboutLength tells what became of a text that is longer than its place.
func (k *desk) aboutLength(r *Reply, text string, place int) {
	if k.r.cut {
		r.Sections = append(r.Sections, Section{Muted: true, Text: k.text("case.cut", map[string]any{"size": sizeText(maxPaste)})})
	}
	if n := utf8.RuneCountInString(text); n > place {
		r.Sections = append(r.Sections, Section{Muted: true, Text: k.text("case.long", map[string]any{"count": n, "place": place})})
	}
}

// change changes the case once, and says so: in the thread, to the asker, and in the root message.
func (k *desk) change(ctx context.Context, c *cases.Case, edit func(*cases.Case) (cases.Edit, error), told string, args map[string]any, more ...func(*Reply)) error {
	c, _, err := k.d.Book.Change(ctx, k.r.Team, c.Number, k.r.ID, edit)
	if err != nil {
		return err
	}
	all := map[string]any{"case": c.Name(), "title": c.Title}
	for name, v := range args {
		all[name] = v
	}
	out := Reply{Tone: Good, Title: k.text(told, all), Final: true, Data: caseData(c)}
	out.Posts = append(out.Posts, k.rootPost(c))
	if line := k.threadPost(c, told, all); line != nil {
		line.Reply.Sections = append(line.Reply.Sections, k.followers(c, told, k.caseLang(c))...)
		out.Posts = append(out.Posts, *line)
	} else {
		out.Sections = append(out.Sections, k.followers(c, told, k.r.Lang)...)
	}
	for _, m := range more {
		m(&out)
	}
	return k.done(ctx, c, out)
}

// followers names those who want to hear of it, so that Slack tells them; nothing where it is no news.
func (k *desk) followers(c *cases.Case, told string, lang language.Tag) []Section {
	if !slices.Contains([]string{"case.answered", "case.solved", "case.closed", "case.reopened", "case.state-set", "case.rechecked"}, told) {
		return nil
	}
	var s Section
	for _, f := range c.Followers {
		if f != k.r.User && len(s.Fields) < 10 {
			s.Fields = append(s.Fields, Field{Label: texts.Text(lang, "case.label.for", nil), Person: f})
		}
	}
	if len(s.Fields) == 0 {
		return nil
	}
	return []Section{s}
}

// slower tells who wrote something that somebody else was faster, and gives it back, with a button that says it all the same.
func (k *desk) slower(c *cases.Case, text string) {
	k.say(Reply{
		Tone: Caution, Title: k.text("case.busy", nil), Final: true, Data: caseData(c), Sections: []Section{{Heading: k.text("case.yours", nil), Code: text}},
		Actions: []Action{
			{ID: "show", Label: k.text("case.button.show", nil), Command: mailcaseName, Text: "show " + c.Name()},
			{ID: "anyway", Label: k.text("case.button.anyway", nil), Command: mailcaseName, Text: k.verb + " " + c.Name() + " " + clip(text, 1200)},
		},
	})
}

// done says a Reply about a case.
func (k *desk) done(ctx context.Context, c *cases.Case, out Reply) error {
	if err := k.d.Book.Spoken(ctx, k.r.where(), c.Number); err != nil {
		return err
	}
	if k.r.Public { // said in the thread, where it was asked
		out.Audience = Channel
	}
	k.say(out)
	return nil
}

// rootPost brings the case's root message up to date, or posts it.
func (k *desk) rootPost(c *cases.Case) Post {
	return Post{Key: fmt.Sprintf("case:%d", c.Number), Channel: c.Channel, Ask: rootOf(c), Then: "posted " + c.Name(), Lang: k.caseLang(c)}
}

// rootOf asks for the case's root message.
func rootOf(c *cases.Case) string { return "root " + c.Name() }

// threadPost tells the case's thread what happened; nil where the answer itself stands there.
func (k *desk) threadPost(c *cases.Case, told string, args map[string]any) *Post {
	if k.r.Public && k.r.Channel == c.Channel && k.r.Thread == c.Thread {
		return nil
	}
	lang := k.caseLang(c)
	x := Reply{Audience: Channel, Title: texts.Text(lang, told, args), Final: true, Lang: lang}
	if k.r.User != "" {
		x.Sections = []Section{{Fields: []Field{{Label: texts.Text(lang, "case.by", nil), Person: k.r.User}}}}
	}
	return &Post{Key: "line:" + k.r.ID, Channel: c.Channel, Under: rootOf(c), Reply: x, Lang: lang}
}

// caseLang is the language of what everybody reads about a case.
func (k *desk) caseLang(c *cases.Case) language.Tag {
	if c.Lang == "" {
		return k.r.Lang
	}
	return texts.Match(language.Make(c.Lang))
}

// business is when the team works.
func (k *desk) business(ctx context.Context) cases.Business {
	s, err := k.d.Book.Team(ctx, k.r.Team)
	if err != nil {
		return cases.Business{}
	}
	return cases.Business{Base: k.d.KB, Hours: s.Hours}
}

// ask answers with the form of a verb.
func (k *desk) ask(c *cases.Case) error {
	name := ""
	if c != nil {
		name = " " + c.Name()
	}
	if c != nil && slices.Contains(revisedVerbs, k.verb) {
		name += fmt.Sprintf(" rev=%d", c.Rev)
	}
	f := &Form{Command: mailcaseName, Text: k.verb + name, Title: k.text("form.mailcase."+k.verb+".title", nil), Submit: k.text("form.mailcase."+k.verb+".submit", nil)}
	for _, in := range caseForms[k.verb] {
		in.Label, in.Choices, in.Initial = k.text("form.mailcase."+in.Name, nil), k.choices(in.Name, c), k.initial(in.Name, c)
		if id := "form.mailcase." + in.Name + ".hint"; texts.Has(id) {
			in.Hint = k.text(id, nil)
		}
		if v := k.r.Values[in.Name]; v != "" {
			in.Initial = clip(v, in.Max()-1)
		}
		f.Fields = append(f.Fields, in)
	}
	out := Reply{Title: f.Title, Form: f, Final: true}
	out.Sections = []Section{{Text: k.text("try", map[string]any{"example": k.text("case.example."+k.verb, nil)})}}
	out.Actions = []Action{{ID: "form", Label: k.text("help.button.form", nil), Command: mailcaseName, Text: k.verb + name + " " + formWord}}
	k.say(out)
	return nil
}

func (k *desk) choices(field string, c *cases.Case) []Option {
	options := func(prefix string, values ...string) (out []Option) {
		for _, v := range values {
			out = append(out, Option{v, k.text(prefix+v, nil)})
		}
		return out
	}
	switch field {
	case "provider":
		known := ""
		if c != nil {
			known = c.Provider
		}
		return providerOptions(k.d.KB, k.r.Lang, known)
	case "priority":
		return options("case.priority.", "urgent", "normal", "low")
	case "state":
		return options("case.state.", "waiting-us", "waiting-provider", "waiting-dns", "new")
	case "channel":
		var out []Option
		for _, kind := range contactKinds {
			out = append(out, Option{kind, k.d.KB.ChannelText(k.r.Lang, "kind."+kind, nil)})
		}
		return out
	case "answered":
		return options("case.answered.", "yes", "no")
	case "partner":
		return options("case.partner.", "none", "registrar", "dns")
	}
	return nil
}

func (k *desk) initial(field string, c *cases.Case) string {
	switch field {
	case "priority":
		return string(cases.Normal)
	case "state":
		return string(cases.WaitingProvider)
	case "answered":
		return "no"
	case "partner":
		return "none"
	case "channel":
		return contactKinds[0]
	case "when":
		return "2h"
	case "resolution":
		if c != nil {
			return c.Resolution
		}
	case "lesson":
		if c != nil {
			return c.Lesson
		}
	}
	return ""
}

// caseData is a case as --json prints it.
func caseData(c *cases.Case) map[string]any {
	return map[string]any{
		"case": c.Name(), "number": c.Number, "domain": c.Domain, "provider": c.Provider, "title": c.Title, "state": c.State, "priority": c.Priority, "assignee": c.Assignee, "tickets": c.Tickets,
		"opened": c.Opened.Format(time.RFC3339), "resolution": c.Resolution, "tags": c.Tags,
	}
}
