package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signpost/diag/lab"
)

// TestResolverWinsOverRootHints runs a check with a resolver chosen and root hints of the environment: every question
// goes to the resolver, whatever the hints name, and even where they cannot be read.
func TestResolverWinsOverRootHints(t *testing.T) {
	l, err := lab.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	at, err := l.Expose()
	if err != nil {
		t.Fatal(err)
	}
	hints := filepath.Join(t.TempDir(), "hints")
	if err := os.WriteFile(hints, []byte(". 3600 NS a.dead.example.\na.dead.example. 3600 A 192.0.2.99\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	for _, env := range []map[string]string{
		{"SIGNPOST_ROOT_HINTS": hints},
		{"SIGNPOST_ROOT_HINTS": filepath.Join(t.TempDir(), "none")},
		{"SIGNPOST_ROOT_HINTS": hints, "SIGNPOST_RESOLVERS": at.String()},
	} {
		t.Setenv("SIGNPOST_RESOLVERS", "")
		for k, v := range env {
			t.Setenv(k, v)
		}
		args := []string{"check", "healthy.example", "--only", "mx,spf,dmarc", "-v"}
		if env["SIGNPOST_RESOLVERS"] == "" {
			args = append(args, "--resolver", at.String())
		}
		var out, errs bytes.Buffer
		if code := Run(t.Context(), System{In: strings.NewReader(""), Out: &out, Err: &errs}, args); code != 0 {
			t.Errorf("%v: exit %d\n%s%s", env, code, out.String(), errs.String())
		}
		asked := 0
		for line := range strings.Lines(errs.String()) {
			if !strings.HasPrefix(line, "dns ") {
				continue
			}
			asked++
			if !strings.Contains(line, "@"+at.String()) {
				t.Errorf("asked elsewhere: %s", line)
			}
		}
		if asked == 0 {
			t.Errorf("%v: nothing was asked\n%s", env, errs.String())
		}
	}
}
