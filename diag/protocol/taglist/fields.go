package taglist

import (
	"slices"
	"strings"
)

// Fields reads a record of the stricter grammar that MTA-STS and TLS-RPT share (RFC 8461 3.1, RFC 8460 3): fields
// between semicolons, of which one may end the record, no white space about the equals sign. A name is a letter or
// digit and up to 31 letters, digits, "_", "-" and ".", a value one or more visible characters but "=" and ";". The
// values of own names are left to the caller. Readers act on a record only as a whole: every fault voids it unless it
// is harmless.
func Fields(text string, own ...string) (List, []Fault) {
	var list List
	var faults []Fault
	fault := func(f Fault) {
		f.Term, f.Suggestion = Clip(f.Term), Clip(f.Suggestion)
		if len(faults) < maxFaults {
			faults = append(faults, f)
		}
	}
	if clean := strings.ReplaceAll(text, `\;`, ";"); clean != text { // one slip, however often it shows
		at := strings.Index(text, `\;`)
		fault(Fault{Term: text[:at+2], Reason: "escaped-semicolon", Suggestion: clean})
		text = clean
	}
	for pos := 0; pos < len(text) && len(list) < maxTags; {
		part, _, more := strings.Cut(text[pos:], ";")
		start := pos + len(part) - len(strings.TrimLeft(part, " \t"))
		pos += len(part) + 1
		part = strings.Trim(part, " \t")
		if part == "" {
			if more {
				fault(Fault{Term: ";", Pos: start, Reason: "empty"})
			}
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		t := Tag{Name: strings.Trim(name, space), Value: strings.Trim(value, space), Pos: start}
		f := Fault{Term: part, Pos: start, Tag: strings.ToLower(t.Name)}
		switch {
		case !ok:
			f.Reason = "no-equals"
			if n, v, ok := strings.Cut(part, ":"); ok && IsFieldName(strings.Trim(n, space)) {
				f.Suggestion = strings.Trim(n, space) + "=" + strings.Trim(v, space)
			}
			fault(f)
			continue
		case !IsFieldName(t.Name):
			f.Reason = "bad-name"
		case t.Name != name || t.Value != value:
			f.Reason, f.Suggestion = "stray-space", t.String()
		case value == "":
			f.Reason = "no-value"
		case !slices.Contains(own, name) &&
			strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' || r == '=' }):
			f.Reason = "bad-character"
		}
		if f.Reason != "" {
			fault(f)
		}
		if slices.ContainsFunc(list, func(x Tag) bool { return x.Name == t.Name }) {
			fault(Fault{Term: part, Pos: start, Reason: "duplicate", Tag: f.Tag, Harmless: true})
		}
		list = append(list, t)
	}
	return list, faults
}

// IsFieldName reports a name that an extension may have: sts-ext-name (RFC 8461 3.1), which tlsrpt-ext-name and
// sts-policy-ext-name repeat.
func IsFieldName(s string) bool {
	if s == "" || len(s) > 32 || strings.IndexByte("_-.", s[0]) >= 0 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && r != '-' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}
