package commands

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/cases"
	"signpost/kb"
)

const (
	answerWithin = 8 * time.Hour      // in which a contact is to be answered, before another channel is proposed
	urgentWithin = 2 * time.Hour      // the same where the case is urgent and it was no ticket
	staleAfter   = 3 * 24 * time.Hour // without a change, after which the case asks for one
	maxRemind    = 366 * 24 * time.Hour
)

var (
	aSpan  = regexp.MustCompile(`^(\d{1,4})\s*(s|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?|秒|分钟|小时|天|周)(?:后)?$`)
	aClock = regexp.MustCompile(`^(\d{1,2})(?:[:：](\d{2})|点)$`)
)

// readWhen takes a time off a text: "2h", "3d", "tomorrow 9:00", "2026-11-24 09:00", in the asker's zone. Ok is false where it begins with none.
func readWhen(text string, now time.Time, zone string) (at time.Time, rest string, ok bool) {
	local := inZone(now, zone)
	words := strings.Fields(text)
	if len(words) == 0 {
		return at, text, false
	}
	if len(words) > 1 {
		if at, _, ok := readSpan(words[0]+words[1], now); ok {
			return at, strings.Join(words[2:], " "), true
		}
	}
	if at, _, ok := readSpan(words[0], now); ok {
		return at, strings.Join(words[1:], " "), true
	}
	day, used := time.Time{}, 0
	first := strings.ToLower(words[0])
	if d, err := time.ParseInLocation(time.DateOnly, first, local.Location()); err == nil {
		day, used = d, 1
	} else if slices.Contains(listed("tomorrow"), first) {
		y, m, d := local.Date()
		day, used = time.Date(y, m, d+1, 0, 0, 0, 0, local.Location()), 1
	} else if aClock.MatchString(first) {
		y, m, d := local.Date()
		day = time.Date(y, m, d, 0, 0, 0, 0, local.Location())
	} else {
		return at, text, false
	}
	at = day.Add(9 * time.Hour)
	if len(words) > used {
		if m := aClock.FindStringSubmatch(words[used]); m != nil {
			hour, _ := strconv.Atoi(m[1])
			minute, _ := strconv.Atoi(m[2])
			if hour > 23 || minute > 59 {
				return at, text, false
			}
			at = time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, day.Location())
			used++
		}
	}
	if !at.After(now) && used == 1 && aClock.MatchString(first) {
		at = at.AddDate(0, 0, 1)
	}
	return at.UTC(), strings.Join(words[used:], " "), at.After(now)
}

func readSpan(word string, now time.Time) (time.Time, string, bool) {
	m := aSpan.FindStringSubmatch(strings.ToLower(word))
	if m == nil {
		return time.Time{}, word, false
	}
	n, _ := strconv.Atoi(m[1])
	unit := map[string]time.Duration{"s": time.Second, "秒": time.Second, "m": time.Minute, "分": time.Minute, "h": time.Hour, "小": time.Hour, "d": 24 * time.Hour, "天": 24 * time.Hour, "w": 7 * 24 * time.Hour, "周": 7 * 24 * time.Hour}[string([]rune(m[2])[0])]
	d := time.Duration(n) * unit
	return now.Add(d), "", d > 0 && d <= maxRemind
}

// remind reminds the asker of the case at a time; snooze is the same from a reminder.
func (k *desk) remind(ctx context.Context, c *cases.Case) error {
	at, what, ok := readWhen(cmp.Or(k.r.Values["when"], k.words), k.now, k.r.Zone)
	if !ok || at.Sub(k.now) > maxRemind {
		k.wrong("case.when", nil)
		return nil
	}
	what, _ = withoutSecrets(clip(what, 300))
	local := inZone(at, k.r.Zone)
	return k.change(ctx, c, func(*cases.Case) (cases.Edit, error) {
		return cases.Edit{Entries: []cases.Entry{{Kind: "reminder", By: k.r.User, Text: Stamp(at) + " " + what}}}, nil
	}, "case.reminder-set", map[string]any{"time": local.Format("2006-01-02 15:04 -07:00")}, func(r *Reply) {
		r.Laters = append(r.Laters, k.later(c, "remind "+k.r.ID, at, "remind "+cmp.Or(k.r.User, "-")+" "+what))
		r.Posts = r.Posts[:1] // nobody else need know
	})
}

// later is a request about a case for a time.
func (k *desk) later(c *cases.Case, key string, at time.Time, text string) Later {
	return Later{Key: fmt.Sprintf("%s %s", c.Name(), key), At: at, Command: mailcaseName, Text: "due " + c.Name() + " " + text, Channel: c.Channel, Thread: c.Thread}
}

// watchAnswer looks after the contact that was just kept: unanswered for long, another channel is proposed.
func (k *desk) watchAnswer(ctx context.Context, r *Reply) {
	number := r.Data.(map[string]any)["number"].(int64) // made by caseData
	c, err := k.d.Book.Case(ctx, k.r.Team, number)
	if err != nil {
		return
	}
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, number)
	if err != nil || len(contacts) == 0 {
		return
	}
	for _, x := range contacts[max(0, len(contacts)-3):] {
		if x.Answered.IsZero() {
			r.Laters = append(r.Laters, k.later(c, fmt.Sprintf("answer %d", x.ID), x.At.Add(patience(c, x)), fmt.Sprintf("answer %d", x.ID)))
		}
	}
}

// patience is how long a contact may stay unanswered.
func patience(c *cases.Case, x cases.Contact) time.Duration {
	if c.Priority == cases.Urgent && x.Channel != kb.Ticket {
		return urgentWithin
	}
	return answerWithin
}

