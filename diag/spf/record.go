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

// String is the record written anew, one space between terms.
func (r *Record) String() string {
	parts := []string{"v=spf1"}
	for _, t := range r.Terms {
		parts = append(parts, t.Raw)
	}
	return strings.Join(parts, " ")
}

// SyntaxError is what is wrong with one term. Reason is a word for catalogues: bad-separator, full-width, not-ascii, equals-for-colon,
// colon-for-equals, unknown-mechanism, missing-value, unwanted-value, bad-address, bad-cidr, bad-domain, bad-macro, repeated-modifier,
// bad-modifier.
type SyntaxError struct {
	Term       string
	Pos        int
	Reason     string
	Suggestion string // the term as it was probably meant; empty where we cannot tell
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("spf: %s at octet %d: %q", e.Reason, e.Pos, e.Term)
}

// IsRecord reports whether a TXT text is an SPF record: "v=spf1", then a space or the end (RFC 7208 4.5).
func IsRecord(text string) bool {
	const v = "v=spf1"
	return len(text) >= len(v) && strings.EqualFold(text[:len(v)], v) && (len(text) == len(v) || text[len(v)] == ' ')
}

const maxTerms = 512

// Parse reads a record that IsRecord accepts, and gives every error that it finds; with any error the record is a permerror.
// The terms that could be read are returned all the same.
func Parse(text string) (*Record, []*SyntaxError) {
	r := &Record{Text: text}
	var bad []*SyntaxError
	pos := min(len("v=spf1"), len(text))
	for pos < len(text) && len(r.Terms)+len(bad) < maxTerms {
		if text[pos] == ' ' {
			pos++
			continue
		}
		end := strings.IndexByte(text[pos:], ' ')
		if end < 0 {
			end = len(text) - pos
		}
		raw := text[pos : pos+end]
		t, err := parseTerm(raw)
		if err == nil && t.Modifier && (t.Name == "redirect" || t.Name == "exp") && r.Modifier(t.Name) != nil {
			err = &SyntaxError{Reason: "repeated-modifier"}
		}
		if err != nil {
			err.Term, err.Pos = raw, pos
			bad = append(bad, err)
		} else {
			t.Raw, t.Pos = raw, pos
			r.Terms = append(r.Terms, t)
		}
		pos += end
	}
	return r, bad
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
			if folded := foldWidth(raw); folded != raw {
				return Term{}, &SyntaxError{Reason: "full-width", Suggestion: folded}
			}
			return Term{}, &SyntaxError{Reason: "not-ascii"}
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
	case sep == '=' && known:
		return t, &SyntaxError{Reason: "equals-for-colon", Suggestion: raw[:len(raw)-len(rest)] + ":" + rest[1:]}
	case sep == '=':
		if body != raw {
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
			return t, &SyntaxError{Reason: "unwanted-value", Suggestion: string(t.Qualifier) + "all"}
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
	return t, checkDomainSpec(t.Target)
}

// bits reads a prefix length: 0, or digits without a leading zero, at most most.
func bits(s string, from, to, most int) (int, bool) {
	if from < 0 {
		return most, true
	}
	d := s[from:to]
	n, err := strconv.Atoi(d)
	return n, err == nil && n <= most && (d == "0" || d[0] != '0')
}

func parseNetwork(t Term, rest string) (Term, *SyntaxError) {
	if len(rest) < 2 || rest[0] != ':' {
		return t, &SyntaxError{Reason: "missing-value"}
	}
	host, length, has := strings.Cut(rest[1:], "/")
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" || addr.Is4() != (t.Name == "ip4") {
		e := &SyntaxError{Reason: "bad-address"}
		if err == nil && addr.Zone() == "" {
			other := "ip6"
			if addr.Is4() {
				other = "ip4"
			}
			e.Suggestion = other + rest
		}
		return t, e
	}
	n := addr.BitLen()
	if has {
		var ok bool
		if n, ok = bits(length, 0, len(length), addr.BitLen()); !ok || length == "" {
			return t, &SyntaxError{Reason: "bad-cidr"}
		}
	}
	t.Prefix = netip.PrefixFrom(addr, n).Masked()
	return t, nil
}

// nearest suggests what an unknown mechanism was meant to be: a mechanism one or two letters away, or an address or a host
// that lacks its mechanism.
func nearest(raw string, t Term, rest string) string {
	q := ""
	if raw[0] == '+' || raw[0] == '-' || raw[0] == '~' || raw[0] == '?' {
		q = raw[:1]
	}
	body := strings.TrimPrefix(raw, q)
	if host, _, _ := strings.Cut(body, "/"); host != "" {
		if a, err := netip.ParseAddr(host); err == nil {
			if a.Is4() {
				return q + "ip4:" + body
			}
			return q + "ip6:" + body
		}
	}
	switch t.Name {
	case "ip", "ipv4":
		return q + "ip4" + rest
	case "ipv6":
		return q + "ip6" + rest
	}
	best, least := "", 3
	for _, m := range append([]string{"redirect"}, mechanisms...) {
		if d := distance(t.Name, m); d < least && d < len(m) {
			best, least = m, d
		}
	}
	switch {
	case best == "redirect" && rest != "":
		return best + "=" + rest[1:]
	case best != "":
		return q + best + rest
	case rest == "" && strings.Contains(body, ".") && checkDomainSpec(body) == nil:
		return q + "include:" + body
	}
	return ""
}

// distance is the number of letters to insert, delete, replace or swap (bounded input: names of a term).
func distance(a, b string) int {
	if len(a) > 20 {
		return 99
	}
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
