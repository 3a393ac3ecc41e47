package diag

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"signpost/diag/visible"

	"golang.org/x/net/idna"
	"golang.org/x/text/width"
)

// Target is a domain to examine.
type Target struct {
	Domain  string // A-labels, lower case, no final dot
	Unicode string // U-labels, no final dot
}

// InputError says why a text is not a domain. Reason is a word for catalogues: empty, too-long, control,
// address-literal, bad-address, bad-character, bad-label, single-label.
type InputError struct{ Input, Reason string }

func (e *InputError) Error() string { return "diag: not a domain (" + e.Reason + "): " + e.Input }

const (
	maxInput  = 4096 // octets of typed text that are looked at
	maxDomain = 253  // RFC 1035 2.3.4, without the final dot
)

// lookupProfile is UTS 46 as browsers use it for looking names up: mapped, non-transitional, STD3 rules. Hyphens in the
// third and fourth place are let through, since such names exist.
var lookupProfile = idna.New(
	idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(true), idna.BidiRule(), idna.CheckHyphens(false),
)

// ParseTarget reads what a person types or pastes as a domain: a name, an address, a URL, Slack's <http://x|x> and
// <mailto:x|x>, with a trailing dot, upper case, full-width dots and letters, or an internationalised name (UTS 46). A
// name of a mail record (_dmarc.example.com, sel._domainkey.example.com) stands for its domain. The error is an
// *InputError.
func ParseTarget(text string) (Target, error) {
	fail := func(reason string) (Target, error) {
		return Target{}, &InputError{Input: visible.Clip(visible.Text(text), 80), Reason: reason}
	}
	switch {
	case len(text) > maxInput:
		return fail("too-long")
	case !utf8.ValidString(text):
		return fail("bad-character")
	}
	s := width.Fold.String(strings.TrimSpace(text))
	s = strings.NewReplacer("\u3002", ".", "\uFF61", ".", "\u200b", "", "\ufeff", "", "\u00ad", "").Replace(s)
	// Marks of writing direction come along with what is pasted.
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.Is(unicode.Cf, r) })
	if strings.ContainsFunc(s, unicode.IsControl) {
		return fail("control")
	}
	s = unwrap(s)
	if isAddress(s) {
		return fail("address-literal")
	}
	s, ok := hostOf(s)
	if !ok {
		return fail("bad-address")
	}
	if isAddress(s) {
		return fail("address-literal")
	}
	s = withoutService(strings.ToLower(strings.TrimSuffix(s, ".")))
	switch {
	case s == "":
		return fail("empty")
	case len(s) > 4*maxDomain:
		return fail("too-long")
	case strings.Contains(s, ".."), strings.HasPrefix(s, "."):
		return fail("bad-label")
	}
	ascii, err := lookupProfile.ToASCII(s)
	if err != nil {
		if strings.ContainsFunc(s, func(r rune) bool {
			return r < 128 && !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-.", r)
		}) {
			return fail("bad-character")
		}
		return fail("bad-label")
	}
	ascii = strings.TrimSuffix(ascii, ".")
	if len(ascii) > maxDomain {
		return fail("too-long")
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return fail("bad-label")
		}
	}
	last := ascii[strings.LastIndexByte(ascii, '.')+1:]
	switch {
	case last == ascii:
		return fail("single-label")
	case strings.Trim(last, "0123456789") == "":
		return fail("address-literal")
	}
	uni, err := idna.Display.ToUnicode(ascii)
	if err != nil {
		uni = ascii
	}
	return Target{Domain: ascii, Unicode: uni}, nil
}

// isAddress reports an IP address, in brackets or as RFC 5321 4.1.3 writes it in a mail address.
func isAddress(s string) bool {
	s = strings.Trim(s, "[]")
	if rest, ok := cutPrefixFold(s, "ipv6:"); ok {
		s = rest
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}

// withoutService drops the labels in front of a domain that name a wildcard or a record of a service: all up to the
// last that begins with an underscore (_dmarc, sel._domainkey, _25._tcp).
func withoutService(s string) string {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "*."), ".")
	labels := strings.Split(s, ".")
	for i := len(labels) - 1; i >= 0; i-- {
		if strings.HasPrefix(labels[i], "_") {
			return strings.Join(labels[i+1:], ".")
		}
	}
	return s
}

// unwrap takes off what stands around a name in running text and in Slack's markup.
func unwrap(s string) string {
	for {
		before := s
		s = strings.TrimSpace(strings.TrimFunc(s, aroundName))
		s = strings.TrimRight(s, ".*_") // the end of a sentence, or of bold and italic text
		if rest, ok := strings.CutPrefix(s, "*"); ok && !strings.HasPrefix(rest, ".") {
			s = rest
		}
		if i := strings.IndexByte(s, '<'); i >= 0 && strings.HasSuffix(s, ">") &&
			strings.IndexAny(s[i+1:], "<>") == len(s)-i-2 {
			s = s[i+1 : len(s)-1]
			if bar := strings.IndexByte(s, '|'); bar >= 0 {
				s = s[:bar]
			}
		}
		if s == before {
			return s
		}
	}
}

// aroundName reports a mark that is no part of a name: quotation marks and brackets of every script, and what parts
// sentences. What stands in square brackets is an address.
func aroundName(r rune) bool {
	return r != '[' && r != ']' && unicode.In(r, unicode.Ps, unicode.Pe, unicode.Pi, unicode.Pf) ||
		strings.ContainsRune("\"'`,;!?~\u3001", r)
}

// hostOf takes the host out of an address or a URL.
func hostOf(s string) (string, bool) {
	isURL := false
	if scheme, rest, ok := strings.Cut(s, "//"); ok && !strings.ContainsAny(scheme, "/@. ") &&
		(scheme == "" || strings.HasSuffix(scheme, ":")) {
		s, isURL = rest, true
	} else if rest, ok := cutPrefixFold(s, "mailto:"); ok {
		s, _, _ = strings.Cut(rest, "?")
	}
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		local := s[:i]
		if i == 0 && !isURL {
			s = s[1:]
		} else if s = s[i+1:]; s == "" || (!isURL && !onePerson(local)) {
			return "", false
		}
	}
	if strings.HasPrefix(s, "[") {
		if end := strings.IndexByte(s, ']'); end > 0 {
			return s[1:end], true
		}
	}
	if host, port, ok := strings.Cut(s, ":"); ok && strings.Trim(port, "0123456789") == "" {
		s = host
	}
	return s, true
}

// onePerson refuses what stands before the last @ where it holds an address of its own: of two addresses neither is
// chosen.
func onePerson(local string) bool {
	return strings.Contains(local, `"`) || !strings.ContainsAny(local, "@ ,;<>")
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}
