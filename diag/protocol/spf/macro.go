package spf

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

var (
	errMacro = errors.New("spf: bad macro")
	// errNoMatch: the sender's local part is not ASCII, so a term that expands it cannot match (RFC 8616 4).
	errNoMatch = errors.New("spf: a local part beyond ASCII matches no name")
)

// piece is literal text, or one macro-expand (RFC 7208 7.1): a letter, or one of %% %_ %-, whose text is known.
type piece struct {
	literal string
	expands bool
	letter  byte // 0: the text is literal
	keep    int  // labels kept from the right; 0: all
	reverse bool
	delims  string
	escape  bool // an upper-case letter: the value is URL-escaped
}

// parseMacro reads a macro-string. The letters c, r and t are for explanation texts only.
func parseMacro(s string, explanation bool) ([]piece, error) {
	var out []piece
	for s != "" {
		i := strings.IndexByte(s, '%')
		if i != 0 {
			if i < 0 {
				i = len(s)
			}
			out = append(out, piece{literal: s[:i]})
			s = s[i:]
			continue
		}
		if len(s) < 2 {
			return nil, errMacro
		}
		switch s[1] {
		case '%':
			out = append(out, piece{literal: "%", expands: true})
		case '_':
			out = append(out, piece{literal: " ", expands: true})
		case '-':
			out = append(out, piece{literal: "%20", expands: true})
		case '{':
			end := strings.IndexByte(s, '}')
			if end < 0 {
				return nil, errMacro
			}
			p, err := parseExpansion(s[2:end], explanation)
			if err != nil {
				return nil, err
			}
			out = append(out, p)
			s = s[end+1:]
			continue
		default:
			return nil, errMacro
		}
		s = s[2:]
	}
	return out, nil
}

func parseExpansion(s string, explanation bool) (piece, error) {
	if s == "" {
		return piece{}, errMacro
	}
	p := piece{expands: true, letter: s[0] | 0x20, escape: s[0] < 'a', delims: "."}
	letters := "slodiphv"
	if explanation {
		letters += "crt"
	}
	if s[0] < 'A' || strings.IndexByte(letters, p.letter) < 0 {
		return p, errMacro
	}
	s = s[1:]
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	if digits > 0 {
		n, err := strconv.Atoi(s[:digits])
		if n == 0 && err == nil {
			return p, errMacro
		}
		p.keep = min(max(n, 1), 128)
		if err != nil {
			p.keep = 128
		}
		s = s[digits:]
	}
	if s != "" && s[0]|0x20 == 'r' {
		p.reverse, s = true, s[1:]
	}
	if s != "" {
		if strings.Trim(s, ".-+,/_=") != "" {
			return p, errMacro
		}
		p.delims = s
	}
	return p, nil
}

// checkDomainSpec checks a domain-spec: a macro-string that ends in a macro or in a dot and a top label that is not all
// digits (RFC 7208 7.1).
func checkDomainSpec(s string) *SyntaxError {
	if s == "" {
		return &SyntaxError{Reason: "missing-value"}
	}
	pieces, err := parseMacro(s, false)
	if err != nil {
		return &SyntaxError{Reason: "bad-macro"}
	}
	last := pieces[len(pieces)-1]
	if last.expands {
		return nil
	}
	end := strings.TrimSuffix(last.literal, ".")
	i := strings.LastIndexByte(end, '.')
	top := end[i+1:]
	if i < 0 || top == "" || strings.Trim(top, "0123456789") == "" || top[0] == '-' || top[len(top)-1] == '-' {
		return &SyntaxError{Reason: "bad-domain"}
	}
	for _, c := range []byte(top) {
		if c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return &SyntaxError{Reason: "bad-domain"}
		}
	}
	return nil
}

// expand fills in a macro-string. Domain names are cut from the left to 253 octets where asDomain is meant (RFC 7208
// 7.3).
func (e *evaluation) expand(ctx context.Context, s, domain string, use macroUse) (string, error) {
	pieces, err := parseMacro(s, use == explanationText)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range pieces {
		switch {
		case p.letter == 0:
			b.WriteString(p.literal)
		case (p.letter == 's' || p.letter == 'l') && !isASCII(e.local):
			return "", errNoMatch
		default:
			b.WriteString(p.apply(e.value(ctx, p.letter, domain)))
		}
		if b.Len() > 8192 {
			return "", errMacro
		}
	}
	out := b.String()
	if use == domainName {
		out = strings.TrimSuffix(out, ".")
		for len(out) > 253 {
			_, rest, ok := strings.Cut(out, ".")
			if !ok {
				break
			}
			out = rest
		}
	}
	return out, nil
}

