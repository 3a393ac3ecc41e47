package answers

import (
	"context"
	"slices"

	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
	"signpost/kb"
)

// examination is what a question's domain shows, to stand before the answer.
type examination struct {
	provider string
	sections []chat.Section
	actions  []chat.Action
}

// examine diagnoses the domain that a question names, or the workspace's own where the question tells of trouble: the
// verdict in a line, and what to do about what blocks mail most. Without such a domain it is empty.
func examine(ctx context.Context, d Deps, r chat.Request, s kb.Situation, reply func(chat.Reply)) (examination, error) {
	t, ok := intent.OwnDomainIn(r.Text, d.KB.PublicMail)
	if !ok && s.What {
		t, ok = ownTarget(ownSettings(ctx, d, r))
	}
	if !ok {
		return examination{}, nil
	}
	reply(chat.Reply{Title: chat.Text(r.Lang, "progress.domain", map[string]any{"domain": t.Unicode})})
	report, err := Diagnose(ctx, d, r, intent.Question{Target: t}, nil)
	if slow := AsSlowDown(err); slow != nil { // the guide needs no check
		return examination{sections: []chat.Section{{Tone: chat.Caution, Text: SlowReply(r.Lang, slow).Title}}}, nil
	}
	if err != nil {
		return examination{}, err
	}
	problems := slices.DeleteFunc(SortedFindings(d.KB, report),
		func(f diag.Finding) bool { return f.Severity == diag.Info })
	title, tone := verdictLine(r.Lang, report, problems, d.KB)
	verdict := chat.Section{Tone: tone, Heading: title}
	if len(problems) > 0 {
		a := d.KB.Advise(r.Lang, report, problems[0])
		verdict.Fields = []chat.Field{{Label: chat.Text(r.Lang, "label.fix", nil), Value: a.Fix}}
		if publish, _ := changeLines(a.Records); len(publish) > 0 {
			verdict.Fields = append(verdict.Fields, chat.Field{Label: chat.Text(r.Lang, "label.publish", nil)})
			verdict.Code = publish[0]
		}
	}
	return examination{provider: mailboxOf(report), sections: []chat.Section{verdict},
		actions: append([]chat.Action{diagnosisAction(r.Lang, report)}, LiveOf(d, r.Lang, report)...)}, nil
}
