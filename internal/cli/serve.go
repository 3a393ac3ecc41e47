package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"signpost/bot"
	"signpost/bot/install"
	"signpost/bot/jobs"
	"signpost/bot/metrics"
	"signpost/bot/reportbox"
	"signpost/bot/tracing"
	"signpost/cases"
	"signpost/commands/answers"
)

type serveCmd struct {
	dnsFlags
	BotToken      string `env:"SLACK_BOT_TOKEN" hidden:""`
	AppToken      string `env:"SLACK_APP_TOKEN" hidden:""`
	SigningSecret string `env:"SLACK_SIGNING_SECRET" hidden:""`
	APIURL        string `name:"api-url" env:"SLACK_API_URL" hidden:""`
	manyFlags
	Redis    string `env:"REDIS_URL" hidden:""`
	Listen   string `placeholder:"ADDRESS" env:"SIGNPOST_LISTEN" help:"Where to listen for HTTP, such as :8080."`
	Metrics  string `placeholder:"ADDRESS" env:"SIGNPOST_METRICS" help:"Where to tell Prometheus at /metrics, such as :9464. It needs no password: keep it inside."`
	Debug    string `env:"SIGNPOST_DEBUG" hidden:""`
	Lang     string `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language where Slack tells none."`
	Handover string `placeholder:"CHANNEL" env:"SIGNPOST_HANDOVER" help:"Channel, by its id such as C0123ABCD, to which a conversation is handed when somebody asks for a person."`
	Admins   string `placeholder:"ID,ID" env:"SIGNPOST_ADMINS" help:"People, by their member ids such as U0123ABCD, who alone may export, import, delete, forget and change settings."`
	Reports  string `env:"SIGNPOST_REPORTS_IMAP" hidden:""`
	Workers  int    `default:"64" help:"Requests answered at once."`
	LogLevel string `default:"info" enum:"debug,info,warn,error" help:"What to log: debug, info, warn or error."`
}

const reportsExample = "imaps://dmarc%40example.com:PASSWORD@imap.example.com/INBOX"

func (c *serveCmd) Run(ctx context.Context, s *System) error {
	if c.Workers < 1 || c.Workers > 1000 {
		return usageError{errors.New("--workers must be between 1 and 1000. For example: --workers 64")}
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return usageError{err}
	}
	slog.SetDefault(slog.New(bot.LogHandler(slog.NewTextHandler(s.Err, &slog.HandlerOptions{Level: level}))))
	debug, err := debugAddress(c.Debug)
	if err != nil {
		return usageError{err}
	}
	admins, err := answers.ReadAdmins(c.Admins)
	if err != nil {
		return usageError{fmt.Errorf("SIGNPOST_ADMINS: %w", err)}
	}
	var box *reportbox.Box
	if c.Reports != "" {
		if box, err = reportbox.Parse(c.Reports); err == nil && c.BotToken == "" {
			err = errors.New("reports of a mailbox are one workspace's: SLACK_BOT_TOKEN says which")
		}
		if err != nil {
			return usageError{fmt.Errorf("SIGNPOST_REPORTS_IMAP: %w. For example: %s", err, reportsExample)}
		}
	}
	ring, err := c.ring()
	if err != nil {
		return usageError{err}
	}
	g, err := c.open(s, c.Lang)
	if err != nil {
		return err
	}
	settings := bot.Config{
		BotToken: c.BotToken, AppToken: c.AppToken, SigningSecret: c.SigningSecret, APIURL: c.APIURL, Listen: c.Listen,
		MetricsListen: c.Metrics, DebugListen: debug, Metrics: metrics.New(s.version()),
		Lang: g.lang, Install: c.pages(), Reports: box,
		Deps: g.deps(),
	}
	settings.Deps.Watcher = watcher{settings.Metrics}
	countQuestions(g.net, settings.Metrics)
	if _, err := bot.New(settings); err != nil { // before anything is opened
		return usageError{err}
	}
	if settings.Tracing, err = tracing.Start(ctx, s.version()); err != nil {
		return usageError{err}
	}
	defer settings.Tracing.Stop(ctx)
	store, closeStore, err := openStore(ctx, s, c.Redis)
	if err != nil {
		return err
	}
	defer closeStore()
	settings.Queue, settings.Deps.Book, settings.Deps.Handover = jobs.New(store, c.Workers),
		cases.OpenBook(store, time.Now), c.Handover
	settings.Deps.Admins = admins
	if ring != nil {
		settings.Installs = install.NewStore(store, ring)
	}
	settings.Deps.Runs = answers.NewRuns(time.Now, answers.ChecksAnHour)
	go g.registry.Keep(ctx, g.net)
	b, err := bot.New(settings)
	if err != nil {
		return usageError{err}
	}
	return b.Run(ctx)
}
