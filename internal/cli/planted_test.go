package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"signpost/bot/console"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/checks"
	"signpost/kb"
)

// A page plants a file by a block whose fence names it, and shows what comes of it in blocks that are called by a word.
var (
	plantedFile = regexp.MustCompile("(?ms)^```(?:go|yaml|text) (\\S+/\\S+)\n(.*?)^```$")
	shownOf     = func(word string) *regexp.Regexp {
		return regexp.MustCompile("(?ms)^(```text " + word + "\n)(.*?)(^```)$")
	}
)

// answering is a program for the copy of the tree: it examines a zone with every check, and prints the answer as JSON.
const answering = `package main

import (
	"context"
	"encoding/json"
	"os"

	"signpost/commands/answers"
	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/gate"
	"signpost/diag/lab"
	"signpost/kb"

	"golang.org/x/text/language"
)

func main() {
	l, err := lab.Start(lab.Zones(map[string]string{os.Args[1]: os.Args[2]}))
	if err != nil {
		panic(err)
	}
	base, err := kb.Load()
	if err != nil {
		panic(err)
	}
	o := diag.Options{Only: []string{os.Args[3]}, Conclude: gate.Conclusion(base.Proposals)}
	target := diag.Target{Domain: os.Args[1], Unicode: os.Args[1]}
	report := diag.Run(context.Background(), l.Net(), checks.All(), target, o, nil)
	r := answers.Answer(base, language.English, report, false)
	r.Data, r.Actions = nil, nil
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		panic(err)
	}
}
`

// TestDeveloperPlantsACheck: a check planted from docs/firsthours.md alone, in a copy of the tree, is refused without
// its words, passes its zones, and is answered as the page shows it. With -update what comes of it is written.
func TestDeveloperPlantsACheck(t *testing.T) {
	t.Parallel()
	page := read(t, "docs/firsthours.md")
	house := copyOfTheTree(t)
	zone := ""
	for _, found := range plantedFile.FindAllStringSubmatch(page, -1) {
		plant(t, filepath.Join(house, filepath.FromSlash(found[1])), found[2])
		if strings.HasSuffix(found[1], "-obsolete.txtar") {
			_, zone, _ = strings.Cut(found[2], "-- shop.test --\n")
			zone, _, _ = strings.Cut(zone, "-- want.json --")
		}
	}
	base, err := kb.Load()
	if err != nil {
		t.Fatal(err)
	}
	refused := base.Validate(append(checks.All(), &diag.Check{Name: "adsp", Run: checks.CAA.Run,
		Codes: []diag.Kind{{Code: "adsp.obsolete", Severity: diag.Notice}}}))
	if refused == nil {
		t.Fatal("a check without words is taken")
	}
	zones := inHouse(house, "go", "test", "./diag/checks", "-count=1", "-run", "^TestZones$/^adsp$")
	if out, err := zones.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "ok") {
		t.Errorf("its zones: %v\n%s", err, out)
	}
	plant(t, filepath.Join(house, "internal", "answering", "main.go"), answering)
	run := inHouse(house, "go", "run", "./internal/answering", "shop.test", zone, "adsp")
	run.Stderr = os.Stderr
	out, err := run.Output()
	var answer chat.Reply
	if err == nil {
		err = json.Unmarshal(out, &answer)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	renewed := page
	for word, now := range map[string]string{"refused": refused.Error(), "answer": console.Face{}.Text(answer)} {
		now = strings.TrimSpace(now)
		found := shownOf(word).FindStringSubmatch(page)
		if found == nil {
			t.Fatalf("the page shows no %s", word)
		}
		if !agrees(strings.TrimSpace(found[2]), now) && !*update {
			t.Errorf("go test ./internal/cli -run PlantsACheck -update\nin the page:\n%s\nthe program:\n%s", found[2], now)
		}
		renewed = shownOf(word).ReplaceAllString(renewed, "${1}"+strings.ReplaceAll(now, "$", "$$")+"\n${3}")
	}
	if *update {
		if err := os.WriteFile("../../docs/firsthours.md", []byte(renewed), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// inHouse is a command in a copy of the tree, as the program is built: without C, so that what is compiled already
// serves it.
func inHouse(house, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = house
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false -trimpath", "PWD="+house)
	return cmd
}

// copyOfTheTree is what git knows of this tree, or would, in a folder of its own.
func copyOfTheTree(t *testing.T) string {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = filepath.Join("..", "..")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	house := t.TempDir()
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if raw, err := os.ReadFile(filepath.Join("..", "..", name)); err == nil { // one may just have been deleted
			write(t, filepath.Join(house, name), string(raw))
		}
	}
	return house
}

// plant puts a block into a file: at its end, where there is one, but a line that goes on with one that stands there
// takes its place.
func plant(t *testing.T, path, text string) {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil {
		write(t, path, text)
		return
	}
	lines := strings.SplitAfter(string(before), "\n")
	for i, line := range lines {
		if was := strings.TrimSuffix(line, "\n"); len(was) > 3 && strings.HasPrefix(text, was) {
			lines[i] = text
			write(t, path, strings.Join(lines, ""))
			return
		}
	}
	write(t, path, string(before)+text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
