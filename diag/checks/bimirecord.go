package checks

import (
	"net/url"
	"slices"
	"strings"

	"signpost/diag/protocol/taglist"

	"golang.org/x/text/width"
)

// bimiRecord is an assertion record, read (draft-brand-indicators-for-message-identification 4.2).
type bimiRecord struct {
	logo, authority string
	declined        bool // the domain says that it has no logo
	// faults: bad-version, no-semicolon, no-version, leading-space, no-logo, not-https, bad-value, and those of taglist. A harmless one is
	// in an optional tag that receivers then pass over.
	faults []taglist.Fault
}

var bimiTags = []string{"v", "l", "a", "avp", "lps"}

// meantAsBIMI reports whether a text at a domain's default._bimi name is a record, or was meant to be one.
func meantAsBIMI(text string) bool {
	text = strings.TrimLeft(text, " \t\"'")
	return taglist.Resembles(text, "BIMI1") || strings.HasPrefix(text, "l=https:") || strings.HasPrefix(text, "l = https:")
}

// isBIMI reports whether receivers see a record in a text: it begins with the version.
func isBIMI(text string) bool {
	first, _, _ := strings.Cut(text, ";")
	name, value, ok := strings.Cut(first, "=")
	return ok && strings.TrimRight(name, " \t") == "v" && strings.Trim(value, " \t") == "BIMI1"
}

func readBIMI(text string) *bimiRecord {
	r := &bimiRecord{}
	if !isBIMI(text) {
		r.misspelt(text)
		return r
	}
	tags, faults := taglist.Parse(text)
	r.faults = faults
	fault := func(t taglist.Tag, reason, suggestion string, harmless bool) {
		r.faults = append(r.faults, taglist.Fault{Term: taglist.Clip(t.String()), Pos: t.Pos, Reason: reason, Suggestion: suggestion, Harmless: harmless})
	}
	logo, ok := tags.Get("l")
	authority, _ := tags.Get("a")
	r.logo, r.authority = logo.Value, authority.Value
	switch {
	case !ok:
		fault(taglist.Tag{Name: "l", Pos: len(text)}, "no-logo", "", false)
		return r
	case r.logo == "" && r.authority == "":
		r.declined = true
	}
	for _, t := range []taglist.Tag{logo, authority} {
		if t.Value != "" && !isHTTPS(t.Value) {
			fault(t, "not-https", "", false)
		}
	}
	if t, ok := tags.Get("avp"); ok && !strings.EqualFold(t.Value, "brand") && !strings.EqualFold(t.Value, "personal") {
		suggestion := ""
		if near := taglist.Nearest(t.Value, []string{"brand", "personal"}); near != "" {
			suggestion = "avp=" + near
		}
		fault(t, "bad-value", suggestion, true)
	}
	if t, ok := tags.Get("lps"); ok && t.Value != "" && slices.ContainsFunc(strings.Split(t.Value, ","), func(s string) bool { return !isLabel(strings.Trim(s, " \t")) }) {
		fault(t, "bad-value", "", true)
	}
	return r
}

// misspelt reads a text that receivers do not see as a record: one fault, with the record that it should be where that can be told.
func (r *bimiRecord) misspelt(text string) {
	clean := strings.Trim(strings.ReplaceAll(width.Fold.String(text), `\;`, ";"), " \t\"'")
	if split := taglist.Separated(clean, bimiTags); split != "" {
		clean = split
	}
	first, _, _ := strings.Cut(text, ";")
	f := taglist.Fault{Term: taglist.Clip(first), Reason: "bad-version", Suggestion: "v=BIMI1"}
	switch {
	case isBIMI(clean) && strings.Contains(text, `\;`):
		f.Reason = "escaped-semicolon"
	case isBIMI(clean) && strings.HasPrefix(text, " "):
		f.Reason = "leading-space"
	case isBIMI(clean) && strings.ContainsAny(text[:1], "\"'"):
		f.Reason = "quoted"
	case isBIMI(clean):
		f.Reason = "no-semicolon"
	case strings.HasPrefix(clean, "l"):
		f.Reason, clean = "no-version", "v=BIMI1; "+clean
	default:
		if _, rest, _ := strings.Cut(clean, ";"); rest != "" {
			clean = "v=BIMI1; " + strings.TrimLeft(rest, " \t")
		}
	}
	if isBIMI(clean) {
		if meant := readBIMI(clean); len(meant.faults) == 0 {
			f.Suggestion = clean
		}
	}
	r.faults = []taglist.Fault{f}
}

// isLabel reports a label of letters, digits and hyphens.
func isLabel(s string) bool {
	return s != "" && len(s) <= 63 && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
}

func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.Port() == "" && u.User == nil
}
