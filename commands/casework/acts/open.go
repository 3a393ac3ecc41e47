package acts

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
)

// readOpening is what a case is to begin with.
type opening struct {
	cases.Opening
	title  string            // all of it
	report *diag.Report      // nil without a domain
	slow   *answers.SlowDown // why the domain was not diagnosed
}

// Open opens a case: with a domain it is diagnosed, so that the case begins with what is wrong.
func Open(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	o.Words = intent.Without("open-filler", o.Words)
	if o.Form || o.Bare() {
		return work.Ask(k, o), nil
	}
	o, err := work.Fit(k, o)
	if err != nil {
		return chat.Reply{}, err
	}
	b, err := readOpening(ctx, k, o)
	if err != nil {
		return chat.Reply{}, err
	}
	opened, err := k.Deps.Book.Open(ctx, k.Req.Team, b.Opening)
	if err == nil && opened.Existing && !k.Seen(opened.Case) { // nobody learns of it
		b.Second = true
		opened, err = k.Deps.Book.Open(ctx, k.Req.Team, b.Opening)
	}
	switch {
	case err != nil:
		return chat.Reply{}, err
	case opened.Existing:
		return offer(ctx, k, o, opened.Case)
	}
	return openedReply(ctx, k, opened.Case, b)
}

// readOpening reads what a case is to begin with. The error is a *work.WrongOrder where that cannot be.
func readOpening(ctx context.Context, k *work.Work, o work.Order) (b opening, err error) {
	title := cmp.Or(strings.TrimSpace(o.Values["title"]), o.Words)
	title = k.Clean(strings.Join(strings.Fields(title), " "))
	b.Opening = cases.Opening{Request: k.Req.ID, Second: o.Values["second"] == "yes",
		Case: cases.Case{By: k.Req.User, Lang: k.SharedLang(ctx).String(), Channel: k.FollowedIn()}}
	settings, err := k.Deps.Book.Channel(ctx, k.Req.Team, b.Case.Channel)
	if err != nil {
		return b, err
	}
	b.Case.Restricted = settings.Access == "channel"
	if t, ok := intent.DomainIn(cmp.Or(strings.TrimSpace(o.Values["domain"]), title)); ok {
		k.Tell(chat.Reply{Title: k.Text("mailhelp.looking", map[string]any{"domain": t.Unicode})})
		b.Case.Domain = t.Domain
		b.report, err = answers.Diagnose(ctx, k.Deps, k.Req, intent.Question{Target: t}, nil)
		switch b.slow = answers.AsSlowDown(err); {
		case b.slow != nil: // a case is opened all the same
			title = cmp.Or(answers.WithoutDomain(title, t), t.Unicode)
		case err != nil:
			return b, err
		default:
			b.Case.First = cases.Snap(b.report)
			if title = answers.WithoutDomain(title, t); title == "" {
				title, b.Case.TitleOf = firstFinding(ctx, k, b.report)
			}
		}
	} else if said := strings.TrimSpace(o.Values["domain"]); said != "" {
		return b, &work.WrongOrder{ID: "case.bad-domain", Args: map[string]any{"what": chat.Clip(said, 80)}}
	}
	if title == "" {
		return b, &work.WrongOrder{ID: "case.title-needed"}
	}
	s := k.Deps.KB.Understand(title, k.Req.Lang)
	b.Case.Title = title
	b.Case.Began = work.BeganAt(k, cmp.Or(strings.TrimSpace(o.Values["since"]), intent.Since(title)))
	b.Case.Provider = o.Values["provider"]
	if b.Case.Provider == "" && b.report != nil {
		b.Case.Provider = answers.ProviderOf(b.report)
	}
	b.Case.Provider = cmp.Or(b.Case.Provider, s.Provider)
	b.Case.Priority = cases.Priority(o.Values["priority"])
	if b.Case.Priority == "" {
		b.Case.Priority = work.PriorityOf(s)
	}
	b.Case.Tags = work.TagsIn(k.Clean(o.Values["tags"]))
	if b.Case.TitleOf == "" { // otherwise the diagnosis says it
		b.Said = title
	}
	if !b.Second {
		b.Asked = work.Conversation(ctx, k, b.Case.Domain, title)
	}
	b.title = title
	return b, nil
}

