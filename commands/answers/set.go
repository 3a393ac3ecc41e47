package answers

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
	"signpost/kb"

	"golang.org/x/text/language"
)

var SetInputs = []chat.Input{
	{Name: "language", Kind: chat.Choice, Optional: true}, {Name: "access", Kind: chat.Choice, Optional: true}, {Name: "record", Kind: chat.Choice, Optional: true}, {Name: "emoji", Kind: chat.Choice, Optional: true},
	{Name: "digest", Kind: chat.Choice, Optional: true}, {Name: "hours", Optional: true}, {Name: "retention", Optional: true},
	{Name: "domains", Optional: true}, {Name: "provider", Kind: chat.Choice, Optional: true}, {Name: "region", Optional: true}, {Name: "account", Optional: true},
}

const (
	maxRetention = 3650 // days
	minRetention = 7
)

// setChoices is what can be chosen, by setting; hours and retention are written.
var setChoices = map[string][]string{
	"access": {"workspace", "channel"}, "record": {"off", "on"}, "emoji": {"off", "on"}, "digest": {"off", "daily", "weekly"},
}

// ReadSettings reads "name=value ..."; what follows a value without a name of its own belongs to it: hours=mon-fri 09:00-18:00.
func ReadSettings(text string) (rest string, values map[string]string) {
	name := ""
	for _, w := range strings.Fields(text) {
		before, after, ok := strings.Cut(strings.Replace(w, "＝", "=", 1), "=")
		if ok {
			name = settingNamed(before)
		}
		switch {
		case ok && name != "":
			if values == nil {
				values = map[string]string{}
			}
			values[name] = after
		case !ok && name != "" && !slices.Contains(chat.Words("form"), chat.Fold(w)):
			values[name] += " " + w
		default:
			rest += " " + w
		}
	}
	for name, v := range values {
		values[name] = strings.TrimSpace(strings.Trim(strings.TrimSpace(v), `"“”'`))
	}
	return strings.TrimSpace(rest), values
}

func settingNamed(word string) string {
	for _, in := range SetInputs {
		if word = chat.Fold(word); word == in.Name || slices.Contains(chat.Words("setting."+in.Name), word) {
			return in.Name
		}
	}
	return ""
}

// meantSetting is a value in the words that records have: "yes" is on, 每天 is daily.
func meantSetting(value string) string {
	low := chat.Fold(strings.TrimSpace(value))
	for _, v := range []string{"on", "off", "daily", "weekly", "workspace", "channel", "asker", "en", "zh"} {
		if low == v || slices.Contains(chat.Words("set."+v), low) {
			return v
		}
	}
	return low
}

// keptDays reads how long cases are kept, in days: 365d, 12 months, 1y.
func keptDays(value string) (days int, ok bool) {
	days, ok = datetime.Length(value)
	return days, ok && days >= minRetention && days <= maxRetention
}

// chosen is what a channel and its workspace have chosen.
type chosen struct {
	channel cases.ChannelSettings
	team    cases.TeamSettings
}

// errSetting says which setting cannot be as it was given.
type errSetting struct {
	what    string
	choices []string
}

func (e errSetting) Error() string { return "commands: no such setting: " + e.what }

