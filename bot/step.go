package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"signpost/bot/blockkit"
	"signpost/commands"
	"signpost/commands/chat"
	"signpost/commands/intent"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"golang.org/x/text/language"
)

// Workflow offers a step for Slack's Workflow Builder, "Check a mail domain". Slack has it in paid plans alone, for
// apps that are ready for organisations. Source: https://docs.slack.dev/workflows/workflow-steps.
var Workflow = Extra{Name: "workflow", events: []string{"function_executed"}}

const (
	// stepCheck is the callback_id of the step.
	stepCheck = "check_mail_domain"
	maxOutput = 3_000 // characters of what a step hands on: it is made to be put into a message
)

type manifestFunction struct {
	Title       string             `json:"title"`
	Description string             `json:"description"`
	Input       manifestParameters `json:"input_parameters"`
	Output      manifestParameters `json:"output_parameters"`
}

type manifestParameters struct {
	Properties map[string]manifestParameter `json:"properties"`
	Required   []string                     `json:"required"`
}

type manifestParameter struct {
	Type        string `json:"type"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

// stepFunctions is the step as the manifest has it.
func stepFunctions(lang language.Tag) map[string]manifestFunction {
	parameters := func(required int, names ...string) manifestParameters {
		out := manifestParameters{Properties: map[string]manifestParameter{}, Required: names[:required]}
		for _, name := range names {
			out.Properties[name] = manifestParameter{Type: "string", Title: chat.Text(lang, "step."+name, nil),
				Description: chat.Text(lang, "step."+name+".description", nil)}
		}
		return out
	}
	return map[string]manifestFunction{stepCheck: {
		Title: chat.Text(lang, "shortcut.check", nil), Description: chat.Text(lang, "shortcut.check.description", nil),
		Input: parameters(1, "domain", "language"), Output: parameters(3, "verdict", "summary", "report"),
	}}
}

// fromStep reads that a workflow has come to the step.
func fromStep(r request, m *slackevents.FunctionExecutedEvent) (d delivery, ok bool) {
	if m.Function.CallbackID != stepCheck || m.FunctionExecutionID == "" {
		slog.Info("a step that is none of ours", "request_id", identity("step", r.Team, m.FunctionExecutionID),
			"callback_id", fmt.Sprintf("%.60q", m.Function.CallbackID))
		return d, false
	}
	input := func(name string) string {
		s, _ := m.Inputs[name].(string)
		return strings.TrimSpace(unmarked(clipOctets(s)))
	}
	r.Step, r.Command, r.Text = m.FunctionExecutionID, chat.Check, input("domain")
	r.Values = map[string]string{"language": chat.CutRunes(input("language"), 40)}
	return delivery{id: identity("step", r.Team, m.FunctionExecutionID), request: r}, true
}

// runStep checks the domain that a workflow gave, and hands what came of it on. A workflow whose step cannot be done
// is told why.
func (b *Bot) runStep(ctx context.Context, s *responder) error {
	s.lang = b.stepLanguage(s)
	t, ok := intent.DomainIn(s.request.Text)
	if !ok {
		return s.stepFailed(ctx, chat.Text(s.lang, "step.no-domain",
			map[string]any{"what": chat.Clip(s.request.Text, 60)}))
	}
	ask := s.chatRequest()
	ask.Text, ask.Values, ask.Lang, ask.Asker, ask.User = t.Domain, nil, s.lang, s.lang, stepPerson
	final, err := b.run(ctx, s.home, ask, nil)
	if err != nil {
		return err
	}
	verdict, ok := commands.Verdict(final)
	if !ok { // too many were asked for, or something else stands in the way
		return s.stepFailed(ctx, final.Title)
	}
	outputs := map[string]string{"verdict": verdict, "summary": stepText(final.Title),
		"report": stepText(final.Lines())}
	return s.completed(ctx, s.home.api.FunctionCompleteSuccessContext(ctx, s.request.Step,
		slack.FunctionCompleteSuccessRequestOptionOutput(outputs)))
}

// stepLanguage is the language that the workflow chose, by its tag or in its own words; otherwise the bot's.
func (b *Bot) stepLanguage(s *responder) language.Tag {
	said := s.request.Values["language"]
	for _, tag := range chat.Languages() {
		if chat.Fold(said) == chat.Fold(chat.Text(tag, "language", nil)) {
			return tag
		}
	}
	if tag, err := language.Parse(said); err == nil && said != "" {
		return chat.Match(tag)
	}
	return b.Lang
}

// stepText is a text that a workflow puts into a message: nothing in it calls anybody.
func stepText(s string) string { return cmp.Or(blockkit.Clip(blockkit.Plain(s), maxOutput), "–") }

// stepFailed tells a workflow that its step cannot be done, and why.
func (s *responder) stepFailed(ctx context.Context, why string) error {
	return s.completed(ctx, s.home.api.FunctionCompleteErrorContext(ctx, s.request.Step,
		blockkit.Clip(blockkit.Plain(why), 500)))
}

// completed notes that a step has ended. Where Slack no longer waits for it, an attempt before has told, or somebody
// has stopped the workflow. Source: https://docs.slack.dev/reference/methods/functions.completeSuccess.
func (s *responder) completed(ctx context.Context, err error) error {
	switch {
	case slackSaid(err, "execution_not_in_running_state", "function_execution_not_found"):
		slog.Info("the workflow does not wait for its step", "request_id", s.id, "error", err)
	case slackSaid(err, "parameter_validation_failed"):
		return fmt.Errorf("%w: the app's manifest is not that of this version: %w", errNowhere, err)
	case err != nil:
		return s.home.watchToken(fmt.Errorf("bot: step: %w", err))
	}
	s.note(ctx, "done", "1")
	return nil
}

// giveUpStep tells the workflow that there will be no answer; it would wait for ever.
func (s *responder) giveUpStep(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	why := chat.Text(s.lang, "slack.gave-up", map[string]any{"reference": s.id})
	if err := s.stepFailed(ctx, why); err != nil && !errors.Is(err, context.Canceled) {
		slog.Error("a workflow is not told that its step failed", "request_id", s.id, "error", err)
	}
}

// Extra is what an app may ask for beside: only a team that wants it grants it.
type Extra struct {
	Name   string
	scopes []Scope
	events []string
}

// Scope is a permission that the bot asks for, and what for.
type Scope struct{ Name, For string }