// staleLater looks at the case again when it may have been forgotten.
func (k *desk) staleLater(c *cases.Case) []Later {
	at := c.Changed.Add(staleAfter)
	if !at.After(k.now) {
		at = k.now.Add(staleAfter)
	}
	return []Later{k.later(c, fmt.Sprintf("stale %d", at.Unix()), at, "stale")}
}

// due is a time that has come: what it says goes to the case's thread, and nobody is answered.
func (k *desk) due(ctx context.Context, c *cases.Case) error {
	kind, rest, _ := strings.Cut(k.words, " ")
	k.r.Lang = k.caseLang(c)
	var out Reply
	var err error
	whom := cmp.Or(c.Assignee, c.By)
	if k.left(ctx, whom) {
		whom = c.By
	}
	switch kind {
	case "remind":
		who, what, _ := strings.Cut(rest, " ")
		if who != "-" {
			whom = who
		}
		// Somebody asked for it: it comes whatever has become of the case.
		out = Reply{Title: k.text("case.remind", map[string]any{"case": c.Name(), "title": c.Title}), Sections: []Section{{Text: what}, {Fields: []Field{{Label: k.text("case.label.for", nil), Person: who}}}}}
		live := c.Name()
		if c.Merged > 0 {
			live = cases.Name(c.Merged)
			out.Sections = append(out.Sections, Section{Muted: true, Text: k.text("case.merged", map[string]any{"case": c.Name(), "into": live})})
		} else if !c.State.Open() {
			out.Sections = append(out.Sections, Section{Muted: true, Text: k.text("case.state."+string(c.State), nil)})
		}
		out.Actions = []Action{{ID: "snooze", Label: k.text("case.button.snooze", nil), Command: mailcaseName, Text: "snooze " + live + " 2h " + what}, {ID: "show", Label: live, Command: mailcaseName, Text: "show " + live}}
	case "answer":
		out, err = k.unanswered(ctx, c, rest)
	case "stale":
		out = k.stale(ctx, c)
	}
	if err != nil {
		return err
	}
	final := Reply{Title: c.Name(), Final: true, Laters: out.Laters}
	if out.Title != "" {
		out.Audience, out.Final, out.Lang, out.Laters = Channel, true, k.r.Lang, nil
		final.Posts = []Post{k.rootPost(c), {Key: "due:" + k.r.ID, Channel: c.Channel, Under: rootOf(c), Else: whom, Reply: out, Lang: k.r.Lang}}
	}
	k.say(final)
	return nil
}

// unanswered proposes another channel where a contact was not answered in time: the best one that somebody answers now.
func (k *desk) unanswered(ctx context.Context, c *cases.Case, id string) (Reply, error) {
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, c.Number)
	if err != nil {
		return Reply{}, err
	}
	n, _ := strconv.ParseInt(id, 10, 64)
	i := slices.IndexFunc(contacts, func(x cases.Contact) bool { return x.ID == n })
	if i < 0 || !contacts[i].Answered.IsZero() || !c.State.Open() {
		return Reply{}, nil
	}
	x := contacts[i]
	kind := k.d.KB.ChannelText(k.r.Lang, "kind."+x.Channel, nil)
	out := Reply{Tone: Caution, Title: k.text("case.still-unanswered", map[string]any{"case": c.Name(), "channel": kind, "ticket": x.Ticket, "for": spanText(k.r.Lang, k.now.Sub(x.At))})}
	s := k.d.KB.Understand(c.Title, k.r.Lang)
	s.Provider, s.Urgent, s.Calm = c.Provider, true, false
	for _, rec := range k.d.KB.Rank(s, k.now) {
		if rec.Channel.Kind != x.Channel && (!rec.Opening.Known || rec.Opening.Open) && rec.Channel.Kind != kb.HelpCentre {
			out.Sections = append(out.Sections, channelSection(k.d.KB, k.r.Lang, 1, rec, k.now))
			break
		}
	}
	out.Sections = append(out.Sections, k.responsible(ctx, c)...)
	out.Actions = []Action{
		{ID: "answered", Label: k.text("case.button.answered", nil), Command: mailcaseName, Text: "answered " + c.Name()},
		{ID: "contact", Label: k.text("case.button.contact", nil), Command: mailcaseName, Text: "contact " + c.Name()},
	}
	return out, nil
}

// responsible names who is to act; where that one has left the workspace, who opened the case.
func (k *desk) responsible(ctx context.Context, c *cases.Case) []Section {
	who, s := cmp.Or(c.Assignee, c.By), Section{}
	if k.left(ctx, who) {
		s.Text = k.text("case.assignee-left", nil)
		if who = c.By; k.left(ctx, who) {
			who = ""
		}
	}
	if who != "" {
		s.Fields = []Field{{Label: k.text("case.label.for", nil), Person: who}}
	}
	return []Section{s}
}

// stale asks for a word where nothing happened for days, and looks again.
func (k *desk) stale(ctx context.Context, c *cases.Case) Reply {
	if !c.State.Open() {
		return Reply{}
	}
	if k.now.Sub(c.Changed) < staleAfter {
		return Reply{Laters: k.staleLater(c)}
	}
	out := Reply{Tone: Caution, Title: k.text("case.stale", map[string]any{"case": c.Name(), "title": c.Title, "for": spanText(k.r.Lang, k.now.Sub(c.Changed))}), Laters: k.staleLater(c)}
	out.Sections = append(out.Sections, k.responsible(ctx, c)...)
	for _, verb := range []string{"take", "recheck", "contact", "solve"} {
		if verb != "recheck" || c.Domain != "" {
			out.Actions = append(out.Actions, Action{ID: verb, Label: k.text("case.button."+verb, nil), Command: mailcaseName, Text: verb + " " + c.Name()})
		}
	}
	return out
}
