package cli

import "github.com/alecthomas/kong"

type helpCmd struct {
	Command []string `arg:"" optional:"" help:"The command, such as: cases export."`
}

// Run prints what --help prints behind the same words.
func (c *helpCmd) Run(parser *kong.Kong) error {
	_, err := parser.Parse(append(c.Command, "--help"))
	if err != nil {
		return badCall(c.Command, err)
	}
	return nil
}
