package doctor

import (
	"context"
	"errors"

	"signpost/bot/jobs"
)

// Redis looks at the Redis of a REDIS_URL: whether it answers, and whether it is fit to keep cases.
func Redis(url string) Examination {
	return Examination{"redis", func(ctx context.Context) (out []Finding) {
		if url == "" {
			return []Finding{{Status: Warning, Code: "redis-none"}}
		}
		client, err := jobs.Connect(ctx, url)
		switch {
		case errors.Is(err, jobs.ErrURL):
			return []Finding{{Status: Failed, Code: "redis-url", Args: map[string]any{"error": err.Error()}}}
		case err != nil:
			return []Finding{{Status: Failed, Code: "redis-silent", Args: map[string]any{"error": err.Error()}}}
		}
		defer client.Close()
		for _, w := range jobs.Examine(ctx, client) {
			status := Warning
			if w.Code == jobs.WarnSilent {
				status = Unknown
			}
			out = append(out, Finding{Status: status, Code: "redis-" + w.Code,
				Args: map[string]any{"node": w.Node, "value": w.Value}})
		}
		if len(out) == 0 {
			return []Finding{{Status: OK, Code: "redis"}}
		}
		return out
	}}
}
