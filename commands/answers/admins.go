package answers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"signpost/commands/chat"
	"signpost/commands/intent"

	"golang.org/x/text/language"
)

const (
	// maxAdmins is how many administrators may be named.
	maxAdmins = 20
	// adminsNamed is how many of them are told to somebody who is to ask one.
	adminsNamed = 5
)

// ErrAdmins says that what was to name administrators does not.
var ErrAdmins = errors.New("commands: administrators are named by their member ids, parted by commas")

// ReadAdmins reads U0123ABCD,U0456EFGH or, for one workspace of several, T0123ABCD/U0123ABCD.
func ReadAdmins(text string) (Admins, error) {
	out := Admins{}
	for _, w := range strings.FieldsFunc(text, parted) {
		team, who, of := strings.Cut(w, "/")
		if !of {
			team, who = "", w
		}
		m := intent.UserID.FindStringSubmatch(who)
		if m == nil || of && !workspaceID(team) {
			return nil, fmt.Errorf("%w: %.40q. For example: U0123ABCD,U0456EFGH", ErrAdmins, w)
		}
		if who = m[1] + m[2]; !slices.Contains(out[team], who) {
			out[team] = append(out[team], who)
		}
	}
	return out, nil
}

func parted(r rune) bool { return strings.ContainsRune(" ,;\t\n\u3001\uff0c\uff1b", r) }

func workspaceID(s string) bool {
	return len(s) > 1 && len(s) < 40 && (s[0] == 'T' || s[0] == 'E') &&
		!strings.ContainsFunc(s, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
}

// of is those of a workspace.
func (a Admins) of(team string) []string { return append(slices.Clone(a[""]), a[team]...) }

// admins is who administers a workspace: who is named in the environment, otherwise who was named in the workspace.
// Fixed says that it was the environment. None at all means everybody.
func admins(ctx context.Context, d Deps, team string) (list []string, fixed bool, err error) {
	if list = d.Admins.of(team); len(list) > 0 {
		return list, true, nil
	}
	if d.Book == nil {
		return nil, false, nil
	}
	list, err = d.Book.Admins(ctx, team)
	return list, false, err
}

// Administers reports whether a person may do what is for administrators. Where it cannot be told there is an error,
// and nobody may.
func Administers(ctx context.Context, d Deps, team, user string) (bool, error) {
	list, _, err := admins(ctx, d, team)
	return err == nil && (len(list) == 0 || slices.Contains(list, user)), err
}

// ForAdmins is what somebody is told who may not do what they ask: whom to ask.
func ForAdmins(ctx context.Context, d Deps, r chat.Request) (chat.Reply, error) {
	list, _, err := admins(ctx, d, r.Team)
	if err != nil {
		return chat.Reply{}, err
	}
	out := chat.Reply{Tone: chat.Caution, Title: chat.Text(r.Lang, "admins.only", nil), Final: true,
		Data: map[string]any{"error": "administrators-only", "administrators": list}}
	s := chat.Section{}
	for _, who := range list[:min(len(list), adminsNamed)] {
		s.Fields = append(s.Fields, chat.Field{Label: chat.Text(r.Lang, "admins.ask", nil), Person: who})
	}
	out.Sections = []chat.Section{s}
	return out, nil
}

// IsAdmin reports whether a person was named as an administrator in the workspace itself.
func IsAdmin(ctx context.Context, d Deps, team, user string) (bool, error) {
	list, err := d.Book.Admins(ctx, team)
	return slices.Contains(list, user), err
}

// errAdminsFixed says that the environment names the administrators.
var errAdminsFixed = errors.New("commands: the environment names the administrators")

// setAdmins reads who shall administer the workspace; off, or nobody, means everybody. Whoever changes the list stays
// on it unless somebody does who was on it before and is still there: so nobody can be locked out by a slip.
func (c *chosen) setAdmins(ctx context.Context, d Deps, r chat.Request, value string) error {
	var list []string
	if low := meantSetting(value); low != "off" && low != "" {
		for _, w := range strings.FieldsFunc(value, parted) {
			m := intent.UserID.FindStringSubmatch(w)
			if m == nil || len(list) == maxAdmins {
				return errSetting{"admins=" + w, []string{"@somebody", "@somebody,@other", "off"}}
			}
			if who := m[1] + m[2]; !slices.Contains(list, who) {
				list = append(list, who)
			}
		}
	}
	switch {
	case slices.Equal(list, c.admins):
		return nil
	case c.fixed:
		return errAdminsFixed
	}
	stays := func(who string) bool {
		return who == r.User ||
			slices.Contains(c.admins, who) && (d.HasLeft == nil || !d.HasLeft(ctx, who))
	}
	if len(list) > 0 && !slices.ContainsFunc(list, stays) {
		list, c.kept = append(list, r.User), true
	}
	c.admins = list
	return nil
}

// adminFields is who administers, for those who look at the settings.
func (c chosen) adminFields(lang language.Tag) (out []chat.Field) {
	label := chat.Text(lang, "form.mailset.admins", nil)
	if len(c.admins) == 0 {
		return []chat.Field{{Label: label, Value: chat.Text(lang, "set.admins.off", nil)}}
	}
	for _, who := range c.admins {
		out = append(out, chat.Field{Label: label, Person: who})
	}
	return out
}

// aboutAdmins tells what is special about the list.
func (c chosen) aboutAdmins(lang language.Tag) (out []chat.Section) {
	if c.fixed {
		out = append(out, chat.Section{Muted: true, Text: chat.Text(lang, "set.admins.fixed", nil)})
	}
	if c.kept {
		out = append(out, chat.Section{Text: chat.Text(lang, "set.admins.stays", nil)})
	}
	return out
}
