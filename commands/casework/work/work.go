package work

import (
	"context"
	"time"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent/datetime"

	"golang.org/x/text/language"
)

// Work is what an order is carried out with: the casebook and what else there is, who asks from where in which
// language, and the time.
type Work struct {
	Deps  answers.Deps
	Req   chat.Request     // who asks, from where, in which language; what is asked is the Order's
	Tell  func(chat.Reply) // tells what goes on, before the answer
	Now   time.Time
	works *cases.BusinessHours // when the team works, once it was asked
	// masked says that something secret was taken out of a text.
	masked bool
}

// New is the work for a request, now.
func New(d answers.Deps, r chat.Request, tell func(chat.Reply)) *Work {
	return &Work{Deps: d, Req: r, Tell: tell, Now: d.Now().UTC().Round(time.Second)}
}

// Text is a sentence in the asker's language.
func (k *Work) Text(id string, args map[string]any) string { return chat.Text(k.Req.Lang, id, args) }

// In is the same work with what is said in another language.
func (k *Work) In(lang language.Tag) *Work {
	out := *k
	out.Req.Lang = lang
	return &out
}

// CaseLang is the language of what everybody reads about a case.
func (k *Work) CaseLang(c *cases.Case) language.Tag {
	if c.Lang == "" {
		return k.Req.Lang
	}
	return chat.Match(language.Make(c.Lang))
}

// Business is when the team works.
func (k *Work) Business(ctx context.Context) cases.BusinessHours {
	if k.works == nil {
		s, err := k.Deps.Book.Team(ctx, k.Req.Team)
		if err != nil {
			return cases.BusinessHours{}
		}
		k.works = &cases.BusinessHours{Base: k.Deps.KB, Hours: s.Hours}
	}
	return *k.works
}

// Seen reports whether the asker may see a case.
func (k *Work) Seen(c *cases.Case) bool { return answers.Sees(k.Req, c) }

// FollowedIn is where a case is followed: where it was asked; from a conversation of two, where people take over.
func (k *Work) FollowedIn() string {
	if k.Req.Direct && k.Deps.Handover != "" {
		return k.Deps.Handover
	}
	return k.Req.Channel
}

// SharedLang is the language of what everybody reads about the case.
func (k *Work) SharedLang(ctx context.Context) language.Tag {
	r := k.Req
	r.Channel = k.FollowedIn()
	return answers.SharedLanguage(ctx, k.Deps, r)
}

// Clock is a time by the asker's clock.
func (k *Work) Clock(at time.Time) string {
	local := datetime.In(at, k.Req.Zone)
	if _, offset := local.Zone(); offset == 0 {
		return chat.Stamp(at)
	}
	return local.Format("2006-01-02 15:04 -07:00")
}

// Left reports whether a person is known to be gone from the workspace.
func (k *Work) Left(ctx context.Context, user string) bool {
	return user != "" && k.Deps.HasLeft != nil && k.Deps.HasLeft(ctx, user)
}
