package spf

import (
	"slices"
	"strings"

	"signpost/diag/pattern"
	"signpost/diag/plain"
)

// Mend is a text as the SPF record that it was meant to be. Nothing in it is a guess: every host, every range and every
// qualifier of the text stands in the record.
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
	holdsSPF       = pattern.New(`(?i)v ?[=:] ?spf1(?:[^0-9.]|$)`)
	bareTerms      = pattern.New(`(?i)(?:include|exists) ?[:=]+ ?[a-z0-9%{}_-]+(?:\.[a-z0-9_-]+)+|ip(?:v?4)? ?[:=]+ ?(?:\d{1,3}\.){3}\d|ip(?:v?6)? ?[:=]+ ?[0-9a-f]+:[0-9a-f:]|(?:^|[ ,;])[+?~-]all(?:[ ,;]|$)|[a-z0-9]:.*[+?~-]all\W*$`)
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
	if !ok { // its version stands anywhere, or nowhere, among what only SPF says
		_, moved := versionFirst(clean)
		ok = moved || holdsSPF.MatchString(clean) || bareTerms.MatchString(clean) || namesSlightly(clean)
	}
	return ok || namesSPF.MatchString(clean) && saysSPF.MatchString(clean)
}

// isEnd is what a record says of everybody else, at its end.
var isEnd = pattern.New(`(?i) [+?~-]all$`)

const maxWords = 40 // of a text without a version that are looked at

// namesSlightly reports a word that names a sender by a misspelt mechanism ("inlcude:a.example"), or that is terms
// which ran together ("a~all").
func namesSlightly(text string) bool {
	for _, w := range strings.Fields(text)[:min(maxWords, len(strings.Fields(text)))] {
		if pieces, two := apart(w); two && isEnd.MatchString(pieces) && !strings.Contains(w, "=") {
			return true
		}
		if !strings.ContainsAny(w, ":=") || len(w) > maxGlued {
			continue
		}
		t, err := parseTerm(w)
		suggestion := misspelt(t)
		if err != nil {
			suggestion = err.Suggestion
		}
		for _, name := range []string{"include:", "ip4:", "ip6:", "exists:"} {
			if strings.HasPrefix(strings.TrimLeft(suggestion, "+?"), name) {
				return true
			}
		}
	}
	return false
}

// versionFirst puts the version in front of a text of SPF terms alone, which has it behind some of them, or lacks it:
// then only where the terms name a sender and say what everybody else is.
func versionFirst(text string) (string, bool) {
	words := strings.Fields(text)
	at := slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, version) })
	if at == 0 || len(words) < 2 {
		return text, false
	}
	sender, end := false, false
	for i, w := range words {
		t, err := parseTerm(w)
		switch {
		case i == at:
			continue
		case at > 0 && i > at: // read as any record is
			continue
		case err != nil || t.Modifier && t.Name != "redirect":
			return text, false
		}
		sender = sender || t.Name != "all"
		end = end || t.Name == "all" && t.Qualifier != '+'
	}
	if at < 0 && !(sender && end) {
		return text, false
	}
	if at > 0 {
		words = slices.Delete(words, at, at+1)
	}
	return version + " " + strings.Join(words, " "), true
}

// MendRecord reads a text as it was meant: without the quotes, dashes, spaces and marks that editors and chats put into
// it, its version as it must be, and each of its terms as Parse suggests.
func MendRecord(text string) Mend {
	if strings.HasPrefix(text, version) && IsRecord(text) && plain.ASCII(text) && !strings.Contains(text, "  ") &&
		!strings.HasSuffix(text, " ") && !strings.ContainsAny(text, "\"'`") {
		if r, bad := Parse(text); len(bad) == 0 && swallowed(r) == "" {
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
	unquoted, _ = versionFirst(unquoted)
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
		r, bad := Parse(record)
		if len(bad) == 0 {
			if m.Term = swallowed(r); m.Term == "" && plain.ASCII(record) {
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

// swallowed is a modifier that nobody knows and whose value holds a term, which ran into it; empty where there is none.
func swallowed(r *Record) string {
	for _, t := range r.Terms {
		if t.Modifier && t.Name != "redirect" && t.Name != "exp" && mechanismStart.MatchString(t.Target) {
			return t.Raw
		}
	}
	return ""
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
	case !whole, strings.IndexByte("0123456789", rest[0]) >= 0: // "v=spf10", "v=spf2.0"
		return "", false
	case strings.IndexByte("+-~?", rest[0]) >= 0: // "v=spf1~allinclude:a.example"; "v=spf1- mx" need not mean -mx
		if first, _, _ := strings.Cut(rest, " "); !parses(first) {
			if _, two := apart(first); !two {
				return "", false
			}
		}
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
	if one := strings.Replace(e.Term, "::", ":", 1); one != e.Term && !strings.Contains(strings.ToLower(e.Term), "ip6") &&
		parses(one) {
		return one, true
	}
	if several, ok := listed(e.Term); ok {
		return several, true
	}
	if m := urlTerm.FindStringSubmatch(e.Term); m != nil && parses(m[1]+m[2]) {
		return m[1] + m[2], true
	}
	return apart(e.Term)
}

// urlTerm is a term with a URL where its host belongs.
var urlTerm = pattern.New(`^(?i)([+?~-]?(?:include:|a:|mx:|redirect=))https?://([^/:?#]+)[/:?#]?\S*$`)

var termStart = pattern.New(`^(?i)[+?~-]?(include:|a:|mx:|mx\b|ip4:|ip6:|exists:|ptr\b|all\b|redirect=|exp=)`)

// Apart reports whether two strings of one TXT record, which are joined without a space (RFC 7208 3.3), meet between
// what would be two terms, or two records: not where a term itself is cut.
func Apart(before, after string) bool {
	if before == "" || strings.HasSuffix(before, " ") || strings.HasPrefix(after, " ") {
		return false
	}
	last := before[strings.LastIndexByte(before, ' ')+1:]
	_, err := parseTerm(last)
	return BeginsAnother(after) || termStart.MatchString(after) && (err == nil || strings.EqualFold(last, version))
}

var otherRecord = pattern.New(`^(?i)(?:v=|spf2\.0/|[a-z0-9-]+-(?:site-)?verification=|MS=)`)

// BeginsAnother reports whether a string begins a record of its own, which was put into the same TXT record as a
// further string.
func BeginsAnother(text string) bool { return otherRecord.MatchString(text) }

// Joined is the strings of a TXT record as one text, with a space where two terms would run together, and without
// another record behind it.
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
