package spf

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"signpost/diag/distance"
	"signpost/diag/pattern"

	"golang.org/x/text/width"
)

// sign is the qualifier that a term begins with; empty where there is none.
func sign(raw string) string {
	if raw != "" && strings.IndexByte("+-~?", raw[0]) >= 0 {
		return raw[:1]
	}
	return ""
}

// lengthBehind is the length of a prefix, alone.
var lengthBehind = pattern.New(`^/\d{1,3}(?://\d{1,3})?$`)

// bare reports whether a text is a mechanism that cannot do without a value, and has none.
func bare(raw string) bool {
	switch strings.ToLower(strings.TrimPrefix(raw, sign(raw))) {
	case "ip4", "ip6", "include", "exists":
		return true
	}
	return false
}

// typeset is what word processors and chats put in the place of ASCII characters.
var typeset = strings.NewReplacer(
	"\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2014", "-", "\u2015", "-", "\u2212", "-", "\u223c", "~",
	"\u02dc", "~",
	"\u201c", "", "\u201d", "", "\u2018", "", "\u2019", "", "\u00a0", " ", "\u200b", "", "\u200c", "", "\u200d", "",
	"\u2060", "", "\ufeff", "", "\u00ad", "",
)

// foreign explains a term with octets beyond ASCII.
func foreign(raw string) *SyntaxError {
	e := &SyntaxError{Reason: "not-ascii"}
	meant := foldWidth(raw)
	if meant != raw {
		e.Reason = "full-width"
	}
	meant = strings.Join(strings.Fields(typeset.Replace(meant)), " ")
	if meant != "" && isASCII(meant) {
		e.Suggestion = meant
	}
	return e
}

// foldWidth turns full-width characters and the ideographic full stop and space into their ASCII forms.
func foldWidth(s string) string {
	return strings.NewReplacer("\u3002", ".", "\u3000", " ").Replace(width.Fold.String(s))
}

// urlTarget is a host within a URL.
var urlTarget = pattern.New(`^(?i)https?://([^/:?#]+)`)

// unlikely finds what the grammar lets pass in a domain-spec but no host has: terms strung together with commas or
// bars, a port, a URL.
func unlikely(t Term) *SyntaxError {
	pieces, err := parseMacro(t.Target, false)
	if err != nil {
		return &SyntaxError{Reason: "bad-macro"}
	}
	for _, p := range pieces {
		if strings.ContainsAny(p.literal, ",;|") {
			split, _ := listed(qualifierOf(t) + t.Name + ":" + t.Target)
			return &SyntaxError{Reason: "bad-separator", Suggestion: split, Lawful: true}
		}
	}
	// No host's name ends so.
	if at := len(strings.TrimRight(t.Target, ".")) - len("-all"); at > 0 && strings.EqualFold(t.Target[at:at+4], "-all") {
		return &SyntaxError{Reason: "bad-separator",
			Suggestion: qualifierOf(t) + t.Name + ":" + t.Target[:at] + " " + t.Target[at:at+4], Lawful: true}
	}
	if m := urlTarget.FindStringSubmatch(t.Target); m != nil && hostName.MatchString(m[1]) {
		return &SyntaxError{Reason: "bad-domain", Suggestion: qualifierOf(t) + t.Name + ":" + m[1], Lawful: true}
	}
	if again := t.Name + ":"; len(t.Target) > len(again) && strings.EqualFold(t.Target[:len(again)], again) &&
		parses(t.Target) {
		return &SyntaxError{Reason: "bad-domain", Suggestion: qualifierOf(t) + t.Target, Lawful: true}
	}
	for _, p := range pieces {
		if strings.ContainsAny(p.literal, ":@\"'()<>[]\\") {
			return &SyntaxError{Reason: "bad-domain", Lawful: true}
		}
	}
	return nil
}

// qualifierOf is a term's qualifier as it is written; nothing for +, which goes without saying.
func qualifierOf(t Term) string {
	if t.Qualifier == '+' || t.Qualifier == 0 {
		return ""
	}
	return string(t.Qualifier)
}

// networkFor suggests ip4 or ip6 for a term that names an address where a host belongs.
func networkFor(t Term) string {
	a, err := netip.ParseAddr(strings.Trim(t.Target, "[]"))
	if err != nil || a.Zone() != "" {
		return ""
	}
	n := Term{Qualifier: t.Qualifier, Name: "ip4", Bits4: 32, Bits6: 128}
	most := t.Bits4
	if a.Is6() {
		n.Name, most = "ip6", t.Bits6
	}
	n.Prefix = netip.PrefixFrom(a, most).Masked()
	return n.String()
}

