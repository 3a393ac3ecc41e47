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
	{Name: "language", Kind: chat.Choice, Optional: true}, {Name: "access", Kind: chat.Choice, Optional: true},
	{Name: "record", Kind: chat.Choice, Optional: true}, {Name: "emoji", Kind: chat.Choice, Optional: true},
	{Name: "digest", Kind: chat.Choice, Optional: true}, {Name: "hours", Optional: true},
	{Name: "retention", Optional: true},
	{Name: "domains", Optional: true}, {Name: "provider", Kind: chat.Choice, Optional: true},
	{Name: "region", Optional: true}, {Name: "account", Optional: true}, {Name: "admins", Optional: true},
}

const (
	maxRetention = 3650 // days
	minRetention = 7
)

// setChoices is what can be chosen, by setting; hours and retention are written.
var setChoices = map[string][]string{
	"access": {"workspace", "channel"}, "record": {"off", "on"}, "emoji": {"off", "on"},
	"digest": {"off", "daily", "weekly"},
}

// ReadSettings reads "name=value ..."; what follows a value without a name of its own belongs to it: hours=mon-fri
// 09:00-18:00.
func ReadSettings(text string) (rest string, values map[string]string) {
	name := ""
	for _, w := range strings.Fields(text) {
		before, after, ok := strings.Cut(strings.Replace(w, "\uFF1D", "=", 1), "=")
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

// keptDays reads how long cases are kept, in days: 365d, 12 months, 1y.
func keptDays(value string) (days int, ok bool) {
	days, ok = datetime.Length(value)
	return days, ok && days >= minRetention && days <= maxRetention
}

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
	if now.admins, now.fixed, err = admins(ctx, d, r.Team); err != nil {
		return err
	}
	text, form := intent.WantsForm(r.Text)
	all := slices.Contains(chat.Words("case.all"), chat.Fold(text))
	if ok, err := Administers(ctx, d, r.Team, r.User); !ok && (form || len(r.Values) > 0) {
		return notForAll(ctx, d, r, err, reply)
	}
	out := chat.Reply{Title: chat.Text(r.Lang, "set.title", nil), Final: true, Data: now.values()}
	switch {
	case text != "" && !all:
		return setWrong(r, reply, errSetting{what: text})
	case form:
		out.Form = setForm(d.KB, r.Lang, now)
	case len(r.Values) > 0:
		before := now
		var bad errSetting
		if err := now.apply(ctx, d, r); errors.As(err, &bad) {
			return setWrong(r, reply, bad)
		} else if errors.Is(err, errNoSecret) {
			reply(chat.Reply{Tone: chat.Caution, Title: chat.Text(r.Lang, "set.secret", nil),
				Sections: []chat.Section{{Text: chat.Text(r.Lang, "ticket.secrets.why", nil)}}, Final: true})
			return nil
		} else if errors.Is(err, errAdminsFixed) {
			reply(chat.Reply{Tone: chat.Caution, Title: chat.Text(r.Lang, "set.admins.fixed", nil), Final: true})
			return nil
		} else if err != nil {
			return err
		}
		if err := now.keep(ctx, d, r, before); err != nil {
			return err
		}
		out.Tone, out.Data = chat.Good, now.values()
		out.Scheduled = cases.Scheduled(r.Team, d.Now().UTC(), map[string]cases.ChannelSettings{r.Channel: now.channel},
			now.team)
		if !maps.Equal(ownValues(before.team.Own), ownValues(now.team.Own)) { // whose pages concern the workspace now
			out.Scheduled = append(out.Scheduled, cases.PagesEvent(r.Team, d.Now()))
		}
	}
	shown, rest := now.fields(d.KB, r.Lang, r.Values)
	out.Sections = shown
	if all {
		out.Sections, rest = append(shown, rest...), nil
	}
	out.Sections = append(out.Sections, now.aboutAdmins(r.Lang)...)
	if now.channel.Record {
		out.Sections = append(out.Sections, chat.Section{Muted: true, Text: chat.Text(r.Lang, "set.record.needs", nil)})
	}
	if now.channel.Emoji {
		out.Sections = append(out.Sections, chat.Section{Muted: true, Text: chat.Text(r.Lang, "set.emoji.needs", nil)})
	}
	out.Sections = append(out.Sections,
		chat.Section{Muted: true, Text: chat.Text(r.Lang, "try",
			map[string]any{"example": chat.ExampleOf(r.Lang, chat.Set)})})
	out.Actions = []chat.Action{{ID: "set", Label: chat.Text(r.Lang, "set.change", nil), Command: chat.Set,
		Text: chat.FormWord}}
	if len(rest) > 0 {
		out.Detail = &chat.Detail{Title: out.Title, Sections: rest}
		out.Actions = append(out.Actions, moreAction(r.Lang, chat.Set, "all"))
	}
	reply(out)
	return nil
}

// notForAll answers who may not change settings; err is why it cannot be told who may.
func notForAll(ctx context.Context, d Deps, r chat.Request, err error, reply func(chat.Reply)) error {
	if err != nil {
		return err
	}
	out, err := ForAdmins(ctx, d, r)
	if err == nil {
		reply(out)
	}
	return err
}

// fields is what is chosen, in words: by the channel, and by the whole workspace. Rest is what is as it is from the
// start, and was not just said.
func (c chosen) fields(b *kb.Base, lang language.Tag, said map[string]string) (shown, rest []chat.Section) {
	section := func(name string) chat.Section { return chat.Section{Heading: chat.Text(lang, "set."+name, nil)} }
	changed := []chat.Section{section("channel"), section("team")}
	same := slices.Clone(changed)
	values, start := c.values(), (chosen{}).values()
	for _, in := range SetInputs {
		if in.Name == "admins" { // people, told below
			continue
		}
		into, which := changed, 0
		if _, given := said[in.Name]; !given && values[in.Name] == start[in.Name] {
			into = same
		}
		if in.Name == "hours" || in.Name == "retention" || slices.Contains(ownNames, in.Name) {
			which = 1
		}
		into[which].Fields = append(into[which].Fields, settingField(b, lang, in.Name, values[in.Name]))
	}
	of := changed
	if len(c.admins) == 0 {
		of = same
	}
	of[1].Fields = append(of[1].Fields, c.adminFields(lang)...)
	empty := func(s chat.Section) bool { return len(s.Fields) == 0 }
	shown, rest = slices.DeleteFunc(changed, empty), slices.DeleteFunc(same, empty)
	if len(shown) == 0 {
		shown = []chat.Section{{Text: chat.Text(lang, "set.none", nil)}}
	}
	return shown, rest
}

// settingField is one setting, in words.
func settingField(b *kb.Base, lang language.Tag, name, value string) chat.Field {
	field := chat.Field{Label: chat.Text(lang, "form.mailset."+name, nil), Value: value}
	id := "set." + name + "." + value
	switch days := strings.TrimSuffix(value, "d"); {
	case chat.Has(id):
		field.Value = chat.Text(lang, id, nil)
	case slices.Contains(ownNames, name) && value == "off":
		field.Value = chat.Text(lang, "set.own.off", nil)
	case name == "retention":
		field.Value = chat.Text(lang, "set.days", map[string]any{"days": days})
	case name == "language":
		field.Value = chat.Text(language.Make(value), "language", nil)
	case name == "provider":
		field.Value = b.ProviderName(lang, value)
	case name == "region":
		field.Value = regionText(lang, value)
	}
	return field
}

// values is what is chosen, as it is written.
func (c chosen) values() map[string]string {
	onOff := map[bool]string{true: "on", false: "off"}
	out := map[string]string{
		"language": c.channel.Language, "access": "workspace", "record": onOff[c.channel.Record],
		"emoji": onOff[c.channel.Emoji], "digest": c.channel.Digest, "hours": c.team.Hours.String(), "retention": "off",
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
	if out["admins"] = strings.Join(c.admins, ","); len(c.admins) == 0 {
		out["admins"] = "off"
	}
	if c.team.Retention > 0 {
		out["retention"] = strconv.Itoa(c.team.Retention) + "d"
	}
	return out
}

// apply changes what the request names; the rest stays as it is.
func (c *chosen) apply(ctx context.Context, d Deps, r chat.Request) error {
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
			h, err := d.KB.ReadHours(value, zone)
			if err != nil {
				return errSetting{name + "=" + value,
					[]string{"mon-fri 09:00-18:00 Asia/Shanghai CN", "mon,wed 22:00-06:00", "always"}}
			}
			c.team.Hours = h
		case "domains", "provider", "region", "account":
			if err := setOwn(d.KB, r, &c.team.Own, name, value); err != nil {
				return err
			}
		case "admins":
			if err := c.setAdmins(ctx, d, r, value); err != nil {
				return err
			}
		case "retention":
			days := 0
			if low != "off" && low != "" {
				n, ok := keptDays(low)
				if !ok {
					return errSetting{name + "=" + value,
						[]string{strconv.Itoa(minRetention) + "d … " + strconv.Itoa(maxRetention) + "d", "12 months", "1y", "off"}}
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
	if !slices.Equal(c.admins, before.admins) {
		if err := d.Book.SetAdmins(ctx, r.Team, c.admins); err != nil {
			return err
		}
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
		choices["language"] = append(choices["language"],
			chat.Option{Value: tag.String(), Label: chat.Text(tag, "language", nil)})
	}
	for name, values := range setChoices {
		for _, v := range values {
			choices[name] = append(choices[name], chat.Option{Value: v, Label: chat.Text(lang, "set."+name+"."+v, nil)})
		}
	}
	choices["provider"] = append([]chat.Option{{Value: "off", Label: chat.Text(lang, "set.own.off", nil)}},
		ProviderOptions(b, lang, c.team.Own.Provider)...)
	choices["provider"] = choices["provider"][:min(len(choices["provider"]), 100)]
	return chat.NewForm(chat.Set, SetInputs, lang, c.values(), choices)
}

func setWrong(r chat.Request, reply func(chat.Reply), bad errSetting) error {
	reply(chat.Reply{
		Tone: chat.Caution, Title: chat.Text(r.Lang, "set.wrong",
			map[string]any{"what": chat.Clip(bad.what, 60), "choices": bad.choices}), Final: true,
		Sections: []chat.Section{{Items: []string{chat.UsageOf(r.Lang, chat.Set)}},
			{Text: chat.Text(r.Lang, "try", map[string]any{"example": chat.ExampleOf(r.Lang, chat.Set)})}},
	})
	return nil
}
