package diag

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"signpost/diag/protocol/txt"
	"signpost/diag/resolve"
	"signpost/diag/visible"
)

func (s ThroughServer) String() string { return s.Name + " (" + strings.Join(s.Addresses, ", ") + ")" }

// maxThrough is how many servers one can name.
const maxThrough = 8

// ParseThrough reads name servers as a person writes them, each HOST, HOST=ADDRESS or ADDRESS; one host may come with
// several addresses. The error is an *InputError; beside the reasons of ParseTarget there are too-many and, unless the
// operator is trusted, private.
func ParseThrough(texts []string, trusted bool) ([]resolve.NameServer, error) {
	var out []resolve.NameServer
	for _, text := range texts {
		fail := func(reason string) error { return &InputError{Input: visible.Clip(text, 80), Reason: reason} }
		host, address, given := strings.Cut(strings.TrimSpace(text), "=")
		addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
		bare := err == nil && !given
		if given {
			if addr, err = netip.ParseAddr(strings.Trim(address, "[]")); err != nil {
				return nil, fail("bad-address")
			}
		}
		if bare {
			host = addr.String()
		} else {
			t, err := ParseTarget(host)
			if err != nil {
				return nil, err
			}
			host = t.Domain
		}
		i := slices.IndexFunc(out, func(ns resolve.NameServer) bool { return ns.Name == host+"." })
		if i < 0 {
			i = len(out)
			out = append(out, resolve.NameServer{Name: host + "."})
		}
		if given || bare {
			if addr = addr.Unmap(); !trusted && resolve.Unroutable(addr) {
				return nil, fail("private")
			}
			if !slices.Contains(out[i].Glue, addr) {
				out[i].Glue = append(out[i].Glue, addr)
			}
		}
		if len(out) > maxThrough || len(out[i].Glue) > maxThrough {
			return nil, fail("too-many")
		}
	}
	return out, nil
}

// through has the session see the zone as the servers have it that were named.
func through(ctx context.Context, session *resolve.Session, t Target, o Options) ([]ThroughServer, error) {
	d, err := session.Through(ctx, t.Domain, o.Through, o.ThroughTrusted)
	if err != nil {
		var out []ThroughServer
		for _, ns := range o.Through {
			out = append(out, ThroughServer{strings.TrimSuffix(ns.Name, "."), addressTexts(ns.Glue)})
		}
		return out, err
	}
	var out []ThroughServer
	for _, ns := range d.NS {
		out = append(out, ThroughServer{strings.TrimSuffix(ns.Name, "."), addressTexts(ns.Glue)})
	}
	return out, nil
}

func addressTexts(addrs []netip.Addr) []string {
	out := make([]string, len(addrs))
	for i, a := range addrs {
		out[i] = a.String()
	}
	return out
}

// withoutRecords takes whole records out of what findings suggest.
func (r *Report) withoutRecords() {
	for _, res := range r.Results {
		for _, f := range res.Findings {
			if whole, ok := f.Args["suggestion"].(string); ok && txt.WholeRecord(whole) {
				f.Args["suggestion"] = ""
			}
		}
	}
}
