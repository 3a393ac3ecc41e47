package slackfake

import (
	"fmt"
	"net/http"
	"strings"
)

// The app's own credentials, for installations in several workspaces.
const (
	ClientID     = "1234.5678"
	ClientSecret = "fake-client-secret"
)

// Agree lets somebody of a workspace agree to the app at Slack: it gives the code that Slack sends back, for the token
// of that workspace. Where the workspace is empty the whole organisation agrees.
func (s *Slack) Agree(id, enterprise, redirect string) (code string) {
	s.change(func() {
		s.agreed++
		code = fmt.Sprint("code-", s.agreed)
		if s.teams == nil {
			s.teams, s.codes = map[string]*team{}, map[string]grant{}
		}
		s.codes[code] = grant{token: s.issue(id, enterprise), redirect: redirect}
	})
	return code
}

// issue makes a token; the lock is held.
func (s *Slack) issue(id, enterprise string) (token string) {
	s.issued++
	t := &team{id: id, enterprise: enterprise, wide: id == ""}
	token = fmt.Sprintf("xoxb-%s%s-%d", id, enterprise, s.issued)
	if s.rotating {
		token, t.refresh = "xoxe."+token, fmt.Sprintf("xoxe-1-%s%s-%d", id, enterprise, s.issued)
	}
	s.teams[token] = t
	return token
}

// Rotate switches token rotation on: tokens that are given from now on expire, which Expire brings about.
func (s *Slack) Rotate() { s.change(func() { s.rotating = true }) }

// RenewAgain has a further token given for the same as often as it is asked for, until one of them is used: who lost
// the answer may ask again. Slack does not promise it.
func (s *Slack) RenewAgain() { s.change(func() { s.renewsAgain = true }) }

// Expire lets the time of every token run out that was given so far.
func (s *Slack) Expire() {
	s.change(func() {
		for _, t := range s.teams {
			t.expired = t.expired || t.refresh != ""
		}
	})
}

// Uninstall makes every token of a workspace, or of an organisation, invalid.
func (s *Slack) Uninstall(id string) {
	s.change(func() {
		for _, t := range s.teams {
			t.revoked = t.revoked || t.id == id || t.wide && t.enterprise == id
		}
	})
}

// teamOf is whose token it is; the lock is held.
func (s *Slack) teamOf(token string) (t *team, ok bool) {
	if token == BotToken {
		return &team{id: Team, revoked: s.revoked}, true
	}
	if t, ok = s.teams[token]; ok {
		t.seen = true
	}
	return t, ok
}

// crosses notes a fault where a call of one workspace's token is about a channel or a person of another; the lock is
// held. Of a channel or a person whose id begins with "C", "D" or "U", a workspace's id and "_" it is known whose it
// is.
func (s *Slack) crosses(method string, t *team, p params) {
	for _, field := range []string{"channel", "channel_id", "user", "user_id"} {
		id := p.str(field)
		if i := strings.Index(id, "_"); i > 1 && !t.owns(id[1:i]) {
			s.fault("%s with the token of %s%s is about %s", method, t.id, t.enterprise, id)
		}
	}
}

func (t *team) owns(id string) bool {
	return id == t.id || t.wide && strings.HasPrefix(id, "T"+strings.TrimPrefix(t.enterprise, "E"))
}

// access is oauth.v2.access: the token for a code, once, or a further one for what came with the one before, once.
func (s *Slack) access(r *http.Request, p params, out map[string]any) {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = p.str("client_id"), p.str("client_secret")
	}
	if id != ClientID || secret != ClientSecret {
		out["error"] = "invalid_client_id"
		return
	}
	token, fault := s.exchange(p)
	if p.str("grant_type") == "refresh_token" {
		token, fault = s.renew(p.str("refresh_token"))
	}
	if fault != "" {
		out["error"] = fault
		return
	}
	t := s.teams[token]
	out["access_token"], out["token_type"], out["scope"] = token, "bot", s.scopes
	if t.refresh != "" {
		out["refresh_token"], out["expires_in"] = t.refresh, 43200
	}
	out["bot_user_id"], out["app_id"], out["authed_user"] = BotUser, "A1", map[string]any{"id": "U" + t.id + "_1"}
	out["is_enterprise_install"] = t.wide
	out["team"], out["enterprise"] = nil, nil
	if !t.wide {
		out["team"] = map[string]any{"id": t.id, "name": "Team " + t.id}
	}
	if t.enterprise != "" {
		out["enterprise"] = map[string]any{"id": t.enterprise, "name": "Org " + t.enterprise}
	}
}

// exchange is the token for a code.
func (s *Slack) exchange(p params) (token, fault string) {
	g, ok := s.codes[p.str("code")]
	delete(s.codes, p.str("code"))
	switch {
	case !ok:
		return "", "invalid_code"
	case g.redirect != p.str("redirect_uri"):
		return "", "bad_redirect_uri"
	}
	return g.token, ""
}

// renew is a further token; the one before serves until it expires.
func (s *Slack) renew(refresh string) (token, fault string) {
	for _, t := range s.teams {
		lost := s.renewsAgain && t.used && !s.teams[t.next].seen
		if t.refresh == refresh && refresh != "" && (!t.used || lost) && !t.revoked {
			t.used, t.next = true, s.issue(t.id, t.enterprise)
			return t.next, ""
		}
	}
	return "", "invalid_refresh_token"
}
