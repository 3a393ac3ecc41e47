package kb

import (
	"slices"
	"strconv"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/inbound"
	"signpost/diag/checks/outbound"
	"signpost/diag/gate"
	"signpost/diag/protocol/dmarc"
	"signpost/diag/protocol/taglist"
)

// meantDMARC is the texts that are DMARC records, or were meant to be: at the domain's own name, and at names where
// nobody reads them.
func (p *proposer) meantDMARC() (own, elsewhere []outbound.MeantText) {
	facts, _ := diag.Facts[outbound.DMARCFacts](p.report, outbound.DMARC)
	for _, t := range facts.Meant {
		if t.At == "_dmarc."+p.report.Domain {
			own = append(own, t)
		} else {
			elsewhere = append(elsewhere, t)
		}
	}
	return own, elsewhere
}

// dmarc is the changes of the record at the domain's own name: what is mended in its text comes first, and changes no
// policy; each step of the policy is a change of its own.
func (p *proposer) dmarc() gate.Proposal {
	name := "_dmarc." + p.report.Domain
	own, elsewhere := p.meantDMARC()
	switch {
	case len(own) == 0 && len(elsewhere) > 0:
		return nil // it moves: misplacedDMARC
	case len(own) == 0:
		return p.noDMARC(name)
	}
	all := p.of(append(append(slices.Clone(mendsDMARC), stepsDMARC...), "dmarc.subdomain-none", "dmarc.multiple",
		"dmarc.none")...)
	all = append(slices.DeleteFunc(all, func(f *diag.Finding) bool { return f.Code == "dmarc.syntax" }),
		p.ownFaults(name)...)
	for _, t := range own {
		if t.Record == "" {
			return gate.Proposal{none(unreadable(t.Controls), map[string]any{"term": t.Term}, all...)}
		}
	}
	first := own[0]
	if len(own) > 1 { // what they say is held against each other by the gate
		return gate.Proposal{{For: all, Records: []Record{textRecord(name, first.Record)}, Notes: saidOf(first)}}
	}
	return p.dmarcTries(name, tags(first.Record), saidOf(first))
}

// saidOf is what is remarkable about a text that was mended.
func saidOf(t outbound.MeantText) (notes []diag.Note) {
	if len(t.Odd) > 0 {
		notes = append(notes, note(gate.NoteCleaned, map[string]any{"characters": t.Odd}))
	}
	if len(t.Dropped) > 0 {
		notes = append(notes, note(gate.NoteDropped, map[string]any{"terms": t.Dropped}))
	}
	return notes
}

func unreadable(controls bool) string {
	if controls {
		return gate.NoteUnreadable
	}
	return gate.NoteMeaning
}

// mendsDMARC lists the findings that are mended in the record's text, without a change of policy.
var mendsDMARC = []diag.Code{"dmarc.syntax", "dmarc.no-reports", "dmarc.removed-tag", "dmarc.psd-claimed"}

// stepsDMARC lists those that a change of policy mends.
var stepsDMARC = []diag.Code{"dmarc.policy-none", "dmarc.partial"}

// dmarcTries mends the tags of a record that is there.
func (p *proposer) dmarcTries(name string, list tagSet, notes []diag.Note) gate.Proposal {
	percent := 100
	if n, err := strconv.Atoi(list.get("pct")); err == nil {
		percent = n
	}
	list = list.without("rf", "ri")
	idle := p.of("dmarc.removed-tag")
	if percent == 0 {
		// RFC 9989 says the same by t=y. Receivers of RFC 7489 do not know that: without pct=0 they would act on all mail.
		if list, percent = list.testing(), 100; list.get("t") == "" {
			list = list.without("pct")
		}
		idle = append(idle, p.of("dmarc.partial")...)
	} else if percent == 100 {
		list = list.without("pct")
	}
	mends := p.ownFaults(name)
	if claims := p.of("dmarc.psd-claimed"); len(claims) > 0 && claims[0].Subject == name {
		list = list.without("psd")
		mends = append(mends, claims...)
	}
	mended := list
	if f := p.of("dmarc.no-reports"); len(f) > 0 && p.takesMail() {
		mends = append(mends, f...)
		mended = append(mended.without("rua"), taglist.Tag{Name: "rua", Value: "mailto:postmaster@" + p.report.Domain})
	}
	var out gate.Proposal
	try := func(list tagSet, findings ...*diag.Finding) {
		out = append(out, gate.Try{For: findings, Records: []Record{textRecord(name, list.String())}, Notes: notes})
	}
	repair := len(mends) > 0
	if percent == 100 {
		mends = append(mends, idle...)
	}
	if repair {
		try(mended, mends...)
		if syntax := p.ownFaults(name); len(syntax) > 0 && len(syntax) < len(mends) {
			try(list, syntax...)
		}
	}
	watching := strings.EqualFold(list.get("p"), dmarc.None)
	for _, f := range p.of("dmarc.policy-none") {
		switch {
		case repair && !watching: // so it is read as long as the mistake is there
			out[0].For = append(out[0].For, f)
		case text(*f, "from") != "" && text(*f, "from") != p.report.Domain:
		case watching && !sound(p.report):
			out = append(out, none(gate.NoteUnsound, nil, f))
		case watching:
			step := list.with("p", dmarc.Quarantine)
			if percent == 100 {
				try(step, append([]*diag.Finding{f}, idle...)...)
			} else {
				try(step, f)
			}
		}
	}
	for _, f := range p.of("dmarc.subdomain-none") { // whether mail from subdomains passes cannot be told from outside
		out = append(out, none(gate.NoteChoice, map[string]any{"tag": text(*f, "tag") + "=none"}, f))
	}
	if f := append(p.of("dmarc.partial"), idle...); percent < 100 {
		if sound(p.report) {
			try(list.without("pct"), f...)
		} else { // to receivers of RFC 7489 it is a stricter policy
			out = append(out, none(gate.NoteUnsound, nil, f...))
		}
	}
	if !repair && percent == 100 && len(idle) > 0 {
		try(list, idle...)
	}
	return out
}

