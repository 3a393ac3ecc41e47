package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"signpost/cases"

	"golang.org/x/text/language"
)

var mailcase = &Command{
	Name: mailcaseName, Summary: "summary.mailcase", Pastes: true, NamesPeople: true, Run: runMailcase,
	Inputs: caseInputs, inputsFor: func(text string) []Input { return caseForms[readOrder(text).verb] }, reads: caseValues, help: caseHelp,
	asksBack: func(text string) bool {
		o := readOrder(text)
		return caseForms[o.verb] != nil && o.words == "" && len(o.more) == 0
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
	{Name: "since", Optional: true}, {Name: "at", Optional: true},
}

// caseForms is the fields that each verb asks for.
var caseForms = map[string][]Input{
	"open":    inputsNamed("domain", "title", "since", "provider", "priority", "tags"),
	"note":    inputsNamed("text"),
	"state":   inputsNamed("state"),
	"contact": inputsNamed("channel", "ticket", "gist", "answered", "next", "partner", "who", "at"),
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

// desk is a request about cases at work.
type desk struct {
	d     Deps
	r     Request
	say   func(Reply)
	order order
	verb  string
	words string // what follows verb and number
	form  bool   // the form was asked for
	rev   int64  // the case's revision that the asker has seen
	now   time.Time
	// moved is the case that was named, where the work goes on in the one that it is part of.
	moved *cases.Case
	works *cases.Business // when the team works, once it was asked
	// masked says that something secret was taken out of a text.
	masked bool
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
	k.order = readOrder(text)
	if first, rest := cutWord(text); r.Inside && slices.Contains(insideVerbs, first) {
		k.order = numbered(first, rest)
	}
	k.verb, k.words = k.order.verb, k.order.words
	if ended, ok := stateIn(k.words); ok && !ended.Open() && k.verb == "state" { // "state 42 solved"
		k.verb, k.words = map[cases.State]string{cases.Solved: "solve", cases.Closed: "close"}[ended], ""
	}
	if first, _ := cutWord(text); k.verb == "state" && k.words == "" && folded(first) == "status" && !form { // a question
		k.verb = "show"
	}
	switch {
	case k.verb == "" && text == "":
		k.verb = "list"
	case k.verb == "" && slices.Contains(listed("case.all"), folded(text)):
		k.verb = "list"
	case k.verb == "":
		k.unknown(text)
		return nil
	case wantsHelp(k.words) && k.order.number == 0 && !r.Inside:
		reply(caseHelp(r.Lang, k.verb))
		return nil
	}
	err := k.run(ctx)
	switch {
	case err == nil, errors.Is(err, errSaid):
		return nil
	case errors.Is(err, cases.ErrNone):
		_, what, _ := strings.Cut(err.Error(), ": no such case: ")
		k.wrong("case.none", map[string]any{"what": cmp.Or(what, clip(k.words, 40))})
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
	case "reminders":
		return k.reminders(ctx)
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
	if len(k.order.more) > 0 {
		if err := k.several(ctx); !errors.Is(err, errWords) {
			return err
		}
	}
	c, err := k.find(ctx)
	if err != nil {
		return err
	}
	if f := caseForms[k.verb]; f != nil && (k.form || k.words == "" && emptyValues(k.r.Values)) {
		return k.ask(c)
	}
	if !k.fit() {
		return nil
	}
	k.rev = k.seenRev(c)
	work := map[string]func(context.Context, *cases.Case) error{
		"show": k.show, "take": k.take, "assign": k.assign, "state": k.state, "note": k.note, "contact": k.contact, "ticket": k.ticket, "answered": k.answered, "recheck": k.recheck,
		"draft": k.draft, "remind": k.remind, "snooze": k.remind, "solve": k.end, "close": k.end, "reopen": k.reopen, "merge": k.merge, "follow": k.follow, "unfollow": k.follow,
		"priority": k.priority, "tag": k.tag, "untag": k.tag, "lesson": k.lesson, "review": k.review, "delete": k.remove, "root": k.root, "posted": k.posted, "due": k.due,
	}[k.verb]
	return work(ctx, c)
}

// wrong says what was wrong, with an example of what was to be done.
func (k *desk) wrong(id string, args map[string]any) { k.wrongly(k.verb, id, args) }

func (k *desk) wrongly(verb, id string, args map[string]any) {
	out := Reply{Tone: Caution, Title: k.text(id, args), Final: true}
	if example := "case.example." + verb; texts.Has(example) {
		out.Sections = []Section{{Text: k.text("try", map[string]any{"example": k.text(example, nil)})}}
	}
	k.say(out)
}

// unknown answers a line that names nothing that can be done, with what may have been meant.
func (k *desk) unknown(text string) {
	first, _ := cutWord(text)
	if name := namedCase.FindString(text); name != "" { // it is known of which case, and not what is to be done
		name = strings.ToUpper(name)
		k.say(Reply{
			Tone: Caution, Title: k.text("case.unknown-verb", map[string]any{"what": clip(text, 60)}), Final: true,
			Sections: []Section{{Text: k.text("case.unknown-with", map[string]any{"case": name}), Items: []string{
				fmt.Sprintf("/%s state %s waiting-provider", mailcaseName, name), fmt.Sprintf("/%s note %s …", mailcaseName, name), fmt.Sprintf("/%s close %s …", mailcaseName, name), "/" + mailcaseName + " help",
			}}},
			Actions: []Action{{ID: "show", Label: k.text("case.button.show", nil), Command: mailcaseName, Text: "show " + name}, {ID: "note", Label: k.text("case.button.note", nil), Command: mailcaseName, Text: "note " + name + " " + clip(text, 1200)}},
		})
		return
	}
	if near := nearestVerb(first); near != "" {
		k.wrongly(verbNamed(near), "case.unknown-near", map[string]any{"what": clip(text, 40), "near": near})
		return
	}
	k.wrongly("note", "case.unknown-verb", map[string]any{"what": clip(text, 40)})
}

// errUnusable says that what stands in the place of a case's number can be none; the answer has been given.
var errUnusable = fmt.Errorf("%w: no number of a case", errSaid)

// find is the case that is meant: the one named, that of the thread, or the one last spoken of here. In a thread a number alone before other words is one of
// them: "note 2 users confirm".
func (k *desk) find(ctx context.Context) (*cases.Case, error) {
	n, err := k.meant(ctx)
	if err != nil {
		return nil, err
	}
	c, err := k.d.Book.Case(ctx, k.r.Team, n)
	if err == nil && !k.seen(c) {
		err = fmt.Errorf("%w: %s", cases.ErrNone, cases.Name(n)) // not even that there is one
	}
	if err != nil || c.Merged == 0 || !slices.Contains(workVerbs, k.verb) {
		return c, err
	}
	// What is done to a case that is part of another is done there.
	last, err := k.d.Book.Survivor(ctx, k.r.Team, c, k.r.ID)
	if errors.Is(err, cases.ErrNone) {
		return c, nil // deleted since
	}
	if err != nil {
		return nil, err
	}
	if !k.seen(last) {
		return nil, fmt.Errorf("%w: %s", cases.ErrNone, cases.Name(n))
	}
	if last != c {
		k.moved = c
	}
	return last, nil
}

// workVerbs are those that change a case: for one that is part of another they go on there.
var workVerbs = []string{"take", "assign", "state", "note", "contact", "ticket", "answered", "recheck", "draft", "remind", "snooze", "solve", "close", "follow", "priority", "tag", "untag", "lesson"}

// meant is the number of the case that is meant.
func (k *desk) meant(ctx context.Context) (int64, error) {
	var thread int64
	if k.r.Thread != "" {
		n, err := k.d.Book.InThread(ctx, k.r.Team, k.r.Channel, k.r.Thread)
		if err != nil && !errors.Is(err, cases.ErrNone) {
			return 0, err
		}
		thread = n
	}
	o := k.order
	if m := caseAbout.FindStringSubmatchIndex(k.words); m != nil && o.number == 0 && (k.verb == "remind" || k.verb == "snooze") { // "tomorrow about MAIL-42"
		if n, ok := cases.ParseName(k.words[m[2]:m[3]]); ok {
			k.words = strings.TrimSpace(k.words[:m[0]] + " " + k.words[m[1]:])
			return n, nil
		}
	}
	switch {
	case o.number > 0 && (!o.plain || !k.partOfText(ctx, thread)):
		return o.number, nil
	case o.number > 0 || o.wrong != "" && thread > 0:
		k.words = o.all
	case o.wrong != "" && (k.verb == "ticket" || k.verb == "answered") && aTicketInDigits.MatchString(o.wrong):
	case o.wrong != "":
		k.wrong("case.no-number", map[string]any{"what": clip(o.wrong, 40)})
		return 0, errUnusable
	}
	if thread > 0 {
		return thread, nil
	}
	n, err := k.d.Book.LastSpoken(ctx, k.r.where())
	if errors.Is(err, cases.ErrNone) {
		k.wrong("case.which", nil)
		return 0, errSaid
	}
	return n, err
}

var (
	caseAbout       = regexp.MustCompile(`(?i)(?:\b(?:about|on|of|for)\s+|关于\s*)?(\bMAIL-[0-9]{1,15})\b`)
	aTicketInDigits = regexp.MustCompile(`^[0-9]{6,40}$`)
)

// partOfText reports whether the number alone behind the verb is one of the words that follow.
func (k *desk) partOfText(ctx context.Context, thread int64) bool {
	o := k.order
	digits := strings.TrimSuffix(o.all, o.words)
	switch {
	case o.number == thread || !slices.Contains(textVerbs, k.verb):
		return false
	case thread > 0 && o.words != "":
		return true
	case (k.verb == "ticket" || k.verb == "answered") && o.words == "" && aTicketInDigits.MatchString(strings.TrimSpace(digits)):
		_, err := k.d.Book.Case(ctx, k.r.Team, o.number)
		return errors.Is(err, cases.ErrNone)
	case (k.verb == "remind" || k.verb == "snooze") && o.words != "":
		_, _, without := readWhen(o.words, k.now, k.r.Zone)
		_, _, with := readWhen(o.all, k.now, k.r.Zone)
		return without != nil && with == nil
	}
	return false
}

// fit checks what was chosen in fields, and brings it into the words that records have; where it cannot be, it says so.
func (k *desk) fit() bool {
	for _, in := range caseInputs {
		v, there := k.r.Values[in.Name]
		if v = strings.TrimSpace(v); !there || v == "" || in.Kind != Choice {
			continue
		}
		as, ok := k.choice(in.Name, v)
		if !ok {
			args := map[string]any{"field": k.text("form.mailcase."+in.Name, nil), "what": clip(v, 40)}
			if options := k.choices(in.Name, nil); in.Name != "provider" {
				args["choices"] = values(options)
			}
			k.wrong("case.bad-choice", args)
			return false
		}
		k.r.Values[in.Name] = as
	}
	return true
}

// choice is what somebody wrote for a choice, as records have it.
func (k *desk) choice(field, said string) (string, bool) {
	switch field {
	case "provider":
		id := k.providerIn(said)
		return id, id != ""
	case "priority":
		p, ok := priorityIn(said)
		return string(p), ok
	case "state":
		s, ok := stateIn(said)
		return string(s), ok
	case "channel":
		kind := k.kindNamed(said)
		return kind, kind != ""
	}
	for _, o := range k.choices(field, nil) {
		if strings.EqualFold(o.Value, said) || slices.Contains(listed("choice."+o.Value), folded(said)) || k.d.KB != nil && strings.EqualFold(o.Label, said) {
			return o.Value, true
		}
	}
	return "", false
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
	return k.clean(v)
}

// nameInMention is the name that Slack may write beside a person's id.
var nameInMention = regexp.MustCompile(`<@([A-Z0-9]{2,30})\|[^<>]*>`)

// clean is a text as a case keeps it: without passwords and the like, and people by their ids alone.
func (k *desk) clean(text string) string {
	clean, kinds := withoutSecrets(nameInMention.ReplaceAllString(text, "<@$1>"))
	k.masked = k.masked || len(kinds) > 0
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
	all := map[string]any{"case": c.Name(), "title": k.title(c)}
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
	k.movedNote(c, &out)
	k.maskedNote(&out)
	return k.done(ctx, c, out)
}

// maskedNote tells that something secret was taken out.
func (k *desk) maskedNote(r *Reply) {
	if k.masked {
		r.Sections = append(r.Sections, Section{Tone: Caution, Text: k.text("case.masked", nil)})
	}
}

// movedNote tells that the work goes on in the case of which the one that was named is part.
func (k *desk) movedNote(c *cases.Case, r *Reply) {
	if k.moved != nil {
		r.Sections = append(r.Sections, Section{Muted: true, Text: k.text("case.merged", map[string]any{"case": k.moved.Name(), "into": c.Name()})})
	}
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
	if k.works == nil {
		s, err := k.d.Book.Team(ctx, k.r.Team)
		if err != nil {
			return cases.Business{}
		}
		k.works = &cases.Business{Base: k.d.KB, Hours: s.Hours}
	}
	return *k.works
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
	f := &Form{Command: mailcaseName, Changes: true, Text: k.verb + name, Title: k.text("form.mailcase."+k.verb+".title", nil), Submit: k.text("form.mailcase."+k.verb+".submit", nil)}
	for _, in := range caseForms[k.verb] {
		in.Label, in.Choices, in.Initial = k.text("form.mailcase."+in.Name, nil), k.choices(in.Name, c), k.initial(in.Name, c)
		if id := "form.mailcase." + in.Name + ".hint"; texts.Has(id) {
			in.Hint = k.text(id, nil)
		}
		if id := "form.mailcase.label." + k.verb + "." + in.Name; texts.Has(id) {
			in.Label = k.text(id, nil)
		}
		if v := k.r.Values[in.Name]; v != "" {
			in.Initial = clip(v, in.Max()-1)
		}
		f.Fields = append(f.Fields, in)
	}
	out := Reply{Title: f.Title, Form: f, Final: true}
	out.Sections = []Section{{Text: k.text("try", map[string]any{"example": k.text("case.example."+k.verb, nil)})}}
	out.Actions = []Action{{ID: "form", Label: k.text("case.button.form", nil), Command: mailcaseName, Text: k.verb + name + " " + formWord}}
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
