package bot

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
)

var updatePage = flag.Bool("update-hours", false, "write what Slack shows now into docs/firsthours*.md")

// inSlack is a block of a page that is said to the bot in Slack: lines that begin with "> ", each followed by the first
// lines of what stands in the answer's blocks; "…" stands for the rest. Behind the word stands the locale of who says
// them, such as zh-CN; the default is English.
var inSlack = regexp.MustCompile("(?ms)^```slack ?([\\w-]*)\n(.*?)^```$")

// aTime is what differs between two runs.
var aTime = regexp.MustCompile(`<!date[^>]*>|\d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC`)

// shownAtMost is how many lines of an answer a page shows.
const shownAtMost = 6

// TestOperatorsHour: what docs/firsthours*.md show of an operator's first hour in Slack is what the bot says there,
// under the eyes of the strict fake. Slash commands are typed in a channel, the rest is said to the bot itself.
func TestOperatorsHour(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(filepath.Join("..", "docs", "firsthours*.md"))
	if err != nil || len(pages) < 2 {
		t.Fatal(pages, err)
	}
	for _, page := range pages {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			operatorsHour(t, page)
		})
	}
}

func operatorsHour(t *testing.T, page string) {
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, settings{})
	r.Join("C1")
	seen := 0
	renewed := inSlack.ReplaceAllStringFunc(string(raw), func(block string) string {
		found := inSlack.FindStringSubmatch(block)
		r.SetLocale("U1", found[1])
		var out strings.Builder
		for _, part := range strings.Split("\n"+found[2], "\n> ")[1:] {
			line, written, _ := strings.Cut(part, "\n")
			seen++
			now := r.firstLines(line)
			if strings.TrimSpace(written) != now && !*updatePage {
				t.Errorf("%q: go test ./bot -run OperatorsHour -update-hours\nin the page:\n%s\n\nin Slack:\n%s", line, written,
					now)
			}
			out.WriteString("> " + line + "\n" + now + "\n\n")
		}
		return strings.TrimSpace("```slack "+found[1]) + "\n" + strings.TrimSpace(out.String()) + "\n```"
	})
	if seen == 0 {
		t.Error("nothing is said in Slack")
	}
	if *updatePage {
		if err := os.WriteFile(page, []byte(renewed), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// firstLines is the beginning of what is answered to a line.
func (r *rig) firstLines(line string) string {
	r.t.Helper()
	before := len(r.Messages())
	if command, text, _ := strings.Cut(line, " "); strings.HasPrefix(command, "/") {
		r.Send(r.Command("U1", "C1", command, text))
	} else {
		r.Send(r.Direct("U1", "DU1", line))
	}
	answer := func() string {
		for _, m := range r.Messages()[min(before, len(r.Messages())):] {
			if kinds := kindsOf(m); strings.Contains(kinds, "header") || strings.Contains(kinds, "actions") {
				return slackfake.AllText(m.Blocks)
			}
		}
		return ""
	}
	if !r.Wait(20*time.Second, func() bool { return answer() != "" }) {
		r.t.Errorf("no answer to %q", line)
	}
	r.settle()
	var lines []string
	for l := range strings.SplitSeq(answer(), "\n") {
		if l = strings.TrimSpace(aTime.ReplaceAllString(l, "(time)")); l != "" && len(lines) < shownAtMost {
			lines = append(lines, l)
		}
	}
	return strings.Join(append(lines, "…"), "\n")
}
