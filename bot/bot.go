package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"signpost/bot/install"
	"signpost/bot/jobs"
	"signpost/bot/metrics"
	"signpost/bot/reportbox"
	"signpost/bot/tracing"
	"signpost/commands"
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
	// Install is what installations in many workspaces need, without the fields that the bot itself knows; without a
	// client id there is the one workspace of the bot token. Installs is where they are kept.
	Install  install.Config
	Installs *install.Store
	Queue    *jobs.Queue
	Deps     answers.Deps
	// MetricsListen is the address at which metrics are told, DebugListen that at which the program can be profiled;
	// empty: none.
	MetricsListen, DebugListen string
	Metrics                    *metrics.Metrics // nil: metrics of its own
	Tracing                    *tracing.Tracing // nil: off
	Reports                    *reportbox.Box   // the mailbox that receivers send their reports to; nil: none
	// Grace is how long running jobs may take to end at a shutdown; zero: 20 s.
	Grace time.Duration
}

// defaultListen is where HTTP mode listens when nothing else is said.
const defaultListen = ":8080"

// Bot is one process of Signpost in Slack.
type Bot struct {
	Config
	only  *workspace // the one whose token is in the settings; without one it knows nobody
	pages *install.Pages
	http  *http.Client
	// downloads has no time limit of its own: a file is read as long as its request lasts.
	downloads *http.Client
	apiHost   string
	// connected tells whether the socket stands.
	connected atomic.Bool
	listening atomic.Pointer[string] // where, as are the next two
	measuring atomic.Pointer[string]
	debugging atomic.Pointer[string]
	fatal     chan error
	bodies    chan struct{} // a place for each body that is being read

	mu       sync.Mutex
	channels map[string]*rate.Limiter // one message a second to a channel, by the names of their turns
	homes    map[place]home           // installations that were used lately
}

// New checks the settings. The error wraps ErrConfig.
func New(c Config) (*Bot, error) {
	example := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrConfig, fmt.Sprintf(format, args...))
	}
	switch {
	case c.BotToken == "" && c.Install.ClientID == "":
		return nil, example("SLACK_BOT_TOKEN is missing. It begins with xoxb- and stands under OAuth & Permissions in " +
			"your app's settings")
	case strings.HasPrefix(c.BotToken, "xapp-"):
		return nil, example("SLACK_BOT_TOKEN holds an app-level token. The bot token begins with xoxb-; xapp-... " +
			"belongs into SLACK_APP_TOKEN")
	case c.AppToken == "" && c.SigningSecret == "":
		return nil, example("SLACK_APP_TOKEN (xapp-..., Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode) is missing")
	case c.AppToken != "" && !strings.HasPrefix(c.AppToken, "xapp-"):
		return nil, example("SLACK_APP_TOKEN must begin with xapp-. It stands under Basic Information, App-Level " +
			"Tokens, scope connections:write")
	}
	if c.APIURL == "" {
		c.APIURL = slack.APIURL
	}
	u, err := url.Parse(c.APIURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || !strings.HasSuffix(u.Path, "/api/") {
		return nil, example("SLACK_API_URL must be a URL that ends in /api/, such as %s", slack.APIURL)
	}
	if c.Listen == "" && (c.SigningSecret != "" || c.Install.ClientID != "") {
		c.Listen = defaultListen
	}
	if c.Grace == 0 {
		c.Grace = 20 * time.Second
	}
	if c.Metrics == nil {
		c.Metrics = metrics.New("")
	}
	if c.Tracing == nil {
		c.Tracing = tracing.Off()
	}
	counted := metrics.Client{Metrics: c.Metrics, Host: u.Hostname()}
	counted.Next = tracing.Client{Method: counted.Method, Next: http.DefaultTransport}
	b := &Bot{
		Config:   c,
		apiHost:  u.Hostname(),
		fatal:    make(chan error, 1),
		bodies:   make(chan struct{}, maxBodies),
		channels: map[string]*rate.Limiter{},
		homes:    map[place]home{},
		http:     &http.Client{Timeout: 15 * time.Second, Transport: counted},
	}
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	b.downloads = &http.Client{CheckRedirect: b.http.CheckRedirect, Transport: counted}
	if c.Deps.Runs != nil && c.Queue != nil {
		c.Deps.Runs.PauseWhile(c.Queue.MemoryShort)
	}
	if c.Install.ClientID != "" {
		if err := b.preparePages(); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrConfig, err)
		}
	}
	b.only = b.newWorkspace(c.BotToken, func(err error) {
		b.fail(fmt.Errorf("%w SLACK_BOT_TOKEN: %w. Install the app again and set the new token", ErrToken, err))
	})
	return b, nil
}