// hostName is a name as hosts have them: letters, digits and hyphens, the last label of letters.
var hostName = pattern.New(`^(?i)(?:[a-z0-9_-]+\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)\.?$`)

// insteadOfNetwork suggests what an ip4 or ip6 without an address of its family was meant to be.
func insteadOfNetwork(t Term, rest string) string {
	q := string(t.Qualifier)
	if t.Qualifier == '+' {
		q = ""
	}
	host, _, _ := strings.Cut(rest[1:], "/")
	if one := strings.TrimLeft(rest, ":"); t.Name == "ip4" && len(one) < len(rest)-1 {
		if parses(q + "ip4:" + one) {
			return q + "ip4:" + one
		}
		return ""
	}
	if a, err := netip.ParseAddr(host); err == nil && a.Zone() == "" {
		if a.Is4() {
			return q + "ip4" + rest
		}
		return q + "ip6" + rest
	}
	if hostName.MatchString(host) && checkDomainSpec(host) == nil {
		return q + "a" + rest
	}
	if n := wholeNetwork(rest[1:]); n != "" {
		return q + "ip4:" + n
	}
	if at, err := netip.ParseAddrPort(rest[1:]); err == nil && at.Addr().Is4() { // a port has no place in SPF
		return q + "ip4:" + at.Addr().String()
	}
	return ""
}

// wholeNetwork is the network that a range from its first to its last address, or with stars at its end, names:
// "192.0.2.0-192.0.2.255" and "192.0.2.*" are 192.0.2.0/24. Empty where it is not exactly one.
func wholeNetwork(text string) string {
	if stem := strings.TrimRight(text, ".*"); stem != text &&
		strings.Count(text, "*") == 4-len(strings.Split(stem, ".")) && strings.Count(text, ".") == 3 {
		bits := 8 * len(strings.Split(stem, "."))
		if a, err := netip.ParseAddr(stem + strings.Repeat(".0", 4-bits/8)); err == nil && a.Is4() && bits >= 16 {
			return netip.PrefixFrom(a, bits).String()
		}
	}
	from, to, ok := strings.Cut(text, "-")
	first, err := netip.ParseAddr(from)
	last, wrong := netip.ParseAddr(to)
	if !ok || err != nil || wrong != nil || !first.Is4() || !last.Is4() {
		return ""
	}
	a, b := first.As4(), last.As4()
	for bits := 16; bits <= 32; bits++ {
		n := netip.PrefixFrom(first, bits)
		mask := net.CIDRMask(bits, 32)
		end := a
		for i := range end {
			end[i] |= ^mask[i]
		}
		if n.Masked().Addr() == first && end == b {
			return n.String()
		}
	}
	return ""
}

// fromMask suggests the prefix length that a netmask means: 255.255.255.0 is 24.
func fromMask(t Term, host, mask string) string {
	m, err := netip.ParseAddr(mask)
	if err != nil || !m.Is4() || t.Name != "ip4" {
		return ""
	}
	ones, size := net.IPMask(m.AsSlice()).Size()
	if size == 0 {
		return ""
	}
	q := string(t.Qualifier)
	if t.Qualifier == '+' {
		q = ""
	}
	return q + "ip4:" + host + "/" + strconv.Itoa(ones)
}

// nearest suggests what an unknown mechanism was meant to be: a mechanism one or two letters away, or an address or a
// host that lacks its mechanism.
func nearest(raw string, t Term, rest string) string {
	if several, ok := listed(raw); ok {
		return several
	}
	if two, ok := apart(raw); ok {
		return two
	}
	q := sign(raw)
	body := raw[len(q):]
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
	for _, m := range append([]string{"redirect", "exp"}, mechanisms...) {
		if d := distance.Of(t.Name, m); d < least && d < len(m) && (d < 2 || t.Name[:1] == m[:1]) {
			best, least = m, d
		}
	}
	if best == "all" && (q == "" || rest != "" || strings.Trim(t.Name, "al1.") != "") {
		return "" // "_all" may have been any of four policies, and a bare "all" lets everyone in
	}
	switch {
	case (best == "redirect" || best == "exp") && rest != "":
		return best + "=" + rest[1:]
	case best != "":
		return q + best + rest
	case rest == "":
		return withoutColon(q, body)
	}
	return ""
}

