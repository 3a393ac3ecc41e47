package kb

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/inbound"
	"signpost/diag/protocol/spf"
	"signpost/diag/protocol/txt"
	"signpost/diag/registry"

	"golang.org/x/text/language"
)

// Advice is a finding in words, in one language. Records is the exact change, as the gate of the diagnosis let it pass;
// Notes is why there is none, or what has to be known about it.
type Advice struct {
	Title, Why, Fix string
	Who             Who
	WhoText         string
	Records         []Record
	Notes           []string
}

// Order says how much a finding blocks mail: lower comes first. Errors come before warnings, warnings before notices.
func (b *Base) Order(f diag.Finding) int {
	return (int(diag.Error)-int(f.Severity))*10000 + b.order[f.Code]
}

// Advise puts a finding into words, with the report it came from as context.
func (b *Base) Advise(lang language.Tag, r *diag.Report, f diag.Finding) Advice {
	operator := ""
	if r.Operator.ID != "" {
		operator = b.OperatorName(lang, r.Operator.ID)
	}
	args := b.titleArgs(lang, f, operator)
	a := Advice{Who: b.who[f.Code], Records: f.Records, Notes: append(b.notes(lang, r, f), b.entry(lang, r, f)...)}
	a.Title = b.texts.Text(lang, string(f.Code)+".title", inBothForms(args))
	a.Why = capital(b.texts.Text(lang, string(f.Code)+".why", args))
	a.Fix = b.texts.Text(lang, string(f.Code)+".fix", args)
	a.WhoText = b.whoText(lang, a.Who, operator, mailbox(r))
	if name := registrar(r); a.Who == Registrar && name != "" {
		a.WhoText = b.texts.Text(lang, "who.registrar-named", map[string]any{"registrar": name})
		if reach := b.registrarSupport(name); reach != "" {
			a.Fix += " " + b.texts.Text(lang, "registrar.support", map[string]any{"registrar": name, "reach": reach})
		}
	}
	return a
}

// Title is what a finding says in one line, by itself; its code where there are no words for it.
func (b *Base) Title(lang language.Tag, f diag.Finding) string {
	if id := string(f.Code) + ".title"; b.texts.Has(id) {
		return b.texts.Text(lang, id, inBothForms(b.titleArgs(lang, f, "")))
	}
	return string(f.Code)
}

// titleArgs is a finding's arguments with what they name in words.
func (b *Base) titleArgs(lang language.Tag, f diag.Finding, operator string) map[string]any {
	args := map[string]any{"subject": f.Subject}
	for k, v := range f.Args {
		if text, ok := v.(string); ok { // people read times without the T and the Z
			if at, err := time.Parse(time.RFC3339, text); err == nil {
				v = at.UTC().Format("2006-01-02 15:04 UTC")
			}
		}
		args[k] = v
	}
	if s, ok := f.Args["suggestion"].(string); ok && txt.WholeRecord(s) {
		args["suggestion"] = "" // only the gate gives whole records
	}
	args["operator"] = operator
	if id, ok := f.Args["provider"].(string); ok && id != "" {
		args["provider"] = b.ProviderName(lang, id)
	}
	if ids := stringsOf(f.Args["providers"]); len(ids) > 0 {
		for i := range ids {
			ids[i] = b.ProviderName(lang, ids[i])
		}
		args["providers"] = ids
	}
	if reason, ok := f.Args["reason"].(string); ok && b.texts.Has("reason."+reason) {
		args["reason"] = b.texts.Text(lang, "reason."+reason, nil)
	}
	return args
}

// capital makes the first letter of a sentence upper case, where a reason word begins it. A host's name or a tag stays
// as it is.
func capital(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if s != "" && s[0] >= 'a' && s[0] <= 'z' && !strings.ContainsAny(strings.TrimRight(first, ".,:;"), ".=_") {
		return strings.ToUpper(s[:1]) + s[1:]
	}
	return s
}

