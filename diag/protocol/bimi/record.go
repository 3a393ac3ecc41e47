package bimi

import (
	"net/url"
	"slices"
	"strings"

	"signpost/diag/protocol/taglist"

	"golang.org/x/text/width"
)

// Record is an assertion record, read (draft-brand-indicators-for-message-identification 4.2).
type Record struct {
	Logo, Authority string // tags l and a
	Declined        bool   // the domain says that it has no logo
	// Faults: bad-version, no-semicolon, no-version, leading-space, no-logo, not-https, bad-value, and those of taglist. A
	// harmless one is in an optional tag that receivers then pass over.
	Faults []taglist.Fault
}

var names = []string{"v", "l", "a", "avp", "lps"}

// Meant reports whether a text at a domain's default._bimi name is a record, or was meant to be one.
func Meant(text string) bool {
	text = strings.TrimLeft(text, " \t\"'")
	first, _, _ := strings.Cut(text, ";")
	name, value, _ := strings.Cut(first, "=")
	name, value = strings.TrimSpace(name), strings.ToLower(strings.TrimSpace(value))
	return taglist.Resembles(text, "BIMI1") || (name == "l" || name == "a") && strings.HasPrefix(value, "https:")
}

// IsRecord reports whether receivers see a record in a text: it begins with the version.
func IsRecord(text string) bool {
	first, _, _ := strings.Cut(text, ";")
	name, value, ok := strings.Cut(first, "=")
	return ok && strings.TrimRight(name, " \t") == "v" && strings.Trim(value, " \t") == "BIMI1"
}

// Read reads a record.
func Read(text string) *Record {
	r := &Record{}
	if !IsRecord(text) {
		r.misspelt(text)
		return r
	}
	tags, faults := taglist.Parse(text)
	r.Faults = faults
	fault := func(t taglist.Tag, reason, suggestion string, harmless bool) {
		r.Faults = append(r.Faults, taglist.Fault{Term: taglist.Clip(t.String()), Pos: t.Pos, Reason: reason,
			Suggestion: suggestion, Harmless: harmless})
	}
	logo, ok := tags.Get("l")
	authority, _ := tags.Get("a")
	r.Logo, r.Authority = logo.Value, authority.Value
	switch {
	case !ok:
		fault(taglist.Tag{Name: "l", Pos: len(text)}, "no-logo", "", false)
		return r
	case r.Logo == "" && r.Authority == "":
		r.Declined = true
	}
	for _, t := range []taglist.Tag{logo, authority} {
		switch secure := "https://" + strings.TrimPrefix(strings.ToLower(t.Value), "http://"); {
		case t.Value == "" || IsHTTPS(t.Value):
		case t.Name == "a" && strings.EqualFold(t.Value, "self"): // an early draft's word for none
			r.Authority = ""
			fault(t, "bad-value", "a=", true)
		case strings.HasPrefix(strings.ToLower(t.Value), "http://") && IsHTTPS(secure):
			fault(t, "not-https", t.Name+"=https://"+t.Value[len("http://"):], false)
		default:
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
	if t, ok := tags.Get("lps"); ok && t.Value != "" &&
		slices.ContainsFunc(strings.Split(t.Value, ","), func(s string) bool { return !isLabel(strings.Trim(s, " \t")) }) {
		fault(t, "bad-value", "", true)
	}
	return r
}

// misspelt reads a text that receivers do not see as a record: one fault, with the record that it should be where that
// can be told.
func (r *Record) misspelt(text string) {
	clean := strings.Trim(strings.ReplaceAll(width.Fold.String(text), `\;`, ";"), " \t\"'")
	if split := taglist.Separated(clean, names); split != "" {
		clean = split
	}
	first, _, _ := strings.Cut(text, ";")
	f := taglist.Fault{Term: taglist.Clip(first), Reason: "bad-version", Suggestion: "v=BIMI1"}
	switch {
	case IsRecord(clean) && strings.Contains(text, `\;`):
		f.Reason = "escaped-semicolon"
	case IsRecord(clean) && strings.HasPrefix(text, " "):
		f.Reason = "leading-space"
	case IsRecord(clean) && strings.ContainsAny(text[:1], "\"'"):
		f.Reason = "quoted"
	case IsRecord(clean):
		f.Reason = "no-semicolon"
	case holdsVersion(clean):
		f.Reason, clean = "version-not-first", "v=BIMI1; "+withoutVersion(clean)
	case strings.HasPrefix(clean, "l"), strings.HasPrefix(clean, "a"):
		f.Reason, clean = "no-version", "v=BIMI1; "+clean
	default:
		if _, rest, _ := strings.Cut(clean, ";"); rest != "" {
			clean = "v=BIMI1; " + strings.TrimLeft(rest, " \t")
		}
	}
	if IsRecord(clean) {
		if meant := Read(clean); len(meant.Faults) == 0 {
			f.Suggestion = clean
		}
	}
	r.Faults = []taglist.Fault{f}
}

// holdsVersion reports a text whose version stands behind another tag.
func holdsVersion(text string) bool {
	for i, part := range strings.Split(text, ";") {
		if i > 0 && IsRecord(strings.TrimSpace(part)) {
			return true
		}
	}
	return false
}

// withoutVersion is the tags of a text but the version.
func withoutVersion(text string) string {
	var out []string
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part != "" && !IsRecord(part) {
			out = append(out, part)
		}
	}
	return strings.Join(out, "; ")
}

// isLabel reports a label of letters, digits and hyphens.
func isLabel(s string) bool {
	return s != "" && len(s) <= 63 && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
}

// IsHTTPS reports a URL that a record may name: https, without a port or a user.
func IsHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.Port() == "" && u.User == nil
}
