package casework

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
	"signpost/diag"
	"signpost/diag/pattern"
	"signpost/kb"

	"golang.org/x/text/language"
)

// openFiller is what people write between "open" and what it is about.
var openFiller = pattern.New(`(?i)^(?:(?:an?\s+|the\s+)?(?:new\s+)?case\b\s*(?:(?:for|about|on|of)\b\s*)?[:,]?|(?:一个|个)?新?案例\s*[:：，,]?)\s*`)

// opening is what a case is to begin with.
type opening struct {
	cases.Opening
	title  string            // all of it
	report *diag.Report      // nil without a domain
	slow   *answers.SlowDown // why the domain was not diagnosed
}

// open opens a case: with a domain it is diagnosed, so that the case begins with what is wrong.
func (k *Work) open(ctx context.Context) error {
	k.words = openFiller.ReplaceAllString(k.words, "")
	if k.form || k.words == "" && emptyValues(k.r.Values) {
		return k.ask(nil)
	}
	if !k.fit() {
		return nil
	}
	o, err := k.opening(ctx)
	if err != nil {
		return err
	}
	opened, err := k.d.Book.Open(ctx, k.r.Team, o.Opening)
	if err == nil && opened.Existing && !k.seen(opened.Case) { // nobody learns of it
		o.Second = true
		opened, err = k.d.Book.Open(ctx, k.r.Team, o.Opening)
	}
	switch {
	case err != nil:
		return err
	case opened.Existing:
		return k.offer(ctx, opened.Case)
	}
	return k.opened(ctx, opened.Case, o)
}

// opening reads what a case is to begin with. The error is errSaid where that cannot be, which has been said.
func (k *Work) opening(ctx context.Context) (o opening, err error) {
	title := cmp.Or(strings.TrimSpace(k.r.Values["title"]), k.words)
	title = k.clean(strings.Join(strings.Fields(title), " "))
	o.Opening = cases.Opening{Request: k.r.ID, Second: k.r.Values["second"] == "yes", Case: cases.Case{By: k.r.User, Lang: k.sharedLang(ctx).String(), Channel: k.followedIn()}}
	settings, err := k.d.Book.Channel(ctx, k.r.Team, o.Case.Channel)
	if err != nil {
		return o, err
	}
	o.Case.Restricted = settings.Access == "channel"
	if t, ok := intent.DomainIn(cmp.Or(strings.TrimSpace(k.r.Values["domain"]), title)); ok {
		k.say(chat.Reply{Title: k.text("mailhelp.looking", map[string]any{"domain": t.Unicode})})
		o.Case.Domain = t.Domain
		o.report, err = answers.Diagnose(ctx, k.d, k.r, intent.Question{Target: t}, nil)
		switch o.slow = answers.AsSlowDown(err); {
		case o.slow != nil: // a case is opened all the same
			title = cmp.Or(answers.WithoutDomain(title, t), t.Unicode)
		case err != nil:
			return o, err
		default:
			o.Case.First = cases.Snap(o.report)
			if title = answers.WithoutDomain(title, t); title == "" {
				title, o.Case.TitleOf = k.firstFinding(ctx, o.report)
			}
		}
	} else if said := strings.TrimSpace(k.r.Values["domain"]); said != "" {
		k.wrong("case.bad-domain", map[string]any{"what": chat.Clip(said, 80)})
		return o, errSaid
	}
	if title == "" {
		k.wrong("case.title-needed", nil)
		return o, errSaid
	}
	s := k.d.KB.Understand(title, k.r.Lang)
	o.Case.Title = title
	o.Case.Began = k.beganAt(cmp.Or(strings.TrimSpace(k.r.Values["since"]), k.sinceIn(title)))
	o.Case.Provider = k.r.Values["provider"]
	if o.Case.Provider == "" && o.report != nil {
		o.Case.Provider = answers.ProviderOf(o.report)
	}
	o.Case.Provider = cmp.Or(o.Case.Provider, s.Provider)
	o.Case.Priority = cases.Priority(k.r.Values["priority"])
	if o.Case.Priority == "" {
		o.Case.Priority = priorityOf(s)
	}
	o.Case.Tags = tagsIn(k.clean(k.r.Values["tags"]))
	if o.Case.TitleOf == "" { // otherwise the diagnosis says it
		o.Said = title
	}
	if !o.Second {
		o.Asked = k.conversation(ctx, o.Case.Domain, title)
	}
	o.title = title
	return o, nil
}

// priorityOf is how much it hurts, as a text says it.
func priorityOf(s kb.Situation) cases.Priority {
	if s.Urgent {
		return cases.Urgent
	}
	return cases.Normal
}

