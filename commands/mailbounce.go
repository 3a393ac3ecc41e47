package commands

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"signpost/diag"
	"signpost/kb"

	"golang.org/x/text/language"
)

var mailbounce = &Command{
	Name: Bounce, Summary: "summary.mailbounce", Pastes: true, Run: runMailbounce,
}

// Bounce is the command that explains a bounce.
const Bounce = "mailbounce"

// runMailbounce explains a pasted bounce: what it means, who can mend it and how, and what the domains in it show.
func runMailbounce(ctx context.Context, d Deps, r Request, reply func(Reply)) error {
	text, notes, wrong := bounceText(ctx, r)
	if wrong != "" {
		reply(Reply{Tone: Caution, Title: wrong, Sections: []Section{{Text: texts.Text(r.Lang, "try", map[string]any{"example": exampleOf(r.Lang, Bounce)})}}, Final: true})
		return nil
	}
	m := d.KB.Read(text)
	x := m.Bounces[0]
	if !x.Known() {
		reply(Reply{Tone: Unsure, Title: texts.Text(r.Lang, "bounce.unknown", nil), Sections: []Section{{Text: texts.Text(r.Lang, "bounce.unknown.why", map[string]any{"code": x.Code, "enhanced": x.Enhanced})}, notes}, Final: true})
		return nil
	}
	out := bounceReply(d.KB, r.Lang, x)
	out.Sections = append(append(out.Sections, waySections(r.Lang, m)...), notes)
	found := domainsToCheck(x, text)
	if len(found) > 0 {
		progress := out
		progress.Final = false
		reply(progress)
	}
	for _, one := range found {
		report := diagnose(ctx, d, question{target: one.target, options: diag.Options{Only: one.checks}}, nil)
		out.Sections = append(out.Sections, domainSection(d.KB, r.Lang, one, report))
		out.Actions = append(out.Actions, Action{
			ID: "check-" + one.role, Label: clip(texts.Text(r.Lang, "bounce.check", map[string]any{"domain": one.target.Unicode}), 29), Command: mailcheckName, Text: one.target.Domain,
		})
	}
	if d.Book != nil {
		about := out.Title
		if len(found) > 0 {
			about = found[0].target.Domain + " " + about
		}
		out.Actions = append(out.Actions, Action{ID: "case", Label: texts.Text(r.Lang, "action.case", nil), Command: mailcaseName, Text: "open " + clip(about, 300)})
	}
	reply(out)
	return nil
}

const (
	maxFile  = 25 << 20      // octets that an attached mail may have
	readFile = kb.MaxMessage // octets of it that are read: a bounce says what it has to say at its beginning
)

