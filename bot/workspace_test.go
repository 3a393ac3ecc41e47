package bot

import (
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// TestOtherWorkspace: what another workspace asks with a right signature is not carried out with this one's token,
// whatever way it comes; what comes through a channel that both share is this one's, and a stranger's words in it are
// not.
func TestOtherWorkspace(t *testing.T) {
	t.Parallel()
	r := start(t, settings{noSocket: true})
	post := func(d slackfake.Delivery) string {
		t.Helper()
		status, body, _, err := r.PostSigned(t.Context(), r.url(), d)
		if err != nil || status != 200 {
			t.Fatal(status, err)
		}
		return string(body)
	}
	refused := chat.Text(language.English, "slack.other-workspace", nil)
	command := r.Command("U1", "C1", "/mailhelp", "help").Of("T2", "")
	if body := post(command); !strings.Contains(body, refused) {
		t.Errorf("a command: %s", body)
	}
	message := slackfake.Message{Channel: "C1", TS: "1.1"}
	click := slackfake.Button{ActionID: "0:again", Value: `{"c":"mailhelp","t":"help"}`}
	guest := r.Event(map[string]any{"type": "app_mention", "user": "U9", "channel": "C1", "text": "<@UBOT> /mailhelp help",
		"ts": "1.2", "event_ts": "1.2", "user_team": "T2"})
	for name, d := range map[string]slackfake.Delivery{
		"a click":    r.Click("U1", message, "", click).Of("T2", ""),
		"a shortcut": r.Shortcut("U1", "C1", "open_case", "nothing arrives").Of("T2", ""),
		"a mention":  r.Mention("U1", "C1", "/mailhelp help").Of("T2", "E1"),
		"directly":   r.Direct("U1", "D1", "/mailhelp help").Of("T2", ""),
		"the home":   r.Event(map[string]any{"type": "app_home_opened", "user": "U1", "tab": "home"}).Of("T2", ""),
		"a guest":    guest,
	} {
		if body := post(d); strings.TrimSpace(body) != "" {
			t.Errorf("%s: %s", name, body)
		}
	}
	// What waited when the token of another workspace was put into the settings.
	j, err := job("old", request{Team: "T2", User: "U1", Channel: "C1", Command: "mailhelp", Text: "help", At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.bot.Queue.Put(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	// An event that happened elsewhere, delivered for this workspace.
	shared := r.Mention("U1", "C1", "/mailhelp help").Of(slackfake.Team, "")
	shared.Payload["team_id"] = "T2"
	post(shared)
	r.final(1, "What you can ask")
	r.settle()
	if n := len(r.Messages()); n != 1 || r.Calls("users.info") > 1 || r.Calls("views.open") > 0 {
		t.Errorf("%d messages, %d people asked about", n, r.Calls("users.info"))
	}
}
