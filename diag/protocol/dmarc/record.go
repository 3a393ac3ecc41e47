package dmarc

import (
	"slices"
	"strconv"
	"strings"

	"signpost/diag/pattern"
	"signpost/diag/protocol/taglist"

	"golang.org/x/text/width"
)

// Policies (RFC 9989 4.7).
const (
	None       = "none"
	Quarantine = "quarantine"
	Reject     = "reject"
)

// Record is a DMARC record. Tags that are absent or unusable have their defaults.
type Record struct {
	Text    string
	Tags    taglist.List
	Policy  string // p: none, quarantine or reject; empty where it is absent or unusable
	Sub     string // sp; empty where absent
	NonSub  string // np; empty where absent
	DKIM    string // adkim: r or s
	SPF     string // aspf: r or s
	Failure string // fo
	PSD     string // y, n or u
	Testing bool   // t=y
	Percent int    // pct, 100 where absent; removed by RFC 9989
	RUA     []Address
	RUF     []Address
	Removed []string // tags that RFC 9989 removed: pct, rf, ri
	// Void: p is absent or unusable, or there is an sp or np that is unusable. Whatever the rest says, receivers then take
	// the record for p=none where it has a usable rua, and for nothing otherwise (RFC 9989 4.10.1, RFC 7489 6.6.3).
	Void bool
	// Faults is what is wrong. Besides those of the tag list: bad-version, no-policy, bad-policy, bad-value, bad-percent,
	// bad-uri, no-scheme, bad-scheme, bad-address, bad-size, no-value, too-many-uris, unknown-tag, misspelt-tag. All but
	// those of Fatal are discarded alone (RFC 9989 4.8).
	Faults []taglist.Fault
}

var known = []string{"v", "p", "sp", "np", "adkim", "aspf", "fo", "psd", "t", "rua", "ruf", "pct", "rf", "ri"}

const space = " \t\r\n"

// IsRecord reports whether receivers see a DMARC record in a text: its first tag is v, with the value DMARC1 in exactly
// that case.
func IsRecord(text string) bool {
	first, _, _ := strings.Cut(text, ";")
	name, value, ok := strings.Cut(first, "=")
	return ok && strings.TrimRight(name, " \t") == "v" && strings.Trim(value, " \t") == "DMARC1"
}

// Mended is the record that a text was meant to be which receivers do not see as one; empty where it was meant to be
// none, or is one. Reason says what is wrong: leading-space, quoted, full-width, escaped-semicolon, bad-version,
// no-semicolon.
func Mended(text string) (record, reason string) {
	if IsRecord(text) {
		return "", ""
	}
	for _, step := range []struct {
		reason string
		mend   func(string) string
	}{
		{"leading-space", func(s string) string { return strings.TrimLeft(s, space+"\u00a0\u3000\ufeff\u200b") }},
		{"quoted", func(s string) string { return strings.Trim(s, "\"'“”‘’"+space) }},
		{"full-width", width.Fold.String},
		{"escaped-semicolon", func(s string) string { return strings.ReplaceAll(s, `\;`, ";") }},
		{"no-semicolon", spaced},
		{"bad-version", versioned},
	} {
		after := step.mend(text)
		if after != text && reason == "" {
			reason = step.reason
		}
		text = after
	}
	if !IsRecord(text) {
		return "", ""
	}
	return text, reason
}

// spaced puts a semicolon behind a version that a space parts from the next tag.
func spaced(s string) string {
	first, rest, more := strings.Cut(s, ";")
	words := strings.Fields(first)
	if len(words) < 2 || !isVersion(words[0]) || !strings.Contains(words[1], "=") {
		return s
	}
	out := strings.Join(words, "; ")
	if more {
		out += ";" + rest
	}
	return out
}

// isVersion reports whether a word was meant to be the version tag.
func isVersion(s string) bool {
	name, value, ok := strings.Cut(s, "=")
	if !ok {
		name, value, ok = strings.Cut(s, ":")
	}
	value = strings.ToLower(strings.Trim(value, space))
	return ok && strings.EqualFold(strings.Trim(name, space), "v") &&
		(value == "dmarc" || value == "dmarc1" || value == "dmarc2" || value == "dmarc 1")
}

// versioned writes the version as it must be.
func versioned(s string) string {
	first, rest, more := strings.Cut(s, ";")
	if !isVersion(strings.Trim(first, space)) {
		return s
	}
	if !more {
		return "v=DMARC1"
	}
	return "v=DMARC1;" + rest
}

