package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"signpost/bot/install"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
)

const (
	// homeFor is how long an installation is used before it is looked up again: so long another process may not have
	// heard that it is gone, or made anew.
	homeFor = 15 * time.Second
	// maxHomes is how many installations are known at once, and maxPeopleOfOne how many people of each.
	maxHomes       = 1_000
	maxPeopleOfOne = 500
)

// workspaceOf is the installation whose requests are answered for a place. The error is errForeign where there is none.
func (b *Bot) workspaceOf(ctx context.Context, from place) (*workspace, error) {
	if b.only.serves(from) {
		return b.only, nil
	}
	if b.Installs == nil {
		return nil, fmt.Errorf("%w: %.40q", errForeign, from.team)
	}
	b.mu.Lock()
	known, ok := b.homes[from]
	b.mu.Unlock()
	if ok && time.Now().Before(known.until) {
		return known.workspace, nil
	}
	i, err := b.Installs.Get(ctx, from.team, from.enterprise)
	if err == nil && b.pages != nil {
		i, err = b.pages.Fresh(ctx, i)
	}
	switch {
	case errors.Is(err, install.ErrNone):
		b.forgetHome(from.team)
		return nil, fmt.Errorf("%w: %w", errForeign, err)
	case err != nil:
		return nil, fmt.Errorf("bot: %w", err)
	}
	if !ok || known.workspace.token != i.Token {
		known = home{workspace: b.installedWorkspace(i), id: i.ID()}
	}
	if i.Team == "" && from.team != i.Enterprise { // what it does by the clock is asked for at every start
		if err := b.Installs.Saw(ctx, i.Enterprise, from.team); err != nil {
			return nil, fmt.Errorf("bot: %w", err)
		}
	}
	known.until = time.Now().Add(homeFor)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.homes) >= maxHomes {
		clear(b.homes)
	}
	b.homes[from] = known
	return known.workspace, nil
}

func (b *Bot) installedWorkspace(i install.Installation) *workspace {
	w := b.newWorkspace(i.Token, func(err error) { // it may have been installed anew
		slog.Warn("slack refuses the token of a workspace", "id", i.ID(), "error", err)
		b.forgetHome(i.ID())
	})
	w.people.most = maxPeopleOfOne
	w.scopes.Store(&i.Scopes)
	w.self.Store(&slack.AuthTestResponse{TeamID: i.ID(), Team: i.Name, UserID: i.BotUser, EnterpriseID: i.Enterprise})
	return w
}

// dropRevoked deletes the token of an installation where an error of Slack's says that it is revoked.
func (b *Bot) dropRevoked(ctx context.Context, w *workspace, err error) {
	if w == b.only || !slackSaid(err, "token_revoked", "account_inactive") {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := b.Installs.DeleteToken(ctx, w.self.Load().TeamID, w.token); err != nil {
		slog.Warn("a revoked token is not deleted yet", "id", w.self.Load().TeamID, "error", err)
	}
}

// forgetHome forgets what is known of an installation, or of a workspace.
func (b *Bot) forgetHome(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.homes, func(p place, h home) bool { return h.id == id || p.team == id })
}

// known is the installation for a place as far as it is known without asking.
func (b *Bot) known(from place) *workspace {
	b.mu.Lock()
	defer b.mu.Unlock()
	if h, ok := b.homes[from]; ok && !b.only.serves(from) {
		return h.workspace
	}
	return b.only
}

// foreign reports whether a place is known to be none where the app is installed.
func (b *Bot) foreign(from place) bool {
	if b.Installs != nil || b.only.self.Load() == nil || b.only.serves(from) {
		return false
	}
	slog.Warn("request of another workspace", "team", fmt.Sprintf("%.40q", from.team))
	return true
}

// tellForeign tells who asked from where the app is not installed, as far as that needs no token.
func (b *Bot) tellForeign(ctx context.Context, id string, r request) {
	if r.ResponseURL == "" || r.Silent || r.Post != nil {
		return
	}
	s := &responder{bot: b, home: b.only, id: id, request: r, lang: b.Lang}
	said := chat.Reply{Tone: chat.Caution, Title: chat.Text(b.Lang, "slack.other-workspace", nil), Final: true}
	if b.pages != nil {
		said.Sections = []chat.Section{{Text: b.pages.Begin()}}
	}
	if err := s.answerURL(ctx, said); err != nil {
		slog.Info("nobody is told that the app is not installed", "request_id", id, "error", err)
	}
}

// installed is told of an installation that was just kept.
func (b *Bot) installed(ctx context.Context, i install.Installation) {
	b.forgetHome(i.ID())
	if i.Team != "" {
		b.schedule(ctx, place{i.Team, i.Enterprise})
	}
}

