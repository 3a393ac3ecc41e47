package spf

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Costs reports whether the term counts against the limit of 10 DNS look-ups (RFC 7208 4.6.4).
func (t Term) Costs() bool {
	switch t.Name {
	case "include", "a", "mx", "ptr", "exists":
		return !t.Modifier
	case "redirect":
		return t.Modifier
	}
	return false
}

// Record is a parsed SPF record.
type Record struct {
	Text  string
	Terms []Term
}

// Modifier is the first modifier of that name, or nil.
func (r *Record) Modifier(name string) *Term {
	for i := range r.Terms {
		if r.Terms[i].Modifier && r.Terms[i].Name == name {
			return &r.Terms[i]
		}
	}
	return nil
}

// All is the "all" mechanism and where it stands; nil, len(Terms) where there is none.
func (r *Record) All() (*Term, int) {
	for i := range r.Terms {
		if t := &r.Terms[i]; !t.Modifier && t.Name == "all" {
			return t, i
		}
	}
	return nil, len(r.Terms)
}

// String is the record written anew: one space between terms, names in lower case, nothing that goes without saying.
func (r *Record) String() string {
	parts := []string{version}
	for _, t := range r.Terms {
		parts = append(parts, t.String())
	}
	return strings.Join(parts, " ")
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("spf: %s at octet %d: %q", e.Reason, e.Pos, e.Term)
}

// Permanent is the first error that makes the record a permerror (RFC 7208 4.6); nil where every one is lawful.
func Permanent(bad []*SyntaxError) *SyntaxError {
	for _, e := range bad {
		if !e.Lawful {
			return e
		}
	}
	return nil
}

// IsRecord reports whether a TXT text is an SPF record: "v=spf1", then a space or the end (RFC 7208 4.5).
func IsRecord(text string) bool {
	const v = version
	return len(text) >= len(v) && strings.EqualFold(text[:len(v)], v) && (len(text) == len(v) || text[len(v)] == ' ')
}

const (
	version   = "v=spf1"
	maxErrors = 100 // named of one record; a record of a DNS message has at most 65,535 octets
)

// Parse reads a record that IsRecord accepts, and gives every error that it finds; with one that is not lawful the
// record is a permerror. The terms that could be read are returned all the same.
func Parse(text string) (*Record, []*SyntaxError) {
	r := &Record{Text: text}
	var bad []*SyntaxError
	pos := min(len(version), len(text))
	for pos < len(text) && len(bad) < maxErrors {
		raw := token(text, pos)
		if raw == "" {
			pos++
			continue
		}
		if e := torn(text, pos, raw); e != nil {
			bad = append(bad, e)
			pos += len(e.Term)
			continue
		}
		t, err := parseTerm(raw)
		t.Raw, t.Pos = raw, pos
		if err == nil && t.Modifier {
			err = misused(r, t)
		}
		if err != nil {
			err.Term, err.Pos = raw, pos
			bad = append(bad, err)
		}
		if err == nil || err.Lawful {
			r.Terms = append(r.Terms, t)
		}
		pos += len(raw)
	}
	return r, bad
}

// misused names a modifier that stands where its kind may not, or is a mechanism with the wrong sign behind its name.
func misused(r *Record, t Term) *SyntaxError {
	switch {
	case (t.Name == "redirect" || t.Name == "exp") && r.Modifier(t.Name) != nil:
		return &SyntaxError{Reason: "repeated-modifier"}
	case slices.Contains(mechanisms, t.Name):
		return &SyntaxError{Reason: "equals-for-colon", Suggestion: t.Raw[:len(t.Name)] + ":" + t.Target, Lawful: true}
	case t.Name == "v":
		return &SyntaxError{Reason: "repeated-modifier", Lawful: true}
	}
	if meant := misspelt(t); meant != "" {
		return &SyntaxError{Reason: "unknown-mechanism", Suggestion: meant, Lawful: true}
	}
	return nil
}

var (
	modifierName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]*$`)
	cidr         = regexp.MustCompile(`(?:/(\d+))?(?://(\d+))?$`)
)

func parseModifier(t Term, name, value string) (Term, *SyntaxError) {
	t.Modifier, t.Qualifier, t.Target = true, 0, value
	if !modifierName.MatchString(name) {
		return t, &SyntaxError{Reason: "bad-modifier"}
	}
	if t.Name == "redirect" || t.Name == "exp" {
		return t, checkDomainSpec(value)
	}
	if _, err := parseMacro(value, true); err != nil {
		return t, &SyntaxError{Reason: "bad-macro"}
	}
	return t, nil
}

