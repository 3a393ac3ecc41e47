package spf

import (
	"strings"

	"signpost/diag/pattern"
	"signpost/diag/plain"
)

// Mend is a text as the SPF record that it was meant to be. Nothing in it is a guess: every host, every range and every qualifier of the
// text stands in the record.
type Mend struct {
	Record string   // empty where it cannot be told
	Term   string   // the term that cannot be told, where there is one
	Odd    []string // characters that do not belong into a record and are left out or replaced: "“ (U+201C)"
	// Controls: the text holds control characters, so that nothing is made of it.
	Controls bool
}

const maxMends = 120 // slips of one record that are mended

var (
	meantVersion   = pattern.New(`(?i)^(v ?[=:] ?)?s(?:pf|fp)(?:[ _-]?1)?`)
	afterVersion   = pattern.New(`(?i)^(?:[ ;:,.|]+|$|[+?~-]?(?:include:|ip[46]:|exists:|redirect=|mx\b|all\b|a[ :]))`)
	namesSPF       = pattern.New(`(?i)^[^a-z]*v?[^a-z]*spf`)
	saysSPF        = pattern.New(`(?i)(?:^|[ ;,|])(?:[+?~-]all\b|include ?[:=]|ip[46] ?[:=])`)
	quotedTogether = pattern.New(`([^\s"':=])\\?["']+ *\\?["']+([^\s"'])`)
	quotes         = pattern.New("\\\\?[\"'`]")
)

// Meant reports whether a text is an SPF record, or was meant to be one.
func Meant(text string) bool {
	if IsRecord(text) {
		return true
	}
	if len(text) > maxMeant {
		return false
	}
	clean := strings.Join(strings.Fields(quotes.ReplaceAllString(plain.Of(text).Plain, "")), " ")
	_, ok := withoutVersion(clean)
	if !ok {
		_, ok = plain.Pasted(clean, version)
	}
	return ok || namesSPF.MatchString(clean) && saysSPF.MatchString(clean)
}

// MendRecord reads a text as it was meant: without the quotes, dashes, spaces and marks that editors and chats put into it, its version as
// it must be, and each of its terms as Parse suggests.
func MendRecord(text string) Mend {
	if strings.HasPrefix(text, version) && IsRecord(text) && plain.ASCII(text) && !strings.Contains(text, "  ") && !strings.HasSuffix(text, " ") && !strings.ContainsAny(text, "\"'`") {
		if _, bad := Parse(text); len(bad) == 0 {
			return Mend{Record: text}
		}
	}
	clean := plain.Of(text)
	m := Mend{Odd: clean.Odd, Controls: clean.Controls}
	if clean.Controls || len(text) > maxMeant {
		return m
	}
	unquoted := quotedTogether.ReplaceAllString(clean.Plain, "$1 $2")
	unquoted = quotes.ReplaceAllString(unquoted, "")
	if unquoted != clean.Plain && len(m.Odd) == 0 {
		m.Odd = []string{`" (U+0022)`}
	}
	if whole, pasted := plain.Pasted(unquoted, version); pasted {
		unquoted = whole
	}
	rest, ok := withoutVersion(strings.Join(strings.Fields(unquoted), " "))
	if !ok {
		return m
	}
	words := strings.Fields(rest)
	for i, w := range words {
		if !strings.Contains(w, "%{") {
			words[i] = strings.Trim(w, ",;|")
		}
	}
	record := strings.Join(strings.Fields(version+" "+strings.Join(words, " ")), " ")
	for range maxMends {
		_, bad := Parse(record)
		if len(bad) == 0 {
			if plain.ASCII(record) {
				m.Record = record
			}
			return m
		}
		e := bad[0]
		instead, ok := meant(e)
		if !ok || len(record) > maxMeant {
			m.Term = e.Term
			return m
		}
		record = strings.Join(strings.Fields(record[:e.Pos]+instead+record[e.Pos+len(e.Term):]), " ")
	}
	return m
}

const maxMeant = 8192 // octets of a text that is read as a record

