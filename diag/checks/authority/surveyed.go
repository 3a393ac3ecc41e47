package authority

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// start is the zone's SOA as this server gave it with authority, or without where no server has any, and the answer
// that held it; nil where it did not.
func (r *reply) start(zone string) (*dns.SOA, *resolve.Answer) { return r.holds(zone, r.bare) }

// holds is the zone's SOA as this server gave it, and the answer that held it.
func (r *reply) holds(zone string, withoutAuthority bool) (*dns.SOA, *resolve.Answer) {
	for _, a := range []*resolve.Answer{r.soa, r.tcp} {
		if a == nil || !a.Authoritative && !withoutAuthority || a.Rcode != dns.RcodeSuccess {
			continue
		}
		for _, rr := range a.RRs {
			if soa, ok := rr.(*dns.SOA); ok && strings.EqualFold(soa.Hdr.Name, zone) {
				return soa, a
			}
		}
	}
	return nil, nil
}

// lame is how a server's answer shows that it has no authority; empty where it gave none.
func (r *reply) lame(zone string) string {
	a := r.soa
	if a == nil {
		a = r.tcp
	}
	if a == nil {
		if errors.Is(r.soaErr, resolve.ErrBadAnswer) {
			return "bad-answer"
		}
		return ""
	}
	switch {
	case a.Rcode != dns.RcodeSuccess:
		return strings.ToLower(dns.RcodeToString[a.Rcode])
	case len(a.RRs) == 0 && upward(a, zone):
		return "upward-referral"
	case !a.Authoritative:
		return "not-authoritative"
	}
	return "no-soa"
}

// upward reports whether an answer refers to a zone above the one asked for.
func upward(a *resolve.Answer, zone string) bool {
	for _, rr := range a.Ns {
		owner := strings.ToLower(rr.Header().Name)
		if rr.Header().Rrtype == dns.TypeNS && owner != zone && dns.IsSubDomain(owner, zone) {
			return true
		}
	}
	return false
}

// stale is the glue that the zone which holds the server's name does not have, though all servers of the parent give
// it: where they differ, that is told by itself. A family whose look-up failed is not compared.
func (ns *server) stale() []netip.Addr {
	var out []netip.Addr
	for _, g := range ns.unanimous {
		if ns.told(g.Is6()) && !slices.Contains(ns.addrs, g) {
			out = append(out, g)
		}
	}
	return out
}

// unlisted is the addresses of a server within the zone that the parent does not give, though it lists the server.
// Those behind an alias are not its own.
func (ns *server) unlisted(zone string) []netip.Addr {
	if slices.ContainsFunc(ns.answers, func(a *resolve.Answer) bool { return a != nil && len(a.Chain()) > 0 }) {
		return nil
	}
	var out []netip.Addr
	for _, a := range ns.addrs {
		if ns.inParent && dns.IsSubDomain(zone, ns.name) && !slices.Contains(ns.glue, a) {
			out = append(out, a)
		}
	}
	return out
}

// told reports whether the server's addresses of one family are known by authority: which they are, or that there are
// none.
func (ns *server) told(six bool) bool {
	i := 0 // A
	if six {
		i = 1 // AAAA
	}
	return i < len(ns.answers) && ns.answers[i] != nil
}

// silent reports that the address answered neither way.
func (r *reply) silent() bool { return r.soa == nil && r.tcp == nil && isSilence(r.soaErr) }

// evidence is what the address said to the SOA question.
func (r *reply) evidence() diag.Evidence {
	switch {
	case r.soa != nil:
		return diag.Said(r.soa)
	case r.soaErr != nil:
		return diag.SaidNothing(r.soaErr)
	}
	return diag.Evidence{Answer: resolve.ErrPrivate.Error(), Server: r.addr.String()}
}

// counts reports whether an answer of this address tells what the zone holds.
func (r *reply) counts(a *resolve.Answer) bool { return a.Authoritative || r.bare }

// markBare marks the addresses that give the zone without authority where none gives it with authority: resolvers take
// what these say, and nobody else can be believed more.
func (s *survey) markBare() {
	if len(s.serving()) > 0 {
		return
	}
	for _, ns := range s.servers {
		for _, r := range ns.replies {
			soa, _ := r.holds(s.d.Zone, true)
			r.bare = soa != nil
		}
	}
}

// serving is the addresses that serve the zone.
func (s *survey) serving() []*reply {
	var out []*reply
	for _, ns := range s.servers {
		for _, r := range ns.replies {
			if soa, _ := r.start(s.d.Zone); soa != nil {
				out = append(out, r)
			}
		}
	}
	return out
}

// unaddressed is the servers of which no address is known because the look-up failed.
func (s *survey) unaddressed() []string {
	return s.names(func(ns *server) bool {
		return len(ns.replies) == 0 && slices.Contains(ns.answers, nil) && !errors.Is(ns.lookup, resolve.ErrNoWayIn)
	})
}

