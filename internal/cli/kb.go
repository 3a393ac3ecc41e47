package cli

import (
	"context"
	"os"
	"time"

	"signpost/commands/batch"
	"signpost/kb"
)

type kbCmd struct {
	Check  kbCheckCmd  `cmd:"" help:"Are your own knowledge files whole? Exit code 0: they are, 2: they are not; every fault with file, line and field."`
	Verify kbVerifyCmd `cmd:"" help:"Fetch the source page of every support channel, and list those that are gone or no longer show the contact."`
	Score  kbScoreCmd  `cmd:"" help:"Read a folder of bounces with what is right for each (bounces.tsv), and print right, vague, wrong and unknown by family. Exit code 0: enough are right, 1: not, 2: it cannot be read."`
}

type kbScoreCmd struct {
	Dir   string  `arg:"" type:"existingdir" help:"Folder with bounces.tsv (file, tab, right causes with commas between) and the files beside it or in its folder bounces."`
	Least float64 `default:"95" help:"How many of a hundred must be right."`
}

func (c *kbScoreCmd) Run(s *System) error {
	base, err := kb.Load()
	if err != nil {
		return err
	}
	enough, err := batch.ScoreKB(s.Out, base, os.DirFS(c.Dir), c.Least)
	if err != nil {
		return usageError{err}
	}
	if !enough {
		return exitError(1)
	}
	return nil
}

type kbCheckCmd struct {
	Data string `arg:"" optional:"" name:"dir" env:"SIGNPOST_DATA" help:"Folder of your organisation's own knowledge files."`
}

func (c *kbCheckCmd) Run(s *System) error {
	base, err := kb.LoadWith(c.Data)
	if err != nil {
		return usageError{err}
	}
	return batch.DescribeKB(s.Out, base, time.Now())
}

type kbVerifyCmd struct {
	Data string `arg:"" optional:"" name:"dir" env:"SIGNPOST_DATA" help:"Folder of your organisation's own knowledge files."`
}

func (c *kbVerifyCmd) Run(ctx context.Context, s *System) error {
	base, err := kb.LoadWith(c.Data)
	if err != nil {
		return usageError{err}
	}
	if code := batch.VerifyKB(ctx, s.Out, base, batch.PublicClient()); code != 0 {
		return exitError(code)
	}
	return nil
}
