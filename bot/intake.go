package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

// request is what waits in the queue: one thing that a person asked, and where the answer belongs.
type request struct {
	Team        string            `json:"team,omitempty"`
	User        string            `json:"user,omitempty"`
	Channel     string            `json:"channel,omitempty"`
	Thread      string            `json:"thread,omitempty"` // the thread in which it was asked
	Begin       string            `json:"begin,omitempty"`  // the message under which the answer begins a thread, where there is none yet
	Direct      bool              `json:"direct,omitempty"` // a conversation of two: nobody else reads the answer
	Public      bool              `json:"public,omitempty"` // asked before everybody
	Command     string            `json:"command,omitempty"`
	Text        string            `json:"text,omitempty"`
	Values      map[string]string `json:"values,omitempty"` // the answers to a form
	Files       []attached        `json:"files,omitempty"`
	ResponseURL string            `json:"response_url,omitempty"`
	Click       blockkit.Click    `json:"click,omitzero"`
	View        string            `json:"view,omitempty"`   // the modal that was clicked in: the answer belongs there
	Modal       string            `json:"modal,omitempty"`  // external id of the modal that was opened for the answer
	Home        bool              `json:"home,omitempty"`   // the answer is the person's own page
	Silent      bool              `json:"silent,omitempty"` // nobody waits for an answer
	Event       *chat.Event       `json:"event,omitempty"`  // the time that has come; one put here before there were events has it as Text
	Post        *post             `json:"post,omitempty"`   // a message that a command wants said elsewhere: nothing is asked
	At          time.Time         `json:"at"`
}

// post is a message that waits to be said, and who is told where it cannot be.
type post struct {
	Reply  chat.Reply   `json:"reply,omitzero"`
	Ask    string       `json:"ask,omitempty"`   // what /mailcase is asked for the message as it is at the time
	Then   string       `json:"then,omitempty"`  // what /mailcase is told once it stands
	Under  string       `json:"under,omitempty"` // what /mailcase is asked for the message in whose thread it is said
	Else   string       `json:"else,omitempty"`  // where it is said if the channel cannot take it
	Lang   language.Tag `json:"lang,omitempty"`
	Origin *request     `json:"origin,omitempty"`
}

// delivery is a request with its identity.
type delivery struct {
	id      string
	request request
	trigger string // opens a modal within 3 s
	// refusal is what stands in the acknowledgement in place of a request: what is wrong with a form, by field.
	refusal *slack.ViewSubmissionResponse
}

// maxIn is how many octets of a text from Slack are taken: its own limit for a message.
const maxIn = 40_000

// putTimeout is how long making a request durable may take: Slack waits 3 s for its acknowledgement.
const putTimeout = 1500 * time.Millisecond

// identity is a job's name: what is the same for the same delivery.
func identity(kind string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return kind + "-" + hex.EncodeToString(sum[:12])
}

// fromSlash reads a slash command. Delivered is what names the delivery where Slack gave neither trigger nor response_url, which are
// the same however often it delivers.
func (b *Bot) fromSlash(c slack.SlashCommand, delivered string) delivery {
	delivered = cmp.Or(c.TriggerID, c.ResponseURL, delivered)
	return b.withModal(delivery{
		id:      identity("cmd", c.TeamID, c.ChannelID, c.UserID, c.Command, c.Text, delivered),
		trigger: c.TriggerID,
		request: request{
			Team: c.TeamID, User: c.UserID, Channel: c.ChannelID, Command: strings.TrimPrefix(c.Command, "/"), Text: unmarked(clipOctets(c.Text)),
			Direct: strings.HasPrefix(c.ChannelID, "D"), ResponseURL: b.responseURL(c.ResponseURL), At: time.Now().UTC(),
		},
	})
}

// withModal notes the modal that is to be opened at once, where a form will answer.
func (b *Bot) withModal(d delivery) delivery {
	if d.trigger != "" && d.request.View == "" && commands.AsksBack(d.request.Command, d.request.Text, b.people.cached(d.request.User)) {
		d.request.Modal = d.id
	}
	return d
}

