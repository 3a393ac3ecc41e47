package outbound

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"signpost/diag"
	"signpost/diag/cause"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"

	"github.com/miekg/dns"
)

// PTR looks at the reverse names of the MX hosts that are no known provider's, and of the addresses that send for the
// domain: many receivers refuse mail from an address without a name, or whose name does not lead back to it (RFC 1912
// 2.1).
var PTR = &diag.Check{
	Name: "ptr", HiddenBy: authority.DeadDelegation, Run: view.With(checkPTR),
	Codes: []diag.Kind{PTRNone, PTRNotConfirmed, PTRGeneric},
}

// What the check may find.
var (
	PTRNone         = diag.Kind{Code: "ptr.none", Severity: diag.Warning}
	PTRNotConfirmed = diag.Kind{Code: "ptr.not-confirmed", Severity: diag.Warning}
	PTRGeneric      = diag.Kind{Code: "ptr.generic", Severity: diag.Notice}
)

// PTRFacts is the names of each address.
type PTRFacts struct {
	Names map[string][]string `json:"names"`
}

// ErrNoReverse says that the DNS asked here has no reverse tree at all, which tells nothing of an address.
var ErrNoReverse = cause.New(cause.NoReverse,
	"diag: there is no in-addr.arpa or ip6.arpa in the DNS that is asked here")

const (
	maxReverse = 20 // addresses that are looked at
	maxNames   = 5  // names of one address
)

// sending is an address whose reverse name counts.
type sending struct {
	addr netip.Addr
	host string // the MX host; empty: an address that was given
}

func checkPTR(ctx context.Context, p *view.Pass) (any, error) {
	facts := &PTRFacts{Names: map[string][]string{}}
	// The way to the reverse tree is found while the mail hosts are: their addresses are known late.
	var ahead guarded.Group
	ahead.Go(func() { _, _ = p.DNS.Walk(ctx, "in-addr.arpa.") })
	hosts, _, err := view.MailHosts(ctx, p)
	ahead.Wait()
	if err != nil {
		return facts, err
	}
	if authority.DisputedMX(ctx, p) != nil {
		hosts = nil
	}
	all := sendingAddresses(p, hosts)
	errs := make([]error, len(all))
	var mu sync.Mutex
	var wg guarded.Group
	for i, s := range all {
		wg.Go(func() {
			names, err := judgeReverse(ctx, p, s)
			mu.Lock()
			defer mu.Unlock()
			facts.Names[s.addr.String()], errs[i] = names, err
		})
	}
	wg.Wait()
	return facts, errors.Join(errs...)
}

// sendingAddresses is the addresses given, and those of the MX hosts that are no known provider's; each once, at most
// 20, none private.
func sendingAddresses(p *view.Pass, hosts []view.MailHost) []sending {
	var all []sending
	add := func(s sending) {
		switch {
		case !view.Routable(s.addr), slices.ContainsFunc(all, func(x sending) bool { return x.addr == s.addr }):
		case len(all) >= maxReverse:
			p.LeftOut(maxReverse, "addresses of mail hosts")
		default:
			all = append(all, s)
		}
	}
	for _, ip := range p.SourceIPs {
		add(sending{addr: ip.Unmap()})
	}
	for _, h := range hosts {
		if len(view.ProvidersOf(h.Name+".", p.Providers)) > 0 {
			continue
		}
		for _, a := range h.Addrs {
			add(sending{a, h.Name})
		}
	}
	return all
}

func judgeReverse(ctx context.Context, p *view.Pass, s sending) ([]string, error) {
	reverse, err := dns.ReverseAddr(s.addr.String())
	if err != nil {
		return []string{}, fmt.Errorf("diag: reverse name: %w", err)
	}
	a, err := p.DNS.Lookup(ctx, reverse, dns.TypePTR)
	if err != nil {
		return []string{}, err
	}
	names := []string{}
	for _, rr := range a.Records() {
		switch ptr, ok := rr.(*dns.PTR); {
		case !ok:
		case len(names) >= maxNames:
			p.LeftOut(maxNames, "names of one address")
		default:
			names = append(names, view.Shown(strings.ToLower(ptr.Ptr)))
		}
	}
	args := map[string]any{"ip": s.addr.String(), "host": s.host, "names": names}
	if len(names) == 0 {
		tree := "in-addr.arpa."
		if s.addr.Is6() {
			tree = "ip6.arpa."
		}
		if top, err := p.DNS.Lookup(ctx, tree, dns.TypeNS); err != nil || top.Empty() {
			return names, errors.Join(ErrNoReverse, err)
		}
		p.Found(PTRNone, s.addr.String(), args, diag.Said(a))
		return names, nil
	}
	evidence := []diag.Evidence{diag.Said(a)}
	confirmed := ""
	var failed error
	family := dns.TypeA
	if s.addr.Is6() {
		family = dns.TypeAAAA
	}
	for _, n := range names {
		forward, err := p.DNS.Lookup(ctx, n+".", family)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		evidence = append(evidence, diag.Said(forward))
		if slices.Contains(forward.Addrs(), s.addr) {
			confirmed = n
			break
		}
	}
	switch {
	case confirmed == "" && failed != nil:
		return names, failed
	case confirmed == "":
		p.Found(PTRNotConfirmed, s.addr.String(), args, evidence...)
	case generic(confirmed, s.addr):
		p.Found(PTRGeneric, s.addr.String(), args, evidence...)
	}
	return names, nil
}

// generic reports whether a name is made from the address itself, as access providers name their customers' lines: all
// four octets stand in it, in either order.
func generic(name string, a netip.Addr) bool {
	if !a.Is4() {
		return false
	}
	b := a.As4()
	numbers := strings.FieldsFunc(name, func(r rune) bool { return r < '0' || r > '9' })
	for i, n := range numbers {
		numbers[i] = strings.TrimLeft(n, "0")
	}
	want := []string{fmt.Sprint(b[0]), fmt.Sprint(b[1]), fmt.Sprint(b[2]), fmt.Sprint(b[3])}
	for i := range want {
		want[i] = strings.TrimLeft(want[i], "0")
	}
	for range 2 {
		for i := 0; i+4 <= len(numbers); i++ {
			if slices.Equal(numbers[i:i+4], want) {
				return true
			}
		}
		slices.Reverse(want)
	}
	return false
}
