package caa

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"signpost/diag/distance"
	"signpost/diag/protocol/taglist"

	"golang.org/x/text/width"
)

// Authority is a certificate authority, for reading what records with slips were meant to say.
type Authority struct {
	Called []string // what people call it
	Names  []string // by which CAA records allow it, the usual one first
}

const maxMeant = 10 // records that one text may be meant as

// quotes are the letters that consoles and word processors put around or into what is entered.
const quotes = "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb\\"

// line is a record as it stands in a zone file: flags, tag and value, each parted by spaces or a comma.
var line = regexp.MustCompile(`(?is)^\s*(?:(?:in\s+)?caa\s+)?(\d{1,3})[\s,]+["']?([a-z]{4,14})["']?(?:[\s,=:]+|$)(.*)$`)

// tagged is a value that begins with a tag once more: `issue=ca.example`, `issue "ca.example"`.
var tagged = regexp.MustCompile(`(?is)^\s*(?:tag\s*[=:]\s*)?(issue|issuewild|issuemail|issuevmc|iodef)\s*(?:[=:\s]\s*|["'])(.+)$`)

// Meant is the records that one was meant to be: itself where nothing is wrong with it, several where its value names
// several authorities. Empty where that cannot be told.
func (p Property) Meant(known []Authority) []Property {
	tag := p.Tag
	if slices.Contains(p.Faults, BadTag) || slices.Contains(p.Faults, UnknownTag) {
		tag = strings.Trim(folded(tag), " \t=:,;."+quotes)
		if plain := strings.NewReplacer("-", "", "_", "", " ", "").Replace(tag); slices.Contains(tags, plain) {
			tag = plain
		} else if tag = Meant(tag); tag == "" {
			return nil
		}
	}
	values := valuesMeant(tag, p.Value, known)
	var out []Property
	for _, v := range values {
		r := Parse(p.Flags&critical, tag, v)
		if len(r.Faults) > 0 || len(out) == maxMeant {
			return nil
		}
		if !slices.ContainsFunc(out, func(x Property) bool { return x.Value == r.Value }) {
			out = append(out, r)
		}
	}
	return out
}

// FromText is the records that a text of another type was meant to be: one that begins with flags and a tag, as a line
// of a zone file does. False: it resembles none. No records: what was meant cannot be told.
func FromText(text string, known []Authority) ([]Property, bool) {
	m := line.FindStringSubmatch(strings.Trim(folded(text), " \t"+quotes))
	if m == nil {
		return nil, false
	}
	tag := strings.ToLower(m[2])
	var meant []Property
	if flags, err := strconv.ParseUint(m[1], 10, 8); err == nil {
		meant = Parse(uint8(flags), tag, m[3]).Meant(known)
	}
	return meant, len(meant) > 0 || slices.Contains(tags, tag)
}

// valuesMeant is what a value was meant to be, under a tag; empty where that cannot be told.
func valuesMeant(tag, value string, known []Authority) []string {
	if !slices.Contains([]string{"issue", "issuewild", "issuevmc", "iodef"}, tag) {
		return []string{value}
	}
	if len(Parse(0, tag, value).Faults) == 0 {
		return []string{value}
	}
	v := strings.Trim(folded(value), " \t"+quotes)
	if m := line.FindStringSubmatch(v); m != nil { // the whole line was entered as the value
		if !strings.EqualFold(m[2], tag) {
			return nil
		}
		v = m[3]
	} else if m := tagged.FindStringSubmatch(v); m != nil {
		if !strings.EqualFold(m[1], tag) { // the record says one thing and its value another
			return nil
		}
		v = m[2]
	}
	v = strings.Trim(v, " \t"+quotes)
	switch {
	case tag == "iodef":
		return addressMeant(v)
	case v == ";":
		return []string{";"}
	}
	return issuersMeant(v, known)
}

// addressMeant is where reports were meant to go.
func addressMeant(v string) []string {
	v = strings.Trim(v, "<> ")
	if len(v) > 7 && strings.EqualFold(v[:7], "mailto:") {
		v = strings.TrimLeft(v[7:], "/ ")
	}
	local, host, ok := strings.Cut(v, "@")
	if !ok || local == "" || strings.ContainsAny(v, " \t,;:/<>\"\\") || strings.Contains(host, "@") ||
		!strings.Contains(host, ".") || !isName(host) {
		return nil
	}
	return []string{"mailto:" + v}
}

