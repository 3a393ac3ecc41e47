package batch

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"signpost/commands"
	"signpost/diag/lab"
	"signpost/kb"

	"golang.org/x/text/language"
)

func setup(t *testing.T) (*lab.Lab, *kb.Base) {
	t.Helper()
	l, err := lab.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	b, err := kb.Load()
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
	c.Text = func(r commands.Reply) string { return r.Title + "\n" + r.Sections[len(r.Sections)-1].Text }
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
		{[]string{"healthy.example"}, "", ExitOK}, {[]string{"parked.example"}, "", ExitOK}, {[]string{"spf-none.example"}, "", ExitFound},
		{[]string{"txt-servfail.example"}, "", ExitUnknown}, {[]string{"nonsense"}, "", ExitUsage}, {[]string{"healthy.example", "spf-none.example"}, "", ExitFound},
		{[]string{"healthy.example", "txt-servfail.example"}, "", ExitUnknown}, {[]string{"-"}, "healthy.example\n# a comment\n\nparked.example\n", ExitOK},
		{[]string{"-"}, "", ExitUsage}, {[]string{"healthy.example", "192.0.2.1"}, "", ExitUsage},
	} {
		if code, out, errs := check(t, &Check{Domains: c.domains, In: strings.NewReader(c.in), JSON: true}); code != c.want {
			t.Errorf("%v: exit %d, want %d\n%s%s", c.domains, code, c.want, out, errs)
		}
	}
}

func TestCheckManyAsLines(t *testing.T) {
	_, out, _ := check(t, &Check{Domains: []string{"-"}, In: strings.NewReader("healthy.example\nbad one\nspf-none.example\n"), JSON: true})
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
	if _, out, _ := check(t, &Check{Domains: []string{"spf-none.example"}, In: os.Stdin}); !strings.Contains(out, "spf-none.example: broken") {
		t.Errorf("as text: %s", out)
	}
}
