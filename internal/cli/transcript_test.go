package cli

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the program says now into the transcripts of the pages")

// A transcript in a page is a block fenced as "console": lines that begin with "> ", each followed by what the demo
// answers. A line that holds … alone stands for lines that are left out, up to the next "> ".
var (
	transcript = regexp.MustCompile("(?ms)^```console\n(.*?)^```$")
	// changing is what differs between two runs: durations, counts of questions, dates and times.
	changing = regexp.MustCompile(`\d+\.\d s|\d+\.\d 秒|\d+ DNS questions|\d+ 次 DNS 查询|\d{4}-\d{2}-\d{2}( \d{2}:\d{2}(:\d{2})?( UTC)?)?`)
)

const leftOut = "\n…\n"

// askedIn is the answers in a transcript, by the lines asked, in order.
func askedIn(text string) (lines, said []string) {
	for _, part := range strings.Split("\n"+text, "\n> ")[1:] {
		line, answer, _ := strings.Cut(part, "\n")
		lines, said = append(lines, line), append(said, strings.TrimSpace(answer))
	}
	return lines, said
}

// agrees reports whether an answer in a page is what the program says, times and counts apart.
func agrees(written, now string) bool {
	plain := func(s string) string { return changing.ReplaceAllString(strings.TrimSpace(s), "#") }
	head, _, cut := strings.Cut("\n"+written+"\n", leftOut)
	if cut {
		return strings.HasPrefix(plain(now)+"\n", plain(head)+"\n")
	}
	return plain(written) == plain(now)
}

// TestTranscripts: what the pages show is what the program says, on its demo. With -update it is written.
func TestTranscripts(t *testing.T) {
	seen := 0
	for _, page := range pages(t) {
		text := read(t, page)
		args := []string{"console", "--demo", "--lang", "en"}
		if strings.Contains(page, "zh-CN") {
			args[3] = "zh"
		}
		renewed := transcript.ReplaceAllStringFunc(text, func(block string) string {
			seen++
			body := transcript.FindStringSubmatch(block)[1]
			lines, written := askedIn(body)
			code, out, errs := call(t, strings.Join(lines, "\n")+"\n", args...)
			asked, now := askedIn(out)
			if code != 0 || len(asked) != len(lines) {
				t.Errorf("%s: %q: exit %d, %d answers\n%s", page, lines, code, len(asked), errs)
				return block
			}
			var b strings.Builder
			for i, line := range lines {
				answer := now[i]
				if agrees(written[i], answer) {
					answer = written[i]
				} else if !*update {
					t.Errorf("%s: the answer to %q is not what the program says: go test ./internal/cli -run Transcripts -update\nin the page:\n%s\n\nthe program:\n%s", page, line, written[i], answer)
				}
				b.WriteString("> " + line + "\n" + answer + "\n\n")
			}
			return "```console\n" + strings.TrimSpace(b.String()) + "\n```"
		})
		if *update && renewed != text {
			if err := os.WriteFile(filepath.Join("..", "..", page), []byte(renewed), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if seen == 0 {
		t.Error("no page holds a transcript")
	}
}

func TestTranscriptAgrees(t *testing.T) {
	now := "✖ d.example: broken\n  Publish\n      d.example  MX  5 mx.example.\n0.0 s, 83 DNS questions, 2026-11-24 15:34:09 UTC"
	for written, want := range map[string]bool{
		now: true,
		strings.Replace(now, "83 DNS questions, 2026-11-24 15:34:09", "90 DNS questions, 2027-01-02 03:04:05", 1): true,
		strings.Replace(now, "5 mx", "6 mx", 1):            false,
		"✖ d.example: broken\n…":                           true,
		"✖ d.example: fine\n…":                             false,
		"✖ d.example: broken\n  Publish":                   false,
		"✖ d.example: broken\n  Publish\n      d.examp\n…": false,
	} {
		if agrees(written, now) != want {
			t.Errorf("%t for %q", !want, written)
		}
	}
}
