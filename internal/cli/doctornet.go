package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"signpost/bot/doctor"
	"signpost/diag/egress"
)

// webHost is asked for over HTTPS: the registry of registries, whose list a diagnosis needs (RFC 9224).
const webHost = "data.iana.org."

// maxMailHosts is how many mail hosts are tried before port 25 is called shut.
const maxMailHosts = 4

// examinations are those of the ways to the outside, and of the knowledge base.
func (g ground) examinations() []doctor.Examination {
	return []doctor.Examination{
		{Name: "dns", Look: g.rootServers}, {Name: "resolvers", Look: g.recursive}, {Name: "port25", Look: g.mailPort},
		{Name: "https", Look: g.web}, {Name: "kb", Look: g.age},
	}
}

func one(status doctor.Status, code string, args map[string]any) []doctor.Finding {
	return []doctor.Finding{{Status: status, Code: code, Args: args}}
}

// rootServers asks from the DNS root, over UDP and TCP; where resolvers are chosen, the root is not needed.
func (g ground) rootServers(ctx context.Context) []doctor.Finding {
	if g.net.ResolversOnly {
		return one(doctor.OK, "root-not-needed", nil)
	}
	err := egress.Root(ctx, g.net, webHost)
	switch {
	case err == nil:
		return one(doctor.OK, "root", nil)
	case errors.Is(err, egress.ErrBehindResolver):
		return one(doctor.Warning, "root-behind-resolver", nil)
	case errors.Is(err, egress.ErrNoTCP):
		return one(doctor.Failed, "dns-tcp", map[string]any{"error": err.Error()})
	}
	return one(doctor.Failed, "root-silent", map[string]any{"error": err.Error()})
}

// recursive tries every resolver that is chosen, or the machine's own.
func (g ground) recursive(ctx context.Context) (out []doctor.Finding) {
	if len(g.net.Resolvers) == 0 {
		return one(doctor.Warning, "resolver-none", nil)
	}
	status := doctor.Warning
	if g.net.ResolversOnly {
		status = doctor.Failed
	}
	for i, err := range egress.Resolvers(ctx, g.net) {
		args := map[string]any{"resolver": g.net.Resolvers[i].String()}
		switch {
		case err == nil:
			out = append(out, one(doctor.OK, "resolver", args)...)
		case errors.Is(err, egress.ErrNotResolving):
			out = append(out, one(status, "resolver-refuses", args)...)
		default:
			args["error"] = err.Error()
			out = append(out, one(status, "resolver-silent", args)...)
		}
	}
	return out
}

// mailPort tries port 25 of mail hosts of large providers until one greets.
func (g ground) mailPort(ctx context.Context) []doctor.Finding {
	hosts := g.kb.ControlHosts()
	hosts = hosts[:min(len(hosts), maxMailHosts)]
	type greeted struct {
		host string
		err  error
	}
	met := make(chan greeted, len(hosts))
	for _, host := range hosts {
		go func() { met <- greeted{host, egress.Greets(ctx, g.net, host+".")} }()
	}
	known := false // whether an address was found of any
	for range hosts {
		m := <-met
		if m.err == nil {
			return one(doctor.OK, "port25", map[string]any{"host": m.host})
		}
		known = known || !errors.Is(m.err, egress.ErrNoAddress)
	}
	if !known {
		return one(doctor.Unknown, "port25-untold", nil)
	}
	return one(doctor.Warning, "port25-shut", map[string]any{"hosts": strings.Join(hosts, ", ")})
}

// web makes a TLS connection to port 443.
func (g ground) web(ctx context.Context) []doctor.Finding {
	opened, err := egress.TLS(ctx, g.net, webHost, time.Now())
	args := map[string]any{"host": strings.TrimSuffix(webHost, ".")}
	if err != nil {
		args["error"] = err.Error()
	}
	switch {
	case err == nil:
		return one(doctor.OK, "https", nil)
	case errors.Is(err, egress.ErrNoAddress):
		return one(doctor.Unknown, "https-untold", args)
	case opened:
		return one(doctor.Failed, "https-tls", args)
	}
	return one(doctor.Failed, "https-shut", args)
}

// age tells how long ago the facts were last looked at.
func (g ground) age(context.Context) []doctor.Finding {
	newest, total, stale, now := "", 0, 0, time.Now()
	for _, p := range g.kb.Providers() {
		for _, c := range p.Channels {
			total++
			newest = max(newest, c.Seen)
			if c.Stale(now) {
				stale++
			}
		}
	}
	args := map[string]any{"seen": newest, "stale": stale, "total": total}
	if stale*2 > total {
		return one(doctor.Warning, "kb-old", args)
	}
	return one(doctor.OK, "kb", args)
}
