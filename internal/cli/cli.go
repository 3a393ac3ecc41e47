package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"signpost/commands/batch"

	"github.com/alecthomas/kong"
)

// System is what the program runs in.
type System struct {
	In       io.Reader
	Out, Err io.Writer
	// Interrupt tells of each Ctrl-C. May be nil.
	Interrupt <-chan os.Signal
	Version   string // of a release; empty: the version that the build recorded
}

// usageError is a mistake in the call: exit code 2.
type usageError struct{ error }

// exitError is any other end of the program: its code.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

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

const description = "Diagnoses business mail: what is wrong, who has to act, and the exact record to publish.\n"

const environment = `
Environment:
  SLACK_BOT_TOKEN        bot token (xoxb-...)
  SLACK_APP_TOKEN        app-level token (xapp-...): Socket Mode
  SLACK_SIGNING_SECRET   signing secret: HTTP mode
  SLACK_CLIENT_ID        with the next three: many workspaces install the app
  SLACK_CLIENT_SECRET    client secret
  SIGNPOST_TOKEN_KEY     keys that seal their tokens: 32 octets in base64
  SIGNPOST_URL           where people reach the bot, https://HOST
  SLACK_API_URL          another base of the Slack API, ending in /api/
  REDIS_URL              redis://, rediss://, sentinel or cluster form
  SIGNPOST_LISTEN        address for HTTP, such as :8080
  SIGNPOST_RESOLVERS     recursive resolvers, HOST[:PORT], parted by commas
  SIGNPOST_ROOT_HINTS    file of root hints, not read where a resolver is chosen
  SIGNPOST_BLOCKLISTS    blocklists whose terms you agree to, parted by commas
  SIGNPOST_MARK_ROOTS    roots of further mark authorities (BIMI), in PEM
  SIGNPOST_DATA          folder of your organisation's own knowledge files
  SIGNPOST_ADMINS        member ids of administrators, parted by commas
  SIGNPOST_HANDOVER      channel where people take over, such as C0123ABCD
  SIGNPOST_REPORTS_IMAP  mailbox with receivers' reports, imaps://USER:PASSWORD@HOST
  SIGNPOST_LANG          default language: en or zh
  SIGNPOST_METRICS       address at which serve tells Prometheus, such as :9464
  OTEL_EXPORTER_OTLP_ENDPOINT
                         collector to which serve tells traces (OTLP over HTTP)
  SIGNPOST_DEBUG         dns: print every DNS question; an address such as
                         127.0.0.1:6060 lets serve be profiled there (pprof)
`

// helped ends the parsing of a command line that asked for help, or for the version, once it is printed.
type helped struct{}

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

// untilInterrupted is a context that a Ctrl-C ends.
func (s System) untilInterrupted(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-s.Interrupt:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// examples are right calls, by command: the longest that a wrong one begins with is shown.
var examples = map[string]string{
	"":              "signpost check example.com",
	"console":       "signpost console --demo",
	"spf":           "signpost spf --ip 203.0.113.7 example.com",
	"reports":       "signpost reports dmarc/*.xml.gz",
	"watch":         "signpost watch --once domains.txt",
	"announcements": "signpost announcements --state told.json https://status.example.com/history.atom",
	"serve":         "signpost serve --listen :8080",
	"kb":            "signpost kb check knowledge/",
	"kb verify":     "signpost kb verify",
	"kb score":      "signpost kb score bounces/",
	"cases":         "signpost cases export --team T0123ABCD --format csv",
	"cases import":  "signpost cases import --team T0123ABCD casebook.json",
	"preview":       "signpost preview --demo /mailcheck spf-none.example",
	"manifest":      "signpost manifest --url https://signpost.example.com",
	"health":        "signpost health --listen :8080",
	"doctor":        "signpost doctor --manifest app.json",
	"completion":    "signpost completion bash",
	"man":           "signpost man",
	"version":       "signpost version",
	"help":          "signpost help cases export",
}

// badCall is what is wrong with a command line, with an example of a right one.
func badCall(args []string, err error) error {
	example := examples[""]
	for n := range min(len(args), 2) {
		if known, ok := examples[strings.Join(args[:n+1], " ")]; ok {
			example = known
		}
	}
	return usageError{fmt.Errorf("%w. For example: %s (see signpost --help)", err, example)}
}

// exitCode tells an error to the person, and is the code that stands for it.
func exitCode(s System, err error) int {
	var code exitError
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &usage):
		fmt.Fprintln(s.Err, "signpost:", err)
		return batch.ExitUsage
	}
	fmt.Fprintln(s.Err, "signpost:", err)
	return 1
}
