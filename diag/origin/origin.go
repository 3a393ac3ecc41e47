// Package origin tells whose a sending address is, as far as the DNS says: whether the SPF record of the domain that
// it sends for lists it, and by which of its terms, and by which name the address goes, where that name leads back to
// it.
//
// What may enter: what the DNS says of one sending address.
package origin

import (
	"context"
	"math"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"signpost/diag/guarded"
	"signpost/diag/protocol/spf"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

const (
	Most     = 20 // addresses that are looked up for one domain
	maxNames = 3  // names of one address that are looked at
)

// Origin is what the DNS says of one address.
type Origin struct {
	SPF   spf.Result // for mail of the domain; temperror where it could not be told
	Term  string     // the term of the domain's own record by which it passes
	Names []string   // that lead to the address, without their final dots
	Known bool       // the names could be looked up
}

// Look looks up addresses that send for a domain, the first of them where there are many. What is not in the result
// was not looked up.
func Look(
	ctx context.Context,
	net *resolve.Net,
	domain string,
	addresses []netip.Addr,
	now time.Time,
) map[netip.Addr]Origin {
	session := net.NewSession(domain)
	defer session.Close()
	out := map[netip.Addr]Origin{}
	var mu sync.Mutex
	var wg guarded.Group
	for _, a := range addresses {
		mu.Lock()
		full := len(out) >= Most
		if !full && a.IsValid() {
			out[a] = Origin{SPF: spf.TempError}
		}
		mu.Unlock()
		if full || !a.IsValid() {
			continue
		}
		wg.Go(func() {
			o := look(ctx, session, domain, a, now)
			mu.Lock()
			defer mu.Unlock()
			out[a] = o
		})
	}
	wg.Wait()
	return out
}

func look(ctx context.Context, session *resolve.Session, domain string, a netip.Addr, now time.Time) (o Origin) {
	outcome := spf.Evaluate(ctx, session, spf.Query{IP: a, MailFrom: "postmaster@" + domain, Helo: domain, Now: now})
	o.SPF = outcome.Result
	least := math.MaxInt
	for _, n := range outcome.Trace { // of what matched, the term of the domain's own record is the least deep
		if o.SPF == spf.Pass && n.Matched && n.Depth < least {
			o.Term, least = visible.Text(visible.Clip(n.Term, 255)), n.Depth
		}
	}
	o.Names, o.Known = names(ctx, session, a)
	return o
}

// names is the names of an address that lead back to it (RFC 8601 2.7.3). False: that could not be looked up.
func names(ctx context.Context, session *resolve.Session, a netip.Addr) ([]string, bool) {
	reverse, err := dns.ReverseAddr(a.String())
	if err != nil {
		return nil, false
	}
	answer, err := session.Lookup(ctx, reverse, dns.TypePTR)
	if err != nil {
		return nil, false
	}
	family := dns.TypeA
	if a.Is6() {
		family = dns.TypeAAAA
	}
	var out []string
	known := true
	for i, rr := range answer.Records() {
		ptr, ok := rr.(*dns.PTR)
		if !ok || i >= maxNames {
			continue
		}
		forward, err := session.Lookup(ctx, ptr.Ptr, family)
		if err != nil {
			known = false
			continue
		}
		if slices.Contains(forward.Addrs(), a) {
			out = append(out, visible.Text(strings.ToLower(strings.TrimSuffix(ptr.Ptr, "."))))
		}
	}
	return out, known || len(out) > 0
}
