package doctor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/bot"
	"signpost/bot/doctor"
	"signpost/bot/internal/slackfake"
	"signpost/bot/reportbox/imaptest"
	"signpost/commands/chat"
	"signpost/internal/redistest"

	"golang.org/x/text/language"
)

// codes is what was found, as "status code".
func codes(all []doctor.Finding) (out []string) {
	for _, f := range all {
		out = append(out, string(f.Status)+" "+f.Code)
	}
	return out
}

func TestSlack(t *testing.T) {
	good := func(s *slackfake.Slack) doctor.Slack {
		return doctor.Slack{BotToken: slackfake.BotToken, AppToken: slackfake.AppToken, APIURL: s.APIURL(), Now: time.Now}
	}
	for name, c := range map[string]struct {
		change func(*slackfake.Slack, *doctor.Slack)
		want   []string
	}{
		"well": {nil, []string{"ok token", "ok way-socket"}},
		"no tokens": {func(_ *slackfake.Slack, d *doctor.Slack) { *d = doctor.Slack{APIURL: d.APIURL, Now: d.Now} },
			[]string{"failed no-bot-token", "failed no-way-in"}},
		"revoked": {func(s *slackfake.Slack, _ *doctor.Slack) { s.Revoke() },
			[]string{"failed token-refused", "failed token-refused"}},
		"tokens changed over": {func(_ *slackfake.Slack, d *doctor.Slack) { d.BotToken, d.AppToken = d.AppToken, d.BotToken },
			[]string{"failed token-refused", "failed token-refused"}},
		"HTTP alone": {func(_ *slackfake.Slack, d *doctor.Slack) { d.AppToken, d.SigningSecret = "", "x" },
			[]string{"ok token", "ok way-http"}},
		"Slack is away": {func(_ *slackfake.Slack, d *doctor.Slack) { d.APIURL = "http://127.0.0.1:1/api/" },
			[]string{"unknown slack-silent", "unknown slack-silent"}},
		"a clock too early": {func(_ *slackfake.Slack, d *doctor.Slack) {
			d.Now = func() time.Time { return time.Now().Add(-10 * time.Minute) }
		}, []string{"ok token", "failed clock", "ok way-socket"}},
		"a scope less": {func(s *slackfake.Slack, _ *doctor.Slack) { s.Withdraw("im:history") },
			[]string{"ok token", "failed scope-missing", "ok way-socket"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := slackfake.New()
			defer s.Close()
			d := good(s)
			if c.change != nil {
				c.change(s, &d)
			}
			if got := codes(doctor.Examine(t.Context(), d.Examinations())); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestRedis(t *testing.T) {
	for name, c := range map[string]struct {
		url  func() string
		want string
	}{
		"none":   {func() string { return "" }, "warning redis-none"},
		"no URL": {func() string { return "localhost" }, "failed redis-url"},
		"away":   {func() string { return "redis://127.0.0.1:1" }, "failed redis-silent"},
		"fit":    {func() string { return redistest.Start(t).URL() }, "ok redis"},
		"evicting": {func() string { return redistest.StartWith(t, "--maxmemory-policy", "allkeys-lru").URL() },
			"warning redis-policy"},
		"full": {func() string { return redistest.StartWith(t, "--maxmemory", "1000kb").URL() }, "warning redis-memory"},
	} {
		if got := codes(doctor.Examine(t.Context(), []doctor.Examination{doctor.Redis(c.url())})); !slices.Equal(got,
			[]string{c.want}) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestMailbox: what is wrong with the mailbox for reports is told, with what to do, and never the password.
func TestMailbox(t *testing.T) {
	server := imaptest.Serve(t)
	server.Put("Subject: one\r\n\r\n1")
	at := func(user, password, address, folder string) string {
		return "imaps://" + user + ":" + password + "@" + address + "/" + folder
	}
	good := at(imaptest.User, imaptest.Password, server.Address, imaptest.Folder)
	for name, c := range map[string]struct{ address, token, want string }{
		"well":         {good, "xoxb-1", "ok mailbox"},
		"nobody's":     {good, "", "failed mailbox-nobodys"},
		"no address":   {"imap.example.com", "xoxb-1", "failed mailbox-address"},
		"password":     {at(imaptest.User, "my-secret", server.Address, ""), "xoxb-1", "failed mailbox-login"},
		"told by it":   {at(imaptest.Gossip, "my%20secret", server.Address, ""), "xoxb-1", "failed mailbox-login"},
		"folder":       {at(imaptest.User, imaptest.Password, server.Address, "None"), "xoxb-1", "failed mailbox-folder"},
		"away":         {at("u", "secret", "127.0.0.1:1", ""), "xoxb-1", "failed mailbox-silent"},
		"another port": {at("u", "secret", imaptest.Plain(t), ""), "xoxb-1", "failed mailbox-tls"},
	} {
		found := doctor.Examine(t.Context(), []doctor.Examination{doctor.Mailbox(c.address, c.token, server.Trust)})
		if got := codes(found); !slices.Equal(got, []string{c.want}) || found[0].Check != "mailbox" {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		for _, lang := range chat.Languages() {
			said := chat.Text(lang, "doctor."+found[0].Code, found[0].Args)
			if do := "doctor." + found[0].Code + ".do"; found[0].Status != doctor.OK && !chat.Has(do) {
				t.Errorf("%s: nobody says what to do", name)
			} else if found[0].Status != doctor.OK {
				said += chat.Text(lang, do, found[0].Args)
			}
			if strings.Contains(said+fmt.Sprint(found), "secret") {
				t.Errorf("%s: %s %v", name, said, found)
			}
		}
	}
	stranger := doctor.Examine(t.Context(), []doctor.Examination{doctor.Mailbox(good, "xoxb-1", nil)})
	if got := codes(stranger); !slices.Equal(got, []string{"failed mailbox-certificate"}) {
		t.Errorf("a certificate that nobody trusts: %q", got)
	}
}

// TestManifest: what an app lacks is told, with its place; what Slack adds or leaves out by itself is not.
func TestManifest(t *testing.T) {
	ours, err := bot.Manifest(language.English, "")
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(m map[string]any)) []byte {
		var m map[string]any
		if err := json.Unmarshal(ours, &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	for name, c := range map[string]struct {
		exported []byte
		want     string
	}{
		"the same": {ours, "ok"},
		"with what Slack adds": {with(func(m map[string]any) {
			m["_metadata"] = map[string]any{"major_version": 2}
			delete(m["settings"].(map[string]any), "token_rotation_enabled")
		}), "ok"},
		"a command less": {with(func(m map[string]any) {
			f := m["features"].(map[string]any)
			f["slash_commands"] = f["slash_commands"].([]any)[1:]
		}), "features.slash_commands - /mailcheck"},
		"a command renamed in its hint": {with(func(m map[string]any) {
			m["features"].(map[string]any)["slash_commands"].([]any)[0].(map[string]any)["usage_hint"] = "x"
		}), "features.slash_commands[/mailcheck].usage_hint x"},
		"a scope less": {with(func(m map[string]any) {
			s := m["oauth_config"].(map[string]any)["scopes"].(map[string]any)
			s["bot"] = s["bot"].([]any)[1:]
		}), "oauth_config.scopes.bot - app_mentions:read"},
		"no events": {with(func(m map[string]any) { delete(m["settings"].(map[string]any), "event_subscriptions") }),
			"bot_events - app_home_opened"},
		"no JSON":     {[]byte("display_information:\n  name: Signpost"), "manifest-unreadable"},
		"another one": {[]byte("[]"), "features"},
	} {
		found := doctor.Examine(t.Context(), []doctor.Examination{doctor.Manifest(c.exported, ours)})
		text := ""
		for _, f := range found {
			text += fmt.Sprint(f.Status, " ", f.Code, " ", f.Args["at"], " ", f.Args["is"], " ", f.Args["want"], "\n")
		}
		if !strings.Contains(text, c.want) || c.want == "ok" && len(found) != 1 {
			t.Errorf("%s: %s, want %q", name, text, c.want)
		}
	}
}

func TestExamine(t *testing.T) {
	slow := doctor.Examination{Name: "slow",
		Look: func(context.Context) []doctor.Finding { return []doctor.Finding{{Status: doctor.OK, Code: "a"}} }}
	broken := doctor.Examination{Name: "broken", Look: func(context.Context) []doctor.Finding { panic("no") }}
	found := doctor.Examine(t.Context(), []doctor.Examination{slow, broken})
	if got := codes(found); !slices.Equal(got, []string{"ok a", "unknown broke"}) || found[0].Check != "slow" {
		t.Errorf("%+v", found)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	never := doctor.Examination{Name: "never", Look: func(context.Context) []doctor.Finding { select {} }}
	if got := codes(doctor.Examine(ended, []doctor.Examination{never})); !slices.Equal(got, []string{"unknown late"}) {
		t.Errorf("%q", got)
	}
	for want, all := range map[doctor.Status][]doctor.Status{
		doctor.OK: nil, doctor.Unknown: {doctor.OK, doctor.Unknown}, doctor.Warning: {doctor.Unknown, doctor.Warning},
		doctor.Failed: {doctor.Warning, doctor.Failed, doctor.OK},
	} {
		var f []doctor.Finding
		for _, s := range all {
			f = append(f, doctor.Finding{Status: s})
		}
		if got := doctor.Worst(f); got != want {
			t.Errorf("%v: %s, want %s", all, got, want)
		}
	}
}

// TestWords: every code in the sources has words, and every fault says what to do.
func TestWords(t *testing.T) {
	code := regexp.MustCompile(`(?:Code: |(?:OK|Warning|Failed|Unknown), |\{reportbox\.Err\w+, )"([a-z0-9-]*[a-z0-9])"`)
	warn := regexp.MustCompile(`Warn\w+ += "([a-z-]+)"`)
	seen := map[string]bool{}
	for _, glob := range []string{"*.go", "../../internal/cli/doctor*.go", "../jobs/examine.go"} {
		names, err := filepath.Glob(glob)
		if err != nil || len(names) == 0 {
			t.Fatal(glob, err)
		}
		for _, name := range names {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			for _, m := range code.FindAllStringSubmatch(string(raw), -1) {
				seen[m[1]] = true
			}
			for _, m := range warn.FindAllStringSubmatch(string(raw), -1) {
				seen["redis-"+m[1]] = true
			}
		}
	}
	if len(seen) < 60 {
		t.Fatalf("only %d codes were found", len(seen))
	}
	for c := range seen {
		if !chat.Has("doctor." + c) {
			t.Errorf("%s has no words", c)
		}
	}
}