// opened answers who has opened a case, and tells its thread what it begins with: the diagnosis, and how what looks alike was solved.
func (k *Work) opened(ctx context.Context, c *cases.Case, o opening) error {
	out, err := k.card(ctx, c, false)
	if err != nil {
		return err
	}
	for i := range out.Sections {
		out.Sections[i].InRoot = true
	}
	for i := range out.Actions {
		out.Actions[i].InRoot = true
	}
	k.aboutLength(&out, o.title, cases.MaxTitle)
	k.maskedNote(&out)
	out.Tone, out.Title, out.Outbox = chat.Good, k.text("case.opened", map[string]any{"case": c.Name(), "title": k.title(c)}), []chat.Message{k.rootPost(c)}
	if o.slow != nil {
		out.Sections = append(out.Sections, chat.Section{Tone: chat.Caution, Text: answers.SlowReply(k.r.Lang, o.slow).Title})
	}
	if o.report != nil && o.report.Verdict() != diag.OK { // what is wrong, who has to act, and the record to publish
		out.Outbox = append(out.Outbox, k.diagnosisPost(c, o.report))
	}
	similar, err := k.d.Book.Similar(ctx, k.r.Team, c, 3, k.seen)
	if err != nil {
		return err
	}
	if len(similar) > 0 {
		section, actions := k.alike(k.r.Lang, similar)
		out.Sections, out.Actions = append(out.Sections, section), append(out.Actions, actions...)
	}
	// What the thread is told everybody in the channel reads.
	similar = slices.DeleteFunc(similar, func(x *cases.Case) bool { return x.Restricted && x.Channel != c.Channel })
	if len(similar) > 0 {
		lang := k.caseLang(c)
		section, actions := k.alike(lang, similar)
		x := chat.Reply{Audience: chat.Channel, Title: section.Heading, Sections: []chat.Section{{Items: section.Items}}, Actions: actions, Final: true, Lang: lang}
		out.Outbox = append(out.Outbox, chat.Message{Key: "similar:" + k.r.ID, Channel: c.Channel, ThreadOf: rootOf(c), Reply: x, Lang: lang})
	}
	out.Scheduled = c.LookEvents(k.now, k.business(ctx))
	return k.done(ctx, c, out)
}

// alike is solved cases with how they were solved, in a language.
func (k *Work) alike(lang language.Tag, similar []*cases.Case) (s chat.Section, actions []chat.Action) {
	s.Heading = chat.Text(lang, "case.similar", nil)
	for _, x := range similar {
		s.Items = append(s.Items, chat.Text(lang, "case.similar.item", map[string]any{"case": x.Name(), "title": k.titleIn(lang, x), "resolution": howSolved(lang, x)}))
		actions = append(actions, chat.Action{ID: "show-" + x.Name(), Label: x.Name(), Command: chat.Case, Text: "show " + x.Name()})
	}
	return s, actions
}

// diagnosisPost tells a case's thread the diagnosis that it begins with.
func (k *Work) diagnosisPost(c *cases.Case, report *diag.Report) chat.Message {
	lang := k.caseLang(c)
	x := answers.Answer(k.d.KB, lang, report, false)
	x.Audience, x.Lang, x.Data = chat.Channel, lang, nil
	x.Actions = slices.DeleteFunc(x.Actions, func(a chat.Action) bool { return !a.Detail }) // to check again is the case's own
	return chat.Message{Key: "diagnosis:" + k.r.ID, Channel: c.Channel, ThreadOf: rootOf(c), Reply: x, Lang: lang}
}

// saidSince finds since when there is trouble in what somebody says.
var saidSince = pattern.New(`(?i)\bsince\s+(.{2,60})|(?:自从|从|自)(.{1,30}?)(?:起|开始|以来|就)`)

// sinceIn is since when there is the trouble, as a text says it; "" where it says nothing of it.
func (k *Work) sinceIn(text string) string {
	m := saidSince.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	if m[2] != "" {
		if begins, _ := datetime.Begins(m[2], k.now, k.r.Zone); !begins {
			return "" // 自动回复开始…
		}
	}
	said, _, _ := strings.Cut(m[1]+m[2], ",")
	return strings.TrimSpace(said)
}

// beganAt is since when there is the trouble, as records have it: a time where the words name one, otherwise the words.
func (k *Work) beganAt(said string) string {
	if said == "" {
		return ""
	}
	if at, _, err := datetime.Past(said, k.now, k.r.Zone); err == nil {
		return at.Format(time.RFC3339)
	}
	return k.clean(chat.Clip(said, 60))
}

// began is since when there is the trouble, for people.
func (k *Work) began(c *cases.Case) string {
	if at, err := time.Parse(time.RFC3339, c.Began); err == nil {
		return k.clock(at)
	}
	return c.Began
}