// Set shows what the channel and the workspace have chosen, and changes it.
func Set(ctx context.Context, d Deps, r chat.Request, reply func(chat.Reply)) error {
	if d.Book == nil {
		reply(chat.Reply{Tone: chat.Caution, Title: chat.Text(r.Lang, "set.no-store", nil), Final: true})
		return nil
	}
	var now chosen
	var err error
	if now.channel, err = d.Book.Channel(ctx, r.Team, r.Channel); err != nil {
		return err
	}
	if now.team, err = d.Book.Team(ctx, r.Team); err != nil {
		return err
	}
	text, form := intent.WantsForm(r.Text)
	out := chat.Reply{Title: chat.Text(r.Lang, "set.title", nil), Final: true, Data: now.values()}
	switch {
	case text != "":
		return setWrong(r, reply, errSetting{what: text})
	case form:
		out.Form = setForm(d.KB, r.Lang, now)
	case len(r.Values) > 0:
		before := now
		var bad errSetting
		if err := now.apply(d.KB, r); errors.As(err, &bad) {
			return setWrong(r, reply, bad)
		} else if errors.Is(err, errNoSecret) {
			reply(chat.Reply{Tone: chat.Caution, Title: chat.Text(r.Lang, "set.secret", nil), Sections: []chat.Section{{Text: chat.Text(r.Lang, "ticket.secrets.why", nil)}}, Final: true})
			return nil
		} else if err != nil {
			return err
		}
		if err := now.keep(ctx, d, r, before); err != nil {
			return err
		}
		out.Tone, out.Data = chat.Good, now.values()
		out.Scheduled = cases.Scheduled(r.Team, d.Now().UTC(), map[string]cases.ChannelSettings{r.Channel: now.channel}, now.team)
	}
	s, team := chat.Section{Heading: chat.Text(r.Lang, "set.channel", nil)}, chat.Section{Heading: chat.Text(r.Lang, "set.team", nil)}
	values := now.values()
	for _, in := range SetInputs {
		value := values[in.Name]
		if id := "set." + in.Name + "." + value; chat.Has(id) {
			value = chat.Text(r.Lang, id, nil)
		} else if days := strings.TrimSuffix(value, "d"); in.Name == "retention" {
			value = chat.Text(r.Lang, "set.days", map[string]any{"days": days})
		} else if in.Name == "language" {
			value = chat.Text(language.Make(value), "language", nil)
		}
		field := chat.Field{Label: chat.Text(r.Lang, "form.mailset."+in.Name, nil), Value: value}
		if slices.Contains(ownNames, in.Name) && value == "off" {
			field.Value = chat.Text(r.Lang, "set.own.off", nil)
		} else if in.Name == "provider" {
			field.Value = d.KB.ProviderName(r.Lang, value)
		} else if in.Name == "region" {
			field.Value = regionText(r.Lang, value)
		}
		if in.Name == "hours" || in.Name == "retention" || slices.Contains(ownNames, in.Name) {
			team.Fields = append(team.Fields, field)
		} else {
			s.Fields = append(s.Fields, field)
		}
	}
	out.Sections = []chat.Section{s, team}
	if now.channel.Record {
		out.Sections = append(out.Sections, chat.Section{Muted: true, Text: chat.Text(r.Lang, "set.record.needs", nil)})
	}
	if now.channel.Emoji {
		out.Sections = append(out.Sections, chat.Section{Muted: true, Text: chat.Text(r.Lang, "set.emoji.needs", nil)})
	}
	out.Sections = append(out.Sections, chat.Section{Muted: true, Text: chat.Text(r.Lang, "try", map[string]any{"example": chat.ExampleOf(r.Lang, chat.Set)})})
	out.Actions = []chat.Action{{ID: "set", Label: chat.Text(r.Lang, "set.change", nil), Command: chat.Set, Text: chat.FormWord}}
	reply(out)
	return nil
}

// values is what is chosen, as it is written.
func (c chosen) values() map[string]string {
	onOff := map[bool]string{true: "on", false: "off"}
	out := map[string]string{
		"language": c.channel.Language, "access": "workspace", "record": onOff[c.channel.Record], "emoji": onOff[c.channel.Emoji], "digest": c.channel.Digest, "hours": c.team.Hours.String(), "retention": "off",
	}
	maps.Copy(out, ownValues(c.team.Own))
	if out["language"] == "" {
		out["language"] = "asker"
	}
	if out["digest"] == "" {
		out["digest"] = "off"
	}
	if c.channel.Access == "channel" {
		out["access"] = "channel"
	}
	if c.team.Retention > 0 {
		out["retention"] = strconv.Itoa(c.team.Retention) + "d"
	}
	return out
}

