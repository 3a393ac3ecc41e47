package answers

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
	"signpost/kb"

	"golang.org/x/text/language"
)

// Bounce explains a pasted bounce: what it means, who can mend it and how, and what the domains in it show.
func Bounce(ctx context.Context, d Deps, r chat.Request, reply func(chat.Reply)) error {
	if len(r.Files) > 0 { // looked at as a report first, and fetched once
		r.Files = slices.Clone(r.Files)
		r.Files[0] = chat.ReadOnce(r.Files[0], readFile+1)
	}
	if read := attachedReports(ctx, r); read != nil {
		return answerReports(ctx, d, r, read, reply)
	}
	text, notes, wrong := bounceText(ctx, r)
	if wrong != "" {
		reply(chat.Reply{Tone: chat.Caution, Title: wrong,
			Sections: []chat.Section{{Text: chat.Text(r.Lang, "try",
				map[string]any{"example": chat.ExampleOf(r.Lang, chat.Bounce)})}}, Final: true})
		return nil
	}
	m := d.KB.Read(text)
	x := m.Bounces[0]
	if notes.Text == "" && m.Cut {
		notes.Text = chat.Text(r.Lang, "bounce.cut-middle", nil)
	}
	if !x.Known() {
		s := chat.Section{Text: chat.Text(r.Lang, "bounce.unknown.why",
			map[string]any{"code": x.Code, "enhanced": x.Enhanced})}
		if notes.Text != "" {
			s.Items = []string{chat.Text(r.Lang, "bounce.unknown.cut", nil)}
		}
		reply(chat.Reply{Tone: chat.Unsure, Title: chat.Text(r.Lang, "bounce.unknown", nil),
			Sections: append([]chat.Section{s, notes}, waySections(r.Lang, m)...), Final: true})
		return nil
	}
	out := bounceReply(d.KB, r.Lang, x)
	out.Sections = append(out.Sections, othersSection(d.KB, r.Lang, m))
	out.Sections = append(out.Sections, waySections(r.Lang, m)...)
	if notes.Text != "" { // what was not read is told where it cannot be overlooked
		out.Sections = slices.Insert(out.Sections, min(1, len(out.Sections)), notes)
	}
	found := domainsToCheck(x)
	if len(found) > 0 {
		progress := out
		progress.Final = false
		reply(progress)
	}
	for _, one := range found {
		report, err := Diagnose(ctx, d, r, intent.Question{Target: one.target, Options: diag.Options{Only: one.checks}}, nil)
		if slow := AsSlowDown(err); slow != nil { // what the bounce says needs no check
			out.Sections = append(out.Sections, chat.Section{Tone: chat.Caution, Text: SlowReply(r.Lang, slow).Title})
			break
		}
		if err != nil {
			return err
		}
		out.Sections = append(out.Sections, domainSection(d.KB, r.Lang, one, report))
		out.Actions = append(out.Actions, chat.Action{
			ID: "check-" + one.role, Label: chat.Clip(chat.Text(r.Lang, "bounce.check",
				map[string]any{"domain": one.target.Unicode}), 29), Command: chat.Check, Text: one.target.Domain,
		})
	}
	if d.Book != nil {
		about := out.Title
		if len(found) > 0 {
			about = found[0].target.Domain + " " + about
		}
		out.Actions = append(out.Actions,
			chat.Action{ID: "case", Label: chat.Text(r.Lang, "action.case", nil), Command: chat.Case,
				Text: "open " + chat.Clip(about, 300)})
	}
	reply(out)
	return nil
}

const (
	maxFile  = 25 << 20      // octets that an attached mail may have
	readFile = kb.MaxMessage // octets of it that are read: a bounce says what it has to say at its beginning
)

