package diag

import (
	"fmt"
	"slices"
	"strings"

	"signpost/diag/protocol/dmarc"
	"signpost/diag/protocol/spf"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// Record is one record of a change to a zone, as it goes into a zone editor: entered, or with Remove taken out.
type Record struct {
	Name   string `json:"name"` // fully qualified, no final dot
	Type   string `json:"type"`
	Value  string `json:"value"` // for MX "5 mx1.example.net.", for TXT the text as it stands between the quotes of a zone file
	Remove bool   `json:"remove"`
}

// Note is something to know about a finding's records, by a code with words in the catalogues: why there is none, or what is remarkable
// about those there are.
type Note struct {
	Code string         `json:"code"`
	Args map[string]any `json:"args"`
}

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
	NoteAlias, NoteWildcard, NoteOverLimit, NotePermError, NoteRemains, NoteUnknown, NoteMeaning, NoteSenders, NotePolicy, NoteReports, NoteAfter,
	NoteWith, NoteConflict, NoteUnsound, NoteNotThere, NoteNoChange, NoteUnreadable, NoteNoSenders, NoteMailboxes, NoteCleaned, NoteDropped, NoteByWild, NoteReplaced,
}

// rr is the record as DNS has it.
func (r Record) rr() (dns.RR, error) {
	name := dns.Fqdn(r.Name)
	header := dns.RR_Header{Name: name, Class: dns.ClassINET, Ttl: 300}
	switch r.Type {
	case "TXT":
		header.Rrtype = dns.TypeTXT
		return &dns.TXT{Hdr: header, Txt: strings255(r.Value)}, nil
	case "SPF":
		header.Rrtype = dns.TypeSPF
		return &dns.SPF{Hdr: header, Txt: strings255(r.Value)}, nil
	}
	rr, err := dns.NewRR(fmt.Sprintf("%s 300 IN %s %s", name, r.Type, r.Value))
	if err == nil && (rr == nil || dns.TypeToString[rr.Header().Rrtype] != r.Type) {
		err = fmt.Errorf("diag: no record: %s %s", r.Type, r.Value)
	}
	return rr, err
}

// recordOf is a record as people enter it.
func recordOf(rr dns.RR, remove bool) Record {
	h := rr.Header()
	r := Record{Name: strings.TrimSuffix(h.Name, "."), Type: dns.TypeToString[h.Rrtype], Remove: remove}
	switch t := rr.(type) {
	case *dns.TXT:
		text, _ := textOf(t)
		r.Value = Quoted(text)
	case *dns.SPF:
		r.Value = strings.Join(t.Txt, "")
	default:
		r.Value = strings.ReplaceAll(strings.TrimPrefix(rr.String(), h.String()), "\t", " ")
	}
	return r
}

// strings255 cuts a text, with its escapes, into the strings of a TXT record.
func strings255(text string) (out []string) {
	var b strings.Builder
	octets := 0
	for i := 0; i < len(text); {
		n := 1
		if text[i] == '\\' && i+1 < len(text) {
			n = 2
			if text[i+1] >= '0' && text[i+1] <= '9' {
				n = 4
			}
		}
		n = min(n, len(text)-i)
		if octets == 255 {
			out = append(out, b.String())
			b.Reset()
			octets = 0
		}
		b.WriteString(text[i : i+n])
		octets++
		i += n
	}
	return append(out, b.String())
}

// Quoted is a text as it stands between the quotes of a zone file (RFC 1035 5.1): what is not printable ASCII as \DDD, and a quote or a
// backslash behind a backslash.
func Quoted(text string) string {
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, "\\%03d", c)
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// textOf is the text of a TXT record, its escapes undone; false for other types.
func textOf(rr dns.RR) (string, bool) {
	t, ok := rr.(*dns.TXT)
	if !ok {
		return "", false
	}
	a := resolve.Answer{Question: resolve.Question{Name: t.Hdr.Name, Type: dns.TypeTXT}, RRs: []dns.RR{t}}
	if texts := a.TXT(); len(texts) == 1 {
		return texts[0], true
	}
	return "", true
}

// kinds are the sorts of TXT records of which only one may stand at a name.
var kinds = []struct {
	name string
	is   func(text string) bool
}{
	{"spf", spf.Meant},
	{"dmarc", dmarc.LooksLike},
	{"stsv1", begins("v=stsv1")},
	{"tlsrptv1", begins("v=tlsrptv1")},
	{"bimi1", begins("v=bimi1")},
}

// begins makes a test for texts that begin with a version, in any case.
func begins(version string) func(string) bool {
	return func(t string) bool {
		return strings.HasPrefix(strings.ToLower(strings.TrimLeft(t, " \t\"'")), version)
	}
}

// kindOf is the sort of a TXT record; empty where any number may stand side by side.
func kindOf(text string) string {
	for _, k := range kinds {
		if k.is(text) {
			return k.name
		}
	}
	return ""
}

// kindAt is the sort of a TXT record at a name: under _dmarc, one that lacks the version was meant to be a DMARC record too, and at a
// selector nothing but a key stands.
func kindAt(name, text string) string {
	if strings.Contains(name, "._domainkey.") {
		return "dkim1"
	}
	if k := kindOf(text); k != "" || !strings.HasPrefix(strings.TrimPrefix(name, "_"), "dmarc.") || !dmarc.Resembles(text) {
		return k
	}
	return "dmarc"
}

// valid reports whether receivers see a record in a text of that sort.
func valid(kind, text string) bool {
	switch kind {
	case "spf":
		return spf.IsRecord(text)
	case "dmarc":
		return dmarc.IsRecord(text)
	}
	return true
}

// counting are those of the texts of one sort that count: what receivers read, and where they read nothing, what was meant to be read.
func counting[T any](kind string, all []T, text func(T) string) []T {
	read := slices.DeleteFunc(slices.Clone(all), func(x T) bool { return !valid(kind, text(x)) })
	if len(read) > 0 {
		return read
	}
	return all
}

// exclusive is the records at a name that one to be entered takes the place of.
func exclusive(rr dns.RR, there []dns.RR) (out []dns.RR) {
	text, _ := textOf(rr)
	kind := kindAt(rr.Header().Name, text)
	read := func(rr dns.RR) string { text, _ := textOf(rr); return text }
	for _, old := range there {
		switch t := rr.(type) {
		case *dns.TXT:
			if kind != "" && kindAt(t.Hdr.Name, read(old)) == kind {
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
		out = counting(kind, out, read)
	}
	return slices.DeleteFunc(out, func(old dns.RR) bool { return kind != "" && read(old) == text })
}

// difference is what has to be done to one set of records so that it becomes another, the new ones first.
func difference(before, after []dns.RR) (out []Record) {
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

// WholeRecord reports whether a text that a finding suggests is a whole record: then only the gate may give it.
func WholeRecord(text string) bool {
	return kindOf(text) != "" && strings.ContainsAny(text, " ;") || strings.HasPrefix(strings.ToLower(text), "v=dkim1;")
}

// withoutRecords takes whole records out of what findings suggest.
func (r *Report) withoutRecords() {
	for _, res := range r.Results {
		for _, f := range res.Findings {
			if whole, ok := f.Args["suggestion"].(string); ok && WholeRecord(whole) {
				f.Args["suggestion"] = ""
			}
		}
	}
}