func (b *Base) whoText(lang language.Tag, who Who, operator, provider string) string {
	switch {
	case who == DNS && operator != "":
		return b.texts.Text(lang, "who.dns-operator", map[string]any{"operator": operator})
	case who == Vendor && provider != "":
		return b.texts.Text(lang, "who.provider-named", map[string]any{"provider": b.ProviderName(lang, provider)})
	case who == Nobody:
		return b.texts.Text(lang, "who.nobody", nil)
	}
	return b.texts.Text(lang, "who."+string(who), nil)
}

// registrar is the registrar's name, as the registry gives it; empty where nobody told.
func registrar(r *diag.Report) string {
	if reg, ok := diag.Facts[*registry.Registration](r, authority.Registration); ok && reg != nil {
		return reg.Registrar
	}
	return ""
}

// mailbox is the one mailbox provider that the MX names; empty where there is none or more.
func mailbox(r *diag.Report) string {
	id := ""
	for _, p := range r.Providers {
		if p.Role != "mailbox" || p.By != "mx" {
			continue
		}
		if id != "" && id != p.ID {
			return ""
		}
		id = p.ID
	}
	return id
}

func stringsOf(v any) []string {
	switch t := v.(type) {
	case []string:
		return slices.Clone(t)
	case []any:
		var out []string
		for _, x := range t {
			out = append(out, fmt.Sprint(x))
		}
		return out
	}
	return nil
}

// text is a string argument of a finding; empty where there is none.
func text(f diag.Finding, name string) string {
	s, _ := f.Args[name].(string)
	return s
}

// shortens reports whether the check found a record that keeps the limit.
func shortens(f diag.Finding) bool {
	left, ok := f.Args["left"].(int)
	return ok && left <= spf.MaxLookups
}

func hasMX(r *diag.Report) bool {
	for _, f := range r.Result("mx").Findings {
		if strings.HasPrefix(string(f.Code), "mx.n") || f.Code == "mx.implicit" || f.Code == "mx.in-dispute" {
			return false
		}
	}
	return true
}

// spfMailbox is the one mailbox provider that the SPF record names.
func spfMailbox(r *diag.Report) string {
	id := ""
	for _, p := range r.Providers {
		if p.Role == "mailbox" && p.By == "spf" {
			if id != "" && id != p.ID {
				return ""
			}
			id = p.ID
		}
	}
	return id
}

// mxHosts is the hosts that the domain's MX records name.
func mxHosts(r *diag.Report) (out []string) {
	facts, _ := diag.Facts[inbound.MXFacts](r, inbound.MX)
	for _, h := range facts.Hosts {
		out = append(out, h.Host)
	}
	return out
}

// besides is the rest of the set of which a provider's host is one: what the domain's MX records do not name, with the
// final dot or without.
func (b *Base) besides(host string, r *diag.Report) (out []Record) {
	there := mxHosts(r)
	for _, p := range b.providers {
		for _, set := range p.MXSets {
			names := false
			for _, h := range set.Hosts {
				names = names || h.Host == host
			}
			if !names {
				continue
			}
			for _, h := range set.Hosts {
				if h.Priority > 0 && h.Host != host && !slices.Contains(there, h.Host) &&
					!slices.Contains(there, h.Host+"."+r.Domain) {
					out = append(out, Record{Name: r.Domain, Type: "MX", Value: fmt.Sprintf("%d %s.", h.Priority, h.Host)})
				}
			}
			return out
		}
	}
	return nil
}

// site is the set of the provider's that the domain's MX hosts come from, with the final dot or without: 0 where none
// does.
func (b *Base) site(p *Provider, r *diag.Report) int {
	i, _ := siteOf(p, r)
	return i
}

