package bot

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"golang.org/x/time/rate"
)

// place is where a delivery comes from: a workspace and, where there is one, the Enterprise organisation that it
// belongs to.
type place struct{ team, enterprise string }

// errForeign says that a request comes from where the app is not installed.
var errForeign = errors.New("bot: not installed in this workspace")

// workspace is an installation of the app, in one workspace or in a whole Enterprise organisation: its token, and what
// is known by it. A request is answered with the token of its own alone.
type workspace struct {
	token string
	api   *slack.Client
	// apiOnce tries each call once: progress that comes late is worth nothing.
	apiOnce *slack.Client
	self    atomic.Pointer[slack.AuthTestResponse] // nil before Slack has said who we are
	scopes  atomic.Pointer[[]string]               // granted to the app
	people  *people
	newer   newer
	// edits is the budget of progress edits: chat.update allows about 50 a minute to a workspace, and answers go before
	// progress.
	edits *rate.Limiter
	// refused is told when Slack refuses the token.
	refused func(error)
}

// serves reports whether requests from a place are this installation's. The id of an organisation stands for all of its
// workspaces.
func (w *workspace) serves(from place) bool {
	me := w.self.Load()
	return me != nil && (from.team == me.TeamID && from.team != "" ||
		strings.HasPrefix(me.TeamID, "E") && from.enterprise == me.TeamID)
}

// guest reports whether somebody writes from another workspace, through a channel that both share: what the casebook
// holds is not theirs. Within an organisation people of one workspace are at home in the others.
func (p place) guest(teams ...string) bool {
	return p.enterprise == "" && slices.ContainsFunc(teams, func(t string) bool { return t != "" && t != p.team })
}

// clickedIn is where a click, a form or a shortcut comes from. Source:
// https://docs.slack.dev/enterprise/developing-for-enterprise-orgs (payloads of installations in organisations).
func clickedIn(c slack.InteractionCallback) place {
	enterprise := cmp.Or(c.Enterprise.ID, c.Team.EnterpriseID)
	return place{cmp.Or(c.Team.ID, c.User.TeamID, enterprise), enterprise}
}

// happenedIn is the installation for which an event is delivered, and the bot's own id there as a person; "" where the
// event does not tell. In a channel that workspaces share the event itself may have come from another of them.
// Source: https://docs.slack.dev/apis/events-api ("authorizations").
func happenedIn(e slackevents.EventsAPIEvent) (from place, me string) {
	from = place{cmp.Or(e.TeamID, e.EnterpriseID), e.EnterpriseID}
	outer, ok := e.Data.(*slackevents.EventsAPICallbackEvent)
	if !ok || len(outer.Authorizations) == 0 {
		return from, ""
	}
	a := outer.Authorizations[0]
	from = place{cmp.Or(a.TeamID, from.team), cmp.Or(a.EnterpriseID, from.enterprise)}
	if a.IsBot {
		me = a.UserID
	}
	return from, me
}

// granted reports whether the app is known to have a scope.
func (w *workspace) granted(scope string) bool {
	list := w.scopes.Load()
	return list != nil && slices.Contains(*list, scope)
}

// watchToken tells of an error that says that the token is refused, and passes the error on.
func (w *workspace) watchToken(err error) error {
	if err != nil && tokenRefused(err) {
		w.refused(err)
	}
	return err
}

// from is where a request comes from.
func (r request) from() place { return place{r.Team, r.Enterprise} }
