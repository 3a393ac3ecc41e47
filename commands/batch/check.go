// Package batch is the command line's work without a chat: many domains checked at once, and SPF on request.
package batch

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"signpost/commands"
	"signpost/diag"
	"signpost/diag/resolve"
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

// Check is one run of the check command.
type Check struct {
	Domains  []string // as typed; the single one "-": lines of In
	In       io.Reader
	Out, Err io.Writer
	JSON     bool
	Progress bool                        // Err is a terminal
	Text     func(commands.Reply) string // a Reply as text for Out
	Lang     language.Tag
	Timeout  time.Duration // of one domain
	Parallel int
	Net      *resolve.Net
	KB       *kb.Base
	Options  diag.Options
}

// checked is one domain's outcome.
type checked struct {
	input  string
	report *diag.Report
	err    error
}

// Run examines every domain, several at once, and prints each as it is done. It gives the exit code.
func (c *Check) Run(ctx context.Context) int {
	inputs := make(chan string)
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
	found, unsure, bad, n := false, false, false, 0
	for r := range results {
		n++
		if c.Progress && len(c.Domains) != 1 || c.Progress && c.Domains[0] == "-" {
			fmt.Fprintf(c.Err, "\r\x1b[2K%d", n)
		}
		if r.err != nil {
			bad = true
			c.printError(r)
			continue
		}
		f, u := c.print(r.report)
		found, unsure = found || f, unsure || u
	}
	if c.Progress {
		fmt.Fprint(c.Err, "\r\x1b[2K")
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

func (c *Check) feed(ctx context.Context, inputs chan<- string) {
	defer close(inputs)
	send := func(s string) bool {
		select {
		case inputs <- s:
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

func (c *Check) one(ctx context.Context, input string) checked {
	t, err := diag.ParseTarget(input)
	if err != nil {
		return checked{input: input, err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	var observe func(diag.Progress)
	if c.Progress && len(c.Domains) == 1 && c.Domains[0] != "-" {
		observe = func(p diag.Progress) { fmt.Fprintf(c.Err, "\r\x1b[2K%s: %d/%d", t.Domain, p.Done, p.Total) }
	}
	return checked{input: input, report: diag.Run(ctx, c.Net, diag.Checks(), t, c.Options, observe)}
}

func (c *Check) printError(r checked) {
	if c.JSON {
		_ = json.NewEncoder(c.Out).Encode(map[string]string{"domain": printable(r.input), "error": r.err.Error()})
	}
	fmt.Fprintf(c.Err, "signpost: %s: %s. For example: signpost check example.com\n", printable(r.input), r.err)
}

// print writes one report, and tells whether anything is wrong and whether anything could not be checked.
func (c *Check) print(r *diag.Report) (found, unsure bool) {
	for _, res := range r.Results {
		unsure = unsure || res.Status == diag.Unknown
		for _, f := range res.Findings {
			found = found || f.Severity >= diag.Warning
		}
	}
	if c.JSON {
		_ = json.NewEncoder(c.Out).Encode(r)
		return found, unsure
	}
	a := commands.Answer(c.KB, c.Lang, r, false)
	a.Actions = nil
	fmt.Fprintln(c.Out, c.Text(a))
	return found, unsure
}

// printable takes what a terminal would act on out of a text from outside.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}
