package casework

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
)

// errUnusable says that what stands in the place of a case's number can be none; the answer has been given.
var errUnusable = fmt.Errorf("%w: no number of a case", errSaid)

// find is the case that is meant: the one named, that of the thread, or the one last spoken of here. In a thread a number alone before other words is one of
// them: "note 2 users confirm".
func (k *Work) find(ctx context.Context) (*cases.Case, error) {
	n, err := k.meant(ctx)
	if err != nil {
		return nil, err
	}
	c, err := k.d.Book.Case(ctx, k.r.Team, n)
	if err == nil && !k.seen(c) {
		err = fmt.Errorf("%w: %s", cases.ErrNone, cases.Name(n)) // not even that there is one
	}
	if err != nil || c.Merged == 0 || !intent.Has(k.verb, intent.GoesOn) {
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
func (k *Work) meant(ctx context.Context) (int64, error) {
	var thread int64
	if k.r.Thread != "" {
		n, err := k.d.Book.InThread(ctx, k.r.Team, k.r.Channel, k.r.Thread)
		if err != nil && !errors.Is(err, cases.ErrNone) {
			return 0, err
		}
		thread = n
	}
	o := k.order
	if m := intent.CaseAbout.FindStringSubmatchIndex(k.words); m != nil && o.Number == 0 && (k.verb == "remind" || k.verb == "snooze") { // "tomorrow about MAIL-42"
		if n, ok := cases.ParseName(k.words[m[2]:m[3]]); ok {
			k.words = strings.TrimSpace(k.words[:m[0]] + " " + k.words[m[1]:])
			return n, nil
		}
	}
	switch {
	case o.Number > 0 && (!o.Plain || !k.partOfText(ctx, thread)):
		return o.Number, nil
	case o.Number > 0 || o.Wrong != "" && thread > 0:
		k.words = o.All
	case o.Wrong != "" && (k.verb == "ticket" || k.verb == "answered") && intent.ATicketInDigits.MatchString(o.Wrong):
	case o.Wrong != "":
		k.wrong("case.no-number", map[string]any{"what": chat.Clip(o.Wrong, 40)})
		return 0, errUnusable
	}
	if thread > 0 {
		return thread, nil
	}
	n, err := k.d.Book.LastSpoken(ctx, answers.Where(k.r))
	if errors.Is(err, cases.ErrNone) {
		k.wrong("case.which", nil)
		return 0, errSaid
	}
	return n, err
}

// partOfText reports whether the number alone behind the verb is one of the words that follow.
func (k *Work) partOfText(ctx context.Context, thread int64) bool {
	o := k.order
	digits := strings.TrimSuffix(o.All, o.Words)
	switch {
	case o.Number == thread || !intent.Has(k.verb, intent.FreeWords):
		return false
	case thread > 0 && o.Words != "":
		return true
	case (k.verb == "ticket" || k.verb == "answered") && o.Words == "" && intent.ATicketInDigits.MatchString(strings.TrimSpace(digits)):
		_, err := k.d.Book.Case(ctx, k.r.Team, o.Number)
		return errors.Is(err, cases.ErrNone)
	case (k.verb == "remind" || k.verb == "snooze") && o.Words != "":
		_, _, without := datetime.Next(o.Words, k.now, k.r.Zone)
		_, _, with := datetime.Next(o.All, k.now, k.r.Zone)
		return without != nil && with == nil
	}
	return false
}

// seen reports whether the asker may see a case.
func (k *Work) seen(c *cases.Case) bool { return answers.Sees(k.r, c) }
