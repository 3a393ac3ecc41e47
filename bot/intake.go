package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"signpost/bot/blockkit"
	"signpost/bot/jobs"
	"signpost/bot/metrics"
	"signpost/bot/tracing"
	"signpost/commands"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
)

// putTimeout is how long making a request durable may take: Slack waits 3 s for its acknowledgement.
const putTimeout = 1500 * time.Millisecond

// noticeEvery is how often one person is told at most why a request is not taken, where that needs a message of its
// own.
const noticeEvery = 20 * time.Second

// fromSlash reads a slash command. Delivered is what names the delivery where Slack gave neither trigger nor
// response_url, which are the same however often it delivers.
func (b *Bot) fromSlash(c slack.SlashCommand, delivered string) delivery {
	delivered = cmp.Or(c.TriggerID, c.ResponseURL, delivered)
	from := place{cmp.Or(c.TeamID, c.EnterpriseID), c.EnterpriseID}
	return b.withModal(delivery{
		id:      identity("cmd", c.TeamID, c.ChannelID, c.UserID, c.Command, c.Text, delivered),
		trigger: c.TriggerID,
		speaks:  true,
		request: request{
			Team: from.team, Enterprise: from.enterprise, User: c.UserID, Channel: c.ChannelID,
			Command: strings.TrimPrefix(c.Command, "/"),
			Text:    unmarked(clipOctets(c.Text)),
			Direct:  strings.HasPrefix(c.ChannelID, "D"), ResponseURL: b.responseURL(c.ResponseURL), At: time.Now().UTC(),
		},
	})
}

// fromInteraction reads a click; ok is false for what asks nothing of us.
func (b *Bot) fromInteraction(c slack.InteractionCallback) (d delivery, ok bool) {
	switch {
	case clickedIn(c).guest(c.User.TeamID):
		slog.Warn("click of somebody from another workspace", "team", fmt.Sprintf("%.40q", c.User.TeamID))
		return d, false
	case c.Type == slack.InteractionTypeViewSubmission:
		return b.fromForm(c)
	case c.Type == slack.InteractionTypeMessageAction && (c.CallbackID == explainBounce || c.CallbackID == openCase):
		return b.fromShortcut(c), true
	case c.Type == slack.InteractionTypeShortcut && c.CallbackID == checkDomain:
		return b.fromGlobal(c), true
	case c.Type != slack.InteractionTypeBlockActions || len(c.ActionCallback.BlockActions) == 0:
		slog.Info("interaction of a kind that asks nothing", "type", string(c.Type), "callback_id", c.CallbackID)
		return d, false
	}
	action := c.ActionCallback.BlockActions[0]
	if strings.HasPrefix(action.ActionID, "link:") {
		return d, false
	}
	value := action.Value
	if value == "" {
		value = action.SelectedOption.Value // a menu behind the buttons
	}
	click, err := blockkit.ParseClick(value)
	if err != nil {
		slog.Warn("click on a strange button", "action_id", action.ActionID, "error", err)
		return d, false
	}
	channel := c.Channel.ID
	if channel == "" {
		channel = c.Container.ChannelID
	}
	home := c.View.Type == slack.VTHomeTab
	if home { // the answer comes as a message
		channel, c.View.ID = c.User.ID, ""
	}
	thread, from := c.Message.ThreadTimestamp, clickedIn(c)
	d = delivery{
		id: identity("click", c.Team.ID, c.User.ID, channel, c.Message.Timestamp, c.View.ID, action.ActionID,
			action.ActionTs, value, c.TriggerID),
		trigger: c.TriggerID,
		request: request{
			Team: from.team, Enterprise: from.enterprise, User: c.User.ID, Channel: channel, Thread: thread,
			Direct:  home || strings.HasPrefix(channel, "D"),
			Command: click.Command, Text: click.Text,
			ResponseURL: b.responseURL(c.ResponseURL), View: c.View.ID, At: time.Now().UTC(),
		},
	}
	if click.Kept != "" {
		d.request.Click = click
		if d.request.View == "" && d.trigger != "" {
			d.request.Modal = d.id
		}
		return d, true
	}
	return b.withModal(d), true
}

