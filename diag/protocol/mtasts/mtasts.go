package mtasts

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"signpost/diag/protocol/taglist"

	"golang.org/x/text/width"
)

// Fault is one thing that is wrong. Reason is a word for catalogues. Records: bad-version, no-semicolon, no-version,
// version-not-first, no-id, bad-id, and those of taglist.Fields. Policies: no-colon, bad-name, bad-case, bad-version,
// bad-mode, bad-max-age, no-mode, no-max-age, no-mx, bad-mx, address-mx, duplicate. Any but a harmless one voids the
// record, or the policy: senders then deliver as if there were none (RFC 8461 3.1, 3.3).
type Fault = taglist.Fault

// Void reports whether one of the faults voids what they are in.
func Void(faults []Fault) bool {
	return slices.ContainsFunc(faults, func(f Fault) bool { return !f.Harmless })
}

// IsRecord reports whether a TXT text is an MTA-STS record: it begins with v=STSv1 and a semicolon or nothing (RFC 8461
// 3.1).
func IsRecord(text string) bool {
	rest, ok := strings.CutPrefix(text, "v=STSv1")
	rest = strings.TrimLeft(rest, " \t")
	return ok && (rest == "" || rest[0] == ';')
}

var names = []string{"v", "id"}

// Meant reports whether a text at a domain's _mta-sts name that is no record was meant to be one.
func Meant(text string) bool {
	if IsRecord(text) {
		return false
	}
	first, _, _ := strings.Cut(strings.Trim(text, " \t\"';"), ";")
	id, ok := strings.CutPrefix(first, "id=")
	return taglist.Resembles(strings.TrimLeft(text, " \t\"'"), "STSv1") || ok && isID(id)
}

// ParseRecord reads a record: its id, 1 to 32 letters and digits. A text that was only meant to be one has one fault,
// with the record that it should be where its id can be told.
func ParseRecord(text string) (id string, faults []Fault) {
	if !IsRecord(text) {
		return misspelt(text)
	}
	tags, faults := taglist.Fields(text, "id")
	t, ok := tags.Get("id")
	switch {
	case !ok:
		if !slices.ContainsFunc(faults,
			func(f Fault) bool { return f.Tag == "id" || strings.HasPrefix(f.Suggestion, "id=") }) {
			faults = append(faults, Fault{Term: "id=", Pos: len(text), Reason: "no-id"})
		}
	case t.Value == "": // named already
	case !isID(t.Value):
		f := Fault{Term: taglist.Clip(t.String()), Pos: t.Pos, Reason: "bad-id", Tag: "id"}
		bare := strings.Map(func(r rune) rune {
			if isAlnum(r) {
				return r
			}
			return -1
		}, t.Value)
		if bare = bare[:min(len(bare), maxID)]; isID(bare) { // any id will do, if it is a new one
			f.Suggestion = "id=" + bare
		}
		faults = append(faults, f)
	}
	return t.Value, faults
}

// misspelt reads a text that senders do not see as a record.
func misspelt(text string) (id string, faults []Fault) {
	clean := strings.Trim(strings.ReplaceAll(width.Fold.String(text), `\;`, ";"), " \t\"'")
	if split := taglist.Separated(clean, names); split != "" {
		clean = split
	}
	first, _, _ := strings.Cut(text, ";")
	f := Fault{Term: taglist.Clip(first), Reason: "bad-version", Suggestion: "v=STSv1"}
	tags, _ := taglist.Fields(clean, "id")
	t, _ := tags.Get("id")
	switch {
	case IsRecord(clean) && strings.Contains(text, `\;`):
		f.Reason = "escaped-semicolon"
	case IsRecord(clean):
		f.Reason = "no-semicolon"
		if strings.HasPrefix(text, " ") {
			f.Reason = "leading-space"
		}
	case len(tags) > 1 && slices.ContainsFunc(tags[1:],
		func(t taglist.Tag) bool { return strings.EqualFold(t.String(), "v=STSv1") }):
		f.Reason = "version-not-first"
	case len(tags) > 0 && tags[0].Name == "id":
		f.Reason = "no-version"
	}
	if isID(t.Value) {
		f.Suggestion = "v=STSv1; id=" + t.Value + ";"
	}
	return t.Value, []Fault{f}
}

const maxID = 32 // letters and digits of an id (RFC 8461 3.1)

func isID(s string) bool {
	return s != "" && len(s) <= maxID && !strings.ContainsFunc(s, func(r rune) bool { return !isAlnum(r) })
}

// Policy is what a policy file says (RFC 8461 3.2).
type Policy struct {
	Mode   string // enforce, testing or none; "" where it is none of them
	MaxAge int    // seconds
	MX     []string
	Faults []Fault // Pos is the line, from 1
}

