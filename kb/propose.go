package kb

import (
	"fmt"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/gate"
	"signpost/diag/protocol/tlsrpt"
	"signpost/diag/protocol/txt"
)

// proposer makes proposals from one report.
type proposer struct {
	*Base
	report *diag.Report
	found  map[diag.Code][]*diag.Finding
}

// of is the findings of these codes.
func (p *proposer) of(codes ...diag.Code) (out []*diag.Finding) {
	for _, c := range codes {
		out = append(out, p.found[c]...)
	}
	return out
}

func (p *proposer) has(codes ...diag.Code) bool { return len(p.of(codes...)) > 0 }

// none says why there is no record.
func none(code string, args map[string]any, findings ...*diag.Finding) gate.Try {
	return gate.Try{For: findings, Notes: []diag.Note{note(code, args)}}
}

func note(code string, args map[string]any) diag.Note {
	if args == nil {
		args = map[string]any{}
	}
	return diag.Note{Code: code, Args: args}
}

func textRecord(name, text string) Record {
	return Record{Name: name, Type: "TXT", Value: txt.Quoted(text)}
}

func gone(r Record) Record {
	r.Remove = true
	return r
}

// whole reports whether an argument holds all of a text: longer ones are cut.
func whole(text string) bool { return text != "" && !strings.HasSuffix(text, "…") }

// single is the changes that mend one finding each.
func (p *proposer) single() (out []gate.Proposal) {
	one := func(f *diag.Finding, records ...Record) {
		out = append(out, gate.Proposal{{For: []*diag.Finding{f}, Records: records}})
	}
	for _, f := range p.of("spf.sender-id") {
		if whole(text(*f, "record")) {
			one(f, gone(textRecord(p.report.Domain, text(*f, "record"))))
		}
	}
	for _, f := range p.of("spf.leftover-type") {
		if whole(text(*f, "record")) {
			one(f, gone(Record{Name: p.report.Domain, Type: "SPF", Value: txt.Quoted(text(*f, "record"))}))
		}
	}
	for _, f := range p.of("dmarc.report-unauthorized") {
		if name := text(*f, "name"); name != "" {
			one(f, textRecord(name, "v=DMARC1"))
		}
	}
	for _, f := range p.of("mtasts.record-syntax", "tlsrpt.syntax", "bimi.syntax", "dkim.syntax", "dkim.bad-key") {
		if s := text(*f, "suggestion"); txt.WholeRecord(s) && whole(s) {
			one(f, textRecord(f.Subject, s))
		}
	}
	for _, code := range []diag.Code{"mtasts.record-syntax", "tlsrpt.syntax", "bimi.syntax", "dkim.syntax"} {
		for _, f := range bySubject(p.of(code)) {
			if record := pieced(f); record != "" {
				out = append(out, gate.Proposal{{For: f, Records: []Record{textRecord(f[0].Subject, record)}}})
			}
		}
	}
	for _, f := range p.of("dane.mismatch", "dane.bad-params") {
		good, name := text(*f, "good"), "_25._tcp."+f.Subject
		if good == "" {
			continue
		}
		records := []Record{{Name: name, Type: "TLSA", Value: good}}
		for _, bad := range stringsOf(f.Args["bad"]) {
			if whole(bad) {
				records = append(records, gone(Record{Name: name, Type: "TLSA", Value: bad}))
			}
		}
		one(f, records...)
	}
	for _, f := range p.of("tlsrpt.multiple") {
		if record := oneTLSRPT(stringsOf(f.Args["records"])); record != "" {
			one(f, textRecord(f.Subject, record))
		}
	}
	return out
}

// oneTLSRPT is one record with the addresses of all; empty where one of them is faulty.
func oneTLSRPT(records []string) string {
	var all []string
	for _, text := range records {
		r := tlsrpt.Parse(text)
		if len(r.Faults) > 0 || !whole(text) {
			return ""
		}
		for _, to := range r.RUA {
			if !slices.Contains(all, to) {
				all = append(all, to)
			}
		}
	}
	if len(all) == 0 {
		return ""
	}
	return "v=TLSRPTv1; rua=" + strings.Join(all, ",")
}

// bySubject is findings in groups of one record each.
func bySubject(all []*diag.Finding) (out [][]*diag.Finding) {
	for _, f := range all {
		i := slices.IndexFunc(out, func(group []*diag.Finding) bool { return group[0].Subject == f.Subject })
		if i < 0 {
			i, out = len(out), append(out, nil)
		}
		out[i] = append(out[i], f)
	}
	return out
}

