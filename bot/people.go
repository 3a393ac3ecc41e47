package bot

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/text/language"
)

// people knows the language and time zone of each person, as Slack tells them, asked once an hour.
type people struct {
	api      *slack.Client
	fallback language.Tag
	most     int // people who are known at once

	mu    sync.Mutex
	known map[string]locale
}

type locale struct {
	lang  language.Tag
	zone  string // IANA name; "" where Slack tells none
	left  bool   // not in the workspace any more
	until time.Time
}

const (
	localeFor        = time.Hour
	localeUnknownFor = time.Minute
	maxPeople        = 10_000
)

func newPeople(api *slack.Client, fallback language.Tag) *people {
	return &people{api: api, fallback: fallback, most: maxPeople, known: map[string]locale{}}
}

// cached is the language of a person as far as it is known without asking.
func (p *people) cached(user string) language.Tag {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l, ok := p.known[user]; ok {
		return l.lang
	}
	return p.fallback
}

// zone is a person's time zone as far as it is known without asking.
func (p *people) zone(user string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[user].zone
}

// about is the language of a person (the bot's own where Slack does not tell) and their time zone.
func (p *people) about(ctx context.Context, user string) (lang language.Tag, zone string) {
	if user == "" {
		return p.fallback, ""
	}
	l := p.ask(ctx, user)
	return l.lang, l.zone
}

// left reports whether a person is known to be gone from the workspace.
func (p *people) left(ctx context.Context, user string) bool {
	return user != "" && p.ask(ctx, user).left
}

func (p *people) ask(ctx context.Context, user string) locale {
	p.mu.Lock()
	l, ok := p.known[user]
	p.mu.Unlock()
	if ok && time.Now().Before(l.until) {
		return l
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	fresh := locale{lang: p.fallback, until: time.Now().Add(localeUnknownFor)}
	info, err := p.api.GetUserInfoContext(ctx, user)
	if slackSaid(err, "user_not_found", "user_not_visible") {
		fresh.until, fresh.left = time.Now().Add(localeFor), true
	} else if err != nil {
		slog.WarnContext(ctx, "locale is not known", "user", user, "error", err)
		if ok {
			fresh.lang, fresh.zone, fresh.left = l.lang, l.zone, l.left
		}
	} else {
		fresh.until, fresh.zone, fresh.left = time.Now().Add(localeFor), info.TZ, info.Deleted
		if tag, err := language.Parse(info.Locale); err == nil {
			fresh.lang = tag
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.makeRoom()
	p.known[user] = fresh
	return fresh
}

// makeRoom forgets people where too many are known: those whose time is over, then any, an eighth at once, so that this
// is rare. The caller holds the lock.
func (p *people) makeRoom() {
	if len(p.known) < p.most {
		return
	}
	now := time.Now()
	maps.DeleteFunc(p.known, func(_ string, l locale) bool { return now.After(l.until) })
	for user := range p.known {
		if len(p.known) < p.most*7/8 {
			return
		}
		delete(p.known, user)
	}
}
