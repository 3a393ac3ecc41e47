package batch

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag/lab"

	"golang.org/x/text/language"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// labReports writes the lab's reports whose names contain a word into files.
func labReports(t *testing.T, word string, change func(string) string) (files []string) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range lab.Reports(noon) {
		if !strings.Contains(f.Name, word) {
			continue
		}
		name := filepath.Join(dir, f.Name)
		content := f.Content
		if change != nil {
			content = []byte(change(string(unzipped(t, content))))
			name = strings.TrimSuffix(name, ".gz")
		}
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, name)
	}
	return files
}

func unzipped(t *testing.T, raw []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// readReports runs the command over files.
func readReports(
	t *testing.T,
	c *Reports,
	zones map[string]string,
) (code int, out answers.ReportsRead, text, errs string) {
	t.Helper()
	l, err := lab.Start(lab.Zones(zones))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	_, b := setup(t)
	var o, e bytes.Buffer
	c.Out, c.Err, c.Lang, c.Timeout, c.Text = &o, &e, language.English, time.Minute,
		func(r chat.Reply) string { return r.Lines() }
	c.Deps = answers.Deps{KB: b, Net: l.Net(), Now: func() time.Time { return noon }}
	c.JSON = true
	code = c.Run(t.Context())
	if err := json.Unmarshal(o.Bytes(), &out); err != nil {
		t.Fatalf("%v: %s", err, o.String())
	}
	o.Reset()
	c.JSON, c.In = false, nil
	c.Run(t.Context())
	return code, out, o.String(), e.String()
}

// TestReportsNextStep gives the record of the next step, in the zone as it is, where the rule is kept, and none where
// it is not.
func TestReportsNextStep(t *testing.T) {
	zones := map[string]string{
		"watching.test": ";! with: mx spf dkim\n_dmarc TXT \"v=DMARC1; p=none; rua=mailto:a@watching.test; fo=1\"\n",
		"half.test":     ";! with: mx spf dkim\n_dmarc TXT \"v=DMARC1; p=quarantine; rua=mailto:a@half.test\"\n",
		"full.test":     ";! with: mx spf dkim dmarc\n",
		"moved.test":    ";! with: mx spf dkim\n_dmarc CNAME elsewhere.moved.test.\nelsewhere TXT \"v=DMARC1; p=none; rua=mailto:a@moved.test\"\n",
	}
	as := func(domain, policy string) func(string) string {
		return func(s string) string {
			return strings.ReplaceAll(
				strings.ReplaceAll(s, "dmarc-watching.example", domain),
				"<p>none</p>",
				"<p>"+policy+"</p>",
			)
		}
	}
	for name, x := range map[string]struct {
		domain, policy, kind, zone, record string
		days                               int
	}{
		"quarantine is next": {"watching.test", "none", "policy", "examined",
			`_dmarc.watching.test TXT v=DMARC1; p=quarantine; rua=mailto:a@watching.test; fo=1`, 16},
		"reject is next": {"half.test", "quarantine", "policy", "examined",
			`_dmarc.half.test TXT v=DMARC1; p=reject; rua=mailto:a@half.test`, 16},
		"nothing is stricter":    {"full.test", "reject", "done", "unneeded", "", 16},
		"too few days":           {"watching.test", "none", "wait", "unneeded", "", 5},
		"the zone is not there":  {"gone.test", "none", "policy", "unknown", "", 16},
		"an alias is in the way": {"moved.test", "none", "policy", "examined", "", 16},
	} {
		files := labReports(t, "!dmarc-watching.example!", as(x.domain, x.policy))
		_, out, text, errs := readReports(t, &Reports{Files: files[:x.days]}, zones)
		if len(out.Domains) != 1 {
			t.Fatalf("%s: %+v %s", name, out, errs)
		}
		var records []string
		for _, r := range out.Domains[0].Next.Records {
			if !r.Remove {
				records = append(records, strings.Join([]string{r.Name, r.Type, r.Value}, " "))
			}
		}
		if n := out.Domains[0].Next; n.Kind != x.kind || n.Zone != x.zone || strings.Join(records, "\n") != x.record {
			t.Errorf("%s: %+v\n%s", name, n, text)
		}
		if x.record == "" && strings.Contains(text, "v=DMARC1") {
			t.Errorf("%s: a record is shown all the same:\n%s", name, text)
		}
	}
}

// TestReportsUnlisted has SPF list a host of the domain's own that it forgot, and no host that forges.
func TestReportsUnlisted(t *testing.T) {
	code, out, text, _ := readReports(t, &Reports{Files: labReports(t, "!bimi-weak.example!", nil)}, nil)
	n := out.Domains[0].Next
	if code != ExitFound || n.Kind != "spf" || n.Zone != "examined" ||
		!slices.Equal(n.Addresses, []string{"203.0.113.25"}) ||
		len(n.Records) == 0 ||
		!strings.Contains(fmt.Sprint(n.Records), "ip4:203.0.113.25") {
		t.Errorf("exit %d: %+v\n%s", code, n, text)
	}
	if !strings.Contains(text, "ip4:203.0.113.25") {
		t.Errorf("the record is not shown:\n%s", text)
	}
	code, out, text, _ = readReports(
		t,
		&Reports{Files: labReports(t, "!dmarc-watching.example!", nil), Offline: true},
		nil,
	)
	if n := out.Domains[0].Next; code != ExitOK || n.Zone != "offline" || len(n.Records) != 0 ||
		strings.Contains(text, "v=DMARC1") {
		t.Errorf("offline, exit %d: %+v\n%s", code, n, text)
	}
}

// TestReportsExitCodes is what each outcome ends with.
func TestReportsExitCodes(t *testing.T) {
	nothing := filepath.Join(t.TempDir(), "hello.txt")
	if err := os.WriteFile(nothing, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	watching := labReports(t, "!dmarc-watching.example!", nil)
	for name, x := range map[string]struct {
		files []string
		want  int
	}{
		"all is well":      {watching, ExitOK},
		"too few to tell":  {watching[:3], ExitUnknown},
		"one was not read": {append([]string{nothing}, watching...), ExitUnknown},
		"no report":        {[]string{nothing}, ExitUsage},
		"no such file":     {append([]string{nothing + ".not"}, watching...), ExitUsage},
		"mail of its own":  {labReports(t, "!bimi-weak.example!", nil), ExitFound},
		"failed TLS":       {labReports(t, "tls.json", nil), ExitFound},
		"a folder":         {[]string{t.TempDir()}, ExitUsage},
	} {
		code, out, text, errs := readReports(t, &Reports{Files: x.files, Offline: true}, nil)
		if code != x.want {
			t.Errorf("%s: exit %d, want %d\n%+v\n%s%s", name, code, x.want, out, text, errs)
		}
	}
}
