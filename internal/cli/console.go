package cli

import (
	"context"
	"log/slog"
	"time"

	"signpost/bot/console"
	"signpost/bot/jobs"
	"signpost/cases"
	"signpost/commands/chat"
)

type consoleCmd struct {
	dnsFlags
	Demo bool   `help:"Use the lab: a mail internet on this machine, with faults to look at. No network is needed."`
	JSON bool   `name:"json" help:"Print each answer as one JSON line."`
	Lang string `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language of the answers."`
}

func (c *consoleCmd) Run(ctx context.Context, s *System) error {
	g, err := c.open(s, c.Lang)
	if err != nil {
		return err
	}
	deps := g.deps()
	banner := chat.Text(g.lang, "console.banner", nil)
	if c.Demo {
		var stop func()
		if deps, stop, err = g.demo(); err != nil {
			return err
		}
		defer stop()
		banner = chat.Text(g.lang, "demo.banner", nil)
	} else {
		go g.registry.Keep(ctx, g.net)
	}
	if s.atTerminal() {
		slog.SetDefault(slog.New(notStopped{slog.NewTextHandler(s.Err, nil)}))
	}
	store, closeStore, err := jobs.Embedded()
	if err != nil {
		return err
	}
	defer closeStore()
	deps.Book = cases.OpenBook(store, time.Now)
	chat := &console.Chat{
		In: s.In, Out: s.Out, Terminal: s.atTerminal(), Interrupt: s.Interrupt, JSON: c.JSON,
		Lang: g.lang, Zone: localZone(), Face: face(s.Out), Deps: deps, Banner: banner,
	}
	return chat.Run(ctx)
}
