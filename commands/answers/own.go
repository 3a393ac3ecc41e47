package answers

import (
	"context"
	"log/slog"

	"signpost/cases"
	"signpost/commands/chat"
)

// ownSettings is what a workspace has said of its own mail, so that nobody is asked again; empty where it has not, or it is not known now.
func ownSettings(ctx context.Context, d Deps, r chat.Request) cases.Own {
	if d.Book == nil {
		return cases.Own{}
	}
	s, err := d.Book.Team(ctx, r.Team)
	if err != nil {
		slog.Warn("the workspace's settings are not known", "request_id", r.ID, "error", err)
	}
	return s.Own
}
