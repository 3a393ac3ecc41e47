package cli

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"signpost/bot"
	"signpost/bot/jobs"
	"signpost/cases"
	"signpost/commands/answers"
)

type serveCmd struct {
	dnsFlags
	BotToken      string `env:"SLACK_BOT_TOKEN" hidden:""`
	AppToken      string `env:"SLACK_APP_TOKEN" hidden:""`
	SigningSecret string `env:"SLACK_SIGNING_SECRET" hidden:""`
	APIURL        string `name:"api-url" env:"SLACK_API_URL" hidden:""`
	Redis         string `env:"REDIS_URL" hidden:""`
	Listen        string `placeholder:"ADDRESS" env:"SIGNPOST_LISTEN" help:"Where to listen for HTTP, such as :8080."`
	Lang          string `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language where Slack tells none."`
	Handover      string `placeholder:"CHANNEL" env:"SIGNPOST_HANDOVER" help:"Channel, by its id such as C0123ABCD, to which a conversation is handed when somebody asks for a person."`
	Workers       int    `default:"64" help:"Requests answered at once."`
	LogLevel      string `default:"info" enum:"debug,info,warn,error" help:"What to log: debug, info, warn or error."`
}

func (c *serveCmd) Run(ctx context.Context, s *System) error {
	if c.Workers < 1 || c.Workers > 1000 {
		return usageError{errors.New("--workers must be between 1 and 1000. For example: --workers 64")}
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return usageError{err}
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(s.Err, &slog.HandlerOptions{Level: level})))
	g, err := c.open(s, c.Lang)
	if err != nil {
		return err
	}
	settings := bot.Config{
		BotToken: c.BotToken, AppToken: c.AppToken, SigningSecret: c.SigningSecret, APIURL: c.APIURL, Listen: c.Listen, Lang: g.lang,
		Deps: g.deps(),
	}
	if _, err := bot.New(settings); err != nil { // before anything is opened
		return usageError{err}
	}
	store, closeStore, err := openStore(ctx, s, c.Redis)
	if err != nil {
		return err
	}
	defer closeStore()
	settings.Queue, settings.Deps.Book, settings.Deps.Handover = jobs.New(store, c.Workers), cases.OpenBook(store, time.Now), c.Handover
	settings.Deps.Runs = answers.NewRuns(time.Now, answers.ChecksAnHour)
	go g.registry.Keep(ctx, g.net)
	b, err := bot.New(settings)
	if err != nil {
		return usageError{err}
	}
	return b.Run(ctx)
}
