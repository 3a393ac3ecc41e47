package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"signpost/cases"
	bookwork "signpost/commands/casework/book"
	"signpost/commands/secrets"

	"golang.org/x/text/language"
)

type casesCmd struct {
	Export casesExportCmd `cmd:"" help:"Write every case of a workspace: json can be read in again, csv has one line a case, md is to be read."`
	Import casesImportCmd `cmd:"" help:"Read an export in json. Cases keep their numbers; one that is there already stays as it is."`
}

// casebook is which workspace's casebook is meant.
type casebook struct {
	Redis string `env:"REDIS_URL" hidden:""`
	Team  string `required:"" placeholder:"T0123ABCD" help:"The workspace's id, as the log of serve and any Slack link tell it."`
}

// open opens the casebook. An embedded one would be empty.
func (c casebook) open(ctx context.Context, s *System) (*cases.Book, func(), error) {
	if c.Redis == "" {
		return nil, nil, usageError{errors.New("REDIS_URL is not set: where is the casebook? For example: REDIS_URL=redis://localhost:6379/0 signpost cases export --team T0123ABCD")}
	}
	store, stop, err := openStore(ctx, s, c.Redis)
	if err != nil {
		return nil, nil, err
	}
	return cases.OpenBook(store, time.Now), stop, nil
}

type casesExportCmd struct {
	casebook
	Format string `default:"json" enum:"json,csv,md" help:"json, csv or md."`
}

func (c *casesExportCmd) Run(ctx context.Context, s *System) error {
	book, stop, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer stop()
	if last, err := book.Last(ctx, c.Team); err != nil {
		return err
	} else if last == 0 {
		return usageError{fmt.Errorf("there is no case of a workspace %q in this store. For example: signpost cases export --team T0123ABCD --format csv", c.Team)}
	}
	out, err := book.ExportMasked(ctx, c.Team, c.Format, nil, secrets.Masked)
	if err != nil {
		return err
	}
	_, err = s.Out.Write(out)
	return err
}

type casesImportCmd struct {
	casebook
	File string `arg:"" default:"-" help:"The export; - reads standard input."`
}

func (c *casesImportCmd) Run(ctx context.Context, s *System) error {
	in := s.In
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return usageError{err}
		}
		defer f.Close()
		in = f
	}
	book, stop, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer stop()
	got, err := book.Import(ctx, c.Team, in, nil)
	if got.Taken+got.Left > 0 || err == nil {
		fmt.Fprintf(s.Err, "signpost: cases taken in: %d, left as they were: %d, refused: %d\n", got.Taken, got.Left,
			got.Refused)
	}
	for _, why := range got.Why {
		fmt.Fprintf(s.Err, "signpost: %s\n", bookwork.WhyNoImport(language.English, why))
	}
	if err == nil && got.Refused > 0 {
		return usageError{fmt.Errorf("%s: refused: %d of its records", c.File, got.Refused)}
	}
	if errors.Is(err, cases.ErrFormat) {
		return usageError{fmt.Errorf("%s: %s For example: signpost cases export --team T0123ABCD > casebook.json", c.File,
			bookwork.WhyNoImport(language.English, err))}
	}
	return err
}
