package inbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"signpost/diag"
	"signpost/diag/cause"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/visible"
)

// ErrIPv6 says that a mail host has IPv6 addresses alone, and that none of them can be tried from here.
var ErrIPv6 = cause.New(cause.NoIPv6, "diag: no IPv6 here")

// knock is one look at a host over IPv6, beside the visit that goes to its first address: senders that have IPv6 begin
// there (RFC 6724).
type knock struct {
	SixHost
	noWay bool // this place has no way to the address
	said  diag.Evidence
	text  string // what it said
}

// knockSix looks whether a host of the domain's own answers over IPv6 too; nil where it has not both kinds of address,
// or is not asked.
func knockSix(ctx context.Context, p *view.Pass, h view.MailHost) (k *knock) {
	six := slices.IndexFunc(h.Addrs, func(a netip.Addr) bool { return a.Is6() && view.Routable(a) })
	if six < 0 || onlySix(h) || probesOf(p, h.Name) != probesMade {
		return nil
	}
	to := netip.AddrPortFrom(h.Addrs[six], 25)
	k = &knock{SixHost: SixHost{Host: h.Name, Address: to.Addr().String()}}
	start := time.Now()
	defer func() {
		if r := recover(); r != nil { // it runs beside the check
			k.Answers, k.noWay, k.text = "untested", true, fmt.Sprint(r)
		}
		k.said = diag.Evidence{Question: "connect", Answer: visible.Clip(k.text, 300), Server: to.String(),
			RTT: time.Since(start)}
	}()
	dial, cancel := context.WithTimeout(ctx, smtpConnect)
	conn, err := p.DNS.Connect(dial, to)
	cancel()
	if err == nil {
		defer conn.Close()
		defer guarded.After(ctx, func() { _ = conn.Close() })()
		var code int
		code, k.text, err = newTalk(conn, func(string, string) {}).answer("banner")
		if err == nil {
			_, _ = io.WriteString(conn, "QUIT\r\n")
			if k.Answers = "yes"; code != 220 {
				k.Answers = "greeting"
			}
			return k
		}
	}
	k.text = err.Error()
	var wait net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		k.Answers = "refused"
	case ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || errors.As(err, &wait) && wait.Timeout()):
		k.Answers = "silent"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		k.Answers = "greeting"
	default:
		k.Answers, k.noWay = "untested", true
	}
	return k
}

// onlySix reports that a host has IPv6 addresses and no others.
func onlySix(h view.MailHost) bool {
	return len(h.Addrs) > 0 && !slices.ContainsFunc(h.Addrs, func(a netip.Addr) bool { return !a.Is6() })
}

// sixControl tells whether IPv6 gets out of here to port 25: silence over it says nothing otherwise.
type sixControl struct {
	p     *view.Pass
	works func() bool
}

func newSixControl(ctx context.Context, p *view.Pass, visits [][]*visit, knocks []*knock) *sixControl {
	return &sixControl{p: p, works: sync.OnceValue(func() bool {
		for _, v := range slices.Concat(visits...) {
			if a, err := netip.ParseAddr(v.Address); err == nil && a.Is6() && (v.greeted || v.bad != "") {
				return true
			}
		}
		if slices.ContainsFunc(knocks,
			func(k *knock) bool { return k != nil && (k.Answers == "yes" || k.Answers == "greeting") }) {
			return true
		}
		return port25(ctx, p, "control-ipv6", maxControlSix, func(a netip.Addr) bool { return a.Is6() && view.Routable(a) })
	})}
}

// shutOut is the hosts that could not be visited because they have IPv6 alone and IPv6 does not get out of here.
func (s *sixControl) shutOut(hosts []view.MailHost, visits [][]*visit) (out []string) {
	for i, h := range hosts {
		met := slices.ContainsFunc(visits[i], func(v *visit) bool { return v.greeted || v.bad != "" })
		if onlySix(h) && slices.ContainsFunc(h.Addrs, view.Routable) && !met && (len(visits[i]) == 0 || !s.works()) {
			out = append(out, h.Name)
		}
	}
	return out
}

func errSix(hosts []string) error {
	if len(hosts) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrIPv6, strings.Join(hosts, " "))
}

// judge reports hosts that welcome senders over IPv4 and not over IPv6.
func (s *sixControl) judge(visits [][]*visit, knocks []*knock) []SixHost {
	facts := []SixHost{}
	var untested []string
	var evidence []diag.Evidence
	for i, k := range knocks {
		if k == nil {
			continue
		}
		welcome := slices.ContainsFunc(visits[i], func(v *visit) bool { return v.greeted })
		switch {
		case k.Answers == "yes":
		case k.noWay || !s.works():
			k.Answers = "untested"
			untested, evidence = append(untested, k.Host), append(evidence, k.said)
		case welcome:
			said := ""
			if k.Answers == "greeting" {
				said = visible.Clip(k.text, 300)
			}
			s.p.Found(SMTPIPv6Unreachable, k.Host,
				map[string]any{"host": k.Host, "address": k.Address, "answers": k.Answers, "said": said}, k.said)
		}
		facts = append(facts, k.SixHost)
	}
	if len(untested) > 0 {
		s.p.Found(SMTPIPv6Untested, s.p.Domain, map[string]any{"hosts": untested}, evidence...)
	}
	return facts
}
