package bot

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"signpost/bot/blockkit"
	"signpost/commands"
	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// Scopes is all that the bot may do, and no more. Source: https://docs.slack.dev/reference/scopes.
func Scopes() []Scope {
	return []Scope{
		{"app_mentions:read", "hearing @Signpost in a channel"},
		{"chat:write", "answering in channels that it is a member of"},
		{"commands", "slash commands and the message shortcut"},
		{"files:read", "reading a bounce that is attached as a file"},
		{"files:write", "handing over an export of the casebook"},
		{"im:history", "hearing direct messages"},
		{"users:read", "the language of the person who asks"},
	}
}

// botEvents is what Slack tells us of.
func botEvents() []string { return []string{"app_home_opened", "app_mention", "message.im"} }

// History lets a channel record the replies in the threads of its cases, and Emoji lets reactions to a case's message
// say what happened. Without them nothing of a channel is read but what names the bot.
var (
	History = Extra{
		"history", []Scope{{"channels:history",
			"recording replies in the threads of cases, and reading reports dropped into a channel"},
			{"groups:history", "the same in private channels"}},
		[]string{"message.channels", "message.groups"},
	}
	Emoji = Extra{"emoji", []Scope{{"reactions:read", "the state of a case by emoji"}}, []string{"reaction_added"}}
)

// Assistant shows the app in Slack's own view for assistants, with suggested prompts and a status while it thinks. Not
// every workspace's plan has that view.
var Assistant = Extra{
	"assistant", []Scope{{"assistant:write", "suggested prompts, and a status while an answer is sought"}},
	[]string{"assistant_thread_started"},
}

// Many is for an app that many workspaces install by themselves, at /slack/install: Slack tells when one has left.
var Many = Extra{Name: many, events: []string{"app_uninstalled", "tokens_revoked"}}

const many = "many"

func optionalScopes() []Scope { return slices.Concat(History.scopes, Emoji.scopes, Assistant.scopes) }

type manifest struct {
	Display struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Long        string `json:"long_description"`
	} `json:"display_information"`
	Features struct {
		Home struct {
			Home     bool `json:"home_tab_enabled"`
			Messages bool `json:"messages_tab_enabled"`
			ReadOnly bool `json:"messages_tab_read_only_enabled"`
		} `json:"app_home"`
		User struct {
			Name   string `json:"display_name"`
			Online bool   `json:"always_online"`
		} `json:"bot_user"`
		Assistant *manifestAssistant `json:"assistant_view,omitempty"`
		Shortcuts []manifestShortcut `json:"shortcuts"`
		Commands  []manifestCommand  `json:"slash_commands"`
	} `json:"features"`
	Functions map[string]manifestFunction `json:"functions,omitempty"`
	OAuth     struct {
		Redirects []string `json:"redirect_urls,omitempty"`
		Scopes    struct {
			Bot []string `json:"bot"`
		} `json:"scopes"`
	} `json:"oauth_config"`
	Settings struct {
		Events struct {
			URL    string   `json:"request_url,omitempty"`
			Events []string `json:"bot_events"`
		} `json:"event_subscriptions"`
		Interactivity struct {
			Enabled bool   `json:"is_enabled"`
			URL     string `json:"request_url,omitempty"`
		} `json:"interactivity"`
		OrgDeploy bool `json:"org_deploy_enabled"`
		// Runtime says where the functions run: here.
		Runtime string `json:"function_runtime,omitempty"`
		Socket  bool   `json:"socket_mode_enabled"`
		// Rotation is not said where workspaces install the app: their tokens may expire or not.
		Rotation *bool `json:"token_rotation_enabled,omitempty"`
	} `json:"settings"`
}

type manifestAssistant struct {
	Description string            `json:"assistant_description"`
	Prompts     []manifestPrompts `json:"suggested_prompts"`
}

type manifestPrompts struct {
	Title   string `json:"title"`
	Message string `json:"message"`
}

type manifestShortcut struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Callback    string `json:"callback_id"`
	Description string `json:"description"`
}

type manifestCommand struct {
	Command     string `json:"command"`
	URL         string `json:"url,omitempty"`
	Description string `json:"description"`
	Usage       string `json:"usage_hint,omitempty"`
	Escape      bool   `json:"should_escape"`
}

