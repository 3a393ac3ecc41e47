package tlsrpt

import (
	"net/url"
	"slices"
	"strings"

	"signpost/diag/protocol/taglist"

	"golang.org/x/text/width"
)

// Fault is one thing that is wrong. Reason is a word for catalogues: bad-version, no-semicolon, no-version,
// version-not-first, leading-space, no-rua, no-scheme, bad-uri, no-comma, and those of taglist.Fields. Senders pass a
// record over that is not of the grammar.
type Fault = taglist.Fault

// Record is what a record says.
type Record struct {
	Text   string
	RUA    []string // the addresses that reports can go to
	Faults []Fault
}

const (
	version = "v=TLSRPTv1"
	maxURIs = 20 // that are read
)

var names = []string{"v", "rua"}

// IsRecord reports whether senders see a record in a text: it begins with the version and a semicolon (RFC 8460 3), or
// is the version alone.
func IsRecord(text string) bool {
	rest, ok := strings.CutPrefix(text, version)
	rest = strings.TrimLeft(rest, " \t")
	return ok && (rest == "" || rest[0] == ';')
}

// Meant reports whether a text at a domain's _smtp._tls name that is no record was meant to be one.
func Meant(text string) bool {
	if IsRecord(text) {
		return false
	}
	text = strings.TrimLeft(text, " \t\"'")
	return taglist.Resembles(text, "TLSRPTv1") || strings.HasPrefix(text, "rua=") && strings.ContainsAny(text, "@/")
}

// Parse reads a record. A text that was only meant to be one has one fault, with the record that it should be where
// that can be told.
func Parse(text string) *Record {
	r := &Record{Text: text}
	if !IsRecord(text) {
		r.misspelt()
		return r
	}
	tags, faults := taglist.Fields(text, "rua")
	if _, ok := tags.Get("rua"); !ok && !slices.ContainsFunc(faults,
		func(f Fault) bool { return f.Tag == "rua" || strings.HasPrefix(f.Suggestion, "rua=") }) {
		faults = append(faults, Fault{Term: "rua=", Pos: len(text), Reason: "no-rua", Tag: "rua"})
	}
	// There may be several: each adds to the list (RFC 8460 3).
	r.Faults = slices.DeleteFunc(faults, func(f Fault) bool { return f.Reason == "duplicate" && f.Tag == "rua" })
	for _, t := range tags {
		if t.Name == "rua" && t.Value != "" {
			r.addresses(t)
		}
	}
	return r
}

// misspelt reads a text that senders do not see as a record.
func (r *Record) misspelt() {
	clean := strings.Trim(strings.ReplaceAll(width.Fold.String(r.Text), `\;`, ";"), " \t\"'")
	if split := taglist.Separated(clean, names); split != "" {
		clean = split
	}
	first, _, _ := strings.Cut(r.Text, ";")
	f := Fault{Term: taglist.Clip(first), Reason: "bad-version", Suggestion: version}
	tags, _ := taglist.Fields(clean, "rua")
	switch {
	case IsRecord(clean) && strings.Contains(r.Text, `\;`):
		f.Reason = "escaped-semicolon"
	case IsRecord(clean) && strings.HasPrefix(r.Text, " "):
		f.Reason = "leading-space"
	case IsRecord(clean):
		f.Reason = "no-semicolon"
	case len(tags) > 1 && slices.ContainsFunc(tags[1:],
		func(t taglist.Tag) bool { return strings.EqualFold(t.String(), "v=TLSRPTv1") }):
		f.Reason = "version-not-first"
	case len(tags) > 0 && tags[0].Name == "rua":
		f.Reason = "no-version"
	}
	if rua, ok := tags.Get("rua"); ok {
		meant := &Record{}
		if meant.addresses(rua); len(meant.Faults) == 0 && len(meant.RUA) > 0 {
			f.Suggestion = version + "; rua=" + strings.Join(meant.RUA, ",")
		}
	}
	r.Faults = []Fault{f}
}

// addresses reads the value of rua: URIs between commas.
func (r *Record) addresses(rua taglist.Tag) {
	n := 0
	for uri := range strings.SplitSeq(rua.Value, ",") {
		if n++; n > maxURIs {
			break
		}
		uri = strings.Trim(uri, " \t")
		f := Fault{Term: taglist.Clip(uri), Pos: rua.Pos, Tag: "rua"}
		if i := strings.Index(r.Text[min(rua.Pos, len(r.Text)):], uri); i >= 0 {
			f.Pos += i
		}
		words := strings.Fields(uri)
		switch {
		case uri == "":
			f.Term, f.Reason = ",", "empty"
		case len(words) > 1 && !slices.ContainsFunc(words, func(w string) bool { return !isAddress(w) }):
			f.Reason, f.Suggestion = "no-comma", taglist.Clip(strings.Join(words, ","))
		case isAddress(uri):
			r.RUA = append(r.RUA, uri)
			continue
		case !strings.Contains(uri, ":") && isAddress("mailto:"+uri):
			f.Reason, f.Suggestion = "no-scheme", taglist.Clip("mailto:"+uri)
		default:
			f.Reason = "bad-uri"
		}
		r.Faults = append(r.Faults, f)
	}
}

// isAddress reports a URI that reports can go to: mailto or https. "!" must be encoded in it (RFC 8460 3).
func isAddress(uri string) bool {
	u, err := url.Parse(uri)
	if err != nil || strings.ContainsAny(uri, "! \t") {
		return false
	}
	if u.Scheme == "https" {
		return u.Host != ""
	}
	at := strings.LastIndexByte(u.Opaque, '@')
	return u.Scheme == "mailto" && at > 0 && strings.Contains(u.Opaque[at:], ".")
}
