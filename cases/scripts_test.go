package cases

import (
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var takes = regexp.MustCompile(`(KEYS|ARGV)\[([0-9]+)\]`)

// TestScriptHeads: the head of each script says, by number, what it takes, all of it and no more, and what it
// returns.
func TestScriptHeads(t *testing.T) {
	count := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".lua") || strings.HasSuffix(path, "common.lua") ||
			strings.HasSuffix(path, "postings.lua") {
			return err
		}
		count++
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		head, body, told := "", "", map[string]int{}
		for line := range strings.Lines(string(raw)) {
			if rest, ok := strings.CutPrefix(line, "-- "); ok && body == "" {
				head += rest
				if m := takes.FindStringSubmatch(rest); m != nil && strings.HasPrefix(rest, m[0]+" ") {
					if told[m[1]]++; strconv.Itoa(told[m[1]]) != m[2] {
						t.Errorf("%s: %s out of turn", path, m[0])
					}
				}
			} else if body != "" || strings.TrimSpace(line) != "--" {
				body += line
			}
		}
		used := map[string]int{}
		for _, m := range takes.FindAllStringSubmatch(body, -1) {
			n, _ := strconv.Atoi(m[2])
			used[m[1]] = max(used[m[1]], n)
		}
		if told["KEYS"] != used["KEYS"] || told["ARGV"] != used["ARGV"] || told["KEYS"] == 0 {
			t.Errorf("%s takes %v and tells of %v", path, used, told)
		}
		if !strings.Contains(head, "\nReturns ") {
			t.Errorf("%s does not say what it returns", path)
		}
		return nil
	})
	if err != nil || count < 10 {
		t.Error(count, err)
	}
}
