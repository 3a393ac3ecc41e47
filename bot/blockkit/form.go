package blockkit

import (
	"encoding/json"
	"fmt"

	"signpost/commands/chat"

	"github.com/slack-go/slack"
	"golang.org/x/text/language"
)

// FormCallback is the callback_id of a form's modal; answerID the action_id of each of its fields, whose block_id is
// the field's name.
const (
	FormCallback = "form"
	answerID     = "answer"
)

// Origin is where a form was asked for, and what its answers go to: it travels in the modal's private_metadata.
type Origin struct {
	Command     string `json:"c"`
	Text        string `json:"t,omitempty"`
	Channel     string `json:"ch,omitempty"`
	Thread      string `json:"th,omitempty"`
	Direct      bool   `json:"d,omitempty"`
	ResponseURL string `json:"u,omitempty"`
	At          int64  `json:"at,omitempty"` // Unix seconds of the request, from which the response_url counts
}

// The limits of a form's parts, in characters.
const (
	maxOptions      = 100
	maxLabel        = 2000
	maxMetadata     = 3000
	maxInitialValue = 3000
)

// FormView is a Form as a modal. It fails where the origin does not fit into one.
func FormView(lang language.Tag, f *chat.Form, o Origin) (slack.ModalViewRequest, error) {
	o.Command, o.Text = f.Command, f.Text
	meta, err := json.Marshal(o)
	if err != nil || len(meta) > maxMetadata {
		return slack.ModalViewRequest{},
			fmt.Errorf("blockkit: the form's origin takes %d octets, %d are allowed: %w", len(meta), maxMetadata, err)
	}
	var blocks []slack.Block
	for _, in := range f.Fields {
		b := slack.NewInputBlock(in.Name, plainText(in.Label, maxLabel), nil, element(in))
		b.Optional = in.Optional
		if in.Hint != "" {
			b.Hint = plainText(in.Hint, maxLabel)
		}
		blocks = append(blocks, b)
	}
	v := modal(lang, f.Title, "", blocks)
	v.CallbackID, v.PrivateMetadata, v.Submit = FormCallback, string(meta), plainText(f.Submit, maxModalTitle)
	v.Close = plainText(chat.Text(lang, "slack.cancel", nil), maxModalTitle)
	return v, nil
}

func element(in chat.Input) slack.BlockElement {
	if in.Kind == chat.Choice {
		var options []*slack.OptionBlockObject
		var chosen *slack.OptionBlockObject
		for _, c := range in.Choices[:min(len(in.Choices), maxOptions)] {
			o := slack.NewOptionBlockObject(Clip(c.Value, maxOption), plainText(c.Label, maxOption), nil)
			options = append(options, o)
			if c.Value == in.Initial {
				chosen = o
			}
		}
		s := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, answerID, options...)
		s.InitialOption = chosen
		return s
	}
	t := slack.NewPlainTextInputBlockElement(nil, answerID)
	t.Multiline, t.MaxLength = in.Kind == chat.Lines, in.Max()
	t.InitialValue = Clip(chat.Clean(in.Initial), min(in.Max(), maxInitialValue))
	return t
}

// Answers reads what somebody filled in. It fails where the modal is not one of ours.
func Answers(v slack.View) (o Origin, values map[string]string, err error) {
	if v.CallbackID != FormCallback || json.Unmarshal([]byte(v.PrivateMetadata), &o) != nil || o.Command == "" {
		return o, nil, fmt.Errorf("blockkit: not one of our forms: %.60q", v.CallbackID)
	}
	values = map[string]string{}
	if v.State == nil {
		return o, values, nil
	}
	for name, block := range v.State.Values {
		a := block[answerID]
		value := a.Value
		if a.SelectedOption.Value != "" {
			value = a.SelectedOption.Value
		}
		if value != "" && len(values) < 50 {
			values[name] = value
		}
	}
	return o, values, nil
}
