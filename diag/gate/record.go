package gate

import (
	"fmt"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/protocol/dmarc"
	"signpost/diag/protocol/txt"

	"github.com/miekg/dns"
)

// Why there is no record. Args are those of the finding that is in the way for Remains; else as listed.
const (
	NoteAlias      = "alias"          // name, target: a CNAME stands at the name, or a DNAME above it
	NoteWildcard   = "wildcard-alias" // name, target: the name lives by a wildcard that is an alias
	NoteOverLimit  = "over-limit"     // lookups, limit, terms: what each term costs
	NotePermError  = "permerror"      // ip, because: the whole record is a permanent error for this sender
	NoteRemains    = "remains"        // code, subject and the finding's own: with the record there would be this
	NoteUnknown    = "unknown"        // check: what the record would do could not be checked
	NoteMeaning    = "meaning"        // term: what was meant cannot be told
	NoteSenders    = "senders"        // terms: senders that would not pass any more
	NotePolicy     = "policy"         // tag: the record would change a policy that the finding is not about
	NoteReports    = "reports"        // addresses: they would not get reports any more
	NoteAfter      = "after"          // codes: the record given for these comes first
	NoteWith       = "with"           // codes: the record given for these mends it as well
	NoteConflict   = "conflict"       // codes: the record does not go together with those given for these
	NoteUnsound    = "unsound"        // SPF and DKIM have to be in order first
	NoteNotThere   = "not-there"      // name: the record to be taken out is not there any more
	NoteNoChange   = "no-change"      // the record is there as it should be
	NoteUnreadable = "unreadable"     // the text holds control characters
	NoteNoSenders  = "no-senders"     // who sends for the domain cannot be told from outside
	NoteMailboxes  = "mailboxes"      // where the mailboxes are cannot be told from outside
	NoteChoice     = "choice"         // tag: the record says it outright, which is its owner's choice
	NoteRegistrar  = "registrar"      // name servers are named at the registrar
)

// What is remarkable about the records given.
const (
	NoteCleaned  = "cleaned"        // characters: what does not belong into a record and was taken out
	NoteDropped  = "dropped"        // terms: what was taken out of a record because it breaks it, or says nothing
	NoteByWild   = "by-wildcard"    // name, types: the name lived by a wildcard, which ends with its first own record
	NoteReplaced = "alias-replaced" // name, target: the alias at the name goes, since nothing can stand beside it
)

// NoteCodes is every code of a Note.
var NoteCodes = []string{
	NoteAlias, NoteWildcard, NoteOverLimit, NotePermError, NoteRemains, NoteUnknown, NoteMeaning, NoteSenders, NotePolicy,
	NoteReports, NoteAfter,
	NoteWith, NoteConflict, NoteUnsound, NoteNotThere, NoteNoChange, NoteUnreadable, NoteNoSenders, NoteMailboxes,
	NoteRegistrar, NoteChoice,
	NoteCleaned, NoteDropped, NoteByWild, NoteReplaced,
}

// rrOf is a record as DNS has it.
func rrOf(r diag.Record) (dns.RR, error) {
	name := dns.Fqdn(r.Name)
	header := dns.RR_Header{Name: name, Class: dns.ClassINET, Ttl: 300}
	switch r.Type {
	case "TXT":
		header.Rrtype = dns.TypeTXT
		return &dns.TXT{Hdr: header, Txt: txt.Strings(r.Value)}, nil
	case "SPF":
		header.Rrtype = dns.TypeSPF
		return &dns.SPF{Hdr: header, Txt: txt.Strings(r.Value)}, nil
	}
	rr, err := dns.NewRR(fmt.Sprintf("%s 300 IN %s %s", name, r.Type, r.Value))
	if err == nil && (rr == nil || dns.TypeToString[rr.Header().Rrtype] != r.Type) {
		err = fmt.Errorf("diag: no record: %s %s", r.Type, r.Value)
	}
	return rr, err
}

// recordOf is a record as people enter it.
func recordOf(rr dns.RR, remove bool) diag.Record {
	h := rr.Header()
	r := diag.Record{Name: strings.TrimSuffix(h.Name, "."), Type: dns.TypeToString[h.Rrtype], Remove: remove}
	switch t := rr.(type) {
	case *dns.TXT:
		text, _ := txt.Of(t)
		r.Value = txt.Quoted(text)
	case *dns.SPF:
		r.Value = strings.Join(t.Txt, "")
	default:
		r.Value = strings.ReplaceAll(strings.TrimPrefix(rr.String(), h.String()), "\t", " ")
	}
	return r
}

// exclusive is the records at a name that one to be entered takes the place of.
func exclusive(rr dns.RR, there []dns.RR) (out []dns.RR) {
	text, _ := txt.Of(rr)
	kind := txt.KindAt(rr.Header().Name, text)
	read := func(rr dns.RR) string { text, _ := txt.Of(rr); return text }
	for _, old := range there {
		switch t := rr.(type) {
		case *dns.TXT:
			if kind != "" && txt.KindAt(t.Hdr.Name, read(old)) == kind {
				out = append(out, old)
			}
		case *dns.MX:
			before, ok := old.(*dns.MX)
			if ok && strings.EqualFold(before.Mx, t.Mx) && before.Preference != t.Preference {
				out = append(out, old)
			}
		}
	}
	if kind != "" {
		out = txt.Counting(kind, out, read)
	}
	return slices.DeleteFunc(out, func(old dns.RR) bool { return kind != "" && read(old) == text })
}

// difference is what has to be done to one set of records so that it becomes another, the new ones first.
func difference(before, after []dns.RR) (out []diag.Record) {
	has := func(set []dns.RR, rr dns.RR) bool {
		return slices.ContainsFunc(set, func(x dns.RR) bool { return recordOf(x, false) == recordOf(rr, false) })
	}
	for _, rr := range after {
		if !has(before, rr) {
			out = append(out, recordOf(rr, false))
		}
	}
	for _, rr := range before {
		if !has(after, rr) {
			out = append(out, recordOf(rr, true))
		}
	}
	return out
}

// lostReports is the addresses that get reports by one record and not by another.
func lostReports(was, now *dmarc.Record) (lost []string) {
	for _, pair := range [][2][]dmarc.Address{{was.RUA, now.RUA}, {was.RUF, now.RUF}} {
		for _, a := range pair[0] {
			if !slices.ContainsFunc(pair[1], func(b dmarc.Address) bool { return a == b }) {
				lost = append(lost, a.Mailbox)
			}
		}
	}
	return lost
}