// offer offers the case that the domain has already.
func (k *Work) offer(ctx context.Context, c *cases.Case) error {
	again := chat.Clip(cmp.Or(k.words, strings.TrimSpace(k.r.Values["domain"]+" "+k.r.Values["title"])), 800)
	note := again
	for _, in := range intent.FormOf("open") {
		if v := strings.TrimSpace(k.r.Values[in.Name]); v != "" && (in.Name != "domain" && in.Name != "title" || k.words != "") {
			again += " " + chat.Quoted(in.Name, chat.Clip(v, 300))
		}
	}
	out := chat.Reply{Tone: chat.Caution, Title: k.text("case.existing", map[string]any{"case": c.Name(), "title": k.title(c), "domain": cmp.Or(k.asked(), shown(c.Domain))}), Final: true, Data: caseData(c)}
	out.Sections = []chat.Section{{Items: []string{k.line(c)}}}
	out.Actions = []chat.Action{
		{ID: "show", Label: k.text("case.button.show", nil), Command: chat.Case, Text: "show " + c.Name()},
		{ID: "note", Label: k.text("case.button.note-there", nil), Command: chat.Case, Text: "note " + c.Name() + " " + note},
		{ID: "second", Label: k.text("case.button.second", nil), Command: chat.Case, Text: "open " + again + " second=yes"},
	}
	return k.done(ctx, c, out)
}

// followedIn is where a case is followed: where it was asked; from a conversation of two, where people take over.
func (k *Work) followedIn() string {
	if k.r.Direct && k.d.Handover != "" {
		return k.d.Handover
	}
	return k.r.Channel
}

// sharedLang is the language of what everybody reads about the case.
func (k *Work) sharedLang(ctx context.Context) language.Tag {
	r := k.r
	r.Channel = k.followedIn()
	return answers.SharedLanguage(ctx, k.d, r)
}

// asked is the domain that the line names.
func (k *Work) asked() string {
	t, _ := intent.DomainIn(cmp.Or(k.r.Values["domain"], k.words))
	return t.Unicode
}

// talkedFor is how old a question may be that names no domain and still belongs to the case.
const talkedFor = 30 * time.Minute

// sameWords is how many words a question without a domain must have in common with a case without one, so that it belongs to it.
const sameWords = 2

// conversation is what was asked before about the same in the place where the case was opened: a person who takes over reads it in the timeline. A question that names no
// domain is about the one that was named before.
func (k *Work) conversation(ctx context.Context, domain, title string) []cases.Entry {
	if k.r.Thread == "" && !k.r.Direct {
		return nil // what somebody asked elsewhere in a channel need not belong to it
	}
	turns, err := k.d.Book.Conversation(ctx, answers.Where(k.r))
	if err != nil {
		return nil
	}
	var out []cases.Entry
	topic, named := "", time.Time{}
	about := cases.Words(title)
	for _, t := range turns {
		command, said, _ := strings.Cut(strings.TrimPrefix(t.Said, "/"), " ")
		if d, ok := intent.DomainIn(said); ok {
			topic, named = d.Domain, t.At
		}
		belongs := domain != "" && topic == domain && t.At.Sub(named) <= talkedFor
		if domain == "" {
			common := 0
			for _, w := range cases.Words(said) {
				if slices.Contains(about, w) {
					common++
				}
			}
			belongs = topic == "" && common >= sameWords && k.now.Sub(t.At) <= talkedFor
		}
		if !belongs || !slices.Contains([]string{chat.Help, chat.Ask, chat.Ticket, chat.Bounce}, command) {
			continue
		}
		answer, _, _ := strings.Cut(t.Answer, "\n")
		out = append(out, cases.Entry{At: t.At, Kind: "asked", By: t.User, Text: chat.Clip(t.Said+" → "+answer, 600)})
	}
	return out[max(0, len(out)-5):]
}

// firstFinding is the worst finding, in the words of the channel, and as snapshots name it.
func (k *Work) firstFinding(ctx context.Context, r *diag.Report) (title, found string) {
	for _, f := range answers.SortedFindings(k.d.KB, r) {
		if f.Severity >= diag.Warning {
			return k.d.KB.Advise(k.sharedLang(ctx), r, f).Title, strings.TrimSpace(string(f.Code) + " " + f.Subject)
		}
	}
	return chat.Text(k.sharedLang(ctx), "case.no-finding", nil), ""
}

func tagsIn(text string) []string {
	var out []string
	for _, t := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,，、;；#", r) }) {
		if t = strings.ToLower(chat.Clip(t, 40)); !slices.Contains(out, t) && len(out) < cases.MaxTags {
			out = append(out, t)
		}
	}
	return out
}