// fromShortcut reads the message shortcut: the message, and what is attached to it, is the bounce.
func (b *Bot) fromShortcut(c slack.InteractionCallback) delivery {
	text, from := c.Message.Text, clickedIn(c)
	for _, a := range c.Message.Attachments[:min(len(c.Message.Attachments), 10)] {
		text += "\n" + cmp.Or(a.Text, a.Fallback)
	}
	d := delivery{
		id: identity("shortcut", c.CallbackID, c.Team.ID, c.User.ID, c.Channel.ID, c.Message.Timestamp, c.TriggerID,
			c.ActionTs),
		request: request{
			Team: from.team, Enterprise: from.enterprise, User: c.User.ID, Channel: c.Channel.ID,
			Thread:  c.Message.ThreadTimestamp,
			Direct:  strings.HasPrefix(c.Channel.ID, "D"),
			Command: chat.Bounce, Text: unmarked(clipOctets(text)), Files: b.attachedTo(c.Message.Files),
			ResponseURL: b.responseURL(c.ResponseURL), At: time.Now().UTC(),
		},
	}
	if c.CallbackID == openCase {
		d.request.Command, d.request.Text, d.request.Files = chat.Case, "open "+d.request.Text, nil
	}
	return d
}

// fromForm reads the answers to a form. What is wrong with them is said in the acknowledgement, on their fields.
func (b *Bot) fromForm(c slack.InteractionCallback) (d delivery, ok bool) {
	origin, values, err := blockkit.Answers(c.View)
	if err != nil {
		slog.Warn("a strange form", "callback_id", fmt.Sprintf("%.100q", c.View.CallbackID), "error", err)
		return d, false
	}
	from := clickedIn(c)
	people := b.known(from).people
	lang := chat.Language(origin.Text, people.cached(c.User.ID))
	by := chat.Writer{Lang: lang, Zone: people.zone(c.User.ID), Now: b.Deps.Now()}
	if wrong := commands.CheckAnswers(origin.Command, origin.Text, by, values); len(wrong) > 0 {
		d.refusal = slack.NewErrorsViewSubmissionResponse(wrong)
		return d, false
	}
	d = delivery{
		id: identity("form", c.Team.ID, c.User.ID, c.View.ID, c.View.Hash, fmt.Sprint(values)),
		request: request{
			Team: from.team, Enterprise: from.enterprise, User: c.User.ID, Channel: cmp.Or(origin.Channel, c.User.ID),
			Thread: origin.Thread, Direct: origin.Direct || origin.Channel == "",
			Command: origin.Command, Text: origin.Text, Values: values, ResponseURL: b.responseURL(origin.ResponseURL),
			At: time.Unix(origin.At, 0).UTC(),
		},
	}
	return d, true
}

// fromEvent reads a mention or a direct message; ok is false for what asks nothing of us.
func (b *Bot) fromEvent(e slackevents.EventsAPIEvent) (d delivery, ok bool) {
	id := ""
	if outer, ok := e.Data.(*slackevents.EventsAPICallbackEvent); ok {
		id = outer.EventID
	}
	from, me := happenedIn(e)
	r := request{Team: from.team, Enterprise: from.enterprise, At: time.Now().UTC()}
	var text, ts string
	switch m := e.InnerEvent.Data.(type) {
	case *slackevents.AppMentionEvent:
		if m.BotID != "" || m.Edited != nil || from.guest(m.UserTeam, m.SourceTeam) {
			return d, false
		}
		r.User, r.Channel, r.Thread, text, ts = m.User, m.Channel, m.ThreadTimeStamp, m.Text, m.TimeStamp
		r.Files, r.Public = b.attachedTo(m.Files), true
		if r.Thread == "" {
			r.Begin = m.TimeStamp
		}
	case *slackevents.AppHomeOpenedEvent:
		if m.Tab != "home" {
			return d, false
		}
		r.User, r.Channel, r.Command, r.Home, r.Direct = m.User, m.User, chat.Case, true, true
		r.Inside = &chat.Inside{Kind: chat.HomePage}
		return delivery{id: identity("home", e.TeamID, id), request: r}, true
	case *slackevents.AssistantThreadStartedEvent:
		return fromAssistant(r, m, id)
	case *slackevents.FunctionExecutedEvent:
		return fromStep(r, m)
	case *slackevents.ReactionAddedEvent:
		if m.Item.Type != "message" || m.User == "" {
			return d, false
		}
		r.User, r.Channel, r.Thread, r.Command, r.Silent = m.User, m.Item.Channel, m.Item.Timestamp, chat.Case, true
		r.Inside = &chat.Inside{Kind: chat.Reaction, Words: clipOctets(m.Reaction)}
		return delivery{id: identity("react", r.Team, m.User, m.Item.Channel, m.Item.Timestamp, m.Reaction, m.EventTimestamp),
			request: r}, true
	case *slackevents.AppUninstalledEvent:
		return b.fromLeaving(e)
	case *slackevents.TokensRevokedEvent:
		if len(m.Tokens.Bot) == 0 { // a person's
			return d, false
		}
		return b.fromLeaving(e)
	case *slackevents.MessageEvent:
		if m.ChannelType != "im" {
			return b.fromThread(m, r, me)
		}
		if m.BotID != "" || m.User == "" || (m.SubType != "" && m.SubType != "file_share") ||
			m.User == b.meIn(from, me) || from.guest(m.UserTeam, m.SourceTeam) {
			return d, false
		}
		r.User, r.Channel, r.Thread, r.Direct, text, ts = m.User, m.Channel, m.ThreadTimeStamp, true, m.Text, m.TimeStamp
		if m.Message != nil {
			r.Files = b.attachedTo(m.Message.Files)
		}
	default:
		slog.Info("event of a kind that asks nothing", "type", cmp.Or(e.InnerEvent.Type, e.Type))
		return d, false
	}
	r.Text = unmarked(clipOctets(text)) // commands tells what is meant
	if r.Thread == "" && len(r.Files) == 0 && intent.AsksNothing(r.Text) {
		return d, false // small talk is let be; in a case's thread it is kept
	}
	if id == "" {
		id = r.Channel + " " + ts
	}
	return delivery{id: identity("event", e.TeamID, id), request: r}, true
}