// pieced is a record with each of its faulty parts as it was meant; empty where one of them cannot be told, or is the
// whole record.
func pieced(faults []*diag.Finding) string {
	record := text(*faults[0], "record")
	if !whole(record) {
		return ""
	}
	for _, f := range faults {
		term, meant := text(*f, "term"), text(*f, "suggestion")
		switch {
		case !whole(term) || !whole(meant) || txt.WholeRecord(meant):
			return ""
		case strings.Contains(record, term):
			record = strings.Replace(record, term, meant, 1)
		default: // what is missing
			record = strings.TrimRight(record, "; ") + "; " + meant
		}
	}
	return record
}

// misplaced moves records that stand under names where nobody reads them. A key of which nobody can tell the selector
// stays.
func (p *proposer) misplaced() (out []gate.Proposal) {
	for _, f := range p.of("dkim.misplaced", "mtasts.misplaced", "tlsrpt.misplaced", "bimi.misplaced") {
		name, record := text(*f, "name"), text(*f, "record")
		if selector, isKey := f.Args["selector"]; isKey && selector == "" || !whole(record) {
			continue
		}
		t := gate.Try{For: []*diag.Finding{f},
			Records: []Record{textRecord(name, record), gone(textRecord(text(*f, "at"), record))}}
		for _, missing := range p.of("dkim.selector-missing", "dkim.none-found") {
			if f.Code == "dkim.misplaced" && (missing.Code == "dkim.none-found" || text(*missing, "name") == name) {
				t.For = append(t.For, missing)
			}
		}
		out = append(out, gate.Proposal{t})
	}
	for _, f := range p.of("mx.misplaced") {
		t := gate.Try{For: append([]*diag.Finding{f}, p.of("mx.none", "mx.implicit")...)}
		texts := stringsOf(f.Args["texts"]) // entered as TXT
		for i, r := range stringsOf(f.Args["records"]) {
			old := Record{Name: text(*f, "at"), Type: "MX", Value: r}
			if i < len(texts) {
				old = Record{Name: text(*f, "at"), Type: "TXT", Value: texts[i]}
			}
			t.Records = append(t.Records, Record{Name: p.report.Domain, Type: "MX", Value: r}, gone(old))
		}
		out = append(out, gate.Proposal{t})
	}
	return out
}

// mx is the changes of the hosts that take mail.
func (p *proposer) mx() (out []gate.Proposal) {
	if renamed := p.renamedMX(); len(renamed) > 0 {
		out = append(out, renamed)
	}
	for _, f := range p.of("mx.provider-incomplete") {
		out = append(out, gate.Proposal{{For: []*diag.Finding{f}, Records: p.providerMX(text(*f, "provider"), p.report)}})
	}
	set := p.providerMX(spfMailbox(p.report), p.report)
	for _, f := range p.of("mx.none") {
		switch {
		case f.Args["sends_nothing"] == true:
			out = append(out, gate.Proposal{{For: []*diag.Finding{f}, Records: []Record{nullMX(p.report.Domain)}}})
		case len(set) > 0 && !p.has("mx.misplaced"):
			out = append(out, gate.Proposal{{For: []*diag.Finding{f}, Records: set}})
		}
	}
	for _, f := range p.of("mx.implicit") {
		if !p.has("mx.misplaced") {
			out = append(out, p.implicit(f))
		}
	}
	for _, f := range p.of("mx.null-preference") {
		old := Record{Name: p.report.Domain, Type: "MX", Value: fmt.Sprintf("%v .", f.Args["preference"])}
		out = append(out, gate.Proposal{{For: []*diag.Finding{f}, Records: []Record{nullMX(p.report.Domain), gone(old)}}})
	}
	for _, f := range p.of("mx.target-malformed") {
		if f.Args["null"] == true {
			old := Record{Name: p.report.Domain, Type: "MX",
				Value: fmt.Sprintf("%v %s.", f.Args["preference"], text(*f, "host"))}
			out = append(out, gate.Proposal{{For: []*diag.Finding{f}, Records: []Record{nullMX(p.report.Domain), gone(old)}}})
		}
	}
	for _, f := range p.of("mx.null-with-others") { // a domain that sends must be able to take answers (RFC 7505 4.2)
		if f.Args["sends"] == true {
			out = append(out, gate.Proposal{{For: []*diag.Finding{f}, Records: []Record{gone(nullMX(p.report.Domain))}}})
		}
	}
	for _, f := range p.of("mx.null-but-sends") {
		out = append(out, gate.Proposal{
			{For: []*diag.Finding{f}, Records: []Record{textRecord(p.report.Domain, "v=spf1 -all")}},
		})
	}
	for _, f := range p.of("mx.mixed-providers") { // which of the two holds the mailboxes is not ours to guess
		out = append(out, gate.Proposal{none(gate.NoteMailboxes, nil, f)})
	}
	return slices.DeleteFunc(out, func(x gate.Proposal) bool { return len(x[0].Records) == 0 && len(x[0].Notes) == 0 })
}

