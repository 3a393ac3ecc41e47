package spf

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Term is a mechanism or a modifier of a record (RFC 7208 4.6.1).
type Term struct {
	Raw       string
	Pos       int    // octets from the start of the record
	Qualifier byte   // '+', '-', '~' or '?'; 0 for a modifier
	Name      string // lower case: all, include, a, mx, ptr, ip4, ip6, exists; or a modifier's name
	Modifier  bool
	Target    string       // the domain-spec or macro-string, unexpanded; empty: the current domain
	Prefix    netip.Prefix // of ip4 and ip6
	Bits4     int          // of a and mx; 32 where none is given
	Bits6     int          // 128 where none is given
}

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

// String is the term written anew.
func (t Term) String() string {
	if t.Modifier {
		return t.Name + "=" + t.Target
	}
	var b strings.Builder
	if t.Qualifier != '+' {
		b.WriteByte(t.Qualifier)
	}
	b.WriteString(t.Name)
	switch {
	case t.Prefix.IsValid() && t.Prefix.IsSingleIP():
		b.WriteString(":" + t.Prefix.Addr().String())
	case t.Prefix.IsValid():
		b.WriteString(":" + t.Prefix.String())
	case t.Target != "":
		b.WriteString(":" + t.Target)
	}
	if t.Bits4 < 32 {
		fmt.Fprintf(&b, "/%d", t.Bits4)
	}
	if t.Bits6 < 128 {
		fmt.Fprintf(&b, "//%d", t.Bits6)
	}
	return b.String()
}

// SyntaxError is what is wrong with one term. Reason is a word for catalogues: bad-separator, space-within, full-width,
// not-ascii, equals-for-colon, colon-for-equals, unknown-mechanism, missing-value, unwanted-value, bad-address,
// bad-cidr, bad-domain, bad-macro, repeated-modifier, bad-modifier, bad-version.
type SyntaxError struct {
	Term       string
	Pos        int // octets from the start of the record
	Reason     string
	Suggestion string // the term as it was probably meant; empty where we cannot tell
	// Lawful: the grammar lets it pass, so it is no permerror, but it cannot be what was meant. "mx=x" is an unknown
	// modifier, which everybody ignores (RFC 7208 6).
	Lawful bool
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

// token is the text from pos up to the next space.
func token(text string, pos int) string {
	if i := strings.IndexByte(text[pos:], ' '); i >= 0 {
		return text[pos : pos+i]
	}
	return text[pos:]
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
	mechanisms   = []string{"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"}
	modifierName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]*$`)
	cidr         = regexp.MustCompile(`(?:/(\d+))?(?://(\d+))?$`)
)

func parseTerm(raw string) (Term, *SyntaxError) {
	for i := range len(raw) {
		switch c := raw[i]; {
		case c >= 0x80:
			return Term{}, foreign(raw)
		case c < 0x21 || c == 0x7f:
			return Term{}, &SyntaxError{Reason: "bad-separator", Suggestion: strings.Join(strings.Fields(raw), " ")}
		}
	}
	t := Term{Qualifier: '+', Bits4: 32, Bits6: 128}
	body := raw
	if strings.IndexByte("+-~?", raw[0]) >= 0 {
		t.Qualifier, body = raw[0], raw[1:]
	}
	i := strings.IndexAny(body, ":/=")
	name, rest, sep := body, "", byte(0)
	if i >= 0 {
		name, rest, sep = body[:i], body[i:], body[i]
	}
	t.Name = strings.ToLower(name)
	known := slices.Contains(mechanisms, t.Name)
	switch {
	case sep == '=' && known && body != raw:
		return t, &SyntaxError{Reason: "equals-for-colon", Suggestion: raw[:len(raw)-len(rest)] + ":" + rest[1:]}
	case sep == '=':
		if body != raw {
			if t.Name != "redirect" && t.Name != "exp" {
				body = "" // a modifier that nobody knows, or another term that ran into this one
			}
			return t, &SyntaxError{Reason: "bad-modifier", Suggestion: body}
		}
		return parseModifier(t, name, rest[1:])
	case sep == ':' && (t.Name == "redirect" || t.Name == "exp"):
		return t, &SyntaxError{Reason: "colon-for-equals", Suggestion: body[:i] + "=" + rest[1:]}
	case !known:
		return t, &SyntaxError{Reason: "unknown-mechanism", Suggestion: nearest(raw, t, rest)}
	}
	return parseMechanism(t, rest)
}

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