// withoutColon suggests what a word without a colon was meant to be: a mechanism that lost its own, or a host that
// lacks the mechanism.
func withoutColon(q, body string) string {
	for _, name := range []string{"include", "exists", "ip4", "ip6"} {
		if len(body) > len(name) && strings.EqualFold(body[:len(name)], name) && parses(q+name+":"+body[len(name):]) {
			return q + name + ":" + body[len(name):]
		}
	}
	if strings.Contains(body, ".") && checkDomainSpec(body) == nil {
		return q + "include:" + body
	}
	return ""
}

// misspelt suggests what a modifier that nobody knows was meant to be, where its name is a long one's with a slip and
// its value a host: "inlude=a.example".
func misspelt(t Term) string {
	if t.Name == "ipv4" || t.Name == "ipv6" || t.Name == "ip" {
		for _, name := range []string{"ip4:", "ip6:"} {
			if parses(name + t.Target) {
				return name + t.Target
			}
		}
	}
	for _, name := range []string{"include", "exists", "redirect"} {
		if d := distance.Of(t.Name, name); d == 0 || d > 2 || !hostName.MatchString(t.Target) {
			continue
		}
		if name == "redirect" {
			return name + "=" + t.Target
		}
		return name + ":" + t.Target
	}
	return ""
}

// parses reports whether a text is one faultless term.
func parses(raw string) bool {
	_, err := parseTerm(raw)
	return err == nil
}

// listed is a term that holds several, parted by commas, semicolons or bars: "ip4:192.0.2.1,192.0.2.2" says twice what
// it says once.
func listed(raw string) (string, bool) {
	parts := strings.FieldsFunc(raw, func(r rune) bool { return r == ',' || r == ';' || r == '|' })
	if len(parts) < 2 {
		return "", false
	}
	name, _, ok := strings.Cut(parts[0], ":")
	for i, p := range parts {
		if _, err := parseTerm(p); err == nil {
			continue
		}
		parts[i] = name + ":" + p
		if _, err := parseTerm(parts[i]); err != nil || !ok || i == 0 {
			return "", false
		}
	}
	return strings.Join(parts, " "), true
}

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

var mechanismStart = pattern.New(`(?i)[+?~-]?(?:include|exists|ip4|ip6):|redirect=|v=spf1|[+?~-](?:all|mx|a:)`)

const maxPieces = 24

const (
	maxGlued = 512 // octets of what ran together that is taken apart
)

// shortGlued is two mechanisms that need no value and ran together: "mxa:mail.example".
var shortGlued = pattern.New(`(?i)^([+?~-]?)(mx|ptr|a)((mx|ptr|a)(?:[:/+?~-].*)?)$`)

// apart is a term that is several which ran together: "ip4:192.0.2.1~all", "mx~allinclude:a.example".
func apart(term string) (string, bool) {
	if len(term) > maxGlued {
		return "", false
	}
	if two := shortGlued.FindStringSubmatch(term); two != nil && !strings.EqualFold(two[2], two[4]) {
		if rest := two[3]; parses(rest) {
			return two[1] + two[2] + " " + rest, true
		} else if more, ok := apart(rest); ok {
			return two[1] + two[2] + " " + more, true
		}
	}
	cuts := []int{0}
	for _, at := range mechanismStart.FindAllStringIndex(term, maxPieces) {
		if at[0] > 0 {
			cuts = append(cuts, at[0])
		}
	}
	cuts = append(cuts, len(term))
	ends := make([]int, len(cuts)) // the cut at which the term that begins at this one ends; 0 where none begins here
	last := len(cuts) - 1
	for i := last - 1; i >= 0; i-- {
		for j := i + 1; j <= last && ends[i] == 0; j++ {
			if (j == last || ends[j] > 0) && (i > 0 || j < last) && parses(term[cuts[i]:cuts[j]]) {
				ends[i] = j
			}
		}
	}
	var out []string
	for i := 0; i < last; i = ends[i] {
		if ends[i] == 0 {
			return "", false
		}
		out = append(out, term[cuts[i]:cuts[ends[i]]])
	}
	return strings.Join(out, " "), true
}
