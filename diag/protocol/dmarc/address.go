package dmarc

import (
	"net/url"
	"strconv"
	"strings"

	"signpost/diag/pattern"
	"signpost/diag/protocol/taglist"

	"github.com/miekg/dns"
)

// Address is where reports go: a mailto URI, with the largest report that is welcome (RFC 7489 6.2; RFC 9989 has no
// limit).
type Address struct {
	Mailbox string // local@domain, unescaped
	Domain  string // lower case, no final dot
	Limit   uint64 // octets; 0: any size
}

const maxURIs = 20 // of one tag that are read

// parseURI reads one URI. A fault beside an address means that receivers may understand it all the same. No suggestion
// holds a mark of quotation that the address has about it.
func parseURI(uri string) (Address, *taglist.Fault) {
	if bare := quotes.ReplaceAllString(uri, ""); bare != uri {
		_, wrong := parseURI(bare)
		f := &taglist.Fault{Reason: "bad-address"}
		switch {
		case wrong == nil:
			f.Reason, f.Suggestion = "quoted", taglist.Clip(bare)
		case wrong.Suggestion != "":
			f.Reason, f.Suggestion = wrong.Reason, wrong.Suggestion
		}
		return Address{}, f
	}
	scheme, rest, ok := strings.Cut(uri, ":")
	switch {
	case uri == "":
		return Address{}, &taglist.Fault{Reason: "bad-uri"}
	case !ok && strings.Contains(uri, "@"):
		return Address{}, &taglist.Fault{Reason: "no-scheme", Suggestion: taglist.Clip("mailto:" + uri)}
	case !ok:
		return Address{}, &taglist.Fault{Reason: "bad-uri"}
	case !strings.EqualFold(scheme, "mailto"):
		f := &taglist.Fault{Reason: "bad-scheme"}
		if near := taglist.Nearest(scheme, []string{"mailto"}); near != "" && strings.Contains(rest, "@") {
			f.Suggestion = taglist.Clip("mailto:" + rest)
		}
		return Address{}, f
	}
	var fault *taglist.Fault
	var limit uint64
	if box, size, has := strings.Cut(rest, "!"); has {
		if limit, ok = parseSize(size); !ok {
			fault = &taglist.Fault{Reason: "bad-size", Suggestion: taglist.Clip("mailto:" + box)}
		}
		rest = box
	}
	if at, to := strings.CutPrefix(rest, "//"); to {
		fault, rest = &taglist.Fault{Reason: "bad-uri", Suggestion: taglist.Clip("mailto:" + at)}, at
	}
	rest, _, _ = strings.Cut(rest, "?")
	box, err := url.PathUnescape(rest)
	i := strings.LastIndexByte(box, '@')
	if err != nil || i < 1 || !isHost(box[i+1:]) || strings.ContainsAny(box, " \t\r\n<>") {
		return Address{}, &taglist.Fault{Reason: "bad-address"}
	}
	domain := strings.ToLower(strings.TrimSuffix(box[i+1:], "."))
	return Address{Mailbox: box[:i+1] + domain, Domain: domain, Limit: limit}, fault
}

// isHost reports whether s is a host name of two labels or more.
func isHost(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if _, ok := dns.IsDomainName(s); !ok || !strings.Contains(s, ".") || strings.HasPrefix(s, ".") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && r != '.' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
}

// parseSize reads the limit behind "!": a number with k, m, g or t for powers of 1,024.
func parseSize(s string) (uint64, bool) {
	shift := 0
	if s != "" {
		if i := strings.IndexByte("kmgt", s[len(s)-1]|0x20); i >= 0 {
			shift, s = 10*(i+1), s[:len(s)-1]
		}
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || s[0] == '+' || n<<shift>>shift != n {
		return 0, false
	}
	return n << shift, true
}

var quotes = pattern.New("\\\\?[\"'`]")
