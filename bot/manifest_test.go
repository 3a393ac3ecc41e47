package bot

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"signpost/commands"

	"github.com/slack-go/slack"
	"golang.org/x/text/language"
)

// TestManifest reads the manifest with Slack's own types and holds it against what the bot does.
func TestManifest(t *testing.T) {
	for _, base := range []string{"", "https://signpost.example.com/"} {
		raw, err := Manifest(language.Chinese, base)
		if err != nil {
			t.Fatal(err)
		}
		var m slack.Manifest
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range m.Features.SlashCommands {
			names = append(names, c.Command)
			if n := len([]rune(c.Description)); n == 0 || n > 100 {
				t.Errorf("%s: description of %d characters", c.Command, n)
			}
			if want := map[string]string{"": "",
				"https://signpost.example.com/": "https://signpost.example.com/slack/commands"}[base]; c.Url != want {
				t.Errorf("%s at %q", c.Command, c.Url)
			}
		}
		for _, c := range commands.Table() {
			if slices.Contains(names, "/"+c.Name) == (c.Local || c.Hidden) {
				t.Errorf("/%s: local %v, among %v", c.Name, c.Local, names)
			}
		}
		if m.Settings.SocketModeEnabled != (base == "") || !m.Settings.Interactivity.IsEnabled ||
			len(m.Settings.EventSubscriptions.BotEvents) != 3 {
			t.Errorf("settings %+v", m.Settings)
		}
		if x := m.Features.Shortcuts; len(x) != 3 || x[2].Type != "global" ||
			x[0].CallbackID != explainBounce || len([]rune(x[0].Name)) > 24 {
			t.Errorf("shortcuts %+v", x)
		}
		if want := []string{"app_mentions:read", "chat:write", "commands", "files:read", "files:write", "im:history",
			"users:read"}; !slices.Equal(m.OAuthConfig.Scopes.Bot, want) {
			t.Errorf("scopes %v", m.OAuthConfig.Scopes.Bot)
		}
		if len([]rune(m.Display.Name)) > 35 || len([]rune(m.Display.Description)) > 140 ||
			len([]rune(m.Display.LongDescription)) < 40 {
			t.Errorf("%+v", m.Display)
		}
	}
	raw, err := Manifest(language.English, "", History, Emoji)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"channels:history", "groups:history", "reactions:read", "message.channels",
		"message.groups", "reaction_added"} {
		if !strings.Contains(string(raw), `"`+want+`"`) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, bad := range []string{"http://x", "signpost.example.com", "https://", "https://x/?a=b"} {
		if _, err := Manifest(language.English, bad); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
