package cli

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func model(t *testing.T) *kong.Application {
	t.Helper()
	parser, err := kong.New(&program{}, kong.Name("signpost"), kong.Bind(&System{}))
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

// TestCompletion lets bash complete what is half typed.
func TestCompletion(t *testing.T) {
	code, script, errs := call(t, "", "completion", "bash")
	if code != 0 {
		t.Fatal(errs)
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		typed []string // the last is half typed
		want  []string
		not   string
	}{
		{[]string{"ch"}, []string{"check"}, "cases"},
		{[]string{""}, []string{"check", "cases", "--version"}, "export"},
		{[]string{"cases", ""}, []string{"export", "import"}, "check"},
		{[]string{"cases", "export", "--format", ""}, []string{"json", "csv", "md"}, "--team"},
		{[]string{"check", "example.com", "--no"}, []string{"--no-smtp"}, "--json"},
		{[]string{"check", "--lang", ""}, []string{"en", "zh"}, "--json"},
		{[]string{"completion", ""}, []string{"bash", "zsh", "fish"}, "check"},
	} {
		words := "'signpost'"
		for _, w := range x.typed {
			words += " '" + w + "'"
		}
		out, err := exec.CommandContext(t.Context(), bash, "--norc", "-c", script+
			"\nCOMP_WORDS=("+words+") COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _signpost; echo \"${COMPREPLY[*]}\"").CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		got := strings.Fields(string(out))
		for _, w := range x.want {
			if !slices.Contains(got, w) || slices.Contains(got, x.not) {
				t.Errorf("%q: %q", x.typed, got)
			}
		}
	}
	_, zsh, _ := call(t, "", "completion", "zsh")
	if !strings.HasSuffix(zsh, script) || zsh == script {
		t.Error("zsh does not get what is written for bash")
	}
	if code, _, errs := call(t, "", "completion", "csh"); code != 2 ||
		!strings.Contains(errs, "signpost completion bash") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestEveryCommandIsTold: the manual, the scripts for shells, the examples and the table of exit codes know every
// command and every flag.
func TestEveryCommandIsTold(t *testing.T) {
	_, man, _ := call(t, "", "man")
	_, fish, _ := call(t, "", "completion", "fish")
	_, table, ok := strings.Cut(read(t, "docs/commands.md"), "\n## Exit codes\n")
	if !ok {
		t.Fatal("no table of exit codes")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	seen := 0
	for _, p := range places(model(t))[1:] {
		if len(p.node.Children) > 0 {
			continue
		}
		seen++
		if !strings.Contains(man, "\n.SS signpost "+roff(p.path)) {
			t.Errorf("%s is not in the manual", p.path)
		}
		if !strings.Contains(table, "`"+p.path+"`") {
			t.Errorf("%s has no exit codes in docs/commands.md", p.path)
		}
		if !strings.Contains(fish, "-a "+p.node.Name+" ") {
			t.Errorf("fish does not know %s", p.path)
		}
		for _, f := range p.flags() {
			if !strings.Contains(man, roff("--"+f.Name)) || !strings.Contains(fish, "-l "+f.Name+" ") {
				t.Errorf("%s --%s is not told", p.path, f.Name)
			}
		}
		_, _, errs := call(t, "", append(strings.Fields(p.path), "--no-such-flag")...)
		if first, _, _ := strings.Cut(p.path, " "); first != "check" &&
			!strings.Contains(errs, "For example: signpost "+first) {
			t.Errorf("signpost %s: the example is of another command: %s", p.path, errs)
		}
	}
	if seen < 15 {
		t.Errorf("only %d commands", seen)
	}
	for line := range strings.Lines(man) {
		if strings.HasPrefix(line, "'") {
			t.Errorf("a line that the formatter would obey: %s", line)
		}
	}
}

// TestExamplesAreRight: what is shown as a right call is one.
func TestExamplesAreRight(t *testing.T) {
	parser, err := kong.New(&program{}, kong.Name("signpost"), kong.Bind(&System{}))
	if err != nil {
		t.Fatal(err)
	}
	for of, example := range examples {
		args := strings.Fields(example)[1:]
		if of == "kb score" { // its folder must exist
			args[len(args)-1] = t.TempDir()
		}
		if _, err := parser.Parse(args); err != nil {
			t.Errorf("%s: %v", example, err)
		}
	}
}
