package work

import (
	"fmt"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// Fit checks what was chosen in fields, and brings it into the words that records have.
func Fit(k *Work, o Order) (Order, error) {
	for _, in := range intent.CaseInputs {
		v, there := o.Values[in.Name]
		if v = strings.TrimSpace(v); !there || v == "" || in.Kind != chat.Choice {
			continue
		}
		as, ok := choice(k, in.Name, v)
		if !ok {
			args := map[string]any{"field": k.Text("form.mailcase."+in.Name, nil), "what": chat.Clip(v, 40)}
			if options := choices(k, in.Name, nil); in.Name != "provider" {
				args["choices"] = chat.OptionValues(options)
			}
			return o, &WrongOrder{ID: "case.bad-choice", Args: args}
		}
		o.Values[in.Name] = as
	}
	return o, nil
}

// choice is what somebody wrote for a choice, as records have it.
func choice(k *Work, field, said string) (string, bool) {
	switch field {
	case "provider":
		id := k.ProviderIn(said)
		return id, id != ""
	case "priority":
		p, ok := intent.PriorityIn(said)
		return string(p), ok
	case "state":
		s, ok := intent.StateIn(said)
		return string(s), ok
	case "channel":
		kind := k.kindNamed(said)
		return kind, kind != ""
	}
	for _, o := range choices(k, field, nil) {
		if strings.EqualFold(o.Value, said) || slices.Contains(chat.Words("choice."+o.Value), chat.Fold(said)) ||
			k.Deps.KB != nil && strings.EqualFold(o.Label, said) {
			return o.Value, true
		}
	}
	return "", false
}

// Ask answers with the form of a verb.
func Ask(k *Work, o Order) chat.Reply {
	c, name := o.Case, ""
	if c != nil {
		name = " " + c.Name()
	}
	if c != nil && intent.Has(o.Verb, intent.KnowsRevision) {
		name += fmt.Sprintf(" rev=%d", c.Rev)
	}
	f := &chat.Form{Command: chat.Case, Changes: true, Text: o.Verb + name,
		Title: k.Text("form.mailcase."+o.Verb+".title", nil), Submit: k.Text("form.mailcase."+o.Verb+".submit", nil)}
	for _, in := range intent.FormOf(o.Verb) {
		in.Label, in.Choices = k.Text("form.mailcase."+in.Name, nil), choices(k, in.Name, c)
		in.Initial = initial(in.Name, c)
		if id := "form.mailcase." + in.Name + ".hint"; chat.Has(id) {
			in.Hint = k.Text(id, nil)
		}
		if id := "form.mailcase.label." + o.Verb + "." + in.Name; chat.Has(id) {
			in.Label = k.Text(id, nil)
		}
		if v := o.Values[in.Name]; v != "" {
			in.Initial = chat.Clip(v, in.Max()-1)
		}
		f.Fields = append(f.Fields, in)
	}
	out := chat.Reply{Title: f.Title, Form: f, Final: true}
	out.Sections = []chat.Section{{Text: k.Text("try", map[string]any{"example": k.Text("case.example."+o.Verb, nil)})}}
	out.Actions = []chat.Action{{ID: "form", Label: k.Text("case.button.form", nil), Command: chat.Case,
		Text: o.Verb + name + " " + chat.FormWord}}
	return out
}

func choices(k *Work, field string, c *cases.Case) []chat.Option {
	options := func(prefix string, values ...string) (out []chat.Option) {
		for _, v := range values {
			out = append(out, chat.Option{Value: v, Label: k.Text(prefix+v, nil)})
		}
		return out
	}
	switch field {
	case "provider":
		known := ""
		if c != nil {
			known = c.Provider
		}
		return answers.ProviderOptions(k.Deps.KB, k.Req.Lang, known)
	case "priority":
		return options("case.priority.", "urgent", "normal", "low")
	case "state":
		return options("case.state.", "waiting-us", "waiting-provider", "waiting-dns", "new")
	case "channel":
		var out []chat.Option
		for _, kind := range contactKinds {
			out = append(out, chat.Option{Value: kind, Label: k.Deps.KB.ChannelText(k.Req.Lang, "kind."+kind, nil)})
		}
		return out
	case "answered":
		return options("case.answered.", "yes", "no")
	case "partner":
		return options("case.partner.", "none", "registrar", "dns")
	}
	return nil
}

func initial(field string, c *cases.Case) string {
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
