package inbound

import (
	"fmt"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/view"
)

const roleMailbox = "mailbox"

// judgeProviders reports what the known targets tell: whose they are, whether they belong together, and whether they
// are the set that the provider publishes.
func judgeProviders(p *view.Pass, targets []*mxTarget, said diag.Evidence) {
	var seen []diag.Fingerprint
	for _, t := range targets {
		for _, f := range t.Providers {
			if !slices.ContainsFunc(seen, func(o diag.Fingerprint) bool { return o.ID == f.ID }) {
				seen = append(seen, f)
				p.SawProvider(f.ID, f.Role, "mx")
			}
			if view.AnyMatch(f.Retired, view.Shown(t.Host)) {
				p.Found(MXProviderRetired, t.Host, map[string]any{"host": view.Shown(t.Host), "provider": f.ID}, said)
			}
		}
	}
	if ids := mixed(targets); len(ids) > 0 {
		p.Found(MXMixedProviders, p.Domain, map[string]any{"providers": ids, "hosts": hosts(targets)}, said)
	}
	for _, f := range seen {
		args := incomplete(f, targets)
		if args != nil {
			p.Found(MXProviderIncomplete, p.Domain, args, said)
		}
	}
}

// mixed is the mailbox providers of the targets where no single one has them all: part of the mail goes where nobody
// reads it. A host that several providers share counts for each of them; a gateway before a mailbox is no mixture.
func mixed(targets []*mxTarget) []string {
	var ids []string
	known := 0
	count := map[string]int{}
	for _, t := range targets {
		own := 0
		for _, f := range t.Providers {
			if f.Role != roleMailbox {
				continue
			}
			own++
			if count[f.ID]++; count[f.ID] == 1 {
				ids = append(ids, f.ID)
			}
		}
		if own > 0 {
			known++
		}
	}
	for _, n := range count {
		if n == known {
			return nil
		}
	}
	return ids
}

// incomplete compares the targets with the published set of the provider that they resemble most, and gives the
// arguments of mx.provider-incomplete; nil where nothing is missing, or nothing of any set is there.
func incomplete(f diag.Fingerprint, targets []*mxTarget) map[string]any {
	prefs := map[string]uint16{}
	for _, t := range targets {
		prefs[view.Shown(t.Host)] = t.Prefs[0]
	}
	best, most := -1, 0
	for i, set := range f.MXSets {
		n := 0
		for _, h := range set.Hosts {
			if _, ok := prefs[h.Host]; ok {
				n++
			}
		}
		if n > most || (n == most && n > 0 && len(set.Hosts) < len(f.MXSets[best].Hosts)) {
			best, most = i, n
		}
	}
	if best < 0 {
		return nil
	}
	set := f.MXSets[best]
	missing, priorities := []string{}, []string{}
	for _, h := range set.Hosts {
		have, ok := prefs[h.Host]
		switch {
		case !ok:
			missing = append(missing, h.Host)
		case h.Priority != 0 && have != h.Priority:
			priorities = append(priorities, fmt.Sprintf("%s %d (%d)", h.Host, have, h.Priority))
		}
	}
	if len(missing)+len(priorities) == 0 {
		return nil
	}
	return map[string]any{
		"provider": f.ID, "site": set.Site, "edition": set.Edition, "missing": missing, "priorities": priorities,
		"set": strings.Join(hostNames(set), ", "),
	}
}

func hostNames(set diag.MXSet) []string {
	out := make([]string, len(set.Hosts))
	for i, h := range set.Hosts {
		out[i] = h.Host
	}
	return out
}
