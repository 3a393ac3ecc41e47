package doctor

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"signpost/bot"

	"github.com/slack-go/slack"
)

// maxSkew is how far the clock may be from Slack's before signed deliveries, which are good for five minutes, come into
// danger. Source: https://docs.slack.dev/authentication/verifying-requests-from-slack.
const maxSkew = 30 * time.Second

// Slack is what the bot is given to reach Slack with.
type Slack struct {
	BotToken, AppToken, SigningSecret string
	// Many says that workspaces install the app: no bot token is needed then.
	Many   bool
	APIURL string // another base of the API, ending in /api/; empty: Slack's own
	Now    func() time.Time
}

func (s Slack) client(options ...slack.Option) *slack.Client {
	options = append(options, slack.OptionHTTPClient(&http.Client{Timeout: Patience}))
	if s.APIURL != "" {
		options = append(options, slack.OptionAPIURL(s.APIURL))
	}
	return slack.New(s.BotToken, options...)
}

// Examinations are those of Slack: the bot token with its scopes, the clock, and the ways by which requests come.
func (s Slack) Examinations() []Examination {
	return []Examination{{"slack", s.token}, {"deliveries", s.deliveries}}
}

// token asks Slack who the bot token belongs to and what it may do, and compares the clocks (RFC 9110 6.6.1).
func (s Slack) token(ctx context.Context) (out []Finding) {
	if s.BotToken == "" && s.Many {
		return []Finding{{Status: OK, Code: "many-workspaces"}}
	}
	if s.BotToken == "" {
		return []Finding{{Status: Failed, Code: "no-bot-token"}}
	}
	me, err := s.client().AuthTestContext(ctx)
	if err != nil {
		return []Finding{refused(err, "SLACK_BOT_TOKEN")}
	}
	out = append(out, Finding{Status: OK, Code: "token", Args: map[string]any{"team": me.Team, "user": me.User}})
	have := strings.FieldsFunc(me.Header.Get("X-OAuth-Scopes"), func(r rune) bool { return r == ',' || r == ' ' })
	if len(have) == 0 {
		out = append(out, Finding{Status: Unknown, Code: "scopes-untold"})
	}
	for _, want := range bot.Scopes() {
		if len(have) > 0 && !slices.Contains(have, want.Name) {
			out = append(out, Finding{Status: Failed, Code: "scope-missing",
				Args: map[string]any{"scope": want.Name, "for": want.For}})
		}
	}
	then, err := http.ParseTime(me.Header.Get("Date"))
	switch skew := s.Now().Sub(then).Abs(); {
	case err != nil:
		out = append(out, Finding{Status: Unknown, Code: "clock-untold"})
	case skew > maxSkew:
		out = append(out, Finding{Status: Failed, Code: "clock", Args: map[string]any{"seconds": int(skew.Seconds())}})
	}
	return out
}

// Team is the id of the workspace that the bot token belongs to.
func (s Slack) Team(ctx context.Context) (string, error) {
	me, err := s.client().AuthTestContext(ctx)
	if err != nil {
		return "", fmt.Errorf("doctor: slack: %w", err)
	}
	return me.TeamID, nil
}

// refused is what an error of Slack's means: a token that it does not take, or no answer.
func refused(err error, variable string) Finding {
	var said slack.SlackErrorResponse
	if errors.As(err, &said) {
		return Finding{Status: Failed, Code: "token-refused", Args: map[string]any{"variable": variable, "error": said.Err}}
	}
	return Finding{Status: Unknown, Code: "slack-silent", Args: map[string]any{"error": err.Error()}}
}

// deliveries looks at how requests reach the bot: Socket Mode, signed HTTP, or neither.
func (s Slack) deliveries(ctx context.Context) []Finding {
	switch {
	case s.AppToken == "" && s.SigningSecret == "":
		return []Finding{{Status: Failed, Code: "no-way-in"}}
	case s.AppToken == "":
		return []Finding{{Status: OK, Code: "way-http"}}
	}
	if _, _, err := s.client(slack.OptionAppLevelToken(s.AppToken)).StartSocketModeContext(ctx); err != nil {
		return []Finding{refused(err, "SLACK_APP_TOKEN")}
	}
	return []Finding{{Status: OK, Code: "way-socket"}}
}

// Manifest compares a manifest that was exported from the app's settings (JSON) with the one that the program would
// have, for Socket Mode or the same address.
func Manifest(exported, wanted []byte) Examination {
	return Examination{"manifest", func(context.Context) []Finding {
		var is, want any
		if err := json.Unmarshal(bytes.TrimPrefix(exported, []byte("\xef\xbb\xbf")), &is); err != nil {
			return []Finding{{Status: Unknown, Code: "manifest-unreadable", Args: map[string]any{"error": err.Error()}}}
		}
		if err := json.Unmarshal(wanted, &want); err != nil {
			return []Finding{{Status: Unknown, Code: "manifest-unreadable", Args: map[string]any{"error": err.Error()}}}
		}
		var out []Finding
		for _, d := range differences("", is, want) {
			out = append(out, Finding{Status: Warning, Code: "manifest-differs",
				Args: map[string]any{"at": d.at, "is": d.is, "want": d.want}})
		}
		if len(out) == 0 {
			return []Finding{{Status: OK, Code: "manifest"}}
		}
		return out
	}}
}

type difference struct{ at, is, want string }

// named is the member by which the entries of a list in a manifest are told apart.
var named = []string{"command", "callback_id"}

// differences is where two manifests differ, as far as ours says anything: what Slack or a person added is let be.
func differences(at string, is, want any) (out []difference) {
	switch w := want.(type) {
	case map[string]any:
		i, _ := is.(map[string]any)
		for _, key := range sortedKeys(w) {
			out = append(out, differences(strings.TrimPrefix(at+"."+key, "."), i[key], w[key])...)
		}
		return out
	case []any:
		i, _ := is.([]any)
		for _, entry := range w {
			out = append(out, missingIn(at, i, entry)...)
		}
		return out
	case nil:
		return nil
	}
	if is == nil && (want == false || want == "") { // Slack leaves out what is not chosen
		return nil
	}
	if fmt.Sprint(is) != fmt.Sprint(want) {
		return []difference{{at, shown(is), shown(want)}}
	}
	return nil
}

// missingIn looks for an entry of a list: by its name where it has one, by its value otherwise.
func missingIn(at string, list []any, entry any) []difference {
	object, _ := entry.(map[string]any)
	for _, key := range named {
		name, ok := object[key].(string)
		if !ok {
			continue
		}
		for _, other := range list {
			if o, _ := other.(map[string]any); o[key] == name {
				return differences(at+"["+name+"]", other, entry)
			}
		}
		return []difference{{at, "-", name}}
	}
	if !slices.ContainsFunc(list, func(x any) bool { return fmt.Sprint(x) == fmt.Sprint(entry) }) {
		return []difference{{at, "-", shown(entry)}}
	}
	return nil
}

// shown is a value as a person sees it, short.
func shown(v any) string {
	if v == nil {
		return "-"
	}
	text := []rune(cmp.Or(fmt.Sprint(v), `""`))
	if len(text) > 80 {
		return string(text[:79]) + "…"
	}
	return string(text)
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
