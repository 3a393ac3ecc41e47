package kb

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"
)

//go:generate go test . -run ^TestBouncesPage$ -update-bounces

var updateBounces = flag.Bool("update-bounces", false, "write docs/bounces.md")

const bouncesIntro = `# Bounces

<!-- generated: go generate ./kb -->

How a bounce is explained, every cause, and every wording that is known. The data is kb/data/bounces: a row is a pattern (RE2, in any case), the cause
that it stands for, a made-up sample, and its source where there is one. What has no source was seen in the field: in logs, forums and bug reports.

## How it is read

Parts are read in the order of what they are worth: the fields of the report (RFC 3464), the words of the system that reports, its subject; everything as
it came only when nothing else tells. Of the letter that is given back only the header is read, for addresses, the way it took and the results of its
authentication: its words are the sender's. Each recipient has an answer of their own. Folded lines, the codes that begin every line of a long reply,
full-width digits, HTML and the links of chats are undone before words are compared; the answer quotes the line as it stood. Of the lines of logs the
last that tells of a recipient says what became of their mail. A number of three digits is the code of a reply only where it begins a line, a mark or a
word announces it, or an enhanced code follows; "try again later" is no answer where the code is permanent.
Of MAIL FROM (RFC 5321 4.1.1.2) that was refused, an address that is not known is the sender's. Reports of many mails (DMARC, TLS) are none.

Who spoke decides whose words they are: the host that "said" it, the remote MTA of the report, the server that made the report, or a mark that one
system alone writes. A host or an address that is merely named has not spoken.

## Which meaning wins

Most replies match several rows. The first of these differences decides:

1. What the meaning stands on: words that tell more than the outcome; words of the system that spoke, even where they tell the outcome only; a code that
   tells more (systems use codes loosely); other words that tell the outcome only, such as "refused by policy" or "try again later"; a code that does.
2. The part: the fields of the report, then its words, then its subject, then everything.
3. Words of the system that spoke; then words of software that many run, and words of many systems; then words of a system of which nothing says that
   it spoke.
4. The more particular cause: the one that stands earlier in the table below.
5. Words of software before words of many systems.
6. What stands earlier in the data, and in the text.

The tests refuse a row without a sample, and a row that another one hides in its own sample.

`

// TestBouncesPage: docs/bounces.md holds every cause and every wording. With -update-bounces it is written.
func TestBouncesPage(t *testing.T) {
	const name = "../docs/bounces.md"
	b := load(t)
	var page strings.Builder
	page.WriteString(bouncesIntro)
	cell := func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "|", `\|`), "\n", " ") }
	quoted := func(s string) string {
		if strings.Contains(s, "`") {
			return "`` " + cell(s) + " ``"
		}
		return "`" + cell(s) + "`"
	}
	text := func(id string) string {
		return cell(b.texts.Text(language.English, "bounce."+id,
			map[string]any{"recipient": "RECIPIENT", "sender": "SENDER"}))
	}
	page.WriteString("## Causes\n\nThe most particular first. Those marked * tell the outcome only.\n\n" +
		"| cause | means | who can mend it | what to do first | what to tell the other side | checks that show it |\n|---|---|---|---|---|---|\n")
	for _, c := range b.bounces.order {
		id := "`" + c.ID + "`"
		if c.Vague {
			id += " *"
		}
		if c.Is != "" {
			id += " (a kind of `" + c.Is + "`)"
		}
		checks := "-"
		switch s, r := strings.Join(c.Sender, ", "), strings.Join(c.Recipient, ", "); {
		case s != "":
			checks = "sender's " + s
		case r != "":
			checks = "recipient's " + r
		}
		fmt.Fprintf(&page, "| %s | %s. %s | %s | %s | %s | %s |\n", id, text(c.ID+".name"), text(c.ID+".meaning"),
			text("who."+c.Who), text(c.ID+".do"), text(c.ID+".tell"), checks)
	}
	row := func(r *bounceRow) {
		source := "seen in the field"
		if r.Source != "" {
			source = cell(r.Source) + ", " + r.Seen
			if r.Unconfirmed() {
				source += ", unconfirmed"
			}
		}
		cause := "`" + r.Cause + "`"
		if r.List != "" {
			cause += " (" + r.List + ")"
		}
		fmt.Fprintf(&page, "| %s | %s | %s |\n", cause, quoted(r.Sample), source)
	}
	for _, s := range b.bounces.systems {
		fmt.Fprintf(&page, "\n## %s\n\n", cmp.Or(s.Name, s.ID))
		if len(s.Hosts) > 0 {
			fmt.Fprintf(&page, "Hosts: %s\n\n", strings.Join(s.Hosts, ", "))
		}
		page.WriteString("| cause | wording, such as | source |\n|---|---|---|\n")
		for i := range s.Rows {
			row(&s.Rows[i])
		}
	}
	page.WriteString("\n## Words of many systems\n\n| cause | wording, such as | source |\n|---|---|---|\n")
	for _, r := range b.bounces.rows {
		if r.system == nil {
			row(r)
		}
	}
	page.WriteString("\n## Codes\n\nWhere no words are known (RFC 3463, RFC 5248, RFC 5321, RFC 4954, RFC 7504). X is 4 or 5.\n\n| code | cause |\n|---|---|\n")
	for _, code := range sortedKeys(b.bounces.codes) {
		fmt.Fprintf(&page, "| %s | `%s` |\n", code, b.bounces.codes[code])
	}
	if *updateBounces {
		if err := os.WriteFile(name, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if raw, err := os.ReadFile(name); err != nil || string(raw) != page.String() {
		t.Errorf("%s is out of date (%v): run go generate ./kb", name, err)
	}
}

func sortedKeys(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
