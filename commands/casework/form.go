package casework

import (
	"fmt"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// fit checks what was chosen in fields, and brings it into the words that records have; where it cannot be, it says so.
func (k *Work) fit() bool {
	for _, in := range intent.CaseInputs {
		v, there := k.r.Values[in.Name]
		if v = strings.TrimSpace(v); !there || v == "" || in.Kind != chat.Choice {
			continue
		}
		as, ok := k.choice(in.Name, v)
		if !ok {
			args := map[string]any{"field": k.text("form.mailcase."+in.Name, nil), "what": chat.Clip(v, 40)}
			if options := k.choices(in.Name, nil); in.Name != "provider" {
				args["choices"] = chat.OptionValues(options)
			}
			k.wrong("case.bad-choice", args)
			return false
		}
		k.r.Values[in.Name] = as
	}
	return true
}

// choice is what somebody wrote for a choice, as records have it.
func (k *Work) choice(field, said string) (string, bool) {
	switch field {
	case "provider":
		id := k.providerIn(said)
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
	for _, o := range k.choices(field, nil) {
		if strings.EqualFold(o.Value, said) || slices.Contains(chat.Words("choice."+o.Value), chat.Fold(said)) || k.d.KB != nil && strings.EqualFold(o.Label, said) {
			return o.Value, true
		}
	}
	return "", false
}

// ask answers with the form of a verb.
func (k *Work) ask(c *cases.Case) error {
	name := ""
	if c != nil {
		name = " " + c.Name()
	}
	if c != nil && intent.Has(k.verb, intent.KnowsRevision) {
		name += fmt.Sprintf(" rev=%d", c.Rev)
	}
	f := &chat.Form{Command: chat.Case, Changes: true, Text: k.verb + name, Title: k.text("form.mailcase."+k.verb+".title", nil), Submit: k.text("form.mailcase."+k.verb+".submit", nil)}
	for _, in := range intent.FormOf(k.verb) {
		in.Label, in.Choices, in.Initial = k.text("form.mailcase."+in.Name, nil), k.choices(in.Name, c), k.initial(in.Name, c)
		if id := "form.mailcase." + in.Name + ".hint"; chat.Has(id) {
			in.Hint = k.text(id, nil)
		}
		if id := "form.mailcase.label." + k.verb + "." + in.Name; chat.Has(id) {
			in.Label = k.text(id, nil)
		}
		if v := k.r.Values[in.Name]; v != "" {
			in.Initial = chat.Clip(v, in.Max()-1)
		}
		f.Fields = append(f.Fields, in)
	}
	out := chat.Reply{Title: f.Title, Form: f, Final: true}
	out.Sections = []chat.Section{{Text: k.text("try", map[string]any{"example": k.text("case.example."+k.verb, nil)})}}
	out.Actions = []chat.Action{{ID: "form", Label: k.text("case.button.form", nil), Command: chat.Case, Text: k.verb + name + " " + chat.FormWord}}
	k.say(out)
	return nil
}

func (k *Work) choices(field string, c *cases.Case) []chat.Option {
	options := func(prefix string, values ...string) (out []chat.Option) {
		for _, v := range values {
			out = append(out, chat.Option{Value: v, Label: k.text(prefix+v, nil)})
		}
		return out
	}
	switch field {
	case "provider":
		known := ""
		if c != nil {
			known = c.Provider
		}
		return answers.ProviderOptions(k.d.KB, k.r.Lang, known)
	case "priority":
		return options("case.priority.", "urgent", "normal", "low")
	case "state":
		return options("case.state.", "waiting-us", "waiting-provider", "waiting-dns", "new")
	case "channel":
		var out []chat.Option
		for _, kind := range contactKinds {
			out = append(out, chat.Option{Value: kind, Label: k.d.KB.ChannelText(k.r.Lang, "kind."+kind, nil)})
		}
		return out
	case "answered":
		return options("case.answered.", "yes", "no")
	case "partner":
		return options("case.partner.", "none", "registrar", "dns")
	}
	return nil
}

func (k *Work) initial(field string, c *cases.Case) string {
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
