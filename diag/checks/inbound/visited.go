package inbound

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"time"

	"signpost/diag"
	"signpost/diag/checks/view"
)

// How long what a visit brought is shared with other domains of a list.
const (
	visitLife   = time.Hour // of a host that welcomed us
	visitOctets = 4 << 10   // that a visit takes without its certificates, at most
)

// visitOnce is a visit to an address of a host, or what one showed that was made for another domain. It is nil where
// there is no way to it.
func visitOnce(ctx context.Context, p *view.Pass, host string, addr netip.Addr, probes bool) *visit {
	value, at := p.Visits.Once(ctx, p.Now, diag.VisitKey{Kind: "visit", Host: host, Addr: addr, Probes: probes},
		func() diag.Learned {
			v := call(ctx, p, host, addr, probes)
			out := diag.Learned{Value: v, Lasts: visitFailed, Octets: visitOctets}
			if v != nil && v.greeted {
				out.Lasts = visitLife
				for _, c := range v.chain {
					out.Octets += 2 * len(c.Raw) // as it came, and as it was read
				}
			}
			return out
		})
	v, _ := value.(*visit)
	if v == nil {
		return nil
	}
	own := *v
	if !at.IsZero() {
		own.Visited = at.UTC().Format(time.RFC3339)
	}
	return &own
}

// knockOnce is knockSix, or what one brought that was made for another domain.
func knockOnce(ctx context.Context, p *view.Pass, h view.MailHost) *knock {
	i := slices.IndexFunc(h.Addrs, netip.Addr.Is6)
	if i < 0 {
		return nil
	}
	value, _ := p.Visits.Once(ctx, p.Now,
		diag.VisitKey{Kind: "ipv6", Host: h.Name, Addr: h.Addrs[i], Probes: probesOf(p, h.Name) == probesMade},
		func() diag.Learned {
			k := knockSix(ctx, p, h)
			out := diag.Learned{Value: k, Lasts: visitFailed, Octets: visitOctets}
			if k != nil && k.Answers == "yes" {
				out.Lasts = visitLife
			}
			return out
		})
	k, _ := value.(*knock)
	if k == nil {
		return nil
	}
	own := *k
	return &own
}

// visitHost visits the host's addresses in turn, until one welcomes us.
func visitHost(ctx context.Context, p *view.Pass, h view.MailHost) []*visit {
	var out []*visit
	for _, a := range h.Addrs {
		if !view.Routable(a) || len(out) == maxSMTPAddrs {
			continue
		}
		v := visitOnce(ctx, p, h.Name, a, probesOf(p, h.Name) == probesMade)
		if v == nil {
			continue // out of reach from here: no IPv6, for example
		}
		if v.STARTTLS {
			if v.Probes = cmp.Or(v.Probes, probesOf(p, h.Name)); v.probing == nil && v.Probes == probesMade {
				v.Probes = probesSlow
			}
		}
		out = append(out, v)
		if v.greeted || ctx.Err() != nil {
			break
		}
	}
	return out
}
