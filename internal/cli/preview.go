package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"signpost/bot/jobs"
	"signpost/bot/preview"
	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"

	"golang.org/x/text/language"
)

type previewCmd struct {
	dnsFlags
	Lines []string `arg:"" optional:"" name:"line" help:"What somebody says, such as: /mailcheck example.com. A word that begins with a slash begins a line, and so does an argument with spaces in it."`
	All   bool     `help:"Every command's help, form and example, the life of a case and every domain of the demo, in each language, on one page."`
	Demo  bool     `help:"Use the lab: a mail internet on this machine."`
	Lang  string   `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language of the answers."`
	Out   string   `default:"preview" placeholder:"DIR" help:"Folder for index.html, and index.png where a Chromium is found."`
}

// The bounds of a preview: lines asked for, and checks made at once.
const (
	mostLines   = 50
	checksAside = 8
)

func (c *previewCmd) Run(ctx context.Context, s *System) error {
	lines := previewLines(c.Lines)
	switch {
	case c.All == (len(lines) > 0):
		return usageError{errors.New("either lines or --all. For example: signpost preview --demo /mailcheck spf-none.example")}
	case len(lines) > mostLines:
		return usageError{fmt.Errorf("%d lines; at most %d are shown at once", len(lines), mostLines)}
	}
	g, err := c.open(s, c.Lang)
	if err != nil {
		return err
	}
	var shown []preview.Shown
	langs := []language.Tag{g.lang}
	if c.All {
		langs = chat.Languages()
	}
	for _, lang := range langs {
		more, err := c.ask(ctx, g, lines, lang)
		if err != nil {
			return err
		}
		shown = append(shown, more...)
	}
	var page bytes.Buffer
	if err := preview.Write(&page, g.lang, shown); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return usageError{err}
	}
	path := filepath.Join(c.Out, "index.html")
	if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil {
		return usageError{err}
	}
	fmt.Fprintln(s.Out, path)
	if c.All { // too long for one picture
		return nil
	}
	picture := filepath.Join(c.Out, "index.png")
	switch err := photograph(ctx, path, picture); {
	case errors.Is(err, errNoBrowser):
		fmt.Fprintln(s.Err, "signpost:", chat.Text(g.lang, "preview.no-browser", map[string]any{"names": browsers}))
	case err != nil:
		return fmt.Errorf("no picture was made: %w", err)
	default:
		fmt.Fprintln(s.Out, picture)
	}
	return nil
}

// ask asks in one language, each on a lab of its own where the demo is meant: what one mends is broken for the next.
func (c *previewCmd) ask(ctx context.Context, g ground, lines []string, lang language.Tag) ([]preview.Shown, error) {
	deps := g.deps()
	if c.Demo || c.All {
		var stop func()
		var err error
		if deps, stop, err = g.demo(); err != nil {
			return nil, err
		}
		defer stop()
	}
	if c.All {
		lines = preview.Lines(deps, lang)
	}
	return previewAsked(ctx, deps, lines, lang)
}

// previewLines is the lines that the words of a command line mean.
func previewLines(args []string) (out []string) {
	for _, a := range args {
		words := strings.TrimSpace(a)
		switch {
		case words == "":
		case len(out) == 0 || strings.HasPrefix(words, "/") || strings.ContainsAny(words, " \n"):
			out = append(out, words)
		default:
			out[len(out)-1] += " " + words
		}
	}
	return out
}

// previewAsked asks all lines in one language, in a casebook of their own. What diagnoses is asked beside each other,
// all else in order: a case must be open before it is looked at.
func previewAsked(ctx context.Context, deps answers.Deps, lines []string, lang language.Tag) ([]preview.Shown, error) {
	store, closeStore, err := jobs.Embedded()
	if err != nil {
		return nil, err
	}
	defer closeStore()
	deps.Book = cases.OpenBook(store, deps.Now)
	shown, errs := make([]preview.Shown, len(lines)), make([]error, len(lines))
	var wait sync.WaitGroup
	places := make(chan struct{}, checksAside)
	for i, line := range lines {
		ask := func() { shown[i], errs[i] = preview.Ask(ctx, deps, line, lang) }
		if !strings.HasPrefix(line, "/"+chat.Check+" ") {
			ask()
			continue
		}
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			ask()
		})
	}
	wait.Wait()
	return shown, cmp.Or(errors.Join(errs...), ctx.Err())
}
