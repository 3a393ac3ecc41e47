package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// handler carries out a verb: on the casebook as a whole, or on one case.
type handler struct {
	ofBook func(*Work, context.Context) error
	ofCase func(*Work, context.Context, *cases.Case) error
}

// handlers is what carries out each of intent.Verbs, by its name.
func handlers() map[string]handler {
	type book = func(*Work, context.Context) error
	type one = func(*Work, context.Context, *cases.Case) error
	out := map[string]handler{}
	for name, do := range map[string]book{
		"open": (*Work).open, "list": (*Work).list, "mine": (*Work).list, "search": (*Work).list, "reminders": (*Work).reminders, "stats": (*Work).stats,
		"export": (*Work).export, "import": (*Work).receive, "forget": (*Work).forget, "audit": (*Work).audit,
		"home": (*Work).home, "heard": (*Work).heard, "react": (*Work).react,
	} {
		out[name] = handler{ofBook: do}
	}
	for name, do := range map[string]one{
		"show": (*Work).show, "take": (*Work).take, "assign": (*Work).assign, "state": (*Work).state, "priority": (*Work).priority, "note": (*Work).note,
		"tag": (*Work).tag, "untag": (*Work).tag, "follow": (*Work).follow, "unfollow": (*Work).follow, "merge": (*Work).merge,
		"contact": (*Work).contact, "ticket": (*Work).ticket, "answered": (*Work).answered, "draft": (*Work).draft,
		"recheck": (*Work).recheck, "remind": (*Work).remind, "snooze": (*Work).remind,
		"solve": (*Work).end, "close": (*Work).end, "reopen": (*Work).reopen, "lesson": (*Work).lesson, "review": (*Work).review,
		"delete": (*Work).remove, "root": (*Work).root, "posted": (*Work).posted,
	} {
		out[name] = handler{ofCase: do}
	}
	return out
}

// Validate tells what the verbs of cases lack: each has a handler of its kind, and where people may ask it, words, help, an example, and a form whose
// fields there are.
func Validate() error { return validate(intent.Verbs) }

func validate(verbs []intent.Verb) error {
	var errs []error
	do := handlers()
	for _, v := range verbs {
		lacks := func(what string) { errs = append(errs, fmt.Errorf("casework: the verb %q lacks %s", v.Name, what)) }
		h, ok := do[v.Name]
		if delete(do, v.Name); !ok || (h.ofBook != nil) != v.OfBook() {
			lacks("a handler of its kind")
		}
		if v.Group == "" {
			continue
		}
		ids := []string{"words.case." + v.Name, "case.help." + v.Name, "case.example." + v.Name, "case.help.group." + v.Group}
		if v.Form != nil {
			ids = append(ids, "form.mailcase."+v.Name+".title", "form.mailcase."+v.Name+".submit")
		}
		for _, id := range ids {
			if !chat.Has(id) {
				lacks("the sentence " + id)
			}
		}
		for _, field := range slices.Concat(v.Form, v.Ends) {
			if !slices.ContainsFunc(intent.CaseInputs, func(in chat.Input) bool { return in.Name == field }) && field != "second" {
				lacks("the field " + field)
			}
		}
	}
	for name := range do {
		errs = append(errs, fmt.Errorf("casework: %q is carried out and is no verb", name))
	}
	return errors.Join(errs...)
}
