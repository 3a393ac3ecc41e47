package bot

import (
	"context"
	"errors"
	"net/http"
	"net/http/pprof"
	"slices"

	"signpost/bot/metrics"
)

// metricsHandler answers Prometheus at /metrics.
func (b *Bot) metricsHandler() http.Handler {
	connected := b.connected.Load
	if b.AppToken == "" {
		connected = nil
	}
	b.Metrics.Tell(func() bool { return b.unready() == "" }, connected)
	from := metrics.Sources{
		Lanes: func(ctx context.Context) (out []metrics.Lane, err error) {
			all, err := b.Queue.Lanes(ctx)
			for _, l := range all {
				out = append(out, metrics.Lane{Name: string(l.Lane), Pending: l.Pending, Active: l.Active, Retry: l.Retry,
					Scheduled: l.Scheduled, Oldest: l.Oldest})
			}
			return out, err
		},
		Memory: func(ctx context.Context) (out []metrics.Memory, err error) {
			all, err := b.Queue.Memory(ctx)
			for _, n := range all {
				out = append(out, metrics.Memory(n))
			}
			return out, err
		},
		Held: b.Queue.Held,
	}
	if b.Deps.Book != nil {
		from.Cases = b.countCases
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", b.Metrics.Handler(from))
	return mux
}

var (
	// errNobody says that Slack has not told yet which workspace this is.
	errNobody = errors.New("bot: the workspace is not known yet")
	// errMany says that there are more workspaces than a scrape asks about.
	errMany = errors.New("bot: too many workspaces to count their cases")
)

// mostCounted is of how many workspaces the cases are counted at a scrape.
const mostCounted = 20_000

// countCases is how many cases of all workspaces that have the app are in each state.
func (b *Bot) countCases(ctx context.Context) (map[string]int64, error) {
	all, err := b.places(ctx)
	switch {
	case err != nil:
		return nil, err
	case b.Installs == nil && len(all) == 0:
		return nil, errNobody
	case len(all) > mostCounted:
		return nil, errMany
	}
	var teams []string
	for _, p := range all {
		teams = append(teams, p.team)
	}
	slices.Sort(teams)
	counts, err := b.Deps.Book.Counts(ctx, slices.Compact(teams)...)
	out := map[string]int64{}
	for state, n := range counts {
		out[string(state)] = n
	}
	return out, err
}

// debugHandler lets the program be profiled: `go tool pprof http://ADDRESS/debug/pprof/profile`.
func debugHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// unready is why requests are not answered at once, empty where they are: Redis answers, Slack knows us, and the socket
// stands where there is one.
func (b *Bot) unready() string {
	switch {
	case b.Queue.Down() != nil:
		return "redis does not answer"
	case b.BotToken != "" && b.only.self.Load() == nil:
		return "slack does not answer"
	case b.AppToken != "" && !b.connected.Load():
		return "the socket is not connected"
	}
	return ""
}
