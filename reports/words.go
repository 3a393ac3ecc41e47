package reports

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"signpost/diag/visible"
)

const (
	maxWord = 255  // characters of a name or a result
	maxText = 1000 // characters of a comment
)

// word is a name, an id or a result as it may be shown.
func word(s string) string { return visible.Text(visible.Clip(strings.TrimSpace(s), maxWord)) }

// domain is a domain's name in lower case without its dot at the end.
func domain(s string) string {
	return strings.TrimSuffix(strings.ToLower(word(strings.Trim(strings.TrimSpace(s), "<>"))), ".")
}

// keyword is a word of the schema.
func keyword(s string) string { return strings.ToLower(word(s)) }

// maxCount is how many messages one record may count: more than any sender has in a day.
const maxCount = 1_000_000_000

// count is a number of messages. False: it is none.
func count(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	if whole, rest, ok := strings.Cut(s, "."); ok && strings.Trim(rest, "0") == "" { // 3.0
		s = whole
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && n <= maxCount
}

// address is an IP address as receivers write it: with blanks, brackets, a port or a prefix of its own length, IPv4
// in IPv6.
func address(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a.Addr().Unmap().WithZone(""), true
	}
	s = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	if rest, ok := strings.CutPrefix(strings.ToLower(s), "ipv6:"); ok {
		s = rest
	}
	if p, err := netip.ParsePrefix(s); err == nil && p.IsSingleIP() {
		return p.Addr().Unmap(), true
	}
	a, err := netip.ParseAddr(strings.TrimSpace(s))
	return a.Unmap().WithZone(""), err == nil
}

// The years that a report may be of: DMARC is of 2012.
var earliest, latest = time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

// moment is a time: seconds since 1970, or finer, which scaled tells, or a date in words.
func moment(s string) (t time.Time, scaled, ok bool) {
	s = strings.TrimSpace(s)
	if whole, _, found := strings.Cut(s, "."); found {
		if _, err := strconv.ParseInt(whole, 10, 64); err == nil {
			s = whole
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		for n > 100_000_000_000 { // milliseconds, microseconds, nanoseconds
			n, scaled = n/1000, true
		}
		t = time.Unix(n, 0).UTC()
		return t, scaled, sane(t)
	}
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05 MST",
		"2006-01-02",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), false, sane(t)
		}
	}
	return time.Time{}, false, false
}

func sane(t time.Time) bool { return t.After(earliest) && t.Before(latest) }