// schedule asks, at every start, for what a workspace does by the clock. Several processes that start at once ask once.
func (b *Bot) schedule(ctx context.Context, at place) {
	now := time.Now().UTC()
	r := request{Team: at.team, Enterprise: at.enterprise, Command: chat.Case,
		Event: &chat.Event{Kind: chat.ScheduleCheck, Due: now}, Silent: true, At: now}
	j, err := job(identity("arm", r.Team, now.Format("2006-01-02 15:04")), r)
	if err == nil {
		if _, err = b.Queue.Put(ctx, j); err != nil {
			b.Queue.Hold(j)
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

// identify asks Slack who we are, and again until it answers; then it compares what we may do with what we need.
func (b *Bot) identify(ctx context.Context) error {
	if b.BotToken == "" {
		return nil
	}
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		ask, cancel := context.WithTimeout(ctx, 30*time.Second)
		me, err := b.only.api.AuthTestContext(ask)
		cancel()
		if err == nil {
			b.only.self.Store(me)
			slog.Info("slack knows us", "team", me.Team, "team_id", me.TeamID, "user_id", me.UserID)
			b.only.compareScopes(me.Header.Get("X-OAuth-Scopes"))
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

const (
	// betweenMessages is how long Slack wants a channel left in peace after a message.
	betweenMessages = time.Second
	// onItsWay is how long a message may take to be answered by Slack before the next turn is given nevertheless: so
	// long is the channel silent where the process that had the turn died.
	onItsWay = 10 * time.Second
)

// maxChannels is for how many channels this process keeps turns itself; Redis keeps those of all.
const maxChannels = 10_000

// channelTurn waits until the channel may be posted to again: once a second, by all processes of the bot together.
// Where Redis is away each keeps to itself. Sent is to be called when Slack has answered: the second counts from then,
// however long the message was on its way.
func (b *Bot) channelTurn(ctx context.Context, team, channel string) (sent func(), err error) {
	name := identity("room", team, channel)
	b.mu.Lock()
	if len(b.channels) >= maxChannels {
		clear(b.channels)
	}
	l := b.channels[name]
	if l == nil {
		l = rate.NewLimiter(1, 1)
		b.channels[name] = l
	}
	b.mu.Unlock()
	if err := l.Wait(ctx); err != nil {
		return nil, err
	}
	sent = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := b.Queue.EndTurn(ctx, name, betweenMessages); err != nil {
			slog.Debug("the channel rests until this turn runs out", "error", err)
		}
	}
	for {
		wait, err := b.Queue.Turn(ctx, name, onItsWay)
		switch {
		case err != nil:
			return sent, ctx.Err()
		case wait == 0:
			return sent, nil
		}
		if err := pause(ctx, min(wait, betweenMessages)); err != nil {
			return nil, err
		}
	}
}

// maxBodies is how many bodies are read at once. Together they stay below 16 MB.
const maxBodies = 64

func (b *Bot) newWorkspace(token string, refused func(error)) *workspace {
	w := &workspace{token: token, edits: rate.NewLimiter(rate.Every(1500*time.Millisecond), 10), refused: refused}
	retry := slack.RetryConfig{
		MaxRetries: 3, RetryAfterDuration: 10 * time.Second, RetryAfterJitter: 200 * time.Millisecond,
		BackoffInitial: 500 * time.Millisecond, BackoffMax: 20 * time.Second, BackoffJitter: 200 * time.Millisecond,
	}
	retry.Handlers = []slack.RetryHandler{limitedBriefly{}, slack.NewServerErrorRetryHandler(retry), retryUnsent{}}
	w.api = slack.New(token, slack.OptionAPIURL(b.APIURL), slack.OptionHTTPClient(b.http), slack.OptionRetryConfig(retry))
	w.apiOnce = slack.New(token, slack.OptionAPIURL(b.APIURL), slack.OptionHTTPClient(b.http))
	w.people = newPeople(w.api, b.Lang)
	return w
}

// home is an installation that was used lately.
type home struct {
	workspace *workspace
	id        string
	until     time.Time
}

// run runs the command for a workspace; progress may be nil.
func (b *Bot) run(ctx context.Context, home *workspace, ask chat.Request, progress func(chat.Reply)) (final chat.Reply,
	err error) {
	most := handleTimeout
	if commands.WholeBook(ask) {
		most = bookTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	ended := false
	deps := b.Deps
	deps.HasLeft = home.people.left
	err = commands.Handle(ctx, deps, ask, func(r chat.Reply) {
		switch {
		case r.Final:
			final, ended = r, true
		case progress != nil:
			progress(r)
		}
	})
	if err == nil && !ended {
		err = errors.New("bot: the command ended without an answer")
	}
	return final, err
}

// handleTimeout is how long a command may work on its answer.
const handleTimeout = 25 * time.Second

const (
	// bookTimeout is the same for what goes through a whole casebook; it stays below what a job may take.
	bookTimeout = 4 * time.Minute
)