// fromThread reads a reply in a thread of a channel whose history the app may read: the casebook records it where the
// team has switched that on.
func (b *Bot) fromThread(m *slackevents.MessageEvent, r request, me string) (d delivery, ok bool) {
	me = b.meIn(r.from(), me)
	if m.BotID != "" || m.User == "" || m.SubType != "" && m.SubType != "file_share" ||
		me != "" && (m.User == me || strings.Contains(m.Text, "<@"+me+">")) || r.from().guest(m.UserTeam, m.SourceTeam) {
		return d, false
	}
	if m.ThreadTimeStamp == "" {
		return b.fromDropped(m, r)
	}
	r.User, r.Channel, r.Thread, r.Command, r.Silent = m.User, m.Channel, m.ThreadTimeStamp, chat.Case, true
	r.Inside = &chat.Inside{Kind: chat.ThreadReply, Words: unmarked(clipOctets(m.Text))}
	return delivery{id: identity("heard", r.Team, m.Channel, m.TimeStamp), request: r}, true
}

// fromDropped reads reports of receivers that somebody drops into a channel: files with the names that receivers give
// them. Other files are not asked for.
func (b *Bot) fromDropped(m *slackevents.MessageEvent, r request) (d delivery, ok bool) {
	if m.Message == nil {
		return d, false
	}
	files := slices.DeleteFunc(slices.Clone(m.Message.Files),
		func(f slack.File) bool { return !answers.NamedByReceiver(f.Name) })
	r.Files = b.attachedTo(files)
	r.User, r.Channel, r.Begin, r.Command, r.Public = m.User, m.Channel, m.TimeStamp, chat.Report, true
	return delivery{id: identity("dropped", r.Team, m.Channel, m.TimeStamp), request: r}, len(r.Files) > 0
}

