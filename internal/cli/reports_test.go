package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"signpost/commands/answers"
)

// shell is a command line with what it prints, in a page.
var shell = regexp.MustCompile("(?ms)^```shell\n\\$ signpost (reports [^\n]*)\n(.*?)^```$")

// TestReportsPage: what docs/reports.md shows is what the command prints. With -update it is written.
func TestReportsPage(t *testing.T) {
	const page = "docs/reports.md"
	text, seen := read(t, page), 0
	name, err := filepath.Abs(filepath.Join("..", "..", page))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join("testdata", "reports"))
	renewed := shell.ReplaceAllStringFunc(text, func(block string) string {
		seen++
		parts := shell.FindStringSubmatch(block)
		code, out, errs := call(t, "", strings.Fields(parts[1])...)
		if code != 1 || errs != "" {
			t.Errorf("%s: exit %d\n%s", parts[1], code, errs)
		}
		if out = strings.TrimRight(out, "\n") + "\n"; out != parts[2] && !*update {
			t.Errorf(
				"the answer to %q is not what the program says: go test ./internal/cli -run ReportsPage -update\n%s",
				parts[1],
				out,
			)
		}
		return "```shell\n$ signpost " + parts[1] + "\n" + out + "```"
	})
	if seen == 0 {
		t.Fatal("the page shows no command")
	}
	if *update && renewed != text {
		if err := os.WriteFile(name, []byte(renewed), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReportsJSON keeps what is written to its schema.
func TestReportsJSON(t *testing.T) {
	files, err := filepath.Glob("testdata/reports/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	code, out, errs := call(t, "", append([]string{"reports", "--offline", "--json"}, files...)...)
	var got any
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 1 {
		t.Fatalf("exit %d, %v\n%s%s", code, err, out, errs)
	}
	if wrong := faults("reports", got, schemaOf(reflect.TypeFor[answers.ReportsRead]())); len(wrong) > 0 {
		t.Errorf("%v\n%s", wrong, out)
	}
	var read answers.ReportsRead
	if err := json.Unmarshal(
		[]byte(out),
		&read,
	); err != nil || len(read.Domains) != 1 || read.Domains[0].Messages != 263 || read.Domains[0].Fail != 23 ||
		len(read.TLSBy) != 1 ||
		read.TLSBy[0].Failure != 4 {
		t.Errorf("%v: %+v", err, read)
	}
}

// TestReportsUsage is what bad calls end with.
func TestReportsUsage(t *testing.T) {
	for _, x := range []struct {
		input string
		args  []string
		want  int
	}{
		{"", []string{"reports"}, 2}, {"", []string{"reports", "--offline", "no-such-file.xml"}, 2},
		{"hello", []string{"reports", "--offline", "-"}, 2},
		{"", []string{"reports", "--timeout", "0s", "x"}, 2}, {"", []string{"reports", "--own", "nonsense", "x"}, 2},
	} {
		if code, out, errs := call(t, x.input, x.args...); code != x.want || out+errs == "" {
			t.Errorf("%v: exit %d, want %d\n%s%s", x.args, code, x.want, out, errs)
		}
	}
}