// bounceText is the text of the bounce: the attached file's, otherwise what was pasted. Wrong is what is wrong with it,
// for the asker.
func bounceText(ctx context.Context, r chat.Request) (text string, notes chat.Section, wrong string) {
	say := func(id string, args map[string]any) string { return chat.Text(r.Lang, id, args) }
	if len(r.Files) == 0 {
		if r.Cut {
			notes.Text = say("bounce.cut", map[string]any{"size": chat.Size(chat.MaxPaste)})
		}
		if strings.TrimSpace(r.Text) == "" {
			return "", notes, say("bounce.empty", nil)
		}
		return r.Text, notes, ""
	}
	f := r.Files[0]
	name := chat.Clip(f.Name, 80)
	switch {
	case f.Size > maxFile:
		return "", notes, say("bounce.file-large",
			map[string]any{"name": name, "size": chat.Size(f.Size), "most": chat.Size(maxFile)})
	case strings.HasSuffix(strings.ToLower(f.Name), ".msg"):
		return "", notes, say("bounce.file-kind", map[string]any{"name": name})
	}
	in, err := f.Open(ctx)
	if err != nil {
		slog.Warn("file cannot be read", "request_id", r.ID, "error", err)
		return "", notes, say("bounce.file-unread", map[string]any{"name": name})
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, readFile+1))
	if err != nil && len(raw) == 0 {
		slog.Warn("file cannot be read", "request_id", r.ID, "error", err)
		return "", notes, say("bounce.file-unread", map[string]any{"name": name})
	}
	if len(raw) > readFile {
		raw = raw[:readFile]
		notes.Text = say("bounce.cut", map[string]any{"size": chat.Size(readFile)})
	}
	text, ok := kb.DecodeText(raw)
	if !ok {
		return "", notes, say("bounce.file-kind", map[string]any{"name": name})
	}
	if strings.TrimSpace(text) == "" {
		return "", notes, say("bounce.empty", nil)
	}
	return text, notes, ""
}

// bounceReply is what the text itself says of its first recipient: the verdict, what to do and who, the line that
// decided; then what to tell the other side, and where it is known from.
func bounceReply(b *kb.Base, lang language.Tag, x kb.Bounce) chat.Reply {
	say := func(id string, args map[string]any) string { return chat.Text(lang, "bounce."+id, args) }
	out := chat.Reply{Tone: chat.Bad, Title: b.BounceText(lang, x.Cause+".name"), Final: true, Data: x}
	if x.Recipient != "" {
		out.Title = say("about", map[string]any{"cause": out.Title, "recipient": chat.Clip(x.Recipient, 100)})
	}
	switch {
	case x.Cause == "delivered":
		out.Tone = chat.Good
	case x.Transient || x.Who == "wait":
		out.Tone = chat.Caution
	}
	s := chat.Section{Text: b.BounceText(lang, x.Cause+".meaning")}
	add := func(to *chat.Section, label, value string) {
		if value != "" {
			to.Fields = append(to.Fields, chat.Field{Label: say("label."+label, nil), Value: value})
		}
	}
	add(&s, "do", b.BounceText(lang, x.Cause+".do"))
	add(&s, "who", b.BounceText(lang, "who."+x.Who))
	if x.List != "" {
		add(&s, "list", say("listed."+x.Listed, map[string]any{"list": x.List}))
	}
	code := strings.TrimSpace(x.Code + " " + x.Enhanced)
	if x.Transient {
		add(&s, "retry", say("transient", nil))
	}
	tell := chat.Section{Heading: say("label.tell", nil)}
	opening, words, _ := b.Tell(x)
	tell.Text = strings.TrimSpace(opening + "\n\n" + words)
	more := chat.Section{Muted: true}
	add(&more, "code", code)
	add(&more, "check", checkText(b, lang, x))
	add(&more, "system", b.MailSystem(x.System))
	add(&more, "page", x.Help)
	switch {
	case x.Line == "":
	case x.ByCode:
		add(&more, "source", say("by-code", map[string]any{"code": code}))
	case x.Source == "" && x.CodeSays == x.Kind:
		add(&more, "source", say("field-and-code", map[string]any{"code": x.Enhanced}))
	case x.Source == "":
		add(&more, "source", say("field", nil))
	case x.Unconfirmed():
		add(&more, "source", chat.Text(lang, "channel.unconfirmed",
			map[string]any{"seen": x.Seen, "source": chat.Clip(x.Source, 160)}))
	default:
		add(&more, "source", chat.Text(lang, "channel.confirmed",
			map[string]any{"seen": x.Seen, "source": chat.Clip(x.Source, 160)}))
	}
	out.Sections = []chat.Section{s}
	if x.Line != "" {
		out.Sections = append(out.Sections,
			chat.Section{Fields: []chat.Field{{Label: say("label.line", nil)}}, Code: chat.Clip(x.Line, 500)})
	}
	out.Sections = append(out.Sections, tell, more)
	return out
}

// checkText is which check shows the cause, and of which domain.
func checkText(b *kb.Base, lang language.Tag, x kb.Bounce) string {
	checks, domain := x.SenderChecks, x.SenderDomain
	if len(checks) == 0 {
		checks, domain = x.RecipientChecks, x.RecipientDomain
	}
	var titles []string
	for _, c := range checks {
		titles = append(titles, b.CheckTitle(lang, c))
	}
	switch {
	case len(titles) == 0:
		return chat.Text(lang, "bounce.check.none", nil)
	case domain == "":
		return chat.Text(lang, "bounce.check.later", map[string]any{"checks": titles})
	}
	return chat.Text(lang, "bounce.check.with", map[string]any{"checks": titles, "domain": chat.Clip(domain, 100)})
}

