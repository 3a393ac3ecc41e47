package batch

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/lab"
	"signpost/kb"

	"golang.org/x/text/language"
)

// loadKB is the knowledge base, read once for all tests: none of them changes it.
var loadKB = sync.OnceValues(kb.Load)

func setup(t *testing.T) (*lab.Lab, *kb.Base) {
	t.Helper()
	l, err := lab.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	b, err := loadKB()
	if err != nil {
		t.Fatal(err)
	}
	return l, b
}

func check(t *testing.T, c *Check) (code int, out, errs string) {
	t.Helper()
	l, b := setup(t)
	var o, e bytes.Buffer
	c.Out, c.Err, c.Net, c.KB, c.Lang, c.Timeout, c.Parallel = &o, &e, l.Net(), b, language.English, 20*time.Second, 8
	if c.Text == nil {
		c.Text = func(r chat.Reply) string { return r.Title + "\n" + r.Sections[len(r.Sections)-1].Text }
	}
	c.Options.Providers = b.Fingerprints()
	code = c.Run(t.Context())
	return code, o.String(), e.String()
}

func TestCheckExitCodes(t *testing.T) {
	for _, c := range []struct {
		domains []string
		in      string
		want    int
	}{
		{[]string{"healthy.example"}, "", ExitOK}, {[]string{"parked.example"}, "", ExitOK},
		{[]string{"spf-none.example"}, "", ExitFound},
		{[]string{"txt-servfail.example"}, "", ExitUnknown}, {[]string{"nonsense"}, "", ExitUsage},
		{[]string{"healthy.example", "spf-none.example"}, "", ExitFound},
		{[]string{"healthy.example", "txt-servfail.example"}, "", ExitUnknown},
		{[]string{"-"}, "healthy.example\n# a comment\n\nparked.example\n", ExitOK},
		{[]string{"-"}, "", ExitUsage}, {[]string{"healthy.example", "192.0.2.1"}, "", ExitUsage},
	} {
		if code, out, errs := check(t,
			&Check{Domains: c.domains, In: strings.NewReader(c.in), Format: JSON}); code != c.want {
			t.Errorf("%v: exit %d, want %d\n%s%s", c.domains, code, c.want, out, errs)
		}
	}
}

func TestCheckManyAsLines(t *testing.T) {
	_, out, _ := check(t, &Check{Domains: []string{"-"},
		In: strings.NewReader("healthy.example\nbad one\nspf-none.example\n"), Format: JSON})
	seen := map[string]bool{}
	for line := range strings.Lines(out) {
		var v struct{ Domain, Verdict, Error string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		seen[v.Domain+" "+v.Verdict] = true
	}
	if !seen["healthy.example ok"] || !seen["spf-none.example broken"] || !seen["bad one "] {
		t.Errorf("seen %v", seen)
	}
	if _, out, _ := check(t, &Check{Domains: []string{"spf-none.example"}, In: os.Stdin}); !strings.Contains(out,
		"spf-none.example: broken") {
		t.Errorf("as text: %s", out)
	}
}

// TestCSVKeepsTheOrder has a slow domain first: the others are examined meanwhile, and it still comes first.
func TestCSVKeepsTheOrder(t *testing.T) {
	code, out, errs := check(t, &Check{
		Domains: []string{"-"}, In: strings.NewReader("txt-silent.example\nhealthy.example\n=cmd()\nspf-none.example\n"),
		Format: CSV, Parallel: 4,
	})
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != ExitUsage || len(lines) != 5 || !strings.HasPrefix(errs, "signpost: =cmd()") {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{{"domain", "verdict"}, {"txt-silent.example", "unknown"}, {"healthy.example", "ok"},
		{"'=cmd()", "error"}, {"spf-none.example", "broken"}} {
		if rows[i][0] != want[0] || rows[i][1] != want[1] || len(rows[i]) != len(csvHead) {
			t.Errorf("row %d: %q, want %q", i, rows[i], want)
		}
	}
	if rows[4][5] != "spf.none" || rows[4][2] != "1" || rows[1][6] != "spf" {
		t.Errorf("%q", rows)
	}
}

func TestSummary(t *testing.T) {
	_, out, _ := check(t, &Check{Domains: []string{"healthy.example", "spf-none.example", "spf-none.example"},
		Format: Text, Text: console})
	if i := strings.Index(out, "3 domains"); i < 0 || !strings.Contains(out[i:], "spf.none 2") ||
		strings.Index(out, "healthy.example") > strings.Index(out, "spf-none.example") {
		t.Errorf("%s", out)
	}
	// How more is seen is told once, behind all of them.
	_, after, _ := strings.Cut(out, "3 domains")
	if strings.Count(out, "--resolver HOST") != 1 || !strings.Contains(after, "--resolver HOST") {
		t.Errorf("what was not compared: %s", out)
	}
}

// console is a Reply as plain lines.
func console(r chat.Reply) string {
	out := r.Title + "\n"
	for _, s := range r.Sections {
		out += s.Heading + "\n" + s.Text + "\n"
		for _, f := range s.Fields {
			out += f.Label + " " + f.Value + "\n"
		}
	}
	return out
}

// TestExitCode holds what decides: a mail host that cannot be visited leaves a sound domain in order, unless that was
// the question.
func TestExitCode(t *testing.T) {
	r := &diag.Report{Results: []diag.Result{{Check: "mx", Status: diag.Passed}, {Check: "smtp", Status: diag.Unknown}}}
	if found, unsure := (&Check{}).judge(r); found || unsure {
		t.Error("a check that does not decide makes a report unknown")
	}
	if _, unsure := (&Check{Options: diag.Options{Only: []string{"smtp"}}}).judge(r); !unsure {
		t.Error("the one check that was asked for could not be made, and nobody says so")
	}
}
