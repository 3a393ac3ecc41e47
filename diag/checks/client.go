package checks

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// Client looks at the names by which mail programs find their servers: autodiscover, autoconfig, SRV records (RFC 6186,
// RFC 8314), and the names that the mailbox provider has its customers publish.
var Client = &diag.Check{
	Name: "client", HiddenBy: authority.DeadDelegation, SkippedBy: []diag.Code{view.ZoneCNAMEApex.Code},
	Run:       view.With(checkClient),
	DecidedBy: func(t diag.Touched) bool { return t.Hosts() && t.Mail() },
	Codes:     []diag.Kind{ClientCNAMEWrong, ClientSRVWrong, ClientAutodiscoverMissing},
}

// What the check may find.
var (
	ClientCNAMEWrong          = diag.Kind{Code: "client.cname-wrong", Severity: diag.Warning}
	ClientSRVWrong            = diag.Kind{Code: "client.srv-wrong", Severity: diag.Warning}
	ClientAutodiscoverMissing = diag.Kind{Code: "client.autodiscover-missing", Severity: diag.Info}
)

// ClientFacts is what the client check learned: where each name leads, and the targets of SRV records.
type ClientFacts struct {
	Names map[string]string   `json:"names"`
	SRV   map[string][]string `json:"srv"`
}

// clientServices are the SRV records of mail programs.
var clientServices = []string{"_submission._tcp", "_submissions._tcp", "_imap._tcp", "_imaps._tcp", "_pop3._tcp",
	"_pop3s._tcp", "_autodiscover._tcp"}

// alwaysAsked are the commonest of these: asked for although the servers deny what is above them.
var alwaysAsked = []string{"_imaps._tcp", "_autodiscover._tcp"}

// clientLabels are the names that are looked at whoever the provider is.
var clientLabels = []string{"autodiscover", "autoconfig"}

func checkClient(ctx context.Context, p *view.Pass) (any, error) {
	facts := &ClientFacts{Names: map[string]string{}, SRV: map[string][]string{}}
	// Where nothing exists below _tcp (RFC 8020), the services need not be asked for one by one. Two are all the same:
	// there are servers that deny a name although others stand below it.
	var tcp *resolve.Answer
	var every view.Chance // what any name has
	var asking guarded.Group
	asking.Go(func() { tcp, _ = p.DNS.Lookup(ctx, "_tcp."+p.Domain, dns.TypeSRV) })
	asking.Go(func() { every = p.Chance(ctx, p.Domain, dns.TypeA) })
	mx, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	asking.Wait()
	if err != nil {
		return facts, err
	}
	if targets, _ := view.ReadMX(mx); len(targets) == 0 {
		return facts, view.HiddenByAlias(ctx, p, mx) // no mail, no mail programs
	}
	expected, err := clientNames(ctx, p)
	if err != nil {
		return facts, err
	}
	labels := slices.Concat(clientLabels, slices.Sorted(maps.Keys(expected)))
	names, services := make([]*resolve.Answer, len(labels)), make([]*resolve.Answer, len(clientServices))
	errs := make([]error, len(labels)+len(services))
	var wg guarded.Group
	for i, l := range labels {
		wg.Go(func() { names[i], errs[i] = p.DNS.Lookup(ctx, l+"."+p.Domain, dns.TypeA) })
	}
	denied := tcp != nil && tcp.NXDomain()
	askServices := func(those bool) {
		for i, s := range clientServices {
			if !denied || slices.Contains(alwaysAsked, s) == those {
				wg.Go(func() { services[i], errs[len(labels)+i] = p.DNS.Lookup(ctx, s+"."+p.Domain, dns.TypeSRV) })
			}
		}
		wg.Wait()
	}
	askServices(true)
	if denied && slices.ContainsFunc(services, func(a *resolve.Answer) bool { return a != nil && !a.Empty() }) {
		askServices(false)
	}
	there := false
	for i, a := range names {
		if a == nil || every.Gives(a) {
			continue // a wildcard sets no mail program up
		}
		there = there || i < len(clientLabels) && !a.NXDomain()
		judgeClientName(p, facts, labels[i], a, expected[labels[i]])
	}
	for i, a := range services {
		if a != nil {
			found, err := judgeService(ctx, p, facts, clientServices[i], a)
			there, errs[len(labels)+i] = there || found, errors.Join(errs[len(labels)+i], err)
		}
	}
	failed := errors.Join(errs...)
	if !there && failed == nil {
		p.Found(ClientAutodiscoverMissing, p.Domain, map[string]any{"tried": labels[:len(clientLabels)]}, diag.Said(names[0]))
	}
	return facts, failed
}

