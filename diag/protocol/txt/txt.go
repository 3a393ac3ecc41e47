// Package txt knows the TXT records that mail lives by: how one is written in a zone file (RFC 1035 5.1), and which
// sort of record a text is, or was meant to be.
//
// What may enter: what holds for TXT records of every sort.
package txt

import (
	"fmt"
	"slices"
	"strings"

	"signpost/diag/protocol/bimi"
	"signpost/diag/protocol/dmarc"
	"signpost/diag/protocol/mtasts"
	"signpost/diag/protocol/spf"
	"signpost/diag/protocol/tlsrpt"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// Strings cuts a text, with its escapes, into the strings of a TXT record.
func Strings(text string) (out []string) {
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

// Quoted is a text as it stands between the quotes of a zone file (RFC 1035 5.1): what is not printable ASCII as \DDD,
// and a quote or a backslash behind a backslash.
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

// Of is the text of a TXT record, its escapes undone; false for other types.
func Of(rr dns.RR) (string, bool) {
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
	{"stsv1", Begins("v=stsv1")},
	{"tlsrptv1", Begins("v=tlsrptv1")},
	{"bimi1", Begins("v=bimi1")},
}

// Begins makes a test for texts that begin with a version, in any case.
func Begins(version string) func(string) bool {
	return func(t string) bool {
		return strings.HasPrefix(strings.ToLower(strings.TrimLeft(t, " \t\"'")), version)
	}
}

// KindOf is the sort of a TXT record; empty where any number may stand side by side.
func KindOf(text string) string {
	for _, k := range kinds {
		if k.is(text) {
			return k.name
		}
	}
	return ""
}

// KindAt is the sort of a TXT record at a name: under _dmarc, _mta-sts, _smtp._tls and _bimi, one whose version is
// misspelt, misplaced or lost was meant to be the record of that name too, and at a selector nothing but a key stands.
func KindAt(name, text string) string {
	k := KindOf(text)
	switch {
	case strings.Contains(name, "._domainkey."):
		return "dkim1"
	case k != "":
	case strings.HasPrefix(strings.TrimPrefix(name, "_"), "dmarc.") && dmarc.Resembles(text):
		return "dmarc"
	case strings.HasPrefix(name, "_mta-sts.") && mtasts.Meant(text):
		return "stsv1"
	case strings.HasPrefix(name, "_smtp._tls.") && tlsrpt.Meant(text):
		return "tlsrptv1"
	case strings.Contains(name, "._bimi.") && bimi.Meant(text):
		return "bimi1"
	}
	return k
}

// valid reports whether receivers see a record in a text of that sort.
func valid(kind, text string) bool {
	switch kind {
	case "spf":
		return spf.IsRecord(text)
	case "dmarc":
		return dmarc.IsRecord(text)
	case "stsv1":
		return mtasts.IsRecord(text)
	case "tlsrptv1":
		return tlsrpt.IsRecord(text)
	}
	return true
}

// Counting are those of the texts of one sort that count: what receivers read, and where they read nothing, what was
// meant to be read.
func Counting[T any](kind string, all []T, text func(T) string) []T {
	read := slices.DeleteFunc(slices.Clone(all), func(x T) bool { return !valid(kind, text(x)) })
	if len(read) > 0 {
		return read
	}
	return all
}

// WholeRecord reports whether a text that a finding suggests is a whole record: then only the gate may give it.
func WholeRecord(text string) bool {
	kind := KindOf(text)
	return kind != "" && (kind != "spf" || spf.IsRecord(text)) && strings.ContainsAny(text, " ;") ||
		strings.HasPrefix(strings.ToLower(text), "v=dkim1;")
}