// issuersMeant is the values that a list of authorities was meant to be. What follows one behind a semicolon is kept
// where it is a parameter, and is another authority where it is a name.
func issuersMeant(v string, known []Authority) (out []string) {
	for part := range strings.FieldsFuncSeq(v, func(r rune) bool { return strings.ContainsRune(",|\r\n\t", r) }) {
		first := len(out)
		for i, piece := range strings.Split(part, ";") {
			piece = strings.Trim(piece, " \t"+quotes)
			if piece == "" {
				continue
			}
			if tag, of, isParam := strings.Cut(piece, "="); i > 0 && isParam && len(out) > first &&
				!strings.Contains(tag, ".") {
				out[len(out)-1] += "; " + strings.Trim(tag, " ") + "=" + strings.Trim(of, " "+quotes)
				continue
			}
			names := []string{piece}
			if issuer := issuerMeant(piece, known); issuer != "" {
				names[0] = issuer
			} else if names = strings.Fields(piece); len(names) > 1 {
				for j, n := range names {
					if names[j] = issuerMeant(n, known); names[j] == "" {
						return nil
					}
				}
			} else {
				return nil
			}
			out = append(out, names...)
		}
	}
	return out
}

// issuerMeant is the name of the authority that a word was meant as: a name, the address of a page, or what the
// authority is called. Empty where that cannot be told.
func issuerMeant(word string, known []Authority) string {
	word = strings.ToLower(strings.Trim(word, " \t<>()[]"+quotes))
	if m := tagged.FindStringSubmatch(word); m != nil { // each of a list with its tag
		word = strings.Trim(m[2], " "+quotes)
	}
	for _, a := range known {
		for _, c := range a.Called {
			if len(a.Names) > 0 && letters(c) != "" && letters(c) == letters(word) {
				return a.Names[0]
			}
		}
	}
	host, page := word, false
	if scheme, _, ok := strings.Cut(word, "//"); ok {
		if scheme != "" && scheme != "http:" && scheme != "https:" {
			return ""
		}
		if scheme == "" {
			word = "https:" + word
		}
		u, err := url.Parse(word)
		if err != nil || u.User != nil {
			return ""
		}
		host, page = u.Hostname(), strings.Trim(u.Path, "/") != "" || u.RawQuery != ""
	} else if name, path, ok := strings.Cut(word, "/"); ok {
		host, page = name, path != ""
	}
	host = strings.TrimSuffix(host, ".")
	if !isName(host) {
		return ""
	}
	bare := strings.TrimPrefix(host, "www.")
	for _, a := range known {
		for _, n := range []string{host, bare} {
			if slices.Contains(a.Names, n) {
				return n
			}
		}
	}
	for _, a := range known { // without what follows the first dot
		for _, n := range a.Names {
			if first, _, _ := strings.Cut(n, "."); host == first {
				return n
			}
		}
	}
	if page || bare != host || !strings.Contains(host, ".") {
		return "" // a page of somebody's, whose name for CAA may be another
	}
	return host
}

// least is how long a name is, or its first label, that is held against others.
const least = 5

// Near is the name of an authority that a name was meant to be which none goes by: without "www.", with another ending,
// or one letter away. Empty where an authority goes by it, or none by a name like it.
func Near(issuer string, known []Authority) string {
	bare := strings.TrimPrefix(issuer, "www.")
	first, _, _ := strings.Cut(bare, ".")
	var alike, slips []string
	for _, a := range known {
		if slices.Contains(a.Names, issuer) {
			return ""
		}
		for i, n := range a.Names {
			label, _, _ := strings.Cut(n, ".")
			switch {
			case n == bare:
				return n
			case label == first && len(label) >= least:
				if !slices.ContainsFunc(a.Names[:i], func(x string) bool { return slices.Contains(alike, x) }) {
					alike = append(alike, n)
				}
			case len(n) >= 2*least && distance.Of(bare, n) == 1:
				slips = append(slips, n)
			}
		}
	}
	for _, found := range [][]string{alike, slips} {
		if len(found) == 1 {
			return found[0]
		}
	}
	return ""
}

// letters is a name without what people write in different ways.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

// folded is a text with full-width letters and odd spaces as ASCII has them, at most as long as a record's value.
func folded(text string) string {
	text = width.Fold.String(text[:min(len(text), 1000)])
	return strings.Map(func(r rune) rune {
		switch r {
		case '\u00a0', '\u2007', '\u202f', '\u3000':
			return ' '
		case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff':
			return -1
		}
		return r
	}, text)
}

// Meant is the tag that an unknown one was meant to be, a slip or two away; empty where there is none.
func Meant(tag string) string { return taglist.Nearest(strings.ToLower(tag), tags) }
