package commands

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"signpost/commands/chat"
	"signpost/kb"

	"golang.org/x/text/language"
)

// TestTyped writes to the bot what people write, without a command's name: nine of ten are answered as is right, and
// nothing that is off the topic is answered. A line of the file: family, language, words, what may answer them: the
// name of a guide, channels, console, case, quiet, thanks, and - where it is right to say that no guide is known.
func TestTyped(t *testing.T) {
	files, err := filepath.Glob("testdata/typed*.tsv")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	if more := os.Getenv("SIGNPOST_TYPED"); more != "" {
		files = strings.Split(more, ",")
	}
	o := openOffice(t)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		right, all := 0, 0
		family := map[string][2]int{}
		for line := range strings.Lines(string(raw)) {
			parts := strings.Split(strings.TrimSpace(line), "\t")
			if len(parts) != 4 {
				t.Fatalf("%s: %q has not four parts", file, line)
			}
			got := o.typed(parts[2], language.Make(parts[1]))
			n := family[parts[0]]
			n[1]++
			all++
			switch {
			case slices.Contains(strings.Split(parts[3], ","), got):
				n[0]++
				right++
			case parts[3] == "-":
				t.Errorf("%s: %q is off the topic, and answered by %s", file, parts[2], got)
			default:
				t.Logf("%s: %q: %s, want %s", file, parts[2], got, parts[3])
			}
			family[parts[0]] = n
		}
		t.Logf("%s: %d of %d: %v", file, right, all, family)
		if right*10 < all*9 {
			t.Errorf("%s: %d of %d", file, right, all)
		}
	}
}

// typed is what answers words that were written to the bot.
func (o *office) typed(text string, lang language.Tag) string {
	m := Meant(context.Background(), o.d, o.request(text, by(""), func(r *chat.Request) { r.Lang = lang; r.Channel = "D" + r.ID }))
	command, rest := m.Command, m.Text
	switch command {
	case chat.Case, chat.Quiet, chat.Thanks, chat.Handover, chat.Check, chat.Bounce:
		return map[string]string{chat.Case: "case"}[command] + map[bool]string{true: command}[command != chat.Case]
	}
	r := o.ask(text, by(""), func(r *chat.Request) { r.Lang = lang; r.Channel = "D" + r.ID })
	switch data := r.Data.(type) {
	case map[string]any:
		if id, ok := data["guide"].(string); ok {
			return id
		}
	case []kb.Recommendation:
		if o.d.KB.Understand(rest, lang).Asks {
			return "channels"
		}
		return "help"
	}
	switch {
	case (command == chat.Help || command == chat.Ask) && o.d.KB.Understand(rest, lang).Asks:
		return "channels"
	case r.Tone == chat.Unsure:
		return "-"
	}
	return command + ": " + r.Title
}