// withoutVersion is what follows the version of a text that was meant to be a record, however it is spelt.
func withoutVersion(text string) (rest string, ok bool) {
	text = strings.TrimLeft(text, " ;:,.|")
	at := meantVersion.FindStringSubmatchIndex(text)
	if at == nil {
		return "", false
	}
	rest = text[at[1]:]
	whole := at[2] >= 0 && strings.HasSuffix(text[:at[1]], "1")
	switch {
	case rest == "", afterVersion.FindString(rest) != "":
	case !whole, strings.IndexByte("0123456789+-~?", rest[0]) >= 0: // "v=spf10", "v=spf2.0"; "v=spf1- mx" need not mean -mx
		return "", false
	}
	rest = strings.TrimLeft(rest, " ;:,.|")
	if at[2] < 0 { // "spf1 ..." is a record only where it says what one says
		numbered := strings.HasSuffix(text[:at[1]], "1") && strings.Contains(rest, ":")
		if !numbered && !saysSPF.MatchString(rest) {
			return "", false
		}
	}
	return rest, true
}

// meant is what a faulty term was meant to be. False: it cannot be told.
func meant(e *SyntaxError) (string, bool) {
	switch {
	case e.Reason == "repeated-modifier" && strings.EqualFold(e.Term, version):
		return "", true // a second version, where two records ran into one
	case e.Suggestion != "":
		return e.Suggestion, e.Suggestion != e.Term
	}
	if one := strings.Replace(e.Term, "::", ":", 1); one != e.Term && !strings.Contains(strings.ToLower(e.Term), "ip6") && parses(one) {
		return one, true
	}
	if several, ok := listed(e.Term); ok {
		return several, true
	}
	return apart(e.Term)
}

var mechanismStart = pattern.New(`(?i)[+?~-]?(?:include|exists|ip4|ip6):|redirect=|v=spf1|[+?~-](?:all$|mx(?:$|:)|a:)`)

// apart is a term that is two which ran together: "ip4:192.0.2.1~all".
func apart(term string) (string, bool) {
	for _, at := range mechanismStart.FindAllStringIndex(term, -1) {
		if at[0] == 0 {
			continue
		}
		left, right := term[:at[0]], term[at[0]:]
		if _, err := parseTerm(left); err != nil {
			continue
		}
		if _, err := parseTerm(right); err == nil {
			return left + " " + right, true
		}
		if more, ok := apart(right); ok {
			return left + " " + more, true
		}
	}
	return "", false
}

var termStart = pattern.New(`^(?i)[+?~-]?(include:|a:|mx:|mx\b|ip4:|ip6:|exists:|ptr\b|all\b|redirect=|exp=)`)

// Apart reports whether two strings of one TXT record, which are joined without a space (RFC 7208 3.3), meet between what would be two terms,
// or two records: not where a term itself is cut.
func Apart(before, after string) bool {
	if before == "" || strings.HasSuffix(before, " ") || strings.HasPrefix(after, " ") {
		return false
	}
	last := before[strings.LastIndexByte(before, ' ')+1:]
	_, err := parseTerm(last)
	return BeginsAnother(after) || termStart.MatchString(after) && (err == nil || strings.EqualFold(last, version))
}

var otherRecord = pattern.New(`^(?i)(?:v=|spf2\.0/|[a-z0-9-]+-(?:site-)?verification=|MS=)`)

// BeginsAnother reports whether a string begins a record of its own, which was put into the same TXT record as a further string.
func BeginsAnother(text string) bool { return otherRecord.MatchString(text) }

// Joined is the strings of a TXT record as one text, with a space where two terms would run together, and without another record behind it.
func Joined(parts []string) string {
	var b strings.Builder
	for i, part := range parts {
		if i > 0 && BeginsAnother(part) {
			break // it belongs into a record of its own
		}
		if i > 0 && Apart(parts[i-1], part) {
			b.WriteByte(' ')
		}
		b.WriteString(part)
	}
	return b.String()
}
