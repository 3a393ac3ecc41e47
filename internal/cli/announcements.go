package cli

import (
	"context"
	"errors"
	"time"

	"signpost/commands/batch"
)

type announcementsCmd struct {
	dnsFlags
	Places  []string      `arg:"" name:"address" help:"Address of a feed, of a status page's interface (.../api/v2/summary.json) or of a page; a file as it was fetched; - reads standard input."`
	State   string        `placeholder:"FILE" help:"Remember in this file what was told, and tell only what is new. The first look tells incidents that go on."`
	JSON    bool          `name:"json" help:"Print one JSON object a line for each address."`
	Lang    string        `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language of the answers."`
	Timeout time.Duration `default:"60s" help:"How long everything may take."`
}

func (c *announcementsCmd) Run(ctx context.Context, s *System) error {
	if c.Timeout <= 0 {
		return usageError{errors.New("--timeout must be above 0. For example: --timeout 60s")}
	}
	g, err := c.open(s, c.Lang)
	if err != nil {
		return err
	}
	run := &batch.Announcements{
		Places:  c.Places,
		State:   c.State,
		In:      s.In,
		Out:     s.Out,
		Err:     s.Err,
		JSON:    c.JSON,
		Text:    face(s.Out).Text,
		Lang:    g.lang,
		Timeout: c.Timeout,
		Deps:    g.deps(),
	}
	if code := run.Run(ctx); code != 0 {
		return exitError(code)
	}
	return nil
}
