package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"signpost/bot/jobs"
	"signpost/commands/answers"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
	"golang.org/x/text/language"
	"golang.org/x/time/rate"
)

var (
	// ErrToken says that Slack refuses a token: it is wrong, revoked, or its workspace is gone. Only a person can help.
	ErrToken = errors.New("bot: Slack refuses the token")
	// ErrConfig says that a setting is missing or cannot be used.
	ErrConfig = errors.New("bot: setting")
)

// Config is what the bot needs to know.
type Config struct {
	BotToken      string // xoxb-...
	AppToken      string // xapp-...: Socket Mode; empty: none
	SigningSecret string // HTTP mode; empty: none
	APIURL        string // base of the Web API, ending in /api/; empty: Slack's
	Listen        string // address for HTTP; empty: no HTTP
	Lang          language.Tag
	Queue         *jobs.Queue
	Deps          answers.Deps
	// Grace is how long running jobs may take to end at a shutdown; zero: 20 s.
	Grace time.Duration
}

// defaultListen is where HTTP mode listens when nothing else is said.
const defaultListen = ":8080"

// Bot is one process of Signpost in Slack.
type Bot struct {
	Config
	api  *slack.Client
	http *http.Client
	// downloads has no time limit of its own: a file is read as long as its request lasts.
	downloads *http.Client
	apiHost   string
	people    *people
	self      atomic.Pointer[slack.AuthTestResponse]
	// connected tells whether the socket stands.
	connected atomic.Bool
	listening atomic.Pointer[string]
	fatal     chan error

	// edits is the budget of progress edits: chat.update allows about 50 a minute to a workspace, and answers go before progress.
	edits *rate.Limiter
	mu    sync.Mutex
	rooms map[string]*rate.Limiter // one message a second to a channel
}

// New checks the settings. The error wraps ErrConfig.
func New(c Config) (*Bot, error) {
	example := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrConfig, fmt.Sprintf(format, args...))
	}
	switch {
	case c.BotToken == "":
		return nil, example("SLACK_BOT_TOKEN is missing. It begins with xoxb- and stands under OAuth & Permissions in your app's settings")
	case strings.HasPrefix(c.BotToken, "xapp-"):
		return nil, example("SLACK_BOT_TOKEN holds an app-level token. The bot token begins with xoxb-; xapp-... belongs into SLACK_APP_TOKEN")
	case c.AppToken == "" && c.SigningSecret == "":
		return nil, example("SLACK_APP_TOKEN (xapp-..., Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode) is missing")
	case c.AppToken != "" && !strings.HasPrefix(c.AppToken, "xapp-"):
		return nil, example("SLACK_APP_TOKEN must begin with xapp-. It stands under Basic Information, App-Level Tokens, scope connections:write")
	}
	if c.APIURL == "" {
		c.APIURL = slack.APIURL
	}
	u, err := url.Parse(c.APIURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || !strings.HasSuffix(u.Path, "/api/") {
		return nil, example("SLACK_API_URL must be a URL that ends in /api/, such as %s", slack.APIURL)
	}
	if c.Listen == "" && c.SigningSecret != "" {
		c.Listen = defaultListen
	}
	if c.Grace == 0 {
		c.Grace = 20 * time.Second
	}
	b := &Bot{
		Config: c, apiHost: u.Hostname(), fatal: make(chan error, 1), rooms: map[string]*rate.Limiter{},
		edits: rate.NewLimiter(rate.Every(1500*time.Millisecond), 10), http: &http.Client{Timeout: 15 * time.Second},
	}
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	b.downloads = &http.Client{CheckRedirect: b.http.CheckRedirect}
	retry := slack.RetryConfig{
		MaxRetries: 6, RetryAfterDuration: 10 * time.Second, RetryAfterJitter: 200 * time.Millisecond,
		BackoffInitial: 500 * time.Millisecond, BackoffMax: 20 * time.Second, BackoffJitter: 200 * time.Millisecond,
	}
	retry.Handlers = []slack.RetryHandler{slack.NewRateLimitErrorRetryHandler(retry), slack.NewServerErrorRetryHandler(retry), unsent{}}
	b.api = slack.New(c.BotToken, slack.OptionAppLevelToken(c.AppToken), slack.OptionAPIURL(c.APIURL), slack.OptionHTTPClient(b.http),
		slack.OptionRetryConfig(retry))
	if c.Deps.Runs != nil && c.Queue != nil {
		c.Deps.Runs.PauseWhile(c.Queue.Crowded)
	}
	b.people = newPeople(b.api, c.Lang)
	b.Deps.HasLeft = b.people.left
	return b, nil
}

// Run serves until ctx ends, which is no error, or until only a person can help: ErrToken, or an address that cannot be
// listened at.
func (b *Bot) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	if b.Listen != "" {
		stop, err := b.listen(ctx)
		if err != nil {
			return err
		}
		defer stop()
	}
	if err := b.introduce(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	b.schedule(ctx)
	wg.Go(func() {
		if err := b.Queue.Serve(ctx, b.Grace, b.work); err != nil {
			b.fail(err)
		}
	})
	if b.AppToken != "" {
		wg.Go(func() { b.socket(ctx) })
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-b.fatal:
		return err
	}
}

