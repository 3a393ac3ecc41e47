package bounce

import (
	"cmp"
	"slices"
	"strings"

	"signpost/diag/pattern"
)

// report puts the parts together, a failure for each recipient.
func (s *source) report(raw string, h header) Report {
	r := Report{Kind: s.kind}
	if s.letter != nil {
		r.Letter = *s.letter
		r.Sender = s.letter.From
		if r.Sender == "" && !notPerson(s.letter.ReturnPath) {
			r.Sender = s.letter.ReturnPath
		}
	}
	notice := strings.Join(s.notices, "\n\n")
	blocks, common := splitNotice(notice)
	switch {
	case len(s.status) > 0:
		r.Failures = s.byStatus(notice, blocks, common)
	case len(blocks) > 1:
		r.Failures = byNotice(notice, blocks, common)
	default:
		f := Failure{Speakers: speakers(notice), Texts: []Text{{Notice, unitsOf(notice)}}}
		if len(blocks) == 1 {
			f.Recipient = blocks[0].recipient
		}
		f.Action = logged(notice, f.Recipient)
		r.Failures = []Failure{f}
	}
	if len(r.Failures) > maxFailures {
		r.More = len(r.Failures) - maxFailures
		r.Failures = r.Failures[:maxFailures]
	}
	if len(r.Failures) == 1 {
		f := &r.Failures[0]
		if f.Recipient == "" {
			f.Recipient = cmp.Or(firstAddress(h.get("x-failed-recipients")), recipientIn(notice))
		}
		if f.Recipient == "" && s.kind == Bounced {
			f.Recipient = r.Letter.To
		}
	}
	subject := h.text("subject")
	for i := range r.Failures {
		f := &r.Failures[i]
		if subject != "" {
			f.Texts = append(f.Texts, Text{Subject, unitsOf(subject)})
		}
		if len(r.Failures) == 1 && raw != notice {
			whole, _ := shorten(raw, maxPasted)
			f.Texts = append(f.Texts, Text{Raw, unitsOf(withoutBlobs(whole))})
		}
	}
	return r
}

// byStatus is the failures that the fields of the report tell of, each with what the notice says about its recipient.
func (s *source) byStatus(notice string, blocks blocks, common string) []Failure {
	reporting := ""
	for _, g := range s.status {
		if g.reporting != "" {
			reporting = g.reporting
		}
	}
	var out []Failure
	failed := failedGroups(s.status)
	for _, g := range failed {
		f := Failure{
			Recipient: g.recipient, Action: g.action, Status: g.status, Texts: []Text{{Status, g.units()}},
		}
		words := blocks.about(g.recipient, g.original)
		switch {
		case words == "" && (len(failed) == 1 || len(blocks) == 0):
			words = notice
		case words != "" && len(failed) == 1:
			words += "\n\n" + common
		}
		f.Speakers = g.speakers(words, reporting)
		f.Texts = append(f.Texts, Text{Notice, unitsOf(words)})
		out = append(out, f)
	}
	return out
}

// byNotice is the failures that a notice tells of, a block for each.
func byNotice(notice string, blocks blocks, common string) []Failure {
	var out []Failure
	said := speakers(notice)
	for _, b := range blocks {
		f := Failure{
			Recipient: b.recipient, Action: logged(b.text, b.recipient), Speakers: speakers(b.text),
			Texts: []Text{{Notice, unitsOf(b.text)}},
		}
		if len(f.Speakers) == 0 {
			f.Speakers = said
		}
		if strings.TrimSpace(common) != "" {
			f.Texts = append(f.Texts, Text{Notice, unitsOf(common)})
		}
		out = append(out, f)
	}
	relayed := func(f Failure) bool { return f.Action == "relayed" }
	if failed := slices.DeleteFunc(slices.Clone(out), relayed); len(failed) > 0 {
		return failed
	}
	return out
}

var blob = pattern.New(`^[A-Za-z0-9+/=]{60,}$`)

// withoutBlobs leaves out lines of base64, in which no words stand.
func withoutBlobs(text string) string {
	if !strings.Contains(strings.ToLower(text), "base64") {
		return text
	}
	var out strings.Builder
	for at := 0; at < len(text); {
		line, next := lineAt(text, at)
		if !blob.MatchString(line) {
			out.WriteString(line + "\n")
		}
		at = next
	}
	return out.String()
}