// Parse reads a record.
func Parse(text string) *Record {
	r := &Record{Text: text, DKIM: "r", SPF: "r", Failure: "0", PSD: "u", Percent: 100}
	r.Tags, r.Faults = taglist.Parse(text)
	for _, f := range r.Faults {
		r.Void = r.Void || f.Reason == "escaped-semicolon" && Fatal(f)
	}
	if !IsRecord(text) {
		first, _, _ := strings.Cut(text, ";")
		r.fault(taglist.Tag{}, "bad-version", "v=DMARC1")
		r.Faults[len(r.Faults)-1].Term = taglist.Clip(first)
	}
	seen := map[string]bool{}
	for i, t := range r.Tags {
		name := strings.ToLower(t.Name)
		if seen[name] { // the first counts
			// The tag list has named those of one case.
			if !slices.ContainsFunc(r.Tags[:i], func(x taglist.Tag) bool { return x.Name == t.Name }) {
				r.fault(t, "duplicate", "")
			}
			continue
		}
		seen[name] = true
		r.take(name, t)
	}
	if !seen["p"] {
		r.Void = true
		if !slices.ContainsFunc(r.Faults, func(f taglist.Fault) bool { return strings.HasPrefix(f.Suggestion, "p=") }) {
			r.Faults = append(r.Faults,
				taglist.Fault{Term: "p=", Pos: len(text), Reason: "no-policy", Suggestion: withoutPolicy(text), Tag: "p"})
		}
	}
	return r
}

// withoutPolicy suggests the policy of a record that has none: none, unless a stricter one stands somewhere in it.
func withoutPolicy(text string) string {
	if stricter.MatchString(text) {
		return ""
	}
	return "p=none"
}

var stricter = pattern.New(`(?i)reject|quarantine`)

// Fatal reports a fault that voids the record, or leaves to chance what receivers read in it (a tag twice: RFC 6376
// 3.2). Every other one is discarded alone, in favour of a default (RFC 9989 4.8).
func Fatal(f taglist.Fault) bool {
	switch f.Reason {
	case "bad-version", "duplicate", "no-policy", "bad-policy":
		return true
	case "no-semicolon", "escaped-semicolon", "bad-character": // the value is not the policy that it holds
		return f.Tag == "p" || f.Tag == "sp" || f.Tag == "np"
	case "no-equals", "misspelt-tag": // not the tag that was meant: only p is missed
		return strings.HasPrefix(f.Suggestion, "p=")
	}
	return false
}

// Idle reports a fault in what nobody reads any more, or in nothing at all: pct, rf and ri (removed by RFC 9989), an
// empty part.
func Idle(f taglist.Fault) bool {
	return f.Harmless || f.Reason == "unknown-tag" || f.Tag == "pct" || f.Tag == "rf" || f.Tag == "ri"
}

func (r *Record) fault(t taglist.Tag, reason, suggestion string) {
	r.Faults = append(r.Faults, taglist.Fault{
		Term: taglist.Clip(t.String()), Pos: t.Pos, Reason: reason, Suggestion: taglist.Clip(suggestion),
		Tag: strings.ToLower(t.Name),
	})
}

// take reads one tag.
func (r *Record) take(name string, t taglist.Tag) {
	switch name {
	case "v":
	case "p":
		r.Policy = r.word(t, "bad-policy", "", None, Quarantine, Reject)
	case "sp":
		r.Sub = r.word(t, "bad-policy", "", None, Quarantine, Reject)
	case "np":
		r.NonSub = r.word(t, "bad-policy", "", None, Quarantine, Reject)
	case "adkim":
		r.DKIM = r.word(t, "bad-value", "r", "r", "s")
	case "aspf":
		r.SPF = r.word(t, "bad-value", "r", "r", "s")
	case "psd":
		r.PSD = r.word(t, "bad-value", "u", "y", "n", "u")
	case "t":
		r.Testing = r.word(t, "bad-value", "n", "y", "n") == "y"
	case "fo":
		r.Failure = r.options(t)
	case "rua":
		r.RUA = r.addresses(t)
	case "ruf":
		r.RUF = r.addresses(t)
	case "pct":
		r.Removed = append(r.Removed, name)
		n, err := strconv.Atoi(strings.TrimSuffix(t.Value, "%"))
		if err != nil || n < 0 || n > 100 || strings.HasSuffix(t.Value, "%") {
			r.fault(t, "bad-percent", "")
		}
		if err == nil && n >= 0 && n <= 100 {
			r.Percent = n
		}
	case "rf", "ri":
		r.Removed = append(r.Removed, name)
	default:
		if near := taglist.Nearest(t.Name, known); near != "" {
			r.fault(t, "misspelt-tag", near+"="+t.Value)
			return
		}
		r.fault(t, "unknown-tag", "")
	}
}

