package install

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/slack-go/slack"
)

const (
	// refreshBefore is how long before its end a token is renewed: time enough for Slack or Redis to come back, and for
	// people where Slack does not renew it any more.
	refreshBefore = 4 * time.Hour
	// refreshFor bounds one renewal: Slack's answer, and keeping it. Nobody else renews the token within it, nor tries
	// again after one that failed.
	refreshFor = exchangeFor + keepFor + 2*time.Second
)

// ErrExpired says that a token has expired and a further one is not there yet.
var ErrExpired = errors.New("install: the token has expired")

// Fresh is an installation with a token that serves: where it is about to expire (token rotation) it is renewed, by one
// process at a time. While another renews it, or Slack does not, the token serves as long as it is good; then the error
// is ErrExpired, or ErrNone where Slack will not renew it any more.
func (p *Pages) Fresh(ctx context.Context, i Installation) (Installation, error) {
	now := p.Now()
	if i.Expires.IsZero() || now.Before(i.Expires.Add(-refreshBefore)) {
		return i, nil
	}
	held, err := p.store.holdRefresh(ctx, i.ID())
	switch {
	case err == nil && held:
		var renewed Installation
		if renewed, err = p.renew(ctx, i.ID(), i.Token); err == nil {
			p.store.letRefresh(ctx, i.ID())
			return renewed, nil
		}
		slog.Warn("a token is not renewed", "id", i.ID(), "expires", i.Expires, "error", err)
	case err == nil:
		err = errOther
	}
	switch {
	case errors.Is(err, ErrNone):
		return Installation{}, err
	case now.Before(i.Expires):
		return i, nil
	}
	return Installation{}, fmt.Errorf("%w: %.40q: %w", ErrExpired, i.ID(), err)
}

// errOther says that another process renews a token, or has failed to just now.
var errOther = errors.New("install: another process renews it")

// renew gets a further token in place of one, unless that was done already.
func (p *Pages) renew(ctx context.Context, id, token string) (i Installation, err error) {
	if i, err = p.store.Get(ctx, id, ""); err != nil || i.Token != token {
		return i, err
	}
	asked, cancel := context.WithTimeout(ctx, exchangeFor)
	defer cancel()
	at := p.Now().UTC()
	got, err := slack.RefreshOAuthV2TokenContext(asked, p.HTTP, p.ClientID, p.ClientSecret, i.Refresh,
		slack.OAuthOptionAPIURL(p.APIURL))
	var said slack.SlackErrorResponse
	switch {
	case errors.As(err, &said) && said.Err == "invalid_refresh_token" && !at.Before(i.Expires):
		slog.Error("slack does not renew the token of a workspace: it has to install the app anew", "id", id)
		if _, err := p.store.DeleteToken(ctx, id, token); err != nil {
			return i, err
		}
		return i, fmt.Errorf("%w: %.40q", ErrNone, id)
	case errors.As(err, &said) && said.Err == "invalid_refresh_token" && p.Unrenewed != nil:
		// What it is renewed with was used, and what came of that is lost. The token serves on; there is time to tell.
		p.Unrenewed(ctx, i)
		return i, fmt.Errorf("install: %w", err)
	case err != nil:
		return i, fmt.Errorf("install: %w", err)
	}
	if other := cmp.Or(got.Team.ID, got.Enterprise.ID); other != id && got.Enterprise.ID != id || !expires(&i, got, at) {
		return i, fmt.Errorf("install: slack's answer holds no further token of the workspace: %.20q", got.TokenType)
	}
	done := false
	err = p.keep(ctx, func(ctx context.Context) (err error) {
		done, err = p.store.replace(ctx, token, i)
		return err
	})
	if err == nil && !done { // it was installed anew, or has left, meanwhile
		return p.store.Get(ctx, id, "")
	}
	slog.Info("token renewed", "id", id, "expires", i.Expires)
	return i, err
}

// holdRefresh makes a process the only one that renews a token, for some seconds, and reports whether it is.
func (s *Store) holdRefresh(ctx context.Context, id string) (held bool, err error) {
	if held, err = s.redis.SetNX(ctx, refreshKey(id), "1", refreshFor).Result(); err != nil {
		return false, fmt.Errorf("%w: %w", ErrStore, err)
	}
	return held, nil
}
