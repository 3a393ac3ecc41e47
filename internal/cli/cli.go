package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"signpost/commands/batch"
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
