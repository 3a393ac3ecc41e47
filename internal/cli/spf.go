package cli

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"signpost/commands/batch"
	"signpost/diag"
	"signpost/diag/protocol/spf"
	"signpost/diag/visible"
)

type spfCmd struct {
	dnsFlags
	IP       netip.Addr    `required:"" help:"The sending address."`
	MailFrom string        `name:"mail-from" placeholder:"ADDR" help:"Envelope sender."`
	Helo     string        `placeholder:"NAME" help:"Name given in HELO or EHLO."`
	Domain   string        `arg:"" optional:"" help:"Domain whose record is read; by default that of --mail-from or --helo."`
	JSON     bool          `name:"json" help:"Print the outcome as JSON."`
	Timeout  time.Duration `default:"20s" help:"How long it may take."`
}

func (c *spfCmd) Run(ctx context.Context, s *System) error {
	q := spf.Query{IP: c.IP, MailFrom: c.MailFrom, Helo: c.Helo, Now: time.Now()}
	if c.Domain != "" {
		t, err := diag.ParseTarget(c.Domain)
		if err != nil {
			return usageError{err}
		}
		q.Domain = t.Domain
	}
	if c.Domain == "" && c.MailFrom == "" && c.Helo == "" {
		return usageError{errors.New("whose record? For example: signpost spf --ip 203.0.113.7 example.com")}
	}
	n, err := c.net(s)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	session := n.NewSession(q.Domain)
	defer session.Close()
	out := spf.Evaluate(ctx, session, q)
	if c.JSON {
		err = visible.Encode(s.Out, out)
	} else {
		batch.PrintSPF(s.Out, out)
	}
	if err == nil && out.Result == spf.TempError {
		return exitError(batch.ExitUnknown)
	}
	return err
}
