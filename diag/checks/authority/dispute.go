package authority

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"signpost/diag"
	"signpost/diag/checks/view"
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

// Dispute is a question that the domain's own servers answer differently. Which answer counts is chance, so nothing is
// built on either.
type Dispute struct {
	Answers  []string // "server, server: answer"
	Evidence []diag.Evidence
}

func (d *Dispute) Args() map[string]any { return map[string]any{"answers": d.Answers} }

// disputeOf is how the domain's servers disagree about a question; nil where they do not, or where it is not known. Of
// gives what counts of an answer. The check of the delegation, where it is made, has asked them all; otherwise they are
// asked now.
func disputeOf(ctx context.Context, p *view.Pass, q resolve.Question, of func(*resolve.Answer) string) *Dispute {
	d := &Dispute{}
	var said []string
	who := map[string][]string{}
	for _, x := range everyAnswer(ctx, p, q) {
		text := of(x.Answer)
		if who[text] == nil {
			said = append(said, text)
			d.Evidence = append(d.Evidence, diag.Said(x.Answer))
		}
		if !slices.Contains(who[text], x.By) {
			who[text] = append(who[text], x.By)
		}
	}
	if len(said) < 2 {
		return nil
	}
	d.Answers = attributed(said, who)
	return d
}

// everyAnswer is what each of the domain's servers answers.
func everyAnswer(ctx context.Context, p *view.Pass, q resolve.Question) []view.AttributedAnswer {
	return p.Disputes.Once(ctx, q, func() []view.AttributedAnswer { return askEvery(ctx, p, q) })
}

func askEvery(ctx context.Context, p *view.Pass, q resolve.Question) []view.AttributedAnswer {
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
		var out []view.AttributedAnswer
		for _, a := range facts.mail[q] {
			out = append(out, view.AttributedAnswer{By: facts.serverAt(a.Server.Addr()), Answer: a})
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
	out := make([]view.AttributedAnswer, len(servers))
	var wg guarded.Group
	for i, ns := range servers {
		wg.Go(func() {
			at, ok := fourOf(ctx, p, ns)
			if !ok {
				return
			}
			a, err := p.DNS.Ask(ctx, at, q.Name, q.Type, resolve.Auto)
			if err == nil && a.Authoritative && (a.Rcode == dns.RcodeSuccess || a.NXDomain()) {
				out[i] = view.AttributedAnswer{By: view.Shown(ns.Name), Answer: a}
			}
		})
	}
	wg.Wait()
	return slices.DeleteFunc(out, func(x view.AttributedAnswer) bool { return x.Answer == nil })
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

// DisputedMX is how the servers disagree about where mail goes.
func DisputedMX(ctx context.Context, p *view.Pass) *Dispute {
	return disputeOf(ctx, p, resolve.Question{Name: p.Domain, Type: dns.TypeMX}, content)
}

// DisputedText is how they disagree about the records of one sort among the texts of a name: what else stands there
// does not count.
func DisputedText(ctx context.Context, p *view.Pass, name string, counts func(text string) bool) *Dispute {
	return disputeOf(ctx, p, resolve.Question{Name: name, Type: dns.TypeTXT}, func(a *resolve.Answer) string {
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

// DisputedSPF is how they disagree about the SPF record.
func DisputedSPF(ctx context.Context, p *view.Pass) *Dispute {
	return DisputedText(ctx, p, p.Domain, spf.Meant)
}

// DisputedDMARC is how they disagree about the DMARC record.
func DisputedDMARC(ctx context.Context, p *view.Pass) *Dispute {
	return DisputedText(ctx, p, "_dmarc."+p.Domain, dmarc.LooksLike)
}

// SettledProviders is the mail providers by the MX, for what is said of the domain; none where the MX is in dispute.
func SettledProviders(ctx context.Context, p *view.Pass) ([]diag.Fingerprint, error) {
	out, err := p.MXProviders(ctx)
	if err != nil || DisputedMX(ctx, p) != nil {
		return nil, err
	}
	return out, nil
}

// fourOf is where a name server is asked over IPv4: at its glue, or at the address that is looked up.
func fourOf(ctx context.Context, p *view.Pass, ns resolve.NameServer) (at netip.AddrPort, ok bool) {
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
