package batch

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag/lab"

	"golang.org/x/text/language"
)

// TestAnnouncements tells each announcement once, names the provider, and never takes an address that cannot be read
// for one without news.
func TestAnnouncements(t *testing.T) {
	body := `{"page":{"name":"Proton","url":"https://status.proton.me"},"incidents":[
		{"id":"1","name":"Mail is late","status":"investigating","incident_updates":[]}]}`
	l, err := lab.Start(lab.Zones(map[string]string{"status.proton.me": "@ A " + lab.WebAddress + "\n"}),
		lab.Site("status.proton.me", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/summary.json" {
				http.NotFound(w, r)
				return
			}
			_, _ = io.WriteString(w, body)
		})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	base, err := loadKB()
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(t.TempDir(), "told.json")
	run := func(lang language.Tag, state string, places ...string) (string, int) {
		var out, errs bytes.Buffer
		c := &Announcements{Places: places, State: state, Out: &out, Err: &errs, Lang: lang, Timeout: time.Minute,
			Deps: answers.Deps{KB: base, Net: l.Net(), Now: time.Now},
			Text: chat.Reply.Lines}
		code := c.Run(t.Context())
		return out.String() + errs.String(), code
	}
	page := "https://status.proton.me/summary.json"
	for i, step := range []struct {
		lang  language.Tag
		state string
		place string
		code  int
		want  string
	}{
		{language.English, state, page, ExitFound, "incident (being looked into): Mail is late"},
		{language.English, state, page, ExitOK, "nothing new since the last look"},
		{language.Chinese, "", page, ExitFound, "故障（调查中）：Mail is late"},
		{language.English, "", page, ExitFound, "Announced for Proton"},
		{language.English, state, "https://status.proton.me/none", ExitUnknown, "The server does not give it: 404"},
		{language.English, state, "https://status.proton.me/none", ExitUnknown, "Not asked"},
		{language.English, "", "http://status.proton.me/", ExitUnknown, "no https address"},
		{language.English, "", "./none.xml", ExitUnknown, "The file cannot be read"},
		{language.English, "", "https://gone.test/feed", ExitUnknown, "no such host"},
	} {
		if got, code := run(step.lang, step.state, step.place); code != step.code || !strings.Contains(got, step.want) {
			t.Errorf("step %d: exit code %d, %s", i, code, got)
		}
	}
	body = strings.Replace(body, "investigating", "resolved", 1)
	if got, code := run(language.English, state, page); code != ExitFound ||
		!strings.Contains(got, "incident (over): Mail is late") {
		t.Errorf("exit code %d, %s", code, got)
	}
	if err := os.WriteFile(state, []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, code := run(language.English, state, page); code != ExitUsage ||
		!strings.Contains(got, "not a file that this command wrote") {
		t.Errorf("exit code %d, %s", code, got)
	}
}
