package kb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"signpost/diag"
	"signpost/diag/registry"
	"signpost/diag/spf"

	"golang.org/x/text/language"
)

// Record is a DNS record to publish (or, with Remove, to take away), as it goes into a zone editor.
type Record struct {
	Name   string // fully qualified, no final dot
	Type   string
	Value  string // for MX "5 mx1.example.net.", for TXT the text without quotes
	Remove bool
}

// Advice is a finding in words, in one language. Records is the exact change where it is known.
type Advice struct {
	Title, Why, Fix string
	Who             Who
	WhoText         string
	Records         []Record
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
	a := Advice{Who: b.who[f.Code], Records: b.records(r, f)}
	a.Title = b.texts.Text(lang, string(f.Code)+".title", args)
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
		return b.texts.Text(lang, id, b.titleArgs(lang, f, ""))
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

// capital makes the first letter of a sentence upper case, where a reason word begins it. A host's name or a tag stays as it is.
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
	if res := r.Result("registration"); res != nil {
		if reg, ok := res.Facts.(*registry.Registration); ok && reg != nil {
			return reg.Registrar
		}
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

// records is the exact change that mends a finding, where it is known.
func (b *Base) records(r *diag.Report, f diag.Finding) []Record {
	txt := func(name, value string) Record { return Record{Name: name, Type: "TXT", Value: value} }
	gone := func(rec Record) Record { rec.Remove = true; return rec }
	if f.Code == "spf.too-many-lookups" && !shortens(f) {
		return nil
	}
	if slices.Contains(mendsSPF, f.Code) {
		if v := b.mendedSPF(r); v != "" {
			return []Record{txt(r.Domain, v)}
		}
		return nil
	}
	if slices.Contains(mendsDMARC, f.Code) {
		// The same record for all of them, unless it leaves this one as it is.
		if v := b.mendedDMARC(r); v != "" && (f.Code != "dmarc.policy-none" || sound(r)) {
			return []Record{txt("_dmarc."+r.Domain, v)}
		}
		return nil
	}
	switch f.Code {
	case "spf.none":
		if f.Args["null_mx"] == true {
			return []Record{txt(r.Domain, "v=spf1 -all")}
		}
		if v := b.providerSPF(mailbox(r), r); v != "" {
			return []Record{txt(r.Domain, v)}
		}
		if mx := r.Result("mx"); mx != nil && mx.Status != diag.Unknown && mailbox(r) == "" && hasMX(r) {
			return []Record{txt(r.Domain, "v=spf1 mx -all")}
		}
	case "spf.multiple":
		all := stringsOf(f.Args["records"])
		if v := merged(all); v != "" {
			out := []Record{txt(r.Domain, v)}
			for _, old := range all {
				if old != v {
					out = append(out, gone(txt(r.Domain, old)))
				}
			}
			return out
		}
	case "spf.misplaced":
		old := text(f, "record")
		if now := strings.TrimLeft(old, " \t\"'"); spf.IsRecord(now) && !has(r, "spf", "spf.multiple") {
			return []Record{txt(r.Domain, now), gone(txt(text(f, "at"), old))}
		}
	case "spf.sender-id":
		return []Record{gone(txt(r.Domain, text(f, "record")))}
	case "spf.leftover-type":
		return []Record{gone(Record{Name: r.Domain, Type: "SPF", Value: text(f, "record")})}
	case "mx.none", "mx.implicit":
		return b.providerMX(spfMailbox(r), r)
	case "mx.mixed-providers":
		return nil // which of the two holds the mailboxes is not ours to guess
	case "mx.provider-incomplete":
		return b.providerMX(text(f, "provider"), r)
	case "mx.relative-name":
		out := []Record{{Name: r.Domain, Type: "MX", Value: fmt.Sprintf("%v %s.", f.Args["preference"], text(f, "meant"))}}
		out = append(out, b.besides(text(f, "meant"), r)...)
		return append(out, gone(Record{Name: r.Domain, Type: "MX", Value: fmt.Sprintf("%v %s.", f.Args["preference"], text(f, "host"))}))
	case "mx.null-but-sends":
		return []Record{txt(r.Domain, "v=spf1 -all")}
	case "dmarc.none":
		return []Record{txt("_dmarc."+r.Domain, "v=DMARC1; p=quarantine; rua=mailto:postmaster@"+r.Domain)}
	case "dmarc.report-unauthorized":
		if text(f, "name") != "" {
			return []Record{txt(text(f, "name"), "v=DMARC1")}
		}
	case "dane.mismatch":
		if text(f, "good") != "" {
			return []Record{{Name: "_25._tcp." + f.Subject, Type: "TLSA", Value: text(f, "good")}}
		}
	case "dmarc.misplaced":
		rec := strings.TrimLeft(text(f, "record"), " \t\"'")
		return []Record{txt("_dmarc."+r.Domain, rec), gone(txt(text(f, "at"), text(f, "record")))}
	}
	return nil
}

// shortens reports whether the check found a record that keeps the limit.
func shortens(f diag.Finding) bool {
	left, ok := f.Args["left"].(int)
	return ok && left <= spf.MaxLookups
}

func hasMX(r *diag.Report) bool {
	for _, f := range r.Result("mx").Findings {
		if strings.HasPrefix(string(f.Code), "mx.n") || f.Code == "mx.implicit" {
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
	var seen struct {
		Hosts []struct {
			Host string `json:"host"`
		} `json:"hosts"`
	}
	if mx := r.Result("mx"); mx != nil {
		if raw, err := json.Marshal(mx.Facts); err == nil {
			_ = json.Unmarshal(raw, &seen) // facts of another shape name no host
		}
	}
	for _, h := range seen.Hosts {
		out = append(out, h.Host)
	}
	return out
}

// besides is the rest of the set of which a provider's host is one: what the domain's MX records do not name, with the final dot or without.
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
				if h.Priority > 0 && h.Host != host && !slices.Contains(there, h.Host) && !slices.Contains(there, h.Host+"."+r.Domain) {
					out = append(out, Record{Name: r.Domain, Type: "MX", Value: fmt.Sprintf("%d %s.", h.Priority, h.Host)})
				}
			}
			return out
		}
	}
	return nil
}

// site is the set of the provider's that the domain's MX hosts come from: 0 where none does.
func (b *Base) site(p *Provider, r *diag.Report) int {
	there := mxHosts(r)
	best, most := 0, 0
	for i, set := range p.MXSets {
		n := 0
		for _, h := range set.Hosts {
			if slices.Contains(there, h.Host) {
				n++
			}
		}
		if n > most {
			best, most = i, n
		}
	}
	return best
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

// merged is several SPF records as one: all their terms once, and the softest all; empty where one has a mistake or redirects.
func merged(records []string) string {
	out := []string{"v=spf1"}
	all := ""
	for _, rec := range records {
		r, bad := spf.Parse(rec)
		if len(bad) > 0 || r.Modifier("redirect") != nil {
			return ""
		}
		for _, t := range r.Terms {
			if t.Name == "all" && !t.Modifier {
				if t.Qualifier == '~' || all == "" {
					all = string(t.Qualifier) + "all"
				}
				continue
			}
			if !slices.Contains(out, t.Raw) {
				out = append(out, t.Raw)
			}
		}
	}
	if all == "" || all == "+all" || all == "?all" {
		all = "~all"
	}
	return strings.Join(append(out, all), " ")
}
