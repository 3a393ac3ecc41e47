package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"signpost/bot/metrics"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

const (
	// maxDeliveries is how many deliveries are made durable at once. A stalled reader would block the socket's pings.
	maxDeliveries = 64
	// maxFrame is how many octets one message from Slack may have.
	maxFrame = 1 << 20
)

// socket keeps the Socket Mode connection, and takes what comes over it, until ctx ends or Slack refuses the token.
func (b *Bot) socket(ctx context.Context) {
	api := slack.New(b.BotToken, slack.OptionAppLevelToken(b.AppToken), slack.OptionAPIURL(b.APIURL),
		slack.OptionHTTPClient(b.http))
	client := socketmode.New(api, socketmode.OptionReadLimit(maxFrame),
		socketmode.OptionLog(slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)))
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	wg.Go(func() {
		// What happens between two connections is an event; an error here is final.
		err := client.RunContext(ctx)
		if ctx.Err() == nil {
			b.fail(fmt.Errorf("%w SLACK_APP_TOKEN: %w. Make a new app-level token with the scope connections:write", ErrToken,
				err))
		}
	})
	slots := make(chan struct{}, maxDeliveries)
	for {
		select {
		case <-ctx.Done():
			return
		case event := <-client.Events:
			came := time.Now()
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			wg.Go(func() {
				defer func() { <-slots }()
				b.fromSocket(ctx, client, event, came)
			})
		}
	}
}

// fromSocket takes one event of the connection, which came at a time: it makes what it asks durable, then acknowledges
// it.
func (b *Bot) fromSocket(ctx context.Context, client *socketmode.Client, event socketmode.Event, came time.Time) {
	var d delivery
	ask := false
	switch data := event.Data.(type) {
	case slack.SlashCommand:
		d, ask = b.fromSlash(data, event.Request.EnvelopeID), true
	case slack.InteractionCallback:
		d, ask = b.fromInteraction(data)
	case slackevents.EventsAPIEvent:
		d, ask = b.fromEvent(data)
	case *socketmode.ErrorBadMessage:
		b.ackUnknown(ctx, client, data)
		return
	default:
		b.connection(event)
		return
	}
	if event.Request == nil || event.Request.EnvelopeID == "" {
		slog.Warn("delivery without an envelope", "type", string(event.Type))
		return
	}
	fresh, notice := false, ""
	if ask {
		fresh, notice = b.accept(ctx, d)
	}
	var payload any
	if d.refusal != nil {
		payload = d.refusal
	}
	inAck := notice != "" && event.Type == socketmode.EventTypeSlashCommand
	if inAck {
		payload = ephemeral(notice)
	}
	if err := client.AckCtx(ctx, event.Request.EnvelopeID, payload); err != nil {
		slog.Error("not acknowledged", "request_id", d.id, "error", err)
	} else {
		b.Metrics.Acked(metrics.Socket, time.Since(came))
	}
	if fresh && (d.request.Modal != "" || notice != "" && !inAck) {
		b.after(ctx, d, notice)
	}
}

// connection notes how the connection fares.
func (b *Bot) connection(event socketmode.Event) {
	switch data := event.Data.(type) {
	case *socketmode.ConnectedEvent:
		slog.Info("socket connected", "connection", data.ConnectionCount+1)
		b.connected.Store(true)
	case *slack.ConnectingEvent:
		b.connected.Store(false)
	case *slack.ConnectionErrorEvent:
		b.connected.Store(false)
		slog.Warn("socket is not connected", "error", data.ErrorObj, "again_in", data.Backoff.String())
	case *socketmode.ErrorWriteFailed:
		slog.Error("acknowledgement is not written: slack will deliver again", "error", data.Cause)
	default:
		slog.Debug("socket", "event", string(event.Type))
	}
}

// ackUnknown acknowledges an envelope of a kind that the library does not know, so that it is not delivered again and
// again.
func (b *Bot) ackUnknown(ctx context.Context, client *socketmode.Client, bad *socketmode.ErrorBadMessage) {
	var envelope struct {
		ID      string `json:"envelope_id"`
		Type    string `json:"type"`
		Payload struct {
			Event struct {
				Type string `json:"type"`
			} `json:"event"`
		} `json:"payload"`
	}
	if err := json.Unmarshal(bad.Message, &envelope); err != nil || envelope.ID == "" {
		slog.Warn("message that cannot be read", "error", bad.Cause)
		return
	}
	logUnknown(cmp.Or(envelope.Payload.Event.Type, envelope.Type), bad.Cause)
	if err := client.AckCtx(ctx, envelope.ID, nil); err != nil {
		slog.Error("not acknowledged", "error", err)
	}
}

// logUnknown notes that something came which this version does not know, so that it can be found out why nothing
// follows.
func logUnknown(kind string, err error) {
	slog.Info("event of an unknown kind", "type", fmt.Sprintf("%.60q", kind), "error", fmt.Sprintf("%.200v", err))
}