// renamedMX mends the names of mail hosts: all that can be told at once, or else one of them.
func (p *proposer) renamedMX() (out gate.Proposal) {
	var all gate.Try
	for _, f := range p.of("mx.relative-name", "mx.target-malformed") {
		meant, pref := text(*f, "meant"), fmt.Sprint(f.Args["preference"])
		if meant == "" {
			continue
		}
		records := []Record{{Name: p.report.Domain, Type: "MX", Value: pref + " " + meant + "."}}
		records = append(records, p.besides(meant, p.report)...)
		records = append(records, gone(Record{Name: p.report.Domain, Type: "MX", Value: pref + " " + text(*f, "host") + "."}))
		out = append(out, gate.Try{For: []*diag.Finding{f}, Records: records})
		all.For = append(all.For, f)
		for _, r := range records {
			if !slices.Contains(all.Records, r) {
				all.Records = append(all.Records, r)
			}
		}
	}
	if len(out) > 1 {
		out = slices.Insert(out, 0, all)
	}
	return out
}

// nullMX says that a domain takes no mail (RFC 7505 3).
func nullMX(domain string) Record { return Record{Name: domain, Type: "MX", Value: "0 ."} }

// implicit is for a domain without MX whose mail goes to its own address: that is written down, unless SPF names a
// mailbox provider, where the mail may be meant to go instead.
func (p *proposer) implicit(f *diag.Finding) gate.Proposal {
	if f.Args["sends_nothing"] == true { // and has no MX: it is parked
		return gate.Proposal{{For: []*diag.Finding{f}, Records: []Record{nullMX(p.report.Domain)}}}
	}
	if spfMailbox(p.report) == "" {
		return gate.Proposal{{For: []*diag.Finding{f},
			Records: []Record{{Name: p.report.Domain, Type: "MX", Value: "10 " + p.report.Domain + "."}}}}
	}
	dead := slices.ContainsFunc(p.of("smtp.refused", "smtp.timeout"), func(x *diag.Finding) bool {
		return x.Subject == p.report.Domain || text(*x, "host") == p.report.Domain
	})
	if set := p.providerMX(spfMailbox(p.report), p.report); dead && len(set) > 0 {
		return gate.Proposal{{For: []*diag.Finding{f}, Records: set}}
	}
	return gate.Proposal{none(gate.NoteMailboxes, nil, f)}
}

// caa is the changes of CAA records that were entered with slips. All of a name whose meaning can be told are one
// change, since authorities read them together.
func (p *proposer) caa() (out []gate.Proposal) {
	for _, faults := range bySubject(p.of("caa.as-text", "caa.unknown-critical", "caa.syntax")) {
		var all gate.Try
		add := func(r Record) {
			if !slices.Contains(all.Records, r) {
				all.Records = append(all.Records, r)
			}
		}
		for _, f := range faults {
			old := Record{Name: f.Subject, Type: "CAA", Value: text(*f, "record")}
			if f.Code == "caa.as-text" {
				old = Record{Name: f.Subject, Type: "TXT", Value: text(*f, "term")}
			}
			meant := stringsOf(f.Args["records"])
			if len(meant) == 0 || !whole(old.Value) || slices.ContainsFunc(meant, func(r string) bool { return !whole(r) }) {
				out = append(out, gate.Proposal{none(gate.NoteMeaning, map[string]any{"term": old.Value}, f)})
				continue
			}
			all.For = append(all.For, f)
			for _, r := range meant {
				add(Record{Name: f.Subject, Type: "CAA", Value: r})
			}
			add(gone(old))
		}
		out = append(out, gate.Proposal{all})
	}
	return out
}
