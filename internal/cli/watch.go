package cli

import (
	"cmp"
	"context"
	"errors"
	"time"

	"signpost/commands/batch"
)

type watchCmd struct {
	dnsFlags
	File     string        `arg:"" name:"file" help:"Domains, one a line; - reads standard input."`
	Once     bool          `help:"Look once and end: for cron and the like. Without it nothing is done; the bot looks by itself."`
	State    string        `placeholder:"FILE" help:"Where it is kept what is known of the domains: beside the list, with .state, unless said otherwise."`
	JSON     bool          `name:"json" help:"Print one JSON object a domain that changed."`
	Lang     string        `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language of the answers."`
	Timeout  time.Duration `default:"20s" help:"How long one look at a domain may take."`
	Parallel int           `short:"j" default:"8" help:"Domains looked at at once."`
}

func (c *watchCmd) Run(ctx context.Context, s *System) error {
	switch {
	case !c.Once:
		return usageError{errors.New("watch needs --once. For example: signpost watch --once domains.txt")}
	case c.File == "-" && c.State == "":
		return usageError{errors.New("--state is needed for a list from standard input. For example: --state domains.state")}
	case c.Timeout <= 0 || c.Parallel < 1 || c.Parallel > 100:
		return usageError{errors.New("--timeout must be above 0, --parallel between 1 and 100. For example: -j 8")}
	}
	g, err := c.openForDiagnosis(s, c.Lang)
	if err != nil {
		return err
	}
	run := &batch.Watch{
		File: c.File, State: cmp.Or(c.State, c.File+".state"), In: s.In, Out: s.Out, Err: s.Err, JSON: c.JSON,
		Text: face(s.Out).Text, Lang: g.lang, Timeout: c.Timeout, Parallel: c.Parallel, Deps: g.deps(),
	}
	if code := run.Run(ctx); code != 0 {
		return exitError(code)
	}
	return nil
}