// Manifest is the Slack app's manifest as JSON, generated from the command table: for Socket Mode, or for signed HTTP
// where a base URL (https://host) is given. Source: https://docs.slack.dev/reference/app-manifest.
func Manifest(lang language.Tag, baseURL string, extras ...Extra) ([]byte, error) {
	at := func(string) string { return "" }
	if baseURL != "" {
		u, err := url.Parse(baseURL)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" {
			return nil, fmt.Errorf("%w: Slack wants an https URL. For example: signpost manifest --url "+
				"https://signpost.example.com", ErrConfig)
		}
		at = func(path string) string { return strings.TrimSuffix(baseURL, "/") + path }
	}
	var m manifest
	m.Display.Name = "Signpost"
	m.Display.Description = blockkit.Clip(chat.Text(lang, "manifest.description", nil), 140)
	m.Display.Long = blockkit.Clip(chat.Text(lang, "manifest.long", nil), 4000)
	m.Features.Home.Home, m.Features.Home.Messages = true, true
	m.Features.User.Name, m.Features.User.Online = "Signpost", true
	m.Features.Shortcuts = []manifestShortcut{{
		Name: blockkit.Clip(chat.Text(lang, "shortcut.bounce", nil), 24), Type: "message", Callback: explainBounce,
		Description: blockkit.Clip(chat.Text(lang, "shortcut.bounce.description", nil), 150),
	}, {
		Name: blockkit.Clip(chat.Text(lang, "shortcut.case", nil), 24), Type: "message", Callback: openCase,
		Description: blockkit.Clip(chat.Text(lang, "shortcut.case.description", nil), 150),
	}, {
		Name: blockkit.Clip(chat.Text(lang, "shortcut.check", nil), 24), Type: "global", Callback: checkDomain,
		Description: blockkit.Clip(chat.Text(lang, "shortcut.check.description", nil), 150),
	}}
	for _, c := range commands.Table() {
		if c.Local || c.Hidden {
			continue
		}
		m.Features.Commands = append(m.Features.Commands, manifestCommand{
			Command: "/" + c.Name, URL: at("/slack/commands"), Description: blockkit.Clip(chat.Text(lang, c.Summary, nil), 100),
			Usage:  blockkit.Clip(c.UsageIn(lang), 1000),
			Escape: c.NamesPeople,
		})
	}
	scopes, events := Scopes(), botEvents()
	m.Settings.Rotation = new(bool)
	for _, x := range extras {
		if x.Name == Assistant.Name {
			m.Features.Assistant = &manifestAssistant{
				Description: blockkit.Clip(chat.Text(lang, "assistant.description", nil), 300), Prompts: prompts(lang)}
		}
		if x.Name == Workflow.Name {
			m.Functions, m.Settings.OrgDeploy, m.Settings.Runtime = stepFunctions(lang), true, "remote"
		}
		scopes, events = append(scopes, x.scopes...), append(events, x.events...)
		if x.Name == many && baseURL != "" {
			m.OAuth.Redirects, m.Settings.OrgDeploy = []string{at("/slack/oauth_redirect")}, true
			m.Settings.Rotation = nil
		}
	}
	for _, s := range scopes {
		m.OAuth.Scopes.Bot = append(m.OAuth.Scopes.Bot, s.Name)
	}
	m.Settings.Events.Events, m.Settings.Events.URL = events, at("/slack/events")
	m.Settings.Interactivity.Enabled, m.Settings.Interactivity.URL = true, at("/slack/interactions")
	m.Settings.Socket = baseURL == ""
	out, err := json.MarshalIndent(m, "", "  ")
	return append(out, '\n'), err
}

// checkDomain is the callback_id of the shortcut that stands wherever the reader is.
const checkDomain = "check_domain"

// maxPrompts is how many prompts Slack shows. Source:
// https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts.
const maxPrompts = 4

// prompts is what is suggested to whoever opens the view for assistants: a title, and what it says.
func prompts(lang language.Tag) (out []manifestPrompts) {
	for line := range strings.SplitSeq(strings.TrimSpace(chat.Text(lang, "assistant.prompts", nil)), "\n") {
		if title, message, ok := strings.Cut(line, " | "); ok && len(out) < maxPrompts {
			out = append(out, manifestPrompts{Title: title, Message: message})
		}
	}
	return out
}

// explainBounce is the callback_id of the message shortcut.
const explainBounce = "explain_bounce"

// openCase is the callback_id of the shortcut that makes a case of a message.
const openCase = "open_case"