// clientNames is the labels that the domain's mailbox providers have customers publish, with the targets that are
// right.
func clientNames(ctx context.Context, p *view.Pass) (map[string][]string, error) {
	out := map[string][]string{}
	seen, err := authority.SettledProviders(ctx, p)
	for _, f := range seen {
		if f.Role != "mailbox" {
			continue
		}
		for label, targets := range f.ClientNames {
			out[label] = append(out[label], targets...)
		}
	}
	return out, err
}

// judgeClientName judges an alias: one that leads nowhere, and one that leads to another provider's or an outdated host
// of this one.
func judgeClientName(p *view.Pass, facts *ClientFacts, label string, a *resolve.Answer, expected []string) {
	chain := a.Chain()
	if len(chain) == 0 {
		if addrs := view.Texts(a.Addrs()); len(addrs) > 0 {
			facts.Names[label] = strings.Join(addrs, " ")
		}
		return
	}
	target := strings.ToLower(view.Shown(chain[0]))
	facts.Names[label] = target
	right := slices.ContainsFunc(chain,
		func(c string) bool { return slices.Contains(expected, strings.ToLower(view.Shown(c))) })
	args := map[string]any{"name": label + "." + p.Name(), "target": target, "expected": expected}
	switch {
	case a.NXDomain(): // without an IPv4 address it may still have another
		args["reason"] = "dangling"
	case right || len(expected) == 0 || !knownClientTarget(p, target):
		return // a company may have its own webmail or gateway behind such a name
	default:
		args["reason"] = "other-provider"
	}
	if expected == nil {
		args["expected"] = []string{}
	}
	p.Found(ClientCNAMEWrong, label+"."+p.Domain, args, diag.Said(a))
}

// knownClientTarget reports whether a target is one that some mailbox provider gives to its customers, or a host of
// one.
func knownClientTarget(p *view.Pass, target string) bool {
	for _, f := range p.Providers {
		if f.Role != "mailbox" {
			continue
		}
		for _, targets := range f.ClientNames {
			if slices.Contains(targets, target) {
				return true
			}
		}
		if view.AnyMatch(f.MX, target) || view.AnyMatch(f.Retired, target) {
			return true
		}
	}
	return false
}

// judgeService judges the SRV records of one service; found tells that there are any.
func judgeService(ctx context.Context, p *view.Pass, facts *ClientFacts, service string, a *resolve.Answer) (found bool,
	err error) {
	for _, rr := range a.Records() {
		srv, ok := rr.(*dns.SRV)
		if !ok || len(facts.SRV[service]) == 10 {
			continue
		}
		found = true
		target := strings.ToLower(dns.Fqdn(srv.Target))
		facts.SRV[service] = append(facts.SRV[service], view.Shown(target))
		if target == "." {
			continue // the service is not offered (RFC 6186 3.4)
		}
		args := map[string]any{"service": service, "target": view.Shown(target), "port": int(srv.Port)}
		addrs, answers, errAddrs := p.DNS.Addrs(ctx, target)
		switch {
		case srv.Port == 0:
			args["reason"] = "no-port"
		case len(answers) > 0 && answers[0] != nil && len(answers[0].Chain()) > 0:
			args["reason"] = "cname" // RFC 2782: the target must not be an alias
		case len(addrs) == 0 && errAddrs != nil:
			err = errors.Join(err, errAddrs)
			continue
		case len(addrs) == 0:
			args["reason"] = "no-address"
		default:
			continue
		}
		p.Found(ClientSRVWrong, service+"."+p.Domain, args, view.SaidAll(answers, diag.Said(a))...)
	}
	return found, err
}
