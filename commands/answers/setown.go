package answers

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/secrets"
	"signpost/diag"
	"signpost/kb"
)

// ownNames are the settings by which a workspace says what its own mail is.
var ownNames = []string{"domains", "provider", "region", "account"}

const (
	maxOwnDomains = 10
	maxOwnAccount = 200 // characters
)

// errNoSecret says that a password was given where a sign-in name is kept.
var errNoSecret = errors.New("commands: a secret where a name is kept")

// setOwn puts one setting of a workspace's own mail where it belongs; off, or nothing, takes it away. The error is an
// errSetting where it cannot be.
func setOwn(b *kb.Base, r chat.Request, own *cases.Own, name, value string) error {
	off := meantSetting(value) == "off" || strings.TrimSpace(value) == ""
	switch name {
	case "domains":
		own.Domains = nil
		for _, w := range strings.FieldsFunc(value,
			func(r rune) bool { return strings.ContainsRune(" ,;\u3001\uff0c\uff1b", r) }) {
			t, err := diag.ParseTarget(w)
			if off {
				break
			}
			if err != nil || len(own.Domains) == maxOwnDomains {
				return errSetting{name + "=" + w, []string{"example.com", "example.com,example.net", "off"}}
			}
			if !slices.Contains(own.Domains, t.Domain) {
				own.Domains = append(own.Domains, t.Domain)
			}
		}
	case "provider":
		own.Provider = ""
		if off {
			return nil
		}
		id, unknown := chosenProvider(b, chat.Request{Lang: r.Lang, Values: map[string]string{"provider": value}})
		if unknown != "" {
			return errSetting{name + "=" + value, b.Asked()}
		}
		own.Provider = id
	case "region":
		own.Region = ""
		if off {
			return nil
		}
		if own.Region = b.Region(value); own.Region == "" {
			return errSetting{name + "=" + value, []string{"CN", "SG", "US", "intl", "off"}}
		}
	case "account":
		own.Account = ""
		if off {
			return nil
		}
		if clean, found := secrets.Mask(name + " " + value); len(found) > 0 || clean != name+" "+value {
			return errNoSecret
		}
		own.Account = chat.Clip(value, maxOwnAccount)
	}
	return nil
}

// ownValues is what a workspace has said of its own mail, as it is written.
func ownValues(own cases.Own) map[string]string {
	out := map[string]string{"domains": strings.Join(own.Domains, ","), "provider": own.Provider, "region": own.Region,
		"account": own.Account}
	for name, v := range out {
		if v == "" {
			out[name] = "off"
		}
	}
	return out
}

// ownTarget is the first of a workspace's own domains.
func ownTarget(own cases.Own) (t diag.Target, ok bool) {
	if len(own.Domains) == 0 {
		return t, false
	}
	t, err := diag.ParseTarget(own.Domains[0])
	return t, err == nil
}

// ownSettings is what a workspace has said of its own mail, so that nobody is asked again; empty where it has not, or
// it is not known now.
func ownSettings(ctx context.Context, d Deps, r chat.Request) cases.Own {
	if d.Book == nil {
		return cases.Own{}
	}
	s, err := d.Book.Team(ctx, r.Team)
	if err != nil {
		slog.Warn("the workspace's settings are not known", "request_id", r.ID, "error", err)
	}
	return s.Own
}

// chosen is what a channel and its workspace have chosen.
type chosen struct {
	channel cases.ChannelSettings
	team    cases.TeamSettings
	admins  []string // by their ids; none: everybody
	fixed   bool     // the environment names them
	kept    bool     // whoever changed the list was kept on it
}

// errSetting says which setting cannot be as it was given.
type errSetting struct {
	what    string
	choices []string
}

func (e errSetting) Error() string { return "commands: no such setting: " + e.what }

// meantSetting is a value in the words that records have: "yes" is on.
func meantSetting(value string) string {
	low := chat.Fold(strings.TrimSpace(value))
	for _, v := range []string{"on", "off", "daily", "weekly", "workspace", "channel", "asker", "en", "zh"} {
		if low == v || slices.Contains(chat.Words("set."+v), low) {
			return v
		}
	}
	return low
}

// chosenProvider is the provider that was chosen: by its id or a name that it has. Unknown is what was given and is no
// such.
func chosenProvider(b *kb.Base, r chat.Request) (id, unknown string) {
	given := strings.TrimSpace(r.Values["provider"])
	if given == "" {
		return "", ""
	}
	if low := strings.ToLower(given); b.Provider(low) != nil {
		return low, ""
	}
	if id := b.Understand(given, r.Lang).Provider; id != "" {
		return id, ""
	}
	return "", given
}