// openedReply answers who has opened a case, and tells its thread what it begins with: the diagnosis, and how what
// looks alike was solved.
func openedReply(ctx context.Context, k *work.Work, c *cases.Case, o opening) (chat.Reply, error) {
	out, err := k.Card(ctx, c, false)
	if err != nil {
		return chat.Reply{}, err
	}
	for i := range out.Sections {
		out.Sections[i].InRoot = true
	}
	for i := range out.Actions {
		out.Actions[i].InRoot = true
	}
	k.AboutLength(&out, o.title, cases.MaxTitle)
	k.MaskedNote(&out)
	out.Tone, out.Title, out.Outbox = chat.Good,
		k.Text("case.opened", map[string]any{"case": c.Name(), "title": k.Title(c)}), []chat.Message{k.RootPost(c)}
	if o.slow != nil {
		out.Sections = append(out.Sections,
			chat.Section{Tone: chat.Caution, Text: answers.SlowReply(k.Req.Lang, o.slow).Title})
	}
	if o.report != nil && o.report.Verdict() != diag.OK { // what is wrong, who has to act, and the record to publish
		out.Outbox = append(out.Outbox, diagnosisPost(k, c, o.report))
	}
	similar, err := k.Deps.Book.Similar(ctx, k.Req.Team, c, 3, k.Seen)
	if err != nil {
		return chat.Reply{}, err
	}
	if len(similar) > 0 {
		section, actions := work.Alike(k, k.Req.Lang, similar)
		out.Sections, out.Actions = append(out.Sections, section), append(out.Actions, actions...)
	}
	// What the thread is told everybody in the channel reads.
	similar = slices.DeleteFunc(similar, func(x *cases.Case) bool { return x.Restricted && x.Channel != c.Channel })
	if len(similar) > 0 {
		lang := k.CaseLang(c)
		section, actions := work.Alike(k, lang, similar)
		x := chat.Reply{Audience: chat.Channel, Title: section.Heading, Sections: []chat.Section{{Items: section.Items}},
			Actions: actions, Final: true, Lang: lang}
		out.Outbox = append(out.Outbox,
			chat.Message{Key: "similar:" + k.Req.ID, Channel: c.Channel, ThreadOf: chat.CardOf(c.Number), Reply: x, Lang: lang})
	}
	out.Scheduled = c.LookEvents(k.Now, k.Business(ctx))
	if c.Provider != "" { // what its own pages say concerns the case
		out.Scheduled = append(out.Scheduled, cases.PagesEvent(k.Req.Team, k.Now))
	}
	return k.Done(ctx, c, out)
}

// diagnosisPost tells a case's thread the diagnosis that it begins with.
func diagnosisPost(k *work.Work, c *cases.Case, report *diag.Report) chat.Message {
	lang := k.CaseLang(c)
	x := answers.Answer(k.Deps.KB, lang, report, false)
	x.Audience, x.Lang, x.Data = chat.Channel, lang, nil
	// To check again is the case's own.
	x.Actions = slices.DeleteFunc(x.Actions, func(a chat.Action) bool { return !a.Detail })
	x.Actions = append(x.Actions, answers.LiveOf(k.Deps, lang, report)...)
	return chat.Message{Key: "diagnosis:" + k.Req.ID, Channel: c.Channel, ThreadOf: chat.CardOf(c.Number), Reply: x,
		Lang: lang}
}

// offer offers the case that the domain has already.
func offer(ctx context.Context, k *work.Work, o work.Order, c *cases.Case) (chat.Reply, error) {
	again := chat.Clip(cmp.Or(o.Words, strings.TrimSpace(o.Values["domain"]+" "+o.Values["title"])), 800)
	note := again
	for _, in := range intent.FormOf("open") {
		if v := strings.TrimSpace(o.Values[in.Name]); v != "" &&
			(in.Name != "domain" && in.Name != "title" || o.Words != "") {
			again += " " + chat.Quoted(in.Name, chat.Clip(v, 300))
		}
	}
	out := chat.Reply{Tone: chat.Caution,
		Title: k.Text("case.existing",
			map[string]any{"case": c.Name(), "title": k.Title(c), "domain": cmp.Or(asked(o), work.Shown(c.Domain))}),
		Final: true, Data: work.CaseData(c)}
	out.Sections = []chat.Section{{Items: []string{k.Line(c)}}}
	out.Actions = []chat.Action{
		{ID: "show", Label: k.Text("case.button.show", nil), Command: chat.Case, Text: "show " + c.Name()},
		{ID: "note", Label: k.Text("case.button.note-there", nil), Command: chat.Case, Text: "note " + c.Name() + " " + note},
		{ID: "second", Label: k.Text("case.button.second", nil), Command: chat.Case, Text: "open " + again + " second=yes"},
	}
	return k.Done(ctx, c, out)
}

// asked is the domain that the line names.
func asked(o work.Order) string {
	t, _ := intent.DomainIn(cmp.Or(o.Values["domain"], o.Words))
	return t.Unicode
}

// firstFinding is the worst finding, in the words of the channel, and as snapshots name it.
func firstFinding(ctx context.Context, k *work.Work, r *diag.Report) (title, found string) {
	for _, f := range answers.SortedFindings(k.Deps.KB, r) {
		if f.Severity >= diag.Warning {
			return k.Deps.KB.Advise(k.SharedLang(ctx), r, f).Title, strings.TrimSpace(string(f.Code) + " " + f.Subject)
		}
	}
	return chat.Text(k.SharedLang(ctx), "case.no-finding", nil), ""
}
