// Package batch is the command line's work without a chat: many domains checked at once, and SPF on request.
//
// What may enter: what the command line does with many domains. Its flags stand in internal/cli.
package batch

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/checks/inbound"
	"signpost/diag/gate"
	"signpost/diag/resolve"
	"signpost/diag/visible"
	"signpost/kb"

	"golang.org/x/text/language"
)

// maxLine is how long a line of standard input may be, in octets.
const maxLine = 64 << 10

// Exit codes of the check command (CHECKS.md).
const (
	ExitOK      = 0 // nothing at warning or above
	ExitFound   = 1 // something is
	ExitUsage   = 2 // bad usage
	ExitUnknown = 3 // nothing found, but something could not be checked
)

// Format is how reports are printed.
type Format string

// The formats: text and csv in the order of the domains, json as each domain finishes.
const (
	Text Format = "text"
	JSON Format = "json"
	CSV  Format = "csv"
)

// Check is one run of the check command.
type Check struct {
	Domains  []string // as typed; the single one "-": lines of In
	In       io.Reader
	Out, Err io.Writer
	Format   Format
	Progress bool                    // Err is a terminal
	Text     func(chat.Reply) string // a Reply as text for Out
	Lang     language.Tag
	Timeout  time.Duration // of one domain
	Parallel int
	Net      *resolve.Net
	KB       *kb.Base
	Options  diag.Options
}

// checked is one domain's outcome.
type checked struct {
	at     int // its place among the inputs, from 0
	input  string
	report *diag.Report
	err    error
}

// Run examines every domain, several at once, and prints each as it is done. It gives the exit code.
func (c *Check) Run(ctx context.Context) int {
	inputs := make(chan checked)
	go c.feed(ctx, inputs)
	results := make(chan checked)
	var workers sync.WaitGroup
	for range max(1, c.Parallel) {
		workers.Go(func() {
			for in := range inputs {
				results <- c.one(ctx, in)
			}
		})
	}
	go func() {
		workers.Wait()
		close(results)
	}()
	sum := newSummary()
	sum.unprobed = c.Options.MailProbes == diag.ProbeNone && !c.Options.NoSMTP &&
		(len(c.Options.Only) == 0 || slices.Contains(c.Options.Only, inbound.SMTP.Name))
	found, unsure, bad, n := false, false, false, 0
	bar := c.bar()
	line := ordered{out: c.Out}
	if c.Format == CSV {
		fmt.Fprintln(c.Out, strings.Join(csvHead, ","))
	}
	for r := range results {
		n++
		bar.show(n)
		if r.err != nil {
			bad = true
			bar.clear()
			if text := c.errorLine(r); c.Format == JSON {
				fmt.Fprint(c.Out, text)
			} else {
				line.print(r.at, text)
			}
			continue
		}
		f, u := c.judge(r.report)
		found, unsure = found || f, unsure || u
		sum.add(r.report)
		bar.clear()
		if c.Format == JSON {
			_ = visible.Encode(c.Out, r.report)
			continue
		}
		line.print(r.at, c.render(r.report))
	}
	line.flush()
	bar.clear()
	if n > 1 && (c.Format == Text || c.Progress) {
		out := c.Out
		if c.Format != Text {
			out = c.Err
		}
		fmt.Fprintln(out, c.Text(sum.reply(c.Lang, c.KB)))
	}
	switch {
	case bad || n == 0:
		if n == 0 {
			fmt.Fprintln(c.Err, "signpost: no domain given. For example: signpost check example.com")
		}
		return ExitUsage
	case found:
		return ExitFound
	case unsure:
		return ExitUnknown
	}
	return ExitOK
}

func (c *Check) feed(ctx context.Context, inputs chan<- checked) {
	defer close(inputs)
	n := 0
	send := func(s string) bool {
		select {
		case inputs <- checked{at: n, input: s}:
			n++
			return true
		case <-ctx.Done():
			return false
		}
	}
	for _, d := range c.Domains {
		if d != "-" {
			if !send(d) {
				return
			}
			continue
		}
		in := bufio.NewScanner(c.In)
		in.Buffer(make([]byte, 4096), maxLine)
		for in.Scan() {
			line := strings.TrimSpace(in.Text())
			if line != "" && !strings.HasPrefix(line, "#") && !send(line) {
				return
			}
		}
		if in.Err() != nil {
			fmt.Fprintf(c.Err, "signpost: standard input: %v\n", in.Err())
		}
	}
}

func (c *Check) one(ctx context.Context, in checked) checked {
	t, err := diag.ParseTarget(in.input)
	if err != nil {
		in.err = err
		return in
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	var observe func(diag.Progress)
	if c.Progress && len(c.Domains) == 1 && c.Domains[0] != "-" {
		observe = func(p diag.Progress) { fmt.Fprintf(c.Err, "\r\x1b[2K%s: %d/%d", t.Domain, p.Done, p.Total) }
	}
	o := c.Options
	if c.Format != CSV { // which shows no records
		o.Conclude = gate.Conclusion(c.KB.Proposals)
	}
	in.report = diag.Run(ctx, c.Net, checks.All(), t, o, observe)
	return in
}

// errorLine is what is printed of an input that is no domain; the error goes to Err as well.
func (c *Check) errorLine(r checked) string {
	fmt.Fprintf(c.Err, "signpost: %s: %s. For example: signpost check example.com\n", visible.Text(r.input), r.err)
	switch c.Format {
	case JSON:
		out, _ := json.Marshal(map[string]string{"domain": visible.Text(r.input), "error": r.err.Error()})
		return string(visible.JSON(out)) + "\n"
	case CSV:
		return visible.CSV(append([]string{visible.Text(r.input), "error"}, make([]string, len(csvHead)-2)...))
	}
	return ""
}

// judge tells whether anything is wrong, and whether what decides could not be checked. A check that was asked for by
// name decides.
func (c *Check) judge(r *diag.Report) (found, unsure bool) {
	unsure = r.Verdict() == diag.Uncertain
	for _, res := range r.Results {
		unsure = unsure || res.Status == diag.Unknown && slices.Contains(c.Options.Only, res.Check)
		for _, f := range res.Findings {
			found = found || f.Severity >= diag.Warning
		}
	}
	return found, unsure
}

// render is a report as text or as a line of CSV.
func (c *Check) render(r *diag.Report) string {
	if c.Format == CSV {
		return visible.CSV(csvCells(r))
	}
	a := answers.Answer(c.KB, c.Lang, r, false)
	a.Actions = nil
	return c.Text(a) + "\n"
}

func (c *Check) bar() *bar {
	b := &bar{began: time.Now()}
	if !c.Progress || len(c.Domains) == 1 && c.Domains[0] != "-" {
		return b
	}
	b.out = c.Err
	if !slices.Contains(c.Domains, "-") {
		b.total = len(c.Domains)
	}
	return b
}