type macroUse int

const (
	domainName macroUse = iota
	explanationText
)

func (p piece) apply(v string) string {
	if p.keep > 0 || p.reverse || p.delims != "." {
		parts := split(v, p.delims)
		if p.reverse {
			for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
				parts[i], parts[j] = parts[j], parts[i]
			}
		}
		if p.keep > 0 && p.keep < len(parts) {
			parts = parts[len(parts)-p.keep:]
		}
		v = strings.Join(parts, ".")
	}
	if p.escape {
		v = strings.ReplaceAll(url.QueryEscape(v), "+", "%20")
		v = strings.ReplaceAll(v, "%7E", "~")
	}
	return v
}

// split cuts at every delimiter: two in a row have an empty part between them (RFC 7208 7.3).
func split(s, delims string) []string {
	var parts []string
	for {
		i := strings.IndexAny(s, delims)
		if i < 0 {
			return append(parts, s)
		}
		parts = append(parts, s[:i])
		s = s[i+1:]
	}
}

func (e *evaluation) value(ctx context.Context, letter byte, domain string) string {
	switch letter {
	case 's':
		return e.local + "@" + e.senderDomain
	case 'l':
		return e.local
	case 'o':
		return e.senderDomain
	case 'd':
		return domain
	case 'i':
		return dotted(e.q.IP)
	case 'p':
		return e.validatedName(ctx, domain)
	case 'v':
		if e.q.IP.Is4() {
			return "in-addr"
		}
		return "ip6"
	case 'h':
		return e.q.Helo
	case 'c':
		return e.q.IP.String()
	case 'r':
		if e.q.Receiver == "" {
			return "unknown"
		}
		return e.q.Receiver
	case 't':
		return strconv.FormatInt(e.q.Now.Unix(), 10)
	}
	return ""
}

// dotted is the address as the macro i wants it: IPv6 as 32 nibbles (RFC 7208 7.3).
func dotted(ip netip.Addr) string {
	if ip.Is4() {
		return ip.String()
	}
	b := ip.As16()
	parts := make([]string, 0, 32)
	for _, x := range b {
		parts = append(parts, fmt.Sprintf("%X", x>>4), fmt.Sprintf("%X", x&15))
	}
	return strings.Join(parts, ".")
}

// validatedName is the macro p (RFC 7208 7.3): a confirmed name, the domain's own before one below it before any; else
// "unknown".
func (e *evaluation) validatedName(ctx context.Context, domain string) string {
	own := dns.Fqdn(presented(domain))
	best, rank := "unknown", 0
	for _, n := range e.confirmed(ctx, e.current).names {
		r := 1
		switch {
		case strings.EqualFold(n, own):
			r = 3
		case dns.IsSubDomain(own, n):
			r = 2
		}
		if r > rank {
			best, rank = strings.TrimSuffix(n, "."), r
		}
	}
	return best
}

// confirmed is the sending address's names that have it among their own addresses; of its names the first 10 are looked
// at.
func (e *evaluation) confirmed(ctx context.Context, at int) *reverse {
	if e.names != nil {
		return e.names
	}
	e.names = &reverse{}
	arpa, err := dns.ReverseAddr(e.q.IP.String())
	if err != nil {
		e.names.err = err
		return e.names
	}
	e.names.said, e.names.err = e.ask(ctx, at, arpa, dns.TypePTR)
	if e.names.err != nil {
		return e.names
	}
	rrs := e.names.said.Records()
	for _, rr := range rrs[:min(len(rrs), MaxNames)] {
		p, ok := rr.(*dns.PTR)
		if !ok {
			continue
		}
		h, err := e.askHost(ctx, at, dns.Fqdn(p.Ptr), e.family())
		if err == nil && slices.Contains(h.Addrs(), e.q.IP) {
			e.names.names = append(e.names.names, strings.ToLower(dns.Fqdn(p.Ptr)))
		}
	}
	return e.names
}
