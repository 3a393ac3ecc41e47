package cli

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"signpost/commands/batch"
)

type reportsCmd struct {
	dnsFlags
	Files   []string      `arg:"" name:"file" help:"Reports as they came: XML or JSON, bare, in gz or zip, or the mails (.eml, mbox) that they came in; - reads standard input."`
	JSON    bool          `name:"json" help:"Print one JSON object."`
	Lang    string        `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language of the answers."`
	Own     []netip.Addr  `placeholder:"IP" help:"Address that sends for you, whatever the reports show of it; may be repeated."`
	Offline bool          `help:"Ask no DNS: senders are named by the reports alone, and no record is recommended."`
	Timeout time.Duration `default:"60s" help:"How long everything may take."`
}

func (c *reportsCmd) Run(ctx context.Context, s *System) error {
	if c.Timeout <= 0 {
		return usageError{errors.New("--timeout must be above 0. For example: --timeout 60s")}
	}
	g, err := c.openForDiagnosis(s, c.Lang)
	if err != nil {
		return err
	}
	for i := range c.Own {
		c.Own[i] = c.Own[i].Unmap()
	}
	run := &batch.Reports{
		Files:   c.Files,
		In:      s.In,
		Out:     s.Out,
		Err:     s.Err,
		JSON:    c.JSON,
		Text:    face(s.Out).Text,
		Lang:    g.lang,
		Own:     c.Own,
		Offline: c.Offline,
		Timeout: c.Timeout,
		Deps:    g.deps(),
	}
	if code := run.Run(ctx); code != 0 {
		return exitError(code)
	}
	return nil
}
