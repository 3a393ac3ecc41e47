package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"signpost/bot/jobs"
	"signpost/cases"
	"signpost/commands"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/registry"
	"signpost/diag/resolve"
	"signpost/kb"

	"github.com/redis/go-redis/v9"
	"golang.org/x/text/language"
)

// ground is what a command that diagnoses stands on.
type ground struct {
	kb         *kb.Base
	live       *kb.Live
	net        *resolve.Net
	lang       language.Tag
	resolvers  []diag.Recursive // whose caches are compared
	registry   *registry.Directory
	blocklists []diag.Blocklist
}

// deps is what commands stand on.
func (g ground) deps() answers.Deps {
	return answers.Deps{KB: g.kb, Latest: g.live.Base, Net: g.net, Now: time.Now, Resolvers: g.resolvers,
		Registry: g.registry, Blocklists: g.blocklists}
}

func (d dnsFlags) open(s *System, lang string) (g ground, err error) {
	if err := commands.Validate(); err != nil {
		return g, err
	}
	if g.live, err = kb.Open(d.Data); err != nil {
		return g, err
	}
	if err := g.live.Err(); err != nil {
		fmt.Fprintf(s.Err, "signpost: SIGNPOST_DATA: %v\nsignpost: going on with the built-in knowledge until that is mended; see signpost kb check\n", err)
	}
	g.kb = g.live.Base()
	return g, d.prepare(s, lang, &g)
}

// openForDiagnosis is open with the knowledge that a diagnosis needs alone, so that a command that ends soon starts at
// once.
func (d dnsFlags) openForDiagnosis(s *System, lang string) (g ground, err error) {
	if d.Data != "" {
		return d.open(s, lang)
	}
	tag, err := parseLang(lang)
	if err != nil {
		return g, err
	}
	chat.Expect(tag)
	if g.kb, err = kb.ForDiagnosis(tag); err != nil {
		return g, err
	}
	return g, d.prepare(s, lang, &g)
}

// prepare adds the language and the ways to the outside.
func (d dnsFlags) prepare(s *System, lang string, g *ground) (err error) {
	if g.lang, err = parseLang(lang); err != nil {
		return err
	}
	if g.blocklists, err = g.kb.Blocklists(d.Blocklist); err != nil {
		return usageError{fmt.Errorf("%w. For example: --blocklist spamhaus-zen", err)}
	}
	g.registry = registry.Default()
	if g.net, err = d.net(s); err != nil {
		return err
	}
	switch {
	case len(d.Resolver) > 0:
		for _, a := range g.net.Resolvers {
			g.resolvers = append(g.resolvers, diag.Recursive{ID: a.String(), Address: a})
		}
	case d.RootHints == "":
		g.resolvers = g.kb.Resolvers()
	}
	return nil
}

// openStore opens the Redis of REDIS_URL; the embedded store where there is none.
func openStore(ctx context.Context, s *System, url string) (client redis.UniversalClient, stop func(), err error) {
	if url == "" {
		fmt.Fprintln(s.Err, "signpost: REDIS_URL is not set: running on the embedded store, which keeps nothing when this process ends.")
		return jobs.Embedded()
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