const (
	maxLines  = 500
	maxMaxAge = 31557600 // seconds: one year (RFC 8461 3.2)
)

// ParsePolicy reads a policy. Unknown keys are passed over; of a key that comes twice the first counts, but for mx.
func ParsePolicy(text string) *Policy {
	p := &Policy{MaxAge: -1}
	seen := map[string]bool{}
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if i == maxLines {
			break
		}
		line = strings.Trim(line, " \t")
		if line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch lower := strings.ToLower(key); {
		case !ok:
			p.fault(i+1, line, "no-colon", "")
			continue
		case lower != key && slices.Contains(keys, lower): // keys mind their case (RFC 8461 3.2)
			p.fault(i+1, line, "bad-case", lower+": "+value)
			key = lower
		case !taglist.IsFieldName(key):
			p.fault(i+1, line, "bad-name", "")
			continue
		}
		if seen[key] && key != "mx" {
			p.fault(i+1, line, "duplicate", "")
			continue
		}
		seen[key] = true
		p.take(i+1, line, key, value)
	}
	if !seen["version"] {
		p.fault(1, "version:", "bad-version", "version: STSv1")
	}
	if !seen["mode"] {
		p.fault(0, "mode:", "no-mode", "")
	}
	if !seen["max_age"] {
		p.fault(0, "max_age:", "no-max-age", "")
	}
	if len(p.MX) == 0 && p.Mode != "none" && !seen["mx"] {
		p.fault(0, "mx:", "no-mx", "")
	}
	return p
}

var keys = []string{"version", "mode", "max_age", "mx"}

// fault notes one; a key that comes again is harmless, since the first counts.
func (p *Policy) fault(line int, term, reason, suggestion string) {
	if len(p.Faults) < 20 {
		p.Faults = append(p.Faults, Fault{
			Term: taglist.Clip(term), Pos: line, Reason: reason, Suggestion: taglist.Clip(suggestion),
			Harmless: reason == "duplicate",
		})
	}
}

// take reads one line.
func (p *Policy) take(n int, line, key, value string) {
	switch key {
	case "version":
		if value != "STSv1" {
			p.fault(n, line, "bad-version", "version: STSv1")
		}
	case "mode":
		modes := []string{"enforce", "testing", "none"}
		if slices.Contains(modes, value) {
			p.Mode = value
			return
		}
		suggestion := ""
		if near := taglist.Nearest(value, modes); near != "" {
			suggestion = "mode: " + near
		}
		p.fault(n, line, "bad-mode", suggestion)
	case "max_age":
		seconds, err := strconv.Atoi(value)
		if err != nil || seconds < 0 || seconds > maxMaxAge || len(value) > 10 || value[0] == '+' {
			p.fault(n, line, "bad-max-age", "")
			return
		}
		p.MaxAge = seconds
	case "mx":
		host := strings.ToLower(strings.TrimSuffix(value, "."))
		if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil { // hosts alone (RFC 8461 3.2)
			p.fault(n, line, "address-mx", "")
			return
		}
		switch {
		case !validPattern(host) && strings.HasPrefix(host, ".") && validPattern("*"+host):
			p.fault(n, line, "bad-mx", "mx: *"+host)
			return
		case !validPattern(host):
			p.fault(n, line, "bad-mx", "")
			return
		case host+"." == strings.ToLower(value): // senders compare it with names that have no final dot
			p.fault(n, line, "bad-mx", "mx: "+host)
			return
		}
		p.MX = append(p.MX, host)
	}
}

// Unused is the patterns that allow none of these hosts.
func (p *Policy) Unused(hosts []string) []string {
	var out []string
	for _, m := range p.MX {
		one := &Policy{MX: []string{m}}
		if !slices.ContainsFunc(hosts, one.Matches) && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

// Matches reports whether the policy allows an MX host: by its name, or by a wildcard that stands for exactly one label
// on the left (RFC 8461 4.1).
func (p *Policy) Matches(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, m := range p.MX {
		if m == host {
			return true
		}
		if suffix, ok := strings.CutPrefix(m, "*."); ok {
			if _, rest, cut := strings.Cut(host, "."); cut && rest == suffix {
				return true
			}
		}
	}
	return false
}

func validPattern(s string) bool {
	s = strings.TrimPrefix(s, "*.")
	if s == "" || len(s) > 253 || !strings.Contains(s, ".") {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 ||
			strings.ContainsFunc(label, func(r rune) bool { return !isAlnum(r) && r != '-' && r != '_' }) {
			return false
		}
	}
	return true
}

func isAlnum(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
