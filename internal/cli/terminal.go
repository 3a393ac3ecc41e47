package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"signpost/bot/console"

	"golang.org/x/term"
	"golang.org/x/text/language"
)

// parseLang reads a language; the environment's where the text is empty.
func parseLang(text string) (language.Tag, error) {
	if text == "" {
		text, _, _ = strings.Cut(os.Getenv("LANG"), ".")
		if tag, err := language.Parse(strings.ReplaceAll(text, "_", "-")); err == nil {
			return tag, nil
		}
		return language.English, nil
	}
	tag, err := language.Parse(text)
	if err != nil {
		return tag, usageError{fmt.Errorf("no such language: %s. For example: --lang zh", text)}
	}
	return tag, nil
}

// face is how text looks on an output.
func face(w io.Writer) console.Face {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return console.Face{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	zone, err := time.LoadLocation(localZone())
	if err != nil {
		zone = time.Local
	}
	return console.Face{Width: width, Colour: os.Getenv("NO_COLOR") == "", Zone: zone}
}

// atTerminal tells whether a person sits at both ends.
func (s System) atTerminal() bool { return isTerminal(s.In) && isTerminal(s.Out) }

// notStopped leaves out of a log what did not come about because a person stopped it by Ctrl-C: they know.
type notStopped struct{ slog.Handler }

// Handle implements slog.Handler.
func (h notStopped) Handle(ctx context.Context, r slog.Record) error {
	stopped := false
	r.Attrs(func(a slog.Attr) bool {
		err, ok := a.Value.Any().(error)
		stopped = stopped || ok && errors.Is(err, context.Canceled)
		return !stopped
	})
	if stopped {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// localZone is the name of this machine's time zone (IANA), as the environment or /etc/localtime tells it. Where
// neither does it is "Local", which Go reads as the machine's clock.
func localZone() string {
	if name := time.Local.String(); name != "Local" {
		return name
	}
	target, err := os.Readlink("/etc/localtime")
	if _, name, ok := strings.Cut(target, "zoneinfo/"); err == nil && ok {
		if _, err := time.LoadLocation(name); err == nil {
			return name
		}
	}
	return time.Local.String()
}

func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
