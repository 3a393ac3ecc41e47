package commands

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"signpost/commands/chat"

	"golang.org/x/text/language"
)

//go:generate go test . -run ^TestCommandsPage$ -update

var update = flag.Bool("update", false, "write the table of commands into docs/commands.md")

// TestCommandsPage: the page's table of commands is that of the program. With -update it is written.
func TestCommandsPage(t *testing.T) {
	const name, begin, end = "../docs/commands.md", "<!-- commands: go generate ./commands -->\n",
		"<!-- end of commands -->\n"
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(raw), begin)
	_, tail, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no place for the table: %s", name, begin)
	}
	var table strings.Builder
	table.WriteString("| command | what |\n|---|---|\n")
	for _, c := range Table() {
		if !c.Hidden && !c.Local {
			usage := strings.TrimSpace("/" + c.Name + " " + c.UsageIn(language.English))
			fmt.Fprintf(&table, "| `%s` | %s |\n", strings.ReplaceAll(usage, "|", `\|`),
				chat.Text(language.English, c.Summary, nil))
		}
	}
	want := head + begin + table.String() + end + tail
	switch {
	case want == string(raw):
	case *update:
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the table of commands in %s is out of date: run go generate ./commands", name)
	}
}