// spelledOut is what people write in full for values of one letter.
var spelledOut = map[string]string{"relaxed": "r", "strict": "s", "yes": "y", "no": "n"}

// word reads a tag with one of a few values, whose case does not matter.
func (r *Record) word(t taglist.Tag, reason, otherwise string, allowed ...string) string {
	v := strings.ToLower(t.Value)
	if slices.Contains(allowed, v) {
		return v
	}
	suggestion := ""
	if short := spelledOut[v]; slices.Contains(allowed, short) {
		suggestion = t.Name + "=" + short
	} else if near := taglist.Nearest(strings.Trim(v, " .,:\"'"), allowed); near != "" {
		suggestion = t.Name + "=" + near
	}
	if split := taglist.Separated(t.String(), known); split != "" { // "p=reject, rua=...": another tag stands in the value
		reason, suggestion = "no-semicolon", split
	}
	r.Void = r.Void || otherwise == ""
	r.fault(t, reason, suggestion)
	return otherwise
}

// options reads fo: 0, 1, d and s between colons.
func (r *Record) options(t taglist.Tag) string {
	var out []string
	for o := range strings.SplitSeq(strings.ToLower(t.Value), ":") {
		o = strings.Trim(o, space)
		if !slices.Contains([]string{"0", "1", "d", "s"}, o) {
			r.fault(t, "bad-value", "")
			return "0"
		}
		if !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return strings.Join(out, ":")
}

// ForSubdomains is the policy for subdomains that exist (RFC 9989 4.7).
func (r *Record) ForSubdomains() string {
	if r.Sub != "" {
		return r.Sub
	}
	return r.Policy
}

// ForNonexistent is the policy for subdomains that do not exist (RFC 9989 4.7, RFC 9091).
func (r *Record) ForNonexistent() string {
	if r.NonSub != "" {
		return r.NonSub
	}
	return r.ForSubdomains()
}

// Stated is what a policy of the record (p, sp or np) comes to without regard to t. Of a void record with a usable rua
// it is none, of any other void record nothing (empty).
func (r *Record) Stated(policy string) string {
	if r.Void || policy == "" {
		if len(r.RUA) > 0 {
			return None
		}
		return ""
	}
	return policy
}

// Effective is the policy that receivers act on: with t=y one level below the one stated (RFC 9989 4.7).
func (r *Record) Effective(policy string) string {
	policy = r.Stated(policy)
	if r.Testing {
		switch policy {
		case Reject:
			return Quarantine
		case Quarantine:
			return None
		}
	}
	return policy
}

// Has reports whether the record has a tag of that name, in any case, with a value.
func (r *Record) Has(name string) bool {
	return slices.ContainsFunc(r.Tags,
		func(t taglist.Tag) bool { return strings.EqualFold(t.Name, name) && t.Value != "" })
}

// String is the record as it may be published.
func (r *Record) String() string { return r.Tags.String() }

// addresses reads rua or ruf.
func (r *Record) addresses(t taglist.Tag) []Address {
	var out []Address
	n := 0
	if t.Value == "" {
		// Rua and ruf alike: one slip.
		if i := slices.IndexFunc(r.Faults, func(f taglist.Fault) bool { return f.Reason == "no-value" }); i >= 0 {
			r.Faults[i].Term += "; " + taglist.Clip(t.String())
			return nil
		}
		r.fault(t, "no-value", "")
		return nil
	}
	for uri := range strings.SplitSeq(t.Value, ",") {
		if n++; n > maxURIs {
			r.fault(t, "too-many-uris", "")
			break
		}
		uri = strings.Trim(uri, space)
		a, f := parseURI(uri)
		if f != nil {
			f.Term, f.Pos, f.Tag = taglist.Clip(uri), t.Pos, strings.ToLower(t.Name)
			if uri == "" { // between two commas
				f.Term, f.Harmless = ",", true
			}
			if i := strings.Index(r.Text[min(t.Pos, len(r.Text)):], uri); i >= 0 {
				f.Pos += i
			}
			r.Faults = append(r.Faults, *f)
		}
		if a.Domain != "" {
			out = append(out, a)
		}
	}
	return out
}