// schedule asks, at every start, for what this workspace does by the clock. Several processes that start at once ask once.
func (b *Bot) schedule(ctx context.Context) {
	now := time.Now().UTC()
	r := request{Team: b.self.Load().TeamID, Command: chat.Case, Event: &chat.Event{Kind: chat.ScheduleCheck, Due: now}, Silent: true, At: now}
	payload, err := json.Marshal(r)
	if err == nil {
		id := identity("arm", r.Team, now.Format("2006-01-02 15:04"))
		if _, err = b.Queue.Put(ctx, id, payload); err != nil {
			b.Queue.Hold(id, payload)
		}
	}
	if err != nil {
		slog.Warn("the schedule is looked at later", "error", err)
	}
}

// fail ends the bot; the first reason counts.
func (b *Bot) fail(err error) {
	select {
	case b.fatal <- err:
	default:
	}
}

// introduce asks Slack who we are, and again until it answers; then it compares what we may do with what we need.
func (b *Bot) introduce(ctx context.Context) error {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		ask, cancel := context.WithTimeout(ctx, 30*time.Second)
		me, err := b.api.AuthTestContext(ask)
		cancel()
		if err == nil {
			b.self.Store(me)
			slog.Info("slack knows us", "team", me.Team, "team_id", me.TeamID, "user_id", me.UserID)
			b.compareScopes(me.Header.Get("X-OAuth-Scopes"))
			return nil
		}
		if tokenRefused(err) {
			return fmt.Errorf("%w SLACK_BOT_TOKEN: %w. Install the app again and set the new token", ErrToken, err)
		}
		slog.Warn("slack does not answer yet", "error", err, "again_in", wait.String())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// compareScopes warns about scopes that are missing, with what is lost, and about those that we do not need.
func (b *Bot) compareScopes(granted string) {
	if granted == "" {
		return
	}
	have := strings.FieldsFunc(granted, func(r rune) bool { return r == ',' || r == ' ' })
	for _, s := range Scopes() {
		if !slices.Contains(have, s.Name) {
			slog.Warn("scope is missing: add it and install the app again", "scope", s.Name, "needed_for", s.For)
		}
	}
	for _, name := range have {
		if !slices.ContainsFunc(append(Scopes(), optionalScopes()...), func(s Scope) bool { return s.Name == name }) {
			slog.Warn("scope is granted but not needed: remove it", "scope", name)
		}
	}
}

// tokenRefused reports that no retry can help: the token itself is refused.
func tokenRefused(err error) bool {
	var e slack.SlackErrorResponse
	if errors.As(err, &e) {
		err = errors.New(e.Err)
	}
	switch err.Error() {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type", "org_login_required", "team_access_not_granted":
		return true
	}
	return false
}

// watchToken ends the bot where an error says that the token is refused, and passes the error on.
func (b *Bot) watchToken(err error) error {
	if err != nil && tokenRefused(err) {
		b.fail(fmt.Errorf("%w SLACK_BOT_TOKEN: %w. Install the app again and set the new token", ErrToken, err))
	}
	return err
}

// betweenMessages is how long Slack wants a channel left in peace after a message.
const betweenMessages = time.Second

// turn waits until the channel may be posted to again: once a second, by all processes of the bot together. Where Redis is away each keeps to
// itself. Spoken is to be called when Slack has answered: the second counts from then, however long the message was on its way.
func (b *Bot) turn(ctx context.Context, channel string) (spoken func(), err error) {
	b.mu.Lock()
	if len(b.rooms) > 10_000 {
		clear(b.rooms)
	}
	l := b.rooms[channel]
	if l == nil {
		l = rate.NewLimiter(1, 1)
		b.rooms[channel] = l
	}
	b.mu.Unlock()
	if err := l.Wait(ctx); err != nil {
		return nil, err
	}
	name := identity("room", channel)
	spoken = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := b.Queue.Took(ctx, name, betweenMessages); err != nil {
			slog.Debug("the next message counts from when this one's turn began", "error", err)
		}
	}
	for {
		wait, err := b.Queue.Turn(ctx, name, betweenMessages)
		switch {
		case err != nil:
			return spoken, ctx.Err()
		case wait == 0:
			return spoken, nil
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// neverSent reports that no connection was made.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// unsent retries what certainly never reached Slack: a message that may have arrived is not sent twice.
type unsent struct{}

func (unsent) ShouldRetry(state *slack.RetryState, _ *http.Request, resp *http.Response, err error) (bool, time.Duration) {
	if err == nil || resp != nil || state.Attempt >= state.MaxRetries || !neverSent(err) {
		return false, 0
	}
	return true, state.Backoff.Duration()
}
