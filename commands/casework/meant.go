package casework

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
)

// findCase adds to an order the case that is meant: the one named, that of the thread, or the one last spoken of here.
// In a thread a number alone before other words is one of them: "note 2 users confirm".
func findCase(ctx context.Context, k *work.Work, o work.Order) (work.Order, error) {
	n, words, err := meantNumber(ctx, k, o)
	if err != nil {
		return o, err
	}
	o.Words = words
	c, err := k.Deps.Book.Case(ctx, k.Req.Team, n)
	if err == nil && !k.Seen(c) {
		err = fmt.Errorf("%w: %s", cases.ErrNone, cases.Name(n)) // not even that there is one
	}
	if err != nil || c.Merged == 0 || !intent.Has(o.Verb, intent.GoesOn) {
		o.Case = c
		return o, err
	}
	// What is done to a case that is part of another is done there.
	last, err := k.Deps.Book.Survivor(ctx, k.Req.Team, c, k.Req.ID)
	if errors.Is(err, cases.ErrNone) {
		o.Case = c // deleted since
		return o, nil
	}
	if err != nil {
		return o, err
	}
	if !k.Seen(last) {
		return o, fmt.Errorf("%w: %s", cases.ErrNone, cases.Name(n))
	}
	if last != c {
		o.Moved = c
	}
	o.Case = last
	return o, nil
}

// meantNumber is the number of the case that is meant, and the words beside it.
func meantNumber(ctx context.Context, k *work.Work, o work.Order) (number int64, words string, err error) {
	var thread int64
	if k.Req.Thread != "" {
		n, err := k.Deps.Book.InThread(ctx, k.Req.Team, k.Req.Channel, k.Req.Thread)
		if err != nil && !errors.Is(err, cases.ErrNone) {
			return 0, "", err
		}
		thread = n
	}
	words = o.Words
	if o.Number == 0 && (o.Verb == "remind" || o.Verb == "snooze") { // "tomorrow about MAIL-42"
		if n, rest, ok := intent.CaseWithin(o.Words); ok {
			return n, rest, nil
		}
	}
	switch {
	case o.Number > 0 && (!o.Plain || !partOfText(ctx, k, o, thread)):
		return o.Number, words, nil
	case o.Number > 0 || o.Wrong != "" && thread > 0:
		words = o.All
	case o.Wrong != "" && (o.Verb == "ticket" || o.Verb == "answered") && intent.ATicketInDigits.MatchString(o.Wrong):
	case o.Wrong != "":
		return 0, "", &work.WrongOrder{ID: "case.no-number", Args: map[string]any{"what": chat.Clip(o.Wrong, 40)}}
	}
	if thread > 0 {
		return thread, words, nil
	}
	n, err := k.Deps.Book.LastSpoken(ctx, answers.Where(k.Req))
	if errors.Is(err, cases.ErrNone) {
		return 0, "", &work.WrongOrder{ID: "case.which"}
	}
	return n, words, err
}

// partOfText reports whether the number alone behind the verb is one of the words that follow.
func partOfText(ctx context.Context, k *work.Work, o work.Order, thread int64) bool {
	digits := strings.TrimSuffix(o.All, o.Words)
	switch {
	case o.Number == thread || !intent.Has(o.Verb, intent.FreeWords):
		return false
	case thread > 0 && o.Words != "":
		return true
	case (o.Verb == "ticket" || o.Verb == "answered") && o.Words == "" &&
		intent.ATicketInDigits.MatchString(strings.TrimSpace(digits)):
		_, err := k.Deps.Book.Case(ctx, k.Req.Team, o.Number)
		return errors.Is(err, cases.ErrNone)
	case (o.Verb == "remind" || o.Verb == "snooze") && o.Words != "":
		_, _, without := datetime.Next(o.Words, k.Now, k.Req.Zone)
		_, _, with := datetime.Next(o.All, k.Now, k.Req.Zone)
		return without != nil && with == nil
	}
	return false
}
