package bot

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"signpost/bot/jobs"
	"signpost/commands"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// host is what may be a domain among words.
var host = regexp.MustCompile(`[\p{L}\p{N}-][.\x{3002}\x{FF0E}@\x{FF20}][\p{L}\p{N}]{2}`)

// job is a request as the queue takes it: in the lane for what it will do, on behalf of whoever asked.
func job(id string, r request) (jobs.Request, error) {
	payload, err := json.Marshal(r)
	j := jobs.Request{
		ID: id, Payload: payload, Team: r.Team, User: r.User, Channel: r.Channel, Lane: laneOf(r),
		Limited: r.Post == nil && !r.Silent && !r.Home,
	}
	if r.Step != "" {
		j.User = cmp.Or(r.User, stepPerson)
	}
	if r.Post == nil && (j.Lane == jobs.Background || r.Silent || r.Home ||
		r.View != "" || r.Modal != "" || r.Click.Kept != "") {
		j.Channel = "" // it writes into no channel itself, or so late that others should not wait for it
	}
	return j, err
}

// laneOf is the lane for what a request will do: whether it waits for servers on the internet, as far as can be told
// before it is carried out.
func laneOf(r request) jobs.Lane {
	ask := chat.Request{Command: r.Command, Text: r.Text, Files: make([]chat.File, len(r.Files)), Event: r.Event}
	switch {
	case r.Event != nil && r.Event.Looks():
		return jobs.Diagnosis
	case r.Post != nil || r.Silent || r.Event != nil || commands.WholeBook(ask):
		return jobs.Background
	case r.Home, r.Prompts:
		return jobs.Quick
	}
	command, text := r.Command, r.Text
	if command == "" {
		command, text = intent.FromWords(text, len(r.Files) > 0)
	}
	named := host.MatchString(text + " " + strings.Join(slices.Collect(maps.Values(r.Values)), " "))
	switch command {
	case chat.Check, chat.Ticket:
		return jobs.Diagnosis
	case chat.Watch:
		if named && commands.LooksNow(text) {
			return jobs.Diagnosis
		}
	case chat.Help, chat.Bounce:
		if named || len(r.Files) > 0 {
			return jobs.Diagnosis
		}
	case chat.Case:
		verb := intent.Read(text).Verb
		if verb == "recheck" || verb == "check" || verb == "open" && named {
			return jobs.Diagnosis
		}
	}
	return jobs.Quick
}

// stepPerson stands for whoever runs workflows, whom Slack does not name: all steps of a workspace share what one
// person may ask.
const stepPerson = "workflow"
