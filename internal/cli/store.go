package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"signpost/bot/jobs"
	"signpost/cases"

	"github.com/redis/go-redis/v9"
)

// openStore opens the Redis of REDIS_URL; the embedded store where there is none.
func openStore(ctx context.Context, s *System, url string) (client redis.UniversalClient, stop func(), err error) {
	if url == "" {
		fmt.Fprintln(s.Err, "signpost: REDIS_URL is not set: running on the embedded store, which keeps nothing when this process ends.")
		return jobs.Embedded(ctx)
	}
	client, err = jobs.Connect(ctx, url)
	switch {
	case errors.Is(err, jobs.ErrURL):
		return nil, nil, usageError{fmt.Errorf("REDIS_URL: %w", err)}
	case err != nil:
		return nil, nil, fmt.Errorf("REDIS_URL: %w. Start Redis there, or unset REDIS_URL to try the embedded store, which keeps nothing", err)
	}
	cases.WaitForReplicas(client)
	for _, w := range jobs.Examine(ctx, client) {
		slog.Warn("redis is not fit to keep cases", "node", w.Node, "fault", w.Fault, "remedy", w.Remedy)
	}
	return client, func() { _ = client.Close() }, nil
}
