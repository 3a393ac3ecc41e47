package cli

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"signpost/bot/install"
	"signpost/commands/batch"
	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/checks/authority"
)

type checkCmd struct {
	dnsFlags
	Domains  []string      `arg:"" name:"domain" help:"Domains to check; - reads them from standard input, one a line."`
	JSON     bool          `name:"json" help:"Print each report as one line of JSON, as it is done: --format json."`
	Format   string        `default:"text" enum:"text,json,csv" help:"text or csv, in the order of the domains, or json, one line each as it is done."`
	Lang     string        `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language of the answers."`
	Only     []string      `placeholder:"CHECK,..." help:"Make these checks only."`
	Selector []string      `placeholder:"S" help:"DKIM selector to look for; may be repeated."`
	SourceIP []netip.Addr  `name:"source-ip" placeholder:"IP" help:"Address that sends for the domain; may be repeated."`
	NS       []string      `name:"ns" placeholder:"HOST[=ADDRESS]" help:"Name server to examine the zone through, as it will be when the delegation leads there; may be repeated."`
	Timeout  time.Duration `default:"20s" help:"How long one domain may take."`
	NoSMTP   bool          `name:"no-smtp" help:"Connect to no mail server."`
	Probes   string        `name:"mail-probes" default:"auto" enum:"auto,own,all,none" help:"Mail hosts asked by up to 3 more connections which old TLS and weak ciphers they agree to: own, the domain's own; all of its MX; none. Auto: own for one domain, none for several."`
	Parallel int           `short:"j" default:"64" help:"Domains examined at once."`
}

func (c *checkCmd) Run(ctx context.Context, s *System) error {
	var names []string
	for _, x := range checks.All() {
		names = append(names, x.Name)
	}
	for _, o := range c.Only {
		if !slices.Contains(names, o) {
			return usageError{fmt.Errorf("no such check: %s. There are: %s", o, strings.Join(names, ", "))}
		}
	}
	if c.Timeout <= 0 || c.Parallel < 1 || c.Parallel > 1000 {
		return usageError{errors.New("--timeout must be above 0, --parallel between 1 and 1000. For example: --timeout 20s")}
	}
	through, err := diag.ParseThrough(c.NS, true)
	if err != nil {
		return usageError{fmt.Errorf("--ns: %w. For example: --ns ns1.example.net or --ns ns1.example.net=192.0.2.53", err)}
	}
	debug.SetGCPercent(300) // memory for speed: the process ends soon, and a run over many domains keeps little of each
	g, err := c.openForDiagnosis(s, c.Lang)
	if err != nil {
		return err
	}
	format := batch.Format(c.Format)
	if c.JSON {
		format = batch.JSON
	}
	run := &batch.Check{
		Domains: c.Domains, In: s.In, Out: s.Out, Err: s.Err, Format: format, Progress: isTerminal(s.Err) && !c.Verbose,
		Text: face(s.Out).Text, Lang: g.lang,
		Timeout: c.Timeout, Parallel: c.Parallel, Net: g.net, KB: g.kb,
		Options: diag.Options{
			Only: c.Only, Selectors: c.Selector, SourceIPs: c.SourceIP, NoSMTP: c.NoSMTP, Through: through, ThroughTrusted: true,
			Providers: g.kb.Fingerprints(), Operators: g.kb.Operators(), Issuers: g.kb.Issuers(),
			ControlHosts: g.kb.ControlHosts(), Blocklists: g.blocklists,
		},
	}
	// The registries and the resolvers of strangers are asked for one domain at a time, not for lists of them.
	one := len(c.Domains) == 1 && c.Domains[0] != "-"
	if !one {
		run.Options.Bulk, run.Options.Visits, g.net.Remember = true, &diag.Visits{}, true
	}
	switch {
	case c.Probes == "all":
		run.Options.MailProbes = diag.ProbeAll
	case c.Probes == "none", c.Probes == "auto" && !one:
		run.Options.MailProbes = diag.ProbeNone
	}
	if one || slices.Contains(c.Only, authority.Registration.Name) {
		run.Options.Registry = g.registry
	}
	if one || len(c.Resolver) > 0 || slices.Contains(c.Only, authority.Propagation.Name) {
		run.Options.Resolvers = g.resolvers
	}
	if code := run.Run(ctx); code != 0 {
		return exitError(code)
	}
	return nil
}

// manyFlags is what an app needs that many workspaces install by themselves; without any of it there is the one of the
// bot token.
type manyFlags struct {
	ClientID     string `env:"SLACK_CLIENT_ID" hidden:""`
	ClientSecret string `env:"SLACK_CLIENT_SECRET" hidden:""`
	TokenKey     string `env:"SIGNPOST_TOKEN_KEY" hidden:""`
	PublicURL    string `name:"public-url" env:"SIGNPOST_URL" hidden:""`
}

// errMany says that only a part of them is set.
var errMany = errors.New("SLACK_CLIENT_ID, SLACK_CLIENT_SECRET, SIGNPOST_TOKEN_KEY and SIGNPOST_URL belong together")

// ring is the keys that seal tokens; nil where there is one workspace alone.
func (m manyFlags) ring() (*install.Ring, error) {
	switch {
	case m == manyFlags{}:
		return nil, nil
	case m.ClientID == "", m.ClientSecret == "", m.TokenKey == "", m.PublicURL == "":
		return nil, errMany
	}
	ring, err := install.ParseRing(m.TokenKey)
	if err != nil {
		return nil, fmt.Errorf("SIGNPOST_TOKEN_KEY: %w. For example: openssl rand -base64 32", err)
	}
	return ring, nil
}

func (m manyFlags) pages() install.Config {
	return install.Config{ClientID: m.ClientID, ClientSecret: m.ClientSecret, URL: m.PublicURL}
}
