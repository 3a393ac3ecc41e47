package inbound

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"signpost/diag/checks/view"
	"signpost/diag/pattern"
	"signpost/diag/plain"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

var (
	mxHostName   = pattern.New(`^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9-]{2,}$`)
	mxPreference = pattern.New(`^\d{1,5}[\s,;:]+`)
	mxScheme     = pattern.New(`^(?:https?|smtps?|mailto|mx):/*`)
	mxPort       = pattern.New(`:\d{1,5}$`)
	mxDecimal    = pattern.New(`\\\d\d\d`)
)

// unescaped is a name's text with its escapes undone (RFC 1035 5.1).
func unescaped(name string) string {
	name = mxDecimal.ReplaceAllStringFunc(name, func(s string) string {
		n, err := strconv.ParseUint(s[1:], 10, 8)
		if err != nil {
			return s
		}
		return string([]byte{byte(n)})
	})
	return strings.ReplaceAll(name, `\`, "")
}

// malformed reports an MX target that is no host name, and the host that was meant, without the preference, the URL,
// the port, the quotation marks or the spaces that were entered along with it; empty where it cannot be told.
func malformed(host string) (meant string, bad bool) {
	text := plain.Of(unescaped(view.Shown(host))).Plain
	same := text == unescaped(view.Shown(host))
	if same && !strings.ContainsFunc(text, func(r rune) bool {
		return r != '-' && r != '_' && r != '.' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	}) {
		return "", false
	}
	name := strings.ToLower(strings.Trim(text, " \t\"'<>,;"))
	name = mxPreference.ReplaceAllString(name, "")
	name = mxScheme.ReplaceAllString(name, "")
	if at := strings.IndexAny(name, "/?"); at >= 0 {
		name = name[:at]
	}
	if name = strings.Trim(mxPort.ReplaceAllString(name, ""), " .,;"); !mxHostName.MatchString(name) {
		return "", true
	}
	return name, true
}

// misread finds what the target's name was meant to be where it is none of a host. Only what has an address, or belongs
// to a known provider, is given.
func (t *mxTarget) misread(ctx context.Context, p *view.Pass) {
	meant, bad := malformed(t.Host)
	if !bad && dns.CountLabel(t.Host) == 1 && t.unresolvable() && !view.IsLocal(t.Host) {
		t.malformed, t.short, t.meant = true, true, completed(ctx, p, t.Host)
		return
	}
	if !bad || len(t.addrs) > 0 {
		return
	}
	t.malformed = true
	if meant != "" && (len(view.ProvidersOf(meant, p.Providers)) > 0 || view.Resolves(ctx, p, meant+".")) {
		t.meant = meant
	}
}

// completed is a host of one label with the domain's name behind it, or that of a domain above, where that has an
// address; else empty.
func completed(ctx context.Context, p *view.Pass, label string) string {
	for zone := p.Domain; zone != "."; zone = view.ParentOf(zone) {
		if view.Resolves(ctx, p, label+zone) {
			return view.Shown(label + zone)
		}
		if zone == view.RegistrableOf(p.Domain) {
			return ""
		}
	}
	return ""
}

// digits reports a name of digits alone: the priority of a null MX, entered as its host.
func digits(host string) bool { return strings.Trim(view.Shown(host), "0123456789") == "" }

// deadZone reports a failure that every resolver has: no name server of the host's zone can be found. It is a proof,
// and no want of knowledge.
func deadZone(err error) bool {
	return errors.Is(err, resolve.ErrNoWayIn) || errors.Is(err, resolve.ErrNoServers)
}