// apply changes what the request names; the rest stays as it is.
func (c *chosen) apply(b *kb.Base, r chat.Request) error {
	for name, value := range r.Values {
		low := meantSetting(value)
		if options := setChoices[name]; options != nil && !slices.Contains(options, low) {
			return errSetting{name + "=" + value, options}
		}
		switch name {
		case "language":
			c.channel.Language = ""
			if low != "asker" {
				tag, err := language.Parse(low)
				if err != nil || !chat.SameBase(tag, chat.Match(tag)) {
					return errSetting{name + "=" + value, []string{"en", "zh", "asker"}}
				}
				c.channel.Language = chat.Match(tag).String()
			}
		case "access":
			c.channel.Access = ""
			if low == "channel" {
				c.channel.Access = low
			}
		case "record":
			c.channel.Record = low == "on"
		case "emoji":
			c.channel.Emoji = low == "on"
		case "digest":
			c.channel.Digest, c.channel.Zone = "", ""
			if low != "off" {
				c.channel.Digest, c.channel.Zone = low, r.Zone
			}
		case "hours":
			zone := r.Zone
			if zone == "" {
				zone = "UTC"
			}
			h, err := b.ReadHours(value, zone)
			if err != nil {
				return errSetting{name + "=" + value, []string{"mon-fri 09:00-18:00 Asia/Shanghai CN", "mon,wed 22:00-06:00", "always"}}
			}
			c.team.Hours = h
		case "domains", "provider", "region", "account":
			if err := setOwn(b, r, &c.team.Own, name, value); err != nil {
				return err
			}
		case "retention":
			days := 0
			if low != "off" && low != "" {
				n, ok := keptDays(low)
				if !ok {
					return errSetting{name + "=" + value, []string{strconv.Itoa(minRetention) + "d … " + strconv.Itoa(maxRetention) + "d", "12 months", "1y", "off"}}
				}
				days = n
			}
			c.team.Retention = days
		}
	}
	return nil
}

// keep keeps what was chosen, and puts down who chose it.
func (c chosen) keep(ctx context.Context, d Deps, r chat.Request, before chosen) error {
	if err := d.Book.SetChannel(ctx, r.Team, r.Channel, c.channel); err != nil {
		return err
	}
	if err := d.Book.SetTeam(ctx, r.Team, c.team); err != nil {
		return err
	}
	was := before.values()
	var changed []string
	for name, value := range c.values() {
		if was[name] != value {
			changed = append(changed, chat.Quoted(name, value))
		}
	}
	if len(changed) == 0 {
		return nil
	}
	slices.Sort(changed)
	return d.Book.Audit(ctx, r.Team, r.User, "set "+r.Channel+" "+strings.Join(changed, " "))
}

func setForm(b *kb.Base, lang language.Tag, c chosen) *chat.Form {
	choices := map[string][]chat.Option{"language": {{Value: "asker", Label: chat.Text(lang, "set.language.asker", nil)}}}
	for _, tag := range chat.Languages() {
		choices["language"] = append(choices["language"], chat.Option{Value: tag.String(), Label: chat.Text(tag, "language", nil)})
	}
	for name, values := range setChoices {
		for _, v := range values {
			choices[name] = append(choices[name], chat.Option{Value: v, Label: chat.Text(lang, "set."+name+"."+v, nil)})
		}
	}
	choices["provider"] = append([]chat.Option{{Value: "off", Label: chat.Text(lang, "set.own.off", nil)}}, ProviderOptions(b, lang, c.team.Own.Provider)...)
	choices["provider"] = choices["provider"][:min(len(choices["provider"]), 100)]
	return chat.NewForm(chat.Set, SetInputs, lang, c.values(), choices)
}

func setWrong(r chat.Request, reply func(chat.Reply), bad errSetting) error {
	reply(chat.Reply{
		Tone: chat.Caution, Title: chat.Text(r.Lang, "set.wrong", map[string]any{"what": chat.Clip(bad.what, 60), "choices": bad.choices}), Final: true,
		Sections: []chat.Section{{Items: []string{chat.UsageOf(r.Lang, chat.Set)}}, {Text: chat.Text(r.Lang, "try", map[string]any{"example": chat.ExampleOf(r.Lang, chat.Set)})}},
	})
	return nil
}