// accept makes a delivery durable, or holds it. Fresh is false where it was accepted before. The notice is what the
// person must be told at once, empty in general.
func (b *Bot) accept(ctx context.Context, d delivery) (fresh bool, notice string) {
	if b.foreign(d.request.from()) {
		return false, chat.Text(b.Lang, "slack.other-workspace", nil)
	}
	var err error
	ctx, end := b.Tracing.Root(withRequest(ctx, d.id), "request", "", "request_id", d.id, "command",
		d.request.Command)
	defer func() { end(err) }()
	d.request.Trace = tracing.Carry(ctx)
	j, err := job(d.id, d.request)
	if err != nil {
		slog.Error("request cannot be written", "request_id", d.id, "error", err)
		return false, ""
	}
	put, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	fresh, err = b.Queue.Put(put, j)
	lang := b.known(d.request.from()).people.cached(d.request.User)
	var limit jobs.Limit
	switch {
	case err == nil && !fresh:
		b.Metrics.Delivered(metrics.Repeated)
		slog.Info("delivered again", "request_id", d.id)
		return false, ""
	case err == nil:
		b.Metrics.Delivered(metrics.Accepted)
		slog.Info("accepted", "request_id", d.id, "team", d.request.Team, "user", d.request.User,
			"command", clipOctets(d.request.Command), "lane", string(j.Lane))
	case errors.As(err, &limit):
		b.Metrics.Delivered(metrics.Limited)
		b.Metrics.Reached(metrics.Limit(limit))
		slog.Warn("refused: too many wait", "request_id", d.id, "team", d.request.Team, "user", d.request.User,
			"limit", string(limit))
		notice = chat.Text(lang, "slack.slow-"+string(limit), nil)
		return d.speaks || !b.noteNotTaken(put, d, limit), notice
	case b.Queue.Hold(j):
		b.Metrics.Delivered(metrics.Held)
		slog.Warn("held in memory", "request_id", d.id, "error", err)
		if d.request.Step != "" { // it will be answered, and nobody reads this
			return true, ""
		}
		return true, chat.Text(lang, "slack.store-down", nil)
	default:
		b.Metrics.Delivered(metrics.Dropped)
		b.Metrics.Reached(metrics.LimitStore)
		slog.Error("refused: no more room in memory", "request_id", d.id, "error", err)
		return true, chat.Text(lang, "slack.store-full", nil)
	}
	return true, ""
}

// after is what follows an acknowledgement and must not delay it: the waiting modal, and a notice that the
// acknowledgement could not carry.
func (b *Bot) after(ctx context.Context, d delivery, notice string) {
	ctx, cancel := context.WithTimeout(withRequest(context.WithoutCancel(ctx), d.id), 20*time.Second)
	defer cancel()
	home, err := b.workspaceOf(ctx, d.request.from())
	if err != nil {
		slog.Warn("nothing is said at once", "request_id", d.id, "error", err)
		return
	}
	if d.request.Modal != "" && notice == "" {
		if _, err := home.api.OpenViewContext(ctx, d.trigger,
			blockkit.Waiting(home.people.cached(d.request.User), d.request.Modal)); err != nil {
			slog.Warn("modal is not opened", "request_id", d.id, "error", home.watchToken(err))
		}
	}
	if notice == "" {
		return
	}
	if !b.mayNotice(ctx, d) {
		return
	}
	s := &responder{bot: b, home: home, id: d.id, request: d.request}
	if err := s.notice(ctx, notice); err != nil {
		slog.Warn("notice is not delivered", "request_id", d.id, "error", err)
	}
}

// noteNotTaken makes durable that whoever asked is to be told that too many wait, where the acknowledgement has no room
// for it. True: they will be told, or have just been.
func (b *Bot) noteNotTaken(ctx context.Context, d delivery, limit jobs.Limit) bool {
	if !b.mayNotice(ctx, d) {
		return true
	}
	said := d.request
	said.NotTaken, said.Text, said.Values, said.Files, said.Modal = limit, "", nil, nil, ""
	j, err := job(identity("not-taken", d.id), said)
	if err == nil {
		j.Lane, j.Channel, j.Limited = jobs.Background, "", false
		_, err = b.Queue.Put(ctx, j)
	}
	if err != nil {
		slog.Warn("notice is not kept", "request_id", d.id, "error", err)
	}
	return err == nil
}

// mayNotice reports whether a notice may be sent: whoever floods the bot is told so once in a while, not each time. A
// workflow waits until it is told.
func (b *Bot) mayNotice(ctx context.Context, d delivery) bool {
	if d.request.Step != "" {
		return true
	}
	wait, err := b.Queue.Turn(ctx, identity("notice", d.request.Team, d.request.User), noticeEvery)
	return err != nil || wait == 0
}

// tellNotTaken tells whoever asked that too many wait.
func (s *responder) tellNotTaken(ctx context.Context) error {
	return s.notice(ctx, chat.Text(s.lang, "slack.slow-"+string(s.request.NotTaken), nil))
}

// notice tells whoever asked, or the workflow that did, why there will be no answer.
func (s *responder) notice(ctx context.Context, text string) error {
	if s.request.Step != "" {
		return s.stepFailed(ctx, text)
	}
	return s.sendEphemeral(ctx, chat.Reply{Tone: chat.Caution, Title: text, Final: true})
}

// ephemeral is an acknowledgement that the asker alone reads.
func ephemeral(text string) map[string]any {
	return map[string]any{"response_type": "ephemeral", "text": text}
}
