package kb

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"signpost/diag/checks"
	"signpost/kb/catalogue"

	"golang.org/x/text/language"
)

//go:generate go test . -run ^TestCodesPage$ -update-codes

var updateCodes = flag.Bool("update-codes", false, "write docs/codes.md")

// TestCodesPage: docs/codes.md lists every code of every check. With -update-codes it is written.
func TestCodesPage(t *testing.T) {
	const name = "../docs/codes.md"
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	var page strings.Builder
	page.WriteString("# Codes\n\n<!-- generated: go generate ./kb -->\n\n" +
		"Every code that a report may hold, check by check. Codes are stable: other programs read them, none is renamed or reused.\n" +
		"The severity is the usual one; some findings are milder or graver than usual. Who has to act: `dns` (whoever runs the DNS\n" +
		"zone), `registrar`, `provider` (the mail provider's console or support), `host` (whoever runs the mail host), `sender`\n" +
		"(whoever runs a sending source), `-` (nobody). RFC: the one that says so, with its section,\n" +
		"or `-` where none does. Words in capitals are what a report fills in.\n")
	for _, c := range checks.All() {
		fmt.Fprintf(&page, "\n## %s\n\n| code | severity | when | who | RFC |\n|---|---|---|---|---|\n", c.Name)
		for _, s := range c.Codes {
			id := string(s.Code) + ".title"
			args := map[string]any{}
			for _, p := range catalogue.Placeholders(b.texts.Template(language.English, id)) {
				args[p] = strings.ToUpper(p)
			}
			title := strings.ReplaceAll(b.texts.Text(language.English, id, args), "|", `\|`)
			fmt.Fprintf(&page, "| `%s` | %s | %s | %s | %s |\n", s.Code, s.Severity, title, b.who[s.Code], b.rfc[s.Code])
		}
	}
	if *updateCodes {
		if err := os.WriteFile(name, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if raw, err := os.ReadFile(name); err != nil || string(raw) != page.String() {
		t.Errorf("%s is out of date (%v): run go generate ./kb", name, err)
	}
}