// bounceText is the text of the bounce: the attached file's, otherwise what was pasted. Wrong is what is wrong with it, for the asker.
func bounceText(ctx context.Context, r Request) (text string, notes Section, wrong string) {
	notes.Muted = true
	say := func(id string, args map[string]any) string { return texts.Text(r.Lang, id, args) }
	if len(r.Files) == 0 {
		if r.cut {
			notes.Text = say("bounce.cut", map[string]any{"size": sizeText(maxPaste)})
		}
		if strings.TrimSpace(r.Text) == "" {
			return "", notes, say("bounce.empty", nil)
		}
		return r.Text, notes, ""
	}
	f := r.Files[0]
	name := clip(f.Name, 80)
	switch {
	case f.Size > maxFile:
		return "", notes, say("bounce.file-large", map[string]any{"name": name, "size": sizeText(f.Size), "most": sizeText(maxFile)})
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
		notes.Text = say("bounce.cut", map[string]any{"size": sizeText(readFile)})
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

// sizeText is a number of octets for people.
func sizeText(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d kB", (n+1023)>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

// bounceReply is what the text itself says.
func bounceReply(b *kb.Base, lang language.Tag, x kb.Bounce) Reply {
	out := Reply{Tone: Bad, Title: b.BounceText(lang, x.Cause+".name"), Final: true, Data: x}
	if x.Transient {
		out.Tone = Caution
	}
	s := Section{Text: b.BounceText(lang, x.Cause+".meaning")}
	add := func(label, value string) {
		if value != "" {
			s.Fields = append(s.Fields, Field{Label: texts.Text(lang, "bounce.label."+label, nil), Value: value})
		}
	}
	add("do", b.BounceText(lang, x.Cause+".do"))
	add("who", b.BounceText(lang, "who."+x.Who))
	add("code", strings.TrimSpace(x.Code+" "+x.Enhanced))
	if x.Transient {
		add("retry", texts.Text(lang, "bounce.transient", nil))
	}
	add("system", x.System)
	add("page", x.Help)
	switch {
	case x.Source == "":
		add("source", "RFC 3463")
	case x.Unconfirmed():
		add("source", texts.Text(lang, "channel.unconfirmed", map[string]any{"seen": x.Seen, "source": clip(x.Source, 160)}))
	default:
		add("source", texts.Text(lang, "channel.confirmed", map[string]any{"seen": x.Seen, "source": clip(x.Source, 160)}))
	}
	out.Sections = []Section{s}
	if x.Line != "" {
		out.Sections = append(out.Sections, Section{Fields: []Field{{Label: texts.Text(lang, "bounce.label.line", nil)}}, Code: clip(x.Line, 500)})
	}
	return out
}

// slowHop is a delay between two servers that is worth a word; clocks differ by less.
const slowHop = time.Minute

// waySections is what the receiving server found out about the sender, and where the mail was held up.
func waySections(lang language.Tag, m kb.Reading) []Section {
	var out []Section
	if len(m.Results) > 0 {
		out = append(out, Section{Fields: []Field{{Label: texts.Text(lang, "bounce.label.results", nil), Value: strings.Join(m.Results, ", ")}}})
	}
	var items []string
	for i, h := range m.Hops {
		if i > 0 && h.Delay >= slowHop {
			items = append(items, texts.Text(lang, "bounce.hop", map[string]any{"from": m.Hops[i-1].By, "to": h.By, "delay": h.Delay.Round(time.Second).String()}))
		}
	}
	if n := len(m.Hops); n > 1 {
		s := Section{Heading: texts.Text(lang, "bounce.way", map[string]any{"hops": n, "delay": m.Hops[n-1].At.Sub(m.Hops[0].At).Round(time.Second).String()}), Items: items[:min(len(items), 10)]}
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

// senderNamed finds the sender's domain in a reply that names no address: "SPF [example.com] with ip ... = did not pass".
var senderNamed = regexp.MustCompile(`(?i)(?:\bspf\s*\[|\bdomain(?:\s+of)?\s*[:=]?\s*[\[<"']?(?:[^@\s]+@)?|header\.from=|smtp\.mailfrom=(?:[^@\s]*@)?)((?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]+)`)

func domainsToCheck(x kb.Bounce, text string) []checked {
	var out []checked
	add := func(role, address string, checks []string) {
		_, domain, ok := strings.Cut(address, "@")
		if m := senderNamed.FindStringSubmatch(x.Line + "\n" + text); !ok && role == "sender" && m != nil {
			domain, ok = m[1], true
		}
		if !ok || len(checks) == 0 {
			return
		}
		if t, err := diag.ParseTarget(domain); err == nil {
			out = append(out, checked{role, t, checks})
		}
	}
	add("sender", x.Sender, x.SenderChecks)
	add("recipient", x.Recipient, x.RecipientChecks)
	return out
}

// domainSection is what the checks of one domain found.
func domainSection(b *kb.Base, lang language.Tag, one checked, r *diag.Report) Section {
	s := Section{Heading: texts.Text(lang, "bounce.domain."+one.role, map[string]any{"domain": one.target.Unicode})}
	for _, f := range sortedFindings(b, r) {
		if f.Severity >= diag.Warning && len(s.Items) < 6 {
			a := b.Advise(lang, r, f)
			s.Items = append(s.Items, texts.Text(lang, "mailhelp.mend-item", map[string]any{"title": a.Title, "who": a.WhoText}))
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
		s.Tone, s.Text = Unsure, texts.Text(lang, "bounce.domain.unknown", map[string]any{"checks": unknown})
	case len(s.Items) == 0:
		s.Tone, s.Text = Good, texts.Text(lang, "bounce.domain.fine", nil)
	default:
		s.Tone = Caution
	}
	return s
}