// ownFaults is the mistakes in the text at the domain's own name.
func (p *proposer) ownFaults(name string) (out []*diag.Finding) {
	for _, f := range p.of("dmarc.syntax", "dmarc.misplaced", "dmarc.none") {
		if f.Subject == name {
			out = append(out, f)
		}
	}
	return out
}

// noDMARC is the first record of a domain. Asking receivers to act is safe only where its own mail passes.
func (p *proposer) noDMARC(name string) gate.Proposal {
	f := p.of("dmarc.none")
	if faults := p.ownFaults(name); len(faults) > len(f) { // what is there is no record, and cannot be read as one
		return gate.Proposal{none(gate.NoteMeaning, map[string]any{"term": ""}, faults...)}
	}
	if !sound(p.report) {
		return gate.Proposal{none(gate.NoteUnsound, nil, f...)}
	}
	record := "v=DMARC1; p=quarantine"
	if p.takesMail() {
		record += "; rua=mailto:postmaster@" + p.report.Domain
	}
	return gate.Proposal{{For: f, Records: []Record{textRecord(name, record)}}}
}

// takesMail reports that mail to the domain may arrive, so that reports could be sent there: not where it is known that
// none of its mail hosts has an address.
func (p *proposer) takesMail() bool {
	facts, ok := diag.Facts[inbound.MXFacts](p.report, inbound.MX)
	if !ok || facts.Disputed || p.report.Result(inbound.MX.Name).Status == diag.Unknown {
		return true
	}
	return slices.ContainsFunc(facts.Hosts, func(h inbound.MXHostFacts) bool { return len(h.Addresses) > 0 })
}

// misplacedDMARC is the changes for records at names where nobody reads them. What stands beside a record at the right
// name goes; otherwise it moves there.
func (p *proposer) misplacedDMARC() (out []gate.Proposal) {
	name := "_dmarc." + p.report.Domain
	own, elsewhere := p.meantDMARC()
	var lost []*diag.Finding
	for _, f := range p.of("dmarc.misplaced") {
		if text(*f, "at") != name {
			lost = append(lost, f)
		}
	}
	lost = append(lost, p.of("dmarc.none")...)
	if len(lost) == 0 || len(elsewhere) == 0 {
		return nil
	}
	t := gate.Try{For: lost}
	for _, m := range elsewhere {
		if m.At != "_dmarc.www."+p.report.Domain { // there it is the record of another name
			t.Records = append(t.Records, Record{Name: m.At, Type: "TXT", Value: m.Value, Remove: true})
		}
	}
	if len(own) > 0 {
		return []gate.Proposal{{t}}
	}
	for _, m := range elsewhere {
		if m.Record == "" {
			return []gate.Proposal{{none(unreadable(m.Controls), map[string]any{"term": m.Term}, t.For...)}}
		}
		t.From = append(t.From, m.Value)
	}
	t.Notes = saidOf(elsewhere[0])
	t.Records = append(t.Records, textRecord(name, elsewhere[0].Record))
	return []gate.Proposal{{t}}
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
	return slices.DeleteFunc(slices.Clone(l),
		func(t taglist.Tag) bool { return slices.Contains(names, strings.ToLower(t.Name)) })
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

// testing is a record whose policy acts one level below, unless it says of that what it wants, or has no policy to act
// on.
func (l tagSet) testing() tagSet {
	if l.get("t") != "" || strings.EqualFold(l.get("p"), dmarc.None) {
		return l
	}
	return append(slices.Clone(l), taglist.Tag{Name: "t", Value: "y"})
}

func (l tagSet) String() string {
	out := "v=DMARC1"
	for _, t := range l {
		out += "; " + t.String()
	}
	return out
}
