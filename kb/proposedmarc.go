package kb

import (
	"slices"
	"strconv"
	"strings"

	"signpost/diag"
	"signpost/diag/dmarc"
	"signpost/diag/taglist"
)

// ownDMARC is the text at the domain's own name that is its DMARC record, or was meant to be; empty where there is none or more than one.
func (p *proposer) ownDMARC() string {
	if facts, ok := p.dmarcFacts(); ok && facts.Record != "" && facts.From == p.report.Domain {
		return facts.Record
	}
	out := ""
	for _, f := range p.of("dmarc.syntax", "dmarc.misplaced") {
		at := text(*f, "at")
		if at != "" && at != "_dmarc."+p.report.Domain || f.Subject != "_dmarc."+p.report.Domain || !whole(text(*f, "record")) {
			continue
		}
		if out != "" && out != text(*f, "record") {
			return ""
		}
		out = text(*f, "record")
	}
	return out
}

func (p *proposer) dmarcFacts() (diag.DMARCFacts, bool) {
	res := p.report.Result("dmarc")
	if res == nil {
		return diag.DMARCFacts{}, false
	}
	facts, ok := res.Facts.(diag.DMARCFacts)
	return facts, ok
}

// dmarc is the changes of the record at the domain's own name: what is mended in its text comes first, and changes no policy; each step of
// the policy is a change of its own.
func (p *proposer) dmarc() diag.Proposal {
	name := "_dmarc." + p.report.Domain
	if f := p.of("dmarc.multiple"); len(f) > 0 {
		for _, one := range stringsOf(f[0].Args["records"]) {
			if m := dmarc.MendRecord(one); m.Record != "" && f[0].Subject == name {
				return diag.Proposal{{For: f, Records: []Record{txt(name, m.Record)}}}
			}
		}
		return diag.Proposal{none(diag.NoteMeaning, map[string]any{"term": ""}, f...)}
	}
	own := p.ownDMARC()
	if own == "" {
		if p.has("dmarc.misplaced") {
			return nil
		}
		return p.noDMARC(name)
	}
	m := dmarc.MendRecord(own)
	if m.Record == "" {
		return diag.Proposal{none(unreadable(m.Controls), map[string]any{"term": m.Term}, p.of(append(slices.Clone(mendsDMARC), stepsDMARC...)...)...)}
	}
	var notes []diag.Note
	if len(m.Odd) > 0 {
		notes = append(notes, note(diag.NoteCleaned, map[string]any{"characters": m.Odd}))
	}
	if len(m.Dropped) > 0 {
		notes = append(notes, note(diag.NoteDropped, map[string]any{"terms": m.Dropped}))
	}
	return p.dmarcTries(name, tags(m.Record), notes)
}

func unreadable(controls bool) string {
	if controls {
		return diag.NoteUnreadable
	}
	return diag.NoteMeaning
}

// mendsDMARC lists the findings that are mended in the record's text, without a change of policy.
var mendsDMARC = []diag.Code{"dmarc.syntax", "dmarc.no-reports", "dmarc.removed-tag"}

// stepsDMARC lists those that a change of policy mends.
var stepsDMARC = []diag.Code{"dmarc.policy-none", "dmarc.subdomain-none", "dmarc.partial"}

// dmarcTries mends the tags of a record that is there.
func (p *proposer) dmarcTries(name string, list tagSet, notes []diag.Note) diag.Proposal {
	percent := 100
	if n, err := strconv.Atoi(list.get("pct")); err == nil {
		percent = n
	}
	list = list.without("rf", "ri")
	idle := p.of("dmarc.removed-tag")
	if percent == 100 {
		list = list.without("pct")
	}
	mends := p.ownFaults(name)
	mended := list
	if f := p.of("dmarc.no-reports"); len(f) > 0 {
		mends = append(mends, f...)
		mended = append(mended.without("rua"), taglist.Tag{Name: "rua", Value: "mailto:postmaster@" + p.report.Domain})
	}
	var out diag.Proposal
	try := func(list tagSet, findings ...*diag.Finding) {
		out = append(out, diag.Try{For: findings, Records: []Record{txt(name, list.String())}, Notes: notes})
	}
	if percent == 100 {
		mends = append(mends, idle...)
	}
	repair := len(p.ownFaults(name))+len(p.of("dmarc.no-reports")) > 0
	if repair {
		try(mended, mends...)
		if syntax := p.ownFaults(name); len(syntax) > 0 && len(syntax) < len(mends) {
			try(list, syntax...)
		}
	}
	for _, f := range p.of("dmarc.policy-none") {
		switch {
		case text(*f, "from") != "" && text(*f, "from") != p.report.Domain:
		case strings.EqualFold(list.get("p"), dmarc.None) && !sound(p.report):
			out = append(out, none(diag.NoteUnsound, nil, f))
		case strings.EqualFold(list.get("p"), dmarc.None):
			step := list.with("p", dmarc.Quarantine)
			if percent == 100 {
				try(step, append([]*diag.Finding{f}, idle...)...)
			} else {
				try(step, f)
			}
		}
	}
	for _, f := range p.of("dmarc.subdomain-none") {
		step := list.without("sp")
		if text(*f, "tag") == "np" {
			step = list.without("np")
		}
		try(step, f)
	}
	if f := p.of("dmarc.partial"); len(f) > 0 {
		try(list.without("pct"), append(f, idle...)...)
	}
	if !repair && percent == 100 && len(idle) > 0 {
		try(list, idle...)
	}
	return out
}