// unrenewed tells whoever installed the app, once, that its token ends and Slack gives no further one: as long as it
// serves they can install it anew and nothing is missed.
func (b *Bot) unrenewed(ctx context.Context, i install.Installation) {
	if i.By == "" {
		return
	}
	now := time.Now().UTC()
	ends := chat.Field{Label: chat.Text(b.Lang, "install.unrenewed.ends", nil), At: i.Expires}
	j, err := job(identity("unrenewed", i.ID(), i.Expires.UTC().Format(time.RFC3339)), request{
		Team: i.ID(), Enterprise: i.Enterprise, User: i.By, Channel: i.By, Direct: true, Command: chat.Help, At: now,
		Post: &post{Lang: b.Lang, Reply: chat.Reply{Tone: chat.Caution, Lang: b.Lang, Final: true,
			Title: chat.Text(b.Lang, "install.unrenewed", nil), Sections: []chat.Section{
				{Fields: []chat.Field{ends}},
				{Text: chat.Text(b.Lang, "install.unrenewed.more", nil)}, {Text: b.pages.Begin()}}}},
	})
	if err == nil {
		_, err = b.Queue.Put(ctx, j)
	}
	if err != nil {
		slog.Warn("nobody is told yet that a token ends", "id", i.ID(), "error", err)
	}
}

// fromLeaving reads that the app was uninstalled, or its token revoked.
func (b *Bot) fromLeaving(e slackevents.EventsAPIEvent) (d delivery, ok bool) {
	outer, ok := e.Data.(*slackevents.EventsAPICallbackEvent)
	if !ok || b.Installs == nil {
		return d, false
	}
	from, _ := happenedIn(e)
	if len(outer.Authorizations) > 0 && outer.Authorizations[0].IsEnterpriseInstall {
		from.team = cmp.Or(from.enterprise, from.team)
	}
	now := time.Now().UTC()
	left := time.Unix(int64(outer.EventTime), 0).UTC()
	if left.After(now) || outer.EventTime <= 0 {
		left = now
	}
	return delivery{id: identity("left", from.team, from.enterprise, outer.EventID),
		request: request{Team: from.team, Enterprise: from.enterprise, Left: left, Silent: true, At: now}}, true
}

// uninstalled deletes the installation of a workspace that has left. What waits for it finds none, and is given up.
func (b *Bot) uninstalled(ctx context.Context, r request) error {
	if b.Installs == nil {
		return nil
	}
	done, err := b.Installs.DeleteUntil(ctx, r.Team, r.Left)
	if err != nil {
		return fmt.Errorf("bot: %w", err)
	}
	b.forgetHome(r.Team)
	slog.Info("uninstalled", "id", r.Team, "deleted", done)
	return nil
}

// scheduleAll asks for what every workspace does by the clock.
func (b *Bot) scheduleAll(ctx context.Context) {
	if b.Installs != nil {
		if _, err := b.Installs.Reseal(ctx); err != nil {
			slog.Warn("tokens are sealed with the first key later", "error", err)
		}
	}
	all, err := b.places(ctx)
	if err != nil {
		slog.Warn("some schedules are looked at at the next start", "error", err)
	}
	for _, p := range all {
		b.schedule(ctx, p)
	}
}

// places is every workspace that has the app, as far as it is known; the error says that more may have.
func (b *Bot) places(ctx context.Context) (all []place, err error) {
	if me := b.only.self.Load(); me != nil {
		all = append(all, place{me.TeamID, me.EnterpriseID})
	}
	if b.Installs == nil {
		return all, nil
	}
	ids, err := b.Installs.IDs(ctx)
	for _, id := range ids {
		if !strings.HasPrefix(id, "E") {
			all = append(all, place{team: id})
			continue
		}
		teams, e := b.Installs.Seen(ctx, id)
		err = errors.Join(err, e)
		for _, team := range teams {
			all = append(all, place{team, id})
		}
	}
	return all, err
}

// meIn is the bot's own id as a person: as the delivery gives it, or as it is known.
func (b *Bot) meIn(from place, told string) string {
	if self := b.known(from).self.Load(); told == "" && self != nil {
		return self.UserID
	}
	return told
}

// compareScopes warns about scopes that are missing, with what is lost, and about those that we do not need.
func (w *workspace) compareScopes(granted string) {
	if granted == "" {
		return
	}
	have := strings.FieldsFunc(granted, func(r rune) bool { return r == ',' || r == ' ' })
	w.scopes.Store(&have)
	for _, s := range Scopes() {
		if !slices.Contains(have, s.Name) {
			slog.Warn("scope is missing: add it and install the app again", "scope", s.Name, "needed_for", s.For)
		}
	}
	for _, name := range have {
		if !slices.ContainsFunc(append(Scopes(), optionalScopes()...), func(s Scope) bool { return s.Name == name }) {
			slog.Warn("scope is granted but not needed: remove it", "scope", name)
		}
	}
}

// preparePages makes the pages by which a workspace installs the app.
func (b *Bot) preparePages() (err error) {
	c := b.Install
	c.APIURL, c.HTTP, c.Lang, c.Installed = b.APIURL, b.http, b.Lang, b.installed
	c.Unrenewed = b.unrenewed
	for _, s := range Scopes() {
		c.Scopes = append(c.Scopes, s.Name)
	}
	b.pages, err = install.NewPages(b.Installs, c)
	return err
}
