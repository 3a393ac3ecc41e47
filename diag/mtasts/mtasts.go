package mtasts

import (
	"slices"
	"strconv"
	"strings"

	"signpost/diag/taglist"
)

// Fault is one thing that is wrong. Reason is a word for catalogues. Records: bad-version, no-id, bad-id, and those of taglist. Policies:
// no-colon, bad-version, bad-mode, bad-max-age, no-mode, no-max-age, no-mx, bad-mx, duplicate.
type Fault = taglist.Fault

// IsRecord reports whether a TXT text is an MTA-STS record: it begins with v=STSv1 and a semicolon or nothing (RFC 8461 3.1).
func IsRecord(text string) bool {
	rest, ok := strings.CutPrefix(text, "v=STSv1")
	rest = strings.TrimLeft(rest, " \t")
	return ok && (rest == "" || rest[0] == ';')
}

// Meant reports whether a text that is no record was meant to be one.
func Meant(text string) bool {
	t := strings.ToLower(strings.TrimLeft(text, " \t\"'"))
	return !IsRecord(text) && strings.HasPrefix(strings.ReplaceAll(t, " ", ""), "v=sts")
}

// ParseRecord reads a record: its id, 1 to 32 letters and digits.
func ParseRecord(text string) (id string, faults []Fault) {
	tags, faults := taglist.Parse(text)
	if !IsRecord(text) {
		first, _, _ := strings.Cut(text, ";")
		faults = append(faults, Fault{Term: taglist.Clip(first), Reason: "bad-version", Suggestion: "v=STSv1"})
	}
	t, ok := tags.Get("id")
	switch {
	case !ok:
		faults = append(faults, Fault{Term: "id=", Pos: len(text), Reason: "no-id"})
	case len(t.Value) == 0 || len(t.Value) > 32 || strings.ContainsFunc(t.Value, func(r rune) bool { return !isAlnum(r) }):
		faults = append(faults, Fault{Term: taglist.Clip(t.String()), Pos: t.Pos, Reason: "bad-id"})
	}
	return t.Value, faults
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
	version, mode := false, false
	fault := func(line int, term, reason, suggestion string) {
		if len(p.Faults) < 20 {
			p.Faults = append(p.Faults, Fault{Term: taglist.Clip(term), Pos: line, Reason: reason, Suggestion: suggestion})
		}
	}
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
		if !ok {
			fault(i+1, line, "no-colon", "")
			continue
		}
		if seen[key] && key != "mx" {
			fault(i+1, line, "duplicate", "")
			continue
		}
		seen[key] = true
		switch key {
		case "version":
			version = value == "STSv1"
			if !version {
				fault(i+1, line, "bad-version", "version: STSv1")
			}
		case "mode":
			mode = true
			if !slices.Contains([]string{"enforce", "testing", "none"}, value) {
				fault(i+1, line, "bad-mode", "")
				break
			}
			p.Mode = value
		case "max_age":
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 || n > maxMaxAge || len(value) > 10 {
				fault(i+1, line, "bad-max-age", "")
				break
			}
			p.MaxAge = n
		case "mx":
			host := strings.ToLower(strings.TrimSuffix(value, "."))
			if !validPattern(host) {
				fault(i+1, line, "bad-mx", "")
				break
			}
			p.MX = append(p.MX, host)
		}
	}
	if !version && !seen["version"] {
		fault(1, "version:", "bad-version", "version: STSv1")
	}
	if !mode {
		fault(0, "mode:", "no-mode", "")
	}
	if !seen["max_age"] {
		fault(0, "max_age:", "no-max-age", "")
	}
	if len(p.MX) == 0 && p.Mode != "none" && !seen["mx"] {
		fault(0, "mx:", "no-mx", "")
	}
	return p
}

// Matches reports whether the policy allows an MX host: by its name, or by a wildcard that stands for exactly one label on the left
// (RFC 8461 4.1).
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
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool { return !isAlnum(r) && r != '-' && r != '_' }) {
			return false
		}
	}
	return true
}

func isAlnum(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
