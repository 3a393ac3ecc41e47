package cli

import (
	"encoding/base64"
	"strings"
	"testing"

	"signpost/bot/doctor"
	"signpost/bot/install"
	"signpost/internal/redistest"
)

func sealKey(b string) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(b, 32)))
}

// TestManySettings: the settings of many workspaces go together, and what is wrong with them is told before anything is
// opened.
func TestManySettings(t *testing.T) {
	whole := manyFlags{ClientID: "1.2", ClientSecret: "s", TokenKey: sealKey("a"),
		PublicURL: "https://signpost.example.com"}
	if ring, err := (manyFlags{}).ring(); ring != nil || err != nil {
		t.Errorf("none of them: %v", err)
	}
	if ring, err := whole.ring(); ring == nil || err != nil {
		t.Errorf("all of them: %v", err)
	}
	t.Setenv("SLACK_APP_TOKEN", "xapp-1")
	t.Setenv("REDIS_URL", "redis://127.0.0.1:1") // nobody gets there
	for name, env := range map[string][4]string{
		"no key":      {"1.2", "s", "", "https://signpost.example.com"},
		"no secret":   {"1.2", "", sealKey("a"), "https://signpost.example.com"},
		"no address":  {"1.2", "s", sealKey("a"), ""},
		"a short key": {"1.2", "s", sealKey("a")[4:], "https://signpost.example.com"},
		"plain http":  {"1.2", "s", sealKey("a"), "http://signpost.example.com"},
	} {
		for i, variable := range []string{"SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SIGNPOST_TOKEN_KEY", "SIGNPOST_URL"} {
			t.Setenv(variable, env[i])
		}
		code, _, errs := call(t, "", "serve")
		if code != 2 || strings.Contains(errs, sealKey("a")[4:]) {
			t.Errorf("%s: exit %d, %s", name, code, errs)
		}
	}
	if code, _, _ := call(t, "", "manifest", "--many"); code != 2 {
		t.Errorf("exit %d for a manifest without an address", code)
	}
	code, out, _ := call(t, "", "manifest", "--many", "--url", "https://signpost.example.com")
	for _, want := range []string{"https://signpost.example.com/slack/oauth_redirect", "app_uninstalled",
		"tokens_revoked"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("%q is missing in the manifest, exit %d", want, code)
		}
	}
}

// TestDoctorInstallations: the doctor counts the installations, and tells where the key that sealed them is missing.
func TestDoctorInstallations(t *testing.T) {
	server := redistest.Start(t)
	c := doctorCmd{Redis: server.URL(), manyFlags: manyFlags{ClientID: "1.2", ClientSecret: "s", TokenKey: sealKey("a"),
		PublicURL: "https://signpost.example.com"}}
	ring, err := c.ring()
	if err != nil {
		t.Fatal(err)
	}
	if err := install.NewStore(server.Client(), ring).Put(t.Context(),
		install.Installation{Team: "T1", Token: "xoxb-1"}); err != nil {
		t.Fatal(err)
	}
	says := func(want string) {
		t.Helper()
		found := doctor.Examine(t.Context(), []doctor.Examination{c.installations()})
		if len(found) != 1 || string(found[0].Status)+" "+found[0].Code != want {
			t.Errorf("%+v, want %s", found, want)
		}
	}
	says("ok installs")
	c.TokenKey = sealKey("b")
	says("failed installs-closed")
	c.TokenKey = sealKey("b") + "," + sealKey("a")
	says("ok installs")
	c.PublicURL = ""
	says("failed installs-settings")
	c.PublicURL, c.Redis = "https://signpost.example.com", "redis://127.0.0.1:1"
	says("unknown installs-untold")
	c.Redis = ""
	says("warning installs-not-kept")
}
