package cli

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"time"

	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/lab"
	"signpost/kb"
)

// demoLists is the blocklists that the lab itself serves.
var demoLists = []diag.Blocklist{
	{ID: "lab-ip", Name: "Lab IP list", Zone: "ip.blocklists.test",
		Codes: map[netip.Addr]string{netip.MustParseAddr("127.0.0.2"): "spam source"}},
	{ID: "lab-domain", Name: "Lab domain list", Zone: "domain.blocklists.test", Domains: true,
		Codes: map[netip.Addr]string{netip.MustParseAddr("127.0.1.2"): "spam domain"}},
}

// demo is what commands stand on where the lab takes the place of the outside. The lab runs until stop is called.
func (g ground) demo() (deps answers.Deps, stop func(), err error) {
	l, err := lab.Start()
	if err != nil {
		return deps, nil, err
	}
	deps = g.deps()
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
	deps.DemoReports = labReports
	page, domain := l.StatusPage()
	deps.Incident = &answers.DemoIncident{Page: page + "/", Domain: domain,
		Turn: func() bool {
			l.Incident(!l.InIncident())
			return l.InIncident()
		}}
	return deps, func() { _ = l.Close() }, nil
}

// labReports is the reports of the lab's receivers, as if somebody had sent them.
func labReports() (out []chat.File) {
	for _, f := range lab.Reports(time.Now()) {
		out = append(out, chat.File{
			Name: f.Name, Size: int64(len(f.Content)),
			Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.Content)), nil },
		})
	}
	return out
}