// siteOf is site, and how many hosts the domain has of it.
func siteOf(p *Provider, r *diag.Report) (best, most int) {
	there := mxHosts(r)
	for i, set := range p.MXSets {
		n := 0
		for _, h := range set.Hosts {
			if slices.Contains(there, h.Host) || slices.Contains(there, h.Host+"."+r.Domain) {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	return best, most
}

// SiteRegion is the region of the provider's site that takes the domain's mail; "" where that is not known.
func (b *Base) SiteRegion(id string, r *diag.Report) string {
	p := b.Provider(id)
	if p == nil || r == nil {
		return ""
	}
	if i, hosts := siteOf(p, r); hosts > 0 {
		return p.MXSets[i].Region
	}
	return ""
}

// providerSPF is the record that the provider publishes for customers of the domain's site.
func (b *Base) providerSPF(id string, r *diag.Report) string {
	p := b.Provider(id)
	if p == nil {
		return ""
	}
	for _, s := range p.SPFRecords {
		if len(p.MXSets) == 0 || s.Site == p.MXSets[b.site(p, r)].Site {
			return strings.ReplaceAll(s.Record, "?all", "~all")
		}
	}
	if inc := b.include(id, r); inc != "" {
		return "v=spf1 include:" + inc + " -all"
	}
	return ""
}

// include is the provider's include for the domain's site.
func (b *Base) include(id string, r *diag.Report) string {
	p := b.Provider(id)
	if p == nil || len(p.SPFIncludes) == 0 {
		return ""
	}
	for _, s := range p.SPFRecords {
		if len(p.MXSets) == 0 || s.Site != p.MXSets[b.site(p, r)].Site {
			continue
		}
		for _, inc := range p.SPFIncludes {
			if strings.Contains(s.Record, "include:"+inc) {
				return inc
			}
		}
	}
	return p.SPFIncludes[0]
}

// providerMX is the MX set that the provider publishes for the domain's site; nothing where it names no priorities.
func (b *Base) providerMX(id string, r *diag.Report) []Record {
	p := b.Provider(id)
	if p == nil || len(p.MXSets) == 0 {
		return nil
	}
	var out []Record
	for _, h := range p.MXSets[b.site(p, r)].Hosts {
		if h.Priority == 0 && len(p.MXSets[b.site(p, r)].Hosts) > 1 {
			return nil
		}
		out = append(out, Record{Name: r.Domain, Type: "MX", Value: fmt.Sprintf("%d %s.", h.Priority, h.Host)})
	}
	return out
}

// sound reports that SPF and DKIM were examined and hold no error.
func sound(r *diag.Report) bool {
	for _, name := range []string{"spf", "dkim"} {
		res := r.Result(name)
		if res == nil || res.Status == diag.Unknown || res.Status == diag.Skipped ||
			slices.ContainsFunc(res.Findings, func(f diag.Finding) bool {
				return f.Severity == diag.Error || strings.HasSuffix(string(f.Code), ".in-dispute")
			}) {
			return false
		}
	}
	return true
}

// notes is what a finding's notes say in words.
func (b *Base) notes(lang language.Tag, r *diag.Report, f diag.Finding) (out []string) {
	for _, n := range f.Notes {
		out = append(out, b.note(lang, r, n))
	}
	return out
}

// NoteText is a note in words.
func (b *Base) NoteText(lang language.Tag, r *diag.Report, n diag.Note) string {
	return b.note(lang, r, n)
}

// note is a note in words. It names other findings of the report by their titles.
func (b *Base) note(lang language.Tag, r *diag.Report, n diag.Note) string {
	args := map[string]any{}
	for k, v := range n.Args {
		args[k] = v
	}
	if code := text(diag.Finding{Args: n.Args}, "code"); code != "" {
		args["left"] = b.Title(lang,
			diag.Finding{Code: diag.Code(code), Subject: text(diag.Finding{Args: n.Args}, "subject"), Args: n.Args})
	}
	var others []string
	for _, code := range stringsOf(n.Args["codes"]) {
		for _, f := range r.Findings() {
			if string(f.Code) == code {
				others = append(others, b.Title(lang, f))
				break
			}
		}
	}
	args["others"] = others
	if check, ok := n.Args["check"].(string); ok && check != "" {
		args["check"] = b.CheckTitle(lang, check)
	}
	if id := "permerror." + text(diag.Finding{Args: n.Args}, "because"); b.texts.Has(id) {
		args["because"] = b.texts.Text(lang, id, map[string]any{"terms": n.Args["terms"]})
	}
	return b.texts.Text(lang, "note."+n.Code, args)
}