// untested is the servers that have only IPv6 addresses where IPv6 does not get out of here.
func (s *survey) untested() []string {
	return s.names(func(ns *server) bool { return ns.untested(s.sixWorks) })
}

func (ns *server) untested(sixWorks bool) bool {
	return !sixWorks && len(ns.replies) > 0 &&
		!slices.ContainsFunc(ns.replies, func(r *reply) bool { return !r.addr.Is6() || r.private })
}

// names is the servers that the filter lets through, without final dots; all where it is nil.
func (s *survey) names(filter func(*server) bool) []string {
	out := []string{}
	for _, ns := range s.servers {
		if filter == nil || filter(ns) {
			out = append(out, view.Shown(ns.name))
		}
	}
	return out
}

func (s *survey) mail() map[resolve.Question][]*resolve.Answer {
	out := map[resolve.Question][]*resolve.Answer{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ns := range s.servers {
		for _, r := range ns.replies {
			for q, a := range r.mail {
				if r.counts(a) && (a.Rcode == dns.RcodeSuccess || a.NXDomain()) {
					out[q] = append(out[q], a)
				}
			}
		}
	}
	return out
}

func (s *survey) facts() []ServerFacts {
	var out []ServerFacts
	for _, ns := range s.servers {
		f := ServerFacts{Name: view.Shown(ns.name), Listed: "both", Untested: ns.untested(s.sixWorks),
			TCP: len(ns.replies) > 0}
		switch {
		case !ns.inParent:
			f.Listed = "child"
		case !ns.inChild:
			f.Listed = "parent"
		}
		for _, r := range ns.replies {
			f.Addresses = append(f.Addresses, r.addr.String())
			if soa, _ := r.start(s.d.Zone); soa != nil {
				f.Authoritative, f.Serial = !r.bare, soa.Serial
			}
			if r.soa != nil && f.UDPms == 0 {
				f.UDPms = float64(r.soa.RTT.Microseconds()) / 1000
			}
			f.TCP = f.TCP && (r.tcp != nil || (r.addr.Is6() && !s.sixWorks))
			if r.addr.Is6() && !r.private && f.IPv6 != "answers" {
				f.IPv6 = s.overSix(r)
			}
		}
		out = append(out, f)
	}
	return out
}

// overSix is what is known of an IPv6 address of a server: answers, silent, or unknown.
func (s *survey) overSix(r *reply) string {
	switch {
	case !s.sixWorks:
		return "unknown"
	case r.silent():
		return "silent"
	}
	return "answers"
}

// referred reports whether the parent's own word is known, with the addresses that it gives: it is not where a resolver
// told of the zone, nor where the parent's servers hold the zone as well and answer from that.
func (s *survey) referred() bool { return len(s.listed()) > 0 }

// aliased reports that the server answers with authority, and has an alias where the zone's SOA should be.
func (r *reply) aliased(zone string) bool {
	for _, a := range []*resolve.Answer{r.soa, r.tcp} {
		if a != nil && a.Authoritative && len(a.Chain()) > 0 && a.Question.Name == zone {
			return true
		}
	}
	return false
}

// aliased reports that some server serves the zone with an alias at its top.
func (s *survey) aliased() bool {
	return slices.ContainsFunc(s.servers, func(ns *server) bool {
		return slices.ContainsFunc(ns.replies, func(r *reply) bool { return r.aliased(s.d.Zone) })
	})
}

// listed is the servers that servers of the parent lead to, each as often as it is listed.
func (s *survey) listed() []resolve.NameServer {
	if s.d.ViaResolver || s.p.Planned() {
		return nil
	}
	var out []resolve.NameServer
	for _, a := range s.parents {
		out = append(out, resolve.Listed(a, s.d.Parent, s.d.Zone)...)
	}
	if s.d.Said != nil {
		out = append(out, resolve.Listed(s.d.Said, s.d.Parent, s.d.Zone)...)
	}
	return out
}

// markListed marks the servers that the parent lists by what its servers say. One of them may hold the zone as well and
// give the zone's own list: that counts only where none gives the parent's.
func (s *survey) markListed() {
	listed := s.listed()
	if len(listed) == 0 {
		return
	}
	for _, ns := range s.servers {
		ns.inParent, ns.glue, ns.unanimous = false, nil, nil
		for _, l := range listed {
			if l.Name != ns.name {
				continue
			}
			if ns.unanimous == nil {
				ns.unanimous = slices.Clone(l.Glue)
			}
			ns.unanimous = slices.DeleteFunc(ns.unanimous, func(g netip.Addr) bool { return !slices.Contains(l.Glue, g) })
			ns.inParent, ns.glue = true, append(ns.glue, l.Glue...)
		}
		slices.SortFunc(ns.glue, netip.Addr.Compare)
		slices.SortFunc(ns.unanimous, netip.Addr.Compare)
		ns.glue = slices.Compact(ns.glue)
	}
}
