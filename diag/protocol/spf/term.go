package spf

import (
	"fmt"
	"net/netip"
	"strings"
)

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

var mechanisms = []string{"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"}

// token is the text from pos up to the next space.
func token(text string, pos int) string {
	if i := strings.IndexByte(text[pos:], ' '); i >= 0 {
		return text[pos : pos+i]
	}
	return text[pos:]
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
