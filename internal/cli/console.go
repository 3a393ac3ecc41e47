package cli

import (
	"context"
	"net/netip"
	"time"

	"signpost/bot/console"
	"signpost/bot/jobs"
	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/lab"
	"signpost/kb"
)

type consoleCmd struct {
	dnsFlags
	Demo bool   `help:"Use the lab: a mail internet on this machine, with faults to look at. No network is needed."`
	JSON bool   `name:"json" help:"Print each answer as one JSON line."`
	Lang string `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language of the answers."`
}

// demoLists is the blocklists that the lab itself serves.
var demoLists = []diag.Blocklist{
	{ID: "lab-ip", Name: "Lab IP list", Zone: "ip.blocklists.test", Codes: map[netip.Addr]string{netip.MustParseAddr("127.0.0.2"): "spam source"}},
	{ID: "lab-domain", Name: "Lab domain list", Zone: "domain.blocklists.test", Domains: true, Codes: map[netip.Addr]string{netip.MustParseAddr("127.0.1.2"): "spam domain"}},
}

func (c *consoleCmd) Run(ctx context.Context, s *System) error {
	g, err := c.open(s, c.Lang)
	if err != nil {
		return err
	}
	deps := g.deps()
	store, closeStore, err := jobs.Embedded(ctx)
	if err != nil {
		return err
	}
	defer closeStore()
	deps.Book = cases.OpenBook(store, time.Now)
	banner := chat.Text(g.lang, "console.banner", nil)
	if c.Demo {
		l, err := lab.Start()
		if err != nil {
			return err
		}
		defer l.Close()
		deps.Net = l.Net()
		deps.Net.Trace = g.net.Trace
		deps.Registry, deps.Resolvers, deps.Blocklists = l.Registry(), nil, demoLists
		for _, a := range l.Resolvers() {
			deps.Resolvers = append(deps.Resolvers, diag.Recursive{ID: a.Addr().String(), Region: "lab", Address: a})
		}
		for _, d := range l.Domains() {
			deps.Demo = append(deps.Demo, answers.DemoDomain{Domain: d.Name, Fault: d.Fault, Codes: d.Codes})
		}
		deps.Publish = func(records []kb.Record) error {
			var changes []lab.Published
			for _, r := range records {
				changes = append(changes, lab.Published(r))
			}
			_, err := l.Publish(changes)
			return err
		}
		banner = chat.Text(g.lang, "demo.banner", nil)
	}
	if !c.Demo {
		go g.registry.Keep(ctx, g.net)
	}
	chat := &console.Chat{
		In: s.In, Out: s.Out, Terminal: s.atTerminal(), Interrupt: s.Interrupt, JSON: c.JSON,
		Lang: g.lang, Zone: localZone(), Face: face(s.Out), Deps: deps, Banner: banner,
	}
	return chat.Run(ctx)
}