// fromInteraction reads a click; ok is false for what asks nothing of us.
func (b *Bot) fromInteraction(c slack.InteractionCallback) (d delivery, ok bool) {
	switch {
	case c.Type == slack.InteractionTypeViewSubmission:
		return b.fromForm(c)
	case c.Type == slack.InteractionTypeMessageAction && (c.CallbackID == explainBounce || c.CallbackID == openCase):
		return b.fromShortcut(c), true
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
	thread := c.Message.ThreadTimestamp
	d = delivery{
		id:      identity("click", c.Team.ID, c.User.ID, channel, c.Message.Timestamp, c.View.ID, action.ActionID, action.ActionTs, value, c.TriggerID),
		trigger: c.TriggerID,
		request: request{
			Team: c.Team.ID, User: c.User.ID, Channel: channel, Thread: thread, Direct: home || strings.HasPrefix(channel, "D"), Command: click.Command, Text: click.Text,
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

// explainBounce is the callback_id of the message shortcut.
const explainBounce = "explain_bounce"

// openCase is the callback_id of the shortcut that makes a case of a message.
const openCase = "open_case"

// fromShortcut reads the message shortcut: the message, and what is attached to it, is the bounce.
func (b *Bot) fromShortcut(c slack.InteractionCallback) delivery {
	text := c.Message.Text
	for _, a := range c.Message.Attachments[:min(len(c.Message.Attachments), 10)] {
		text += "\n" + cmp.Or(a.Text, a.Fallback)
	}
	d := delivery{
		id: identity("shortcut", c.CallbackID, c.Team.ID, c.User.ID, c.Channel.ID, c.Message.Timestamp, c.TriggerID, c.ActionTs),
		request: request{
			Team: c.Team.ID, User: c.User.ID, Channel: c.Channel.ID, Thread: c.Message.ThreadTimestamp, Direct: strings.HasPrefix(c.Channel.ID, "D"),
			Command: chat.Bounce, Text: unmarked(clipOctets(text)), Files: b.attachedTo(c.Message.Files), ResponseURL: b.responseURL(c.ResponseURL), At: time.Now().UTC(),
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
	lang := chat.Language(origin.Text, b.people.cached(c.User.ID))
	by := chat.Writer{Lang: lang, Zone: b.people.zone(c.User.ID), Now: b.Deps.Now()}
	if wrong := commands.CheckAnswers(origin.Command, origin.Text, by, values); len(wrong) > 0 {
		d.refusal = slack.NewErrorsViewSubmissionResponse(wrong)
		return d, false
	}
	d = delivery{
		id: identity("form", c.Team.ID, c.User.ID, c.View.ID, c.View.Hash, fmt.Sprint(values)),
		request: request{
			Team: c.Team.ID, User: c.User.ID, Channel: cmp.Or(origin.Channel, c.User.ID), Thread: origin.Thread, Direct: origin.Direct || origin.Channel == "",
			Command: origin.Command, Text: origin.Text, Values: values, ResponseURL: b.responseURL(origin.ResponseURL), At: time.Unix(origin.At, 0).UTC(),
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
	r := request{Team: e.TeamID, At: time.Now().UTC()}
	var text, ts string
	switch m := e.InnerEvent.Data.(type) {
	case *slackevents.AppMentionEvent:
		if m.BotID != "" || m.Edited != nil {
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
		r.User, r.Channel, r.Command, r.Text, r.Home, r.Direct = m.User, m.User, chat.Case, "home", true, true
		return delivery{id: identity("home", e.TeamID, id), request: r}, true
	case *slackevents.ReactionAddedEvent:
		if m.Item.Type != "message" || m.User == "" {
			return d, false
		}
		r.User, r.Channel, r.Thread, r.Command, r.Silent = m.User, m.Item.Channel, m.Item.Timestamp, chat.Case, true
		r.Text = "react " + clipOctets(m.Reaction)
		return delivery{id: identity("react", r.Team, m.User, m.Item.Channel, m.Item.Timestamp, m.Reaction, m.EventTimestamp), request: r}, true
	case *slackevents.MessageEvent:
		if m.ChannelType != "im" {
			return b.heard(m, r, id)
		}
		me := b.self.Load()
		if m.BotID != "" || m.User == "" || (m.SubType != "" && m.SubType != "file_share") || (me != nil && m.User == me.UserID) {
			return d, false
		}
		r.User, r.Channel, r.Thread, r.Direct, text, ts = m.User, m.Channel, m.ThreadTimeStamp, true, m.Text, m.TimeStamp
		if m.Message != nil {
			r.Files = b.attachedTo(m.Message.Files)
		}
	default:
		slog.Info("event of a kind that asks nothing", "type", e.InnerEvent.Type)
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

// heard is a reply in a thread of a channel whose history the app may read: the casebook records it where the team has switched that on.
func (b *Bot) heard(m *slackevents.MessageEvent, r request, id string) (d delivery, ok bool) {
	me := b.self.Load()
	if m.ThreadTimeStamp == "" || m.BotID != "" || m.User == "" || m.SubType != "" && m.SubType != "file_share" || me != nil && (m.User == me.UserID || strings.Contains(m.Text, "<@"+me.UserID+">")) {
		return d, false
	}
	r.User, r.Channel, r.Thread, r.Command, r.Silent = m.User, m.Channel, m.ThreadTimeStamp, chat.Case, true
	r.Text = "heard " + unmarked(clipOctets(m.Text))
	return delivery{id: identity("heard", r.Team, m.Channel, m.TimeStamp), request: r}, true
}

// accept makes a delivery durable, or holds it. Fresh is false where it was accepted before. The notice is what the person must be
// told at once, empty in general.
func (b *Bot) accept(ctx context.Context, d delivery) (fresh bool, notice string) {
	payload, err := json.Marshal(d.request)
	if err != nil {
		slog.Error("request cannot be written", "request_id", d.id, "error", err)
		return false, ""
	}
	put, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	fresh, err = b.Queue.Put(put, d.id, payload)
	lang := b.people.cached(d.request.User)
	switch {
	case err == nil && !fresh:
		slog.Info("delivered again", "request_id", d.id)
		return false, ""
	case err == nil:
		slog.Info("accepted", "request_id", d.id, "team", d.request.Team, "user", d.request.User, "command", clipOctets(d.request.Command))
	case b.Queue.Hold(d.id, payload):
		slog.Warn("held in memory", "request_id", d.id, "error", err)
		return true, chat.Text(lang, "slack.store-down", nil)
	default:
		slog.Error("refused: no more room in memory", "request_id", d.id, "error", err)
		return true, chat.Text(lang, "slack.store-full", nil)
	}
	return true, ""
}

// after is what follows an acknowledgement and must not delay it: the waiting modal, and a notice that the acknowledgement could
// not carry.
func (b *Bot) after(ctx context.Context, d delivery, notice string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	if d.request.Modal != "" && notice == "" {
		if _, err := b.api.OpenViewContext(ctx, d.trigger, blockkit.Waiting(b.people.cached(d.request.User), d.request.Modal)); err != nil {
			slog.Warn("modal is not opened", "request_id", d.id, "error", b.watchToken(err))
		}
	}
	if notice == "" {
		return
	}
	s := &speaker{bot: b, id: d.id, request: d.request}
	if err := s.whisper(ctx, chat.Reply{Tone: chat.Caution, Title: notice, Final: true}); err != nil {
		slog.Warn("notice is not delivered", "request_id", d.id, "error", err)
	}
}

// responseURL passes on a URL that is Slack's; what is posted there must not go elsewhere on a stranger's word.
func (b *Bot) responseURL(text string) string {
	if text != "" && !b.slacks(text) {
		slog.Warn("response_url is not Slack's", "url", fmt.Sprintf("%.60q", text))
		return ""
	}
	return text
}

func clipOctets(s string) string {
	if len(s) <= maxIn {
		return s
	}
	return strings.ToValidUTF8(s[:maxIn], "")
}
