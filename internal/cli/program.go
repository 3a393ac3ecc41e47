package cli

import (
	"context"
	"strings"

	"github.com/alecthomas/kong"
)

// program is the command line: its subcommands and flags.
type program struct {
	Console       consoleCmd       `cmd:"" help:"Chat with Signpost in this terminal. With --demo on a small mail internet of its own, without network."`
	Check         checkCmd         `cmd:"" help:"Diagnose domains. Exit code 0: nothing wrong, 1: something is, 3: something could not be checked, 2: bad usage."`
	Spf           spfCmd           `cmd:"" help:"Does this address pass SPF for this domain? RFC 7208 check_host, with every term on the way. Exit code 0: here is the result, 3: it could not be told (temperror), 2: bad usage."`
	Announcements announcementsCmd `cmd:"" help:"Read what providers announce: feeds (RSS, Atom, JSON), status pages, pages without a feed; with --state only what is new since the last look. Exit code 0: nothing, 1: something is announced, 3: nothing found but something could not be read, 2: bad usage."`
	Reports       reportsCmd       `cmd:"" help:"Read DMARC and TLS reports: who sends as you, what fails and why, and whether a stricter policy is safe. Exit code 0: nothing to mend, 1: something is, 3: nothing found but something could not be told, 2: bad usage, or no report at all."`
	Watch         watchCmd         `cmd:"" help:"Look at domains and print what changed since the last look. Exit code 0: nothing changed, 1: something did, 3: nothing did but a domain could not be looked at, 2: bad usage."`
	Serve         serveCmd         `cmd:"" help:"Be Signpost in Slack: Socket Mode, signed HTTP, or both."`
	Kb            kbCmd            `cmd:"" help:"Look at the knowledge base: support channels, providers, what findings mean."`
	Cases         casesCmd         `cmd:"" help:"Take the casebook out of REDIS_URL, or an export of it in."`
	Preview       previewCmd       `cmd:"" help:"Show as HTML what Slack would show of a line, in light and dark, made from the blocks that the bot sends. Exit code 0: it is written, 2: bad usage."`
	Manifest      manifestCmd      `cmd:"" help:"Print the manifest of the Slack app, generated from the commands."`
	Health        healthCmd        `cmd:"" help:"Ask the bot that listens at SIGNPOST_LISTEN whether it answers requests at once, as /readyz does. Exit code 0: it does, 1: it does not."`
	Doctor        doctorCmd        `cmd:"" help:"Examine what serve would stand on: tokens and scopes, Redis, DNS, port 25, HTTPS, the clock. Exit code 0: all is well, 1: something is wrong, 3: something could not be told."`
	Completion    completionCmd    `cmd:"" help:"Print a script that completes the command line in bash, zsh or fish."`
	Man           manCmd           `cmd:"" help:"Print the manual page."`
	Version       versionCmd       `cmd:"" help:"Print the version."`
	Help          helpCmd          `cmd:"" help:"Print what there is, or all about one command."`

	PrintVersion printVersion `name:"version" help:"Print the version."`
}

// Run carries out one command line and returns the exit code of the program.
func Run(ctx context.Context, s System, args []string) (code int) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case helped:
			code = 0
		default:
			panic(v)
		}
	}()
	parser, err := kong.New(&program{}, kong.Name("signpost"), kong.Description(description+environment),
		kong.Writers(s.Out, s.Err), kong.Exit(func(int) { panic(helped{}) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Bind(&s))
	if err != nil {
		return exitCode(s, err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return exitCode(s, badCall(args, err))
	}
	if !strings.HasPrefix(parsed.Command(), "console") || !s.atTerminal() { // a person's console goes on after a Ctrl-C
		var stop func()
		ctx, stop = s.untilInterrupted(ctx)
		defer stop()
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return exitCode(s, parsed.Run())
}

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
