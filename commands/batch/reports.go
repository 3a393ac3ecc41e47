package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"time"

	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag/visible"
	"signpost/reports"

	"golang.org/x/text/language"
)

// Reports is one run of the reports command.
type Reports struct {
	Files    []string // "-": In
	In       io.Reader
	Out, Err io.Writer
	JSON     bool
	Text     func(chat.Reply) string
	Lang     language.Tag
	Own      []netip.Addr // addresses that are the domain's own
	Offline  bool
	Timeout  time.Duration
	Deps     answers.Deps
}

// Run reads every file and prints what the reports come to. It gives the exit code.
func (c *Reports) Run(ctx context.Context) int {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	read := reports.NewBatch(reports.Default(), nil)
	missing := false
	for _, name := range c.Files {
		if err := c.read(ctx, read, name); err != nil {
			missing = true
			var path *fs.PathError
			if errors.As(err, &path) {
				err = path.Err
			}
			fmt.Fprintf(c.Err, "signpost: %s: %v. For example: signpost reports dmarc/*.xml.gz\n", visible.Text(name), err)
			read.Unreadable(name)
		}
	}
	out, err := answers.Judge(ctx, c.Deps, chat.Request{Internal: true, Lang: c.Lang}, read, c.Own, c.Offline)
	if err != nil {
		fmt.Fprintln(c.Err, "signpost:", err)
		return ExitUnknown
	}
	if c.JSON {
		_ = visible.Encode(c.Out, out)
	} else {
		c.print(out)
	}
	switch {
	case missing || out.DMARC+out.TLS == 0:
		return ExitUsage
	case out.Fails():
		return ExitFound
	case out.Unsure():
		return ExitUnknown
	}
	return ExitOK
}

func (c *Reports) read(ctx context.Context, b *reports.Batch, name string) error {
	if name == "-" {
		b.Read(ctx, "-", c.In)
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return errors.New("a folder")
	}
	b.Read(ctx, name, f)
	return nil
}

func (c *Reports) print(out *answers.ReportsRead) {
	kb := c.Deps.KB
	for _, j := range out.Domains {
		fmt.Fprintln(c.Out, c.Text(answers.MailReport(kb, c.Lang, j)))
	}
	for _, t := range out.TLSBy {
		fmt.Fprintln(c.Out, c.Text(answers.TLSReport(kb, c.Lang, t)))
	}
	fmt.Fprintln(c.Out, c.Text(answers.ReportsOverview(kb, c.Lang, out)))
}