// ownFaults is the mistakes in the text at the domain's own name.
func (p *proposer) ownFaults(name string) (out []*diag.Finding) {
	for _, f := range p.of("dmarc.syntax", "dmarc.misplaced") {
		if f.Subject == name {
			out = append(out, f)
		}
	}
	return out
}

// noDMARC is the first record of a domain. Asking receivers to act is safe only where its own mail passes.
func (p *proposer) noDMARC(name string) diag.Proposal {
	f := p.of("dmarc.none")
	if !sound(p.report) {
		return diag.Proposal{none(diag.NoteUnsound, nil, f...)}
	}
	return diag.Proposal{{For: f, Records: []Record{txt(name, "v=DMARC1; p=quarantine; rua=mailto:postmaster@"+p.report.Domain)}}}
}

// misplacedDMARC is the changes for records at names where nobody reads them. One that stands beside a record at the right name goes;
// otherwise it moves there.
func (p *proposer) misplacedDMARC() (out []diag.Proposal) {
	name := "_dmarc." + p.report.Domain
	var lost []*diag.Finding
	for _, f := range p.of("dmarc.misplaced") {
		if at := text(*f, "at"); at != name && whole(text(*f, "record")) {
			lost = append(lost, f)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	if p.ownDMARC() != "" || p.has("dmarc.multiple") {
		for _, f := range lost {
			out = append(out, diag.Proposal{{For: []*diag.Finding{f}, Records: []Record{gone(txt(text(*f, "at"), text(*f, "record")))}}})
		}
		return out
	}
	t := diag.Try{For: append(slices.Clone(lost), p.of("dmarc.none")...)}
	for _, f := range lost {
		t.From = append(t.From, text(*f, "record"))
		if text(*f, "at") != "_dmarc.www."+p.report.Domain { // there it is the record of another name
			t.Records = append(t.Records, gone(txt(text(*f, "at"), text(*f, "record"))))
		}
	}
	m := dmarc.MendRecord(t.From[0])
	if m.Record == "" {
		return []diag.Proposal{{none(unreadable(m.Controls), map[string]any{"term": m.Term}, t.For...)}}
	}
	if len(m.Odd) > 0 {
		t.Notes = append(t.Notes, note(diag.NoteCleaned, map[string]any{"characters": m.Odd}))
	}
	t.Records = append(t.Records, txt(name, m.Record))
	return []diag.Proposal{{t}}
}

// tagSet is the tags of a record behind its version.
type tagSet []taglist.Tag

func tags(record string) tagSet {
	list, _ := taglist.Parse(record)
	return tagSet(list).without("v")
}

func (l tagSet) get(name string) string {
	for _, t := range l {
		if strings.EqualFold(t.Name, name) {
			return t.Value
		}
	}
	return ""
}

func (l tagSet) without(names ...string) tagSet {
	return slices.DeleteFunc(slices.Clone(l), func(t taglist.Tag) bool { return slices.Contains(names, strings.ToLower(t.Name)) })
}

func (l tagSet) with(name, value string) tagSet {
	out := slices.Clone(l)
	for i := range out {
		if strings.EqualFold(out[i].Name, name) {
			out[i].Value = value
		}
	}
	return out
}

func (l tagSet) String() string {
	out := "v=DMARC1"
	for _, t := range l {
		out += "; " + t.String()
	}
	return out
}
