package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

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
	return console.Face{Width: width, Colour: os.Getenv("NO_COLOR") == ""}
}

func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
