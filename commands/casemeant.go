package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent/datetime"
	"signpost/diag/pattern"
)

// errUnusable says that what stands in the place of a case's number can be none; the answer has been given.
var errUnusable = fmt.Errorf("%w: no number of a case", errSaid)

// find is the case that is meant: the one named, that of the thread, or the one last spoken of here. In a thread a number alone before other words is one of
// them: "note 2 users confirm".
func (k *desk) find(ctx context.Context) (*cases.Case, error) {
	n, err := k.meant(ctx)
	if err != nil {
		return nil, err
	}
	c, err := k.d.Book.Case(ctx, k.r.Team, n)
	if err == nil && !k.seen(c) {
		err = fmt.Errorf("%w: %s", cases.ErrNone, cases.Name(n)) // not even that there is one
	}
	if err != nil || c.Merged == 0 || !has(k.verb, goesOn) {
		return c, err
	}
	// What is done to a case that is part of another is done there.
	last, err := k.d.Book.Survivor(ctx, k.r.Team, c, k.r.ID)
	if errors.Is(err, cases.ErrNone) {
		return c, nil // deleted since
	}
	if err != nil {
		return nil, err
	}
	if !k.seen(last) {
		return nil, fmt.Errorf("%w: %s", cases.ErrNone, cases.Name(n))
	}
	if last != c {
		k.moved = c
	}
	return last, nil
}

// meant is the number of the case that is meant.
func (k *desk) meant(ctx context.Context) (int64, error) {
	var thread int64
	if k.r.Thread != "" {
		n, err := k.d.Book.InThread(ctx, k.r.Team, k.r.Channel, k.r.Thread)
		if err != nil && !errors.Is(err, cases.ErrNone) {
			return 0, err
		}
		thread = n
	}
	o := k.order
	if m := caseAbout.FindStringSubmatchIndex(k.words); m != nil && o.number == 0 && (k.verb == "remind" || k.verb == "snooze") { // "tomorrow about MAIL-42"
		if n, ok := cases.ParseName(k.words[m[2]:m[3]]); ok {
			k.words = strings.TrimSpace(k.words[:m[0]] + " " + k.words[m[1]:])
			return n, nil
		}
	}
	switch {
	case o.number > 0 && (!o.plain || !k.partOfText(ctx, thread)):
		return o.number, nil
	case o.number > 0 || o.wrong != "" && thread > 0:
		k.words = o.all
	case o.wrong != "" && (k.verb == "ticket" || k.verb == "answered") && aTicketInDigits.MatchString(o.wrong):
	case o.wrong != "":
		k.wrong("case.no-number", map[string]any{"what": chat.Clip(o.wrong, 40)})
		return 0, errUnusable
	}
	if thread > 0 {
		return thread, nil
	}
	n, err := k.d.Book.LastSpoken(ctx, where(k.r))
	if errors.Is(err, cases.ErrNone) {
		k.wrong("case.which", nil)
		return 0, errSaid
	}
	return n, err
}

var (
	caseAbout       = pattern.New(`(?i)(?:\b(?:about|on|of|for)\s+|关于\s*)?(\bMAIL-[0-9]{1,15})\b`)
	aTicketInDigits = pattern.New(`^[0-9]{6,40}$`)
)

// partOfText reports whether the number alone behind the verb is one of the words that follow.
func (k *desk) partOfText(ctx context.Context, thread int64) bool {
	o := k.order
	digits := strings.TrimSuffix(o.all, o.words)
	switch {
	case o.number == thread || !has(k.verb, freeWords):
		return false
	case thread > 0 && o.words != "":
		return true
	case (k.verb == "ticket" || k.verb == "answered") && o.words == "" && aTicketInDigits.MatchString(strings.TrimSpace(digits)):
		_, err := k.d.Book.Case(ctx, k.r.Team, o.number)
		return errors.Is(err, cases.ErrNone)
	case (k.verb == "remind" || k.verb == "snooze") && o.words != "":
		_, _, without := datetime.Next(o.words, k.now, k.r.Zone)
		_, _, with := datetime.Next(o.all, k.now, k.r.Zone)
		return without != nil && with == nil
	}
	return false
}

// seen reports whether the asker may see a case: one that is restricted, in its channel alone, and by those who work on it.
func (k *desk) seen(c *cases.Case) bool {
	return !c.Restricted || k.r.Channel == c.Channel || k.r.Internal && k.r.User == "" || slices.Contains([]string{c.By, c.Assignee}, k.r.User)
}