const othersShown = 10

// othersSection is the other recipients, each with its own cause.
func othersSection(b *kb.Base, lang language.Tag, m kb.Reading) chat.Section {
	others := m.Bounces[1:]
	if len(others) == 0 {
		return chat.Section{}
	}
	s := chat.Section{Heading: chat.Text(lang, "bounce.others", nil)}
	for _, x := range others[:min(len(others), othersShown)] {
		recipient := chat.Clip(x.Recipient, 100)
		if !x.Known() {
			s.Items = append(s.Items, chat.Text(lang, "bounce.other.unknown", map[string]any{"recipient": recipient}))
			continue
		}
		s.Items = append(s.Items, chat.Text(lang, "bounce.other", map[string]any{
			"recipient": recipient, "cause": b.BounceText(lang, x.Cause+".name"),
			"code": strings.TrimSpace(x.Code + " " + x.Enhanced),
			"who":  b.BounceText(lang, "who."+x.Who), "do": b.BounceText(lang, x.Cause+".do"),
		}))
	}
	if n := len(others) - len(s.Items) + m.More; n > 0 {
		s.Items = append(s.Items, chat.Text(lang, "bounce.more", map[string]any{"count": n}))
	}
	return s
}

// slowHop is a delay between two servers that is worth a word; clocks differ by less.
const slowHop = time.Minute

// waySections is what the receiving server found out about the sender, and where the mail was held up.
func waySections(lang language.Tag, m kb.Reading) []chat.Section {
	var out []chat.Section
	if len(m.Results) > 0 {
		out = append(out, chat.Section{Fields: []chat.Field{{Label: chat.Text(lang, "bounce.label.results", nil),
			Value: strings.Join(m.Results, ", ")}}})
	}
	var items []string
	for i, h := range m.Hops {
		if i > 0 && h.Delay >= slowHop {
			items = append(items, chat.Text(lang, "bounce.hop",
				map[string]any{"from": m.Hops[i-1].By, "to": h.By, "delay": h.Delay.Round(time.Second).String()}))
		}
	}
	if n := len(m.Hops); n > 1 {
		s := chat.Section{Heading: chat.Text(lang, "bounce.way",
			map[string]any{"hops": n, "delay": m.Hops[n-1].At.Sub(m.Hops[0].At).Round(time.Second).String()}),
			Items: items[:min(len(items), 10)]}
		out = append(out, s)
	}
	return out
}

// checked is a domain of the bounce, and the checks that tell more.
type checked struct {
	role   string // sender or recipient
	target diag.Target
	checks []string
}

func domainsToCheck(x kb.Bounce) []checked {
	var out []checked
	add := func(role, domain string, checks []string) {
		if domain == "" || len(checks) == 0 {
			return
		}
		if t, err := diag.ParseTarget(domain); err == nil {
			out = append(out, checked{role, t, checks})
		}
	}
	add("sender", x.SenderDomain, x.SenderChecks)
	add("recipient", x.RecipientDomain, x.RecipientChecks)
	return out
}

// domainSection is what the checks of one domain found.
func domainSection(b *kb.Base, lang language.Tag, one checked, r *diag.Report) chat.Section {
	s := chat.Section{Heading: chat.Text(lang, "bounce.domain."+one.role, map[string]any{"domain": one.target.Unicode})}
	for _, f := range SortedFindings(b, r) {
		if f.Severity >= diag.Warning && len(s.Items) < 6 {
			a := b.Advise(lang, r, f)
			s.Items = append(s.Items, chat.Text(lang, "mailhelp.mend-item", map[string]any{"title": a.Title, "who": a.WhoText}))
		}
	}
	var unknown []string
	for _, res := range r.Results {
		if res.Status == diag.Unknown && slices.Contains(one.checks, res.Check) {
			unknown = append(unknown, b.CheckTitle(lang, res.Check))
		}
	}
	switch {
	case len(unknown) > 0:
		s.Tone, s.Text = chat.Unsure, chat.Text(lang, "bounce.domain.unknown", map[string]any{"checks": unknown})
	case len(s.Items) == 0:
		s.Tone, s.Text = chat.Good, chat.Text(lang, "bounce.domain.fine", nil)
	default:
		s.Tone = chat.Caution
	}
	return s
}