func parseMechanism(t Term, rest string) (Term, *SyntaxError) {
	switch t.Name {
	case "all":
		if rest != "" {
			e := &SyntaxError{Reason: "unwanted-value"}
			// Else another term ran into it.
			if t.Qualifier != '+' && !strings.ContainsAny(strings.ToLower(rest), "abcdefghijklmnopqrstuvwxyz") {
				e.Suggestion = string(t.Qualifier) + "all"
			}
			return t, e
		}
		return t, nil
	case "ip4", "ip6":
		return parseNetwork(t, rest)
	case "a", "mx":
		m := cidr.FindStringSubmatchIndex(rest)
		var ok4, ok6 bool
		t.Bits4, ok4 = bits(rest, m[2], m[3], 32)
		t.Bits6, ok6 = bits(rest, m[4], m[5], 128)
		if !ok4 || !ok6 {
			return t, &SyntaxError{Reason: "bad-cidr"}
		}
		rest = rest[:m[0]]
	}
	if rest == "" {
		if t.Name == "include" || t.Name == "exists" {
			return t, &SyntaxError{Reason: "missing-value"}
		}
		return t, nil
	}
	if rest[0] != ':' {
		return t, &SyntaxError{Reason: "bad-cidr"}
	}
	t.Target = rest[1:]
	if t.Target == "" {
		return t, &SyntaxError{Reason: "missing-value"}
	}
	if err := checkDomainSpec(t.Target); err != nil {
		err.Suggestion = networkFor(t)
		return t, err
	}
	return t, unlikely(t)
}

// bits reads a prefix length: 0, or digits without a leading zero, at most most.
func bits(s string, from, to, most int) (int, bool) {
	if from < 0 {
		return most, true
	}
	d := s[from:to]
	n, err := strconv.Atoi(d)
	return n, err == nil && n <= most && (d == "0" || d[0] >= '1' && d[0] <= '9')
}

func parseNetwork(t Term, rest string) (Term, *SyntaxError) {
	if len(rest) < 2 || rest[0] != ':' {
		return t, &SyntaxError{Reason: "missing-value"}
	}
	host, length, has := strings.Cut(rest[1:], "/")
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" || addr.Is4() != (t.Name == "ip4") {
		return t, &SyntaxError{Reason: "bad-address", Suggestion: insteadOfNetwork(t, rest)}
	}
	n := addr.BitLen()
	if has {
		var ok bool
		if n, ok = bits(length, 0, len(length), addr.BitLen()); !ok {
			return t, &SyntaxError{Reason: "bad-cidr", Suggestion: fromMask(t, host, length)}
		}
	}
	t.Prefix = netip.PrefixFrom(addr, n).Masked()
	return t, nil
}

// torn finds a space within a term: behind its qualifier ("- all") or behind its colon ("include: a.example").
func torn(text string, pos int, raw string) *SyntaxError {
	at := pos + len(raw)
	for at < len(text) && text[at] == ' ' {
		at++
	}
	if at >= len(text) {
		return nil
	}
	next := token(text, at)
	switch {
	case sign(raw) == raw:
		// A dash before a sender is a dash, not a refusal.
		if sign(next) != "" || raw != "+" && !strings.EqualFold(next, "all") {
			return nil
		}
	case lengthBehind.MatchString(next) && !strings.Contains(raw, "/") && parses(raw): // "ip4:192.0.2.0 /24"
		if !parses(raw + next) {
			return nil
		}
		return &SyntaxError{Term: text[pos : at+len(next)], Pos: pos, Reason: "space-within", Suggestion: raw + next}
	case bare(raw): // "ip4 192.0.2.1"
		value := strings.TrimLeft(next, ":=")
		if parses(next) || !parses(raw+":"+value) {
			return nil
		}
		return &SyntaxError{Term: text[pos : at+len(next)], Pos: pos, Reason: "space-within", Suggestion: raw + ":" + value}
	case strings.HasSuffix(raw, ":"):
		if _, err := parseTerm(next); err == nil || err.Reason != "unknown-mechanism" {
			return nil
		}
	default:
		return nil
	}
	if _, wrong := parseTerm(raw + next); wrong != nil {
		return nil //nolint:nilerr // the two do not make a term: nothing to suggest
	}
	return &SyntaxError{Term: text[pos : at+len(next)], Pos: pos, Reason: "space-within", Suggestion: raw + next}
}
