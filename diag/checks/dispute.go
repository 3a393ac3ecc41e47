package checks

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"signpost/diag"
	"signpost/diag/guarded"
	"signpost/diag/protocol/dmarc"
	"signpost/diag/protocol/spf"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

const (
	disputeServers = 6                      // of the domain's zone that are asked where the delegation is not examined
	disputeWait    = 320 * time.Millisecond // for the slowest of them
	disputeSpare   = 500 * time.Millisecond // left of the run's time for what is built on the answers
)

// dispute is a question that the domain's own servers answer differently. Which answer counts is chance, so nothing is built on either.
type dispute struct {
	answers  []string // "server, server: answer"
	evidence []diag.Evidence
}

func (d *dispute) args() map[string]any { return map[string]any{"answers": d.answers} }

// disputes is the questions of a run that were looked at, each once.
type disputes struct {
	mu    sync.Mutex
	known map[resolve.Question]*settling
}

type settling struct {
	done chan struct{}
	all  []attributedAnswer
}

// attributedAnswer is an answer with the name of the server that gave it.
type attributedAnswer struct {
	by string
	a  *resolve.Answer
}

// disputed is how the domain's servers disagree about a question; nil where they do not, or where it is not known. View is what counts of an
// answer. The check of the delegation, where it is made, has asked them all; otherwise they are asked now.
func (p *pass) disputed(ctx context.Context, q resolve.Question, view func(*resolve.Answer) string) *dispute {
	d := &dispute{}
	var said []string
	who := map[string][]string{}
	for _, x := range p.everyAnswer(ctx, q) {
		text := view(x.a)
		if who[text] == nil {
			said = append(said, text)
			d.evidence = append(d.evidence, diag.Said(x.a))
		}
		if !slices.Contains(who[text], x.by) {
			who[text] = append(who[text], x.by)
		}
	}
	if len(said) < 2 {
		return nil
	}
	d.answers = attributed(said, who)
	return d
}

// everyAnswer is what each of the domain's servers answers.
func (p *pass) everyAnswer(ctx context.Context, q resolve.Question) []attributedAnswer {
	m := &p.disputes
	m.mu.Lock()
	if m.known == nil {
		m.known = map[resolve.Question]*settling{}
	}
	s, known := m.known[q]
	if !known {
		s = &settling{done: make(chan struct{})}
		m.known[q] = s
	}
	m.mu.Unlock()
	if !known {
		guarded.Go(func() {
			defer close(s.done)
			s.all = p.askEvery(ctx, q)
		}, nil)
	}
	select {
	case <-s.done:
		return s.all
	case <-ctx.Done():
		return nil
	}
}

func (p *pass) askEvery(ctx context.Context, q resolve.Question) []attributedAnswer {
	if p.Examines(Delegation) {
		if end, ok := ctx.Deadline(); ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, end.Add(-disputeSpare))
			defer cancel()
		}
		facts, ok := diag.FactsOf[*DelegationFacts](p.Await(ctx, Delegation))
		if !ok {
			return nil
		}
		var out []attributedAnswer
		for _, a := range facts.mail[q] {
			out = append(out, attributedAnswer{facts.serverAt(a.Server.Addr()), a})
		}
		return out
	}
	if p.Bulk {
		return nil
	}
	d, err := p.DNS.Walk(ctx, p.Domain)
	if err != nil || d.ViaResolver || d.NXDomain {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, disputeWait)
	defer cancel()
	servers := d.NS[:min(len(d.NS), disputeServers)]
	out := make([]attributedAnswer, len(servers))
	var wg guarded.Group
	for i, ns := range servers {
		wg.Go(func() {
			at, ok := p.fourOf(ctx, ns)
			if !ok {
				return
			}
			a, err := p.DNS.Ask(ctx, at, q.Name, q.Type, resolve.Auto)
			if err == nil && a.Authoritative && (a.Rcode == dns.RcodeSuccess || a.NXDomain()) {
				out[i] = attributedAnswer{shown(ns.Name), a}
			}
		})
	}
	wg.Wait()
	return slices.DeleteFunc(out, func(x attributedAnswer) bool { return x.a == nil })
}

// serverAt is the name of the server at an address.
func (f *DelegationFacts) serverAt(addr netip.Addr) string {
	for _, s := range f.Servers {
		if slices.Contains(s.Addresses, addr.String()) {
			return s.Name
		}
	}
	return addr.String()
}

// disputedMX is how the servers disagree about where mail goes.
func (p *pass) disputedMX(ctx context.Context) *dispute {
	return p.disputed(ctx, resolve.Question{Name: p.Domain, Type: dns.TypeMX}, content)
}

// disputedText is how they disagree about the records of one sort among the texts of a name: what else stands there does not count.
func (p *pass) disputedText(ctx context.Context, name string, counts func(text string) bool) *dispute {
	return p.disputed(ctx, resolve.Question{Name: name, Type: dns.TypeTXT}, func(a *resolve.Answer) string {
		if len(a.Chain()) > 0 {
			return content(a)
		}
		texts := slices.DeleteFunc(a.TXT(), func(t string) bool { return !counts(t) })
		slices.Sort(texts)
		for i := range texts {
			texts[i] = `"` + visible.Clip(texts[i], 300) + `"`
		}
		if len(texts) == 0 {
			return "-"
		}
		return strings.Join(texts, "; ")
	})
}

func (p *pass) disputedSPF(ctx context.Context) *dispute {
	return p.disputedText(ctx, p.Domain, spf.Meant)
}

func (p *pass) disputedDMARC(ctx context.Context) *dispute {
	return p.disputedText(ctx, "_dmarc."+p.Domain, dmarc.LooksLike)
}

// settledProviders is the mail providers by the MX, for what is said of the domain; none where the MX is in dispute.
func (p *pass) settledProviders(ctx context.Context) ([]diag.Fingerprint, error) {
	out, err := p.MXProviders(ctx)
	if err != nil || p.disputedMX(ctx) != nil {
		return nil, err
	}
	return out, nil
}

// fourOf is where a name server is asked over IPv4: at its glue, or at the address that is looked up.
func (p *pass) fourOf(ctx context.Context, ns resolve.NameServer) (at netip.AddrPort, ok bool) {
	addrs := ns.Glue
	if len(addrs) == 0 {
		addrs, _, _ = p.DNS.Addrs(ctx, ns.Name)
	}
	i := slices.IndexFunc(addrs, func(a netip.Addr) bool { return a.Is4() })
	if i < 0 {
		return at, false
	}
	return netip.AddrPortFrom(addrs[i], dnsPort), true
}
