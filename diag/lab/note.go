package lab

import (
	"compress/gzip"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
)

var errNote = errors.New("no such line")

// note reads one of the lab's own lines; doc.go lists them.
func (z *zone) note(s string) error {
	key, value, _ := strings.Cut(s, ":")
	value = strings.TrimSpace(value)
	words := strings.Fields(key)
	if len(words) == 0 {
		return errNote
	}
	if len(words) > 1 {
		if words[1] == "*" { // every server of the zone
			return z.noteAt(words[0], netip.Addr{}, words[2:], value)
		}
		addr, err := netip.ParseAddr(words[1])
		if s, rest, ok := strings.Cut(s, ": "); err != nil && ok { // an IPv6 address has colons of its own
			words, value = strings.Fields(s), strings.TrimSpace(rest)
			addr, err = netip.ParseAddr(words[1])
		}
		if err != nil {
			return err
		}
		return z.noteAt(words[0], addr, words[2:], value)
	}
	switch words[0] {
	case "fault":
		z.about.Fault = value
	case "ask":
		z.ask = value
	case "codes":
		z.about.Codes = strings.Fields(value)
	case "status":
		z.about.status = strings.ToLower(value)
	case "with": // withHealthy reads it
	case "relative": // parseZone has read it
	case "parent":
		rr, err := z.record(value)
		if errors.Is(err, errOutside) { // the address of a server that stands beside the zone
			rr, err = dns.NewRR(strings.ToLower(value))
		}
		if err != nil {
			return err
		}
		z.parent = append(z.parent, rr)
	case "registration":
		var err error
		z.registration, err = parseRegistration(value)
		return err
	case "tlsa":
		fields := strings.Fields(value)
		if len(fields) != 2 || (fields[1] != "2" && fields[1] != "3") {
			return errors.New("a host and usage 2 or 3 wanted")
		}
		data, err := tlsa(under(fields[0], z.about.Name), fields[1][0]-'0')
		if err != nil {
			return err
		}
		z.extra = append(z.extra, "_25._tcp."+fields[0]+" TLSA "+data)
	case "policy":
		z.page.text = policyText(value)
	case "signed":
		signed, err := newSigning(z.origin, value)
		if err != nil {
			return err
		}
		z.signed = signed
	case "logo":
		z.logo = strings.ReplaceAll(value, "TINY", `xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps"`)
	case "mark":
		var err error
		z.mark, err = parseMark(value)
		return err
	case "web":
		return z.page.set(value)
	default:
		return errNote
	}
	return nil
}

// noteAt reads a line about the server at an address.
func (z *zone) noteAt(kind string, addr netip.Addr, which []string, value string) (err error) {
	r := rule{from: z.origin}
	switch kind {
	case "at":
		rr, err := z.record(value)
		if err != nil {
			return err
		}
		r.Zone, r.Name, r.Type, r.instead = z.origin, rr.Header().Name, rr.Header().Rrtype, []dns.RR{rr}
		for i, other := range z.rules[addr] { // one more record of the same set
			if other.instead != nil && other.Name == r.Name && other.Type == r.Type {
				z.rules[addr][i].instead = append(other.instead, rr)
				return nil
			}
		}
	case "server":
		if r.Behaviour, err = parseBehaviour(value); err != nil {
			return err
		}
		r.Zone = z.origin
		if len(which) > 0 {
			if r.Name = canonical(which[0]); !strings.HasSuffix(which[0], ".") {
				r.Name = under(strings.ToLower(which[0]), z.origin)
			}
			if which[0] == "@" {
				r.Name = z.origin
			}
		}
		if len(which) > 1 {
			if r.Type = dns.StringToType[which[1]]; r.Type == 0 {
				return fmt.Errorf("no such type: %s", which[1])
			}
		}
	case "signed-at":
		if r.signed, err = newSigning(z.origin, value); err != nil {
			return err
		}
		r.Zone = z.origin
	case "smtp":
		z.mail[addr], err = parseMailHost(value)
		return err
	default:
		return errNote
	}
	z.rules[addr] = append(z.rules[addr], r)
	return nil
}

// policyText is the lines of an MTA-STS policy, written with bars between them.
func policyText(value string) string {
	var b strings.Builder
	b.WriteString("version: STSv1\r\n")
	for line := range strings.SplitSeq(value, "|") {
		b.WriteString(strings.TrimSpace(line) + "\r\n")
	}
	return b.String()
}

// set reads the words of a ";! web" line: cert-expired, cert-name, cert-untrusted, cert-expiring, cert-short,
// type=text/html, status=301, svgz (of logos).
func (p *page) set(words string) error {
	for _, w := range strings.Fields(words) {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case string(certExpired), string(certName), string(certUntrusted), string(certExpiring), string(certShort):
			p.cert = certFault(key)
		case "svgz":
			p.gzip = true
		case "type":
			p.kind = value
		case "status":
			if _, err := fmt.Sscan(value, &p.status); err != nil {
				return fmt.Errorf("no such status: %s", value)
			}
		default:
			return fmt.Errorf("no such behaviour of a web server: %s", w)
		}
	}
	return nil
}

// packed is a logo as the web server has it.
func (p *page) packed(logo string) string {
	if !p.gzip {
		return logo
	}
	var b strings.Builder
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(logo)) // into memory
	_ = z.Close()
	return b.String()
}

// parseZone reads a zone's text and completes it with an SOA and name servers where it has none. Lenient: targets
// without their final dot are meant.
func parseZone(origin, text string) (*zone, error) {
	z := newZone(canonical(origin))
	if _, ok := dns.IsDomainName(z.origin); !ok {
		return nil, fmt.Errorf("lab: zone %q: not a name", origin)
	}
	z.lenient = relative.MatchString(text)
	n := 0
	for line := range strings.Lines(text) {
		n++
		if note, ok := strings.CutPrefix(strings.TrimSpace(line), ";!"); ok {
			if err := z.note(strings.TrimSpace(note)); err != nil {
				return nil, fmt.Errorf("lab: zone %s: line %d: %q: %w", origin, n, strings.TrimSpace(line), err)
			}
		}
	}
	whole, err := withHealthy(z.about.Name, text)
	if err != nil {
		return nil, fmt.Errorf("lab: zone %s: %w", origin, err)
	}
	rrs, err := z.records(whole)
	if err != nil {
		return nil, err
	}
	for _, rr := range rrs {
		z.add(rr)
	}
	z.complete()
	for name, types := range z.names {
		if ns := types[dns.TypeNS]; len(ns) > 0 && name != z.origin {
			z.cuts[name] = &cut{ns: ns, glue: z.hostRecords(ns)}
		}
	}
	return z, nil
}

// complete adds what a zone cannot do without.
func (z *zone) complete() {
	if len(z.get(z.origin, dns.TypeSOA)) == 0 {
		z.mustAdd("@ 3600 SOA ns1 hostmaster 2026010101 3600 600 86400 300")
	}
	if len(z.get(z.origin, dns.TypeNS)) == 0 {
		z.mustAdd("@ NS ns1\n@ NS ns2")
		if !z.exists[under("ns1", z.origin)] {
			z.mustAdd("ns1 A " + sharedAddr1)
		}
		if !z.exists[under("ns2", z.origin)] {
			z.mustAdd("ns2 A " + sharedAddr2)
		}
	}
	if z.signed != nil && !z.signed.noKeys {
		z.add(z.signed.key)
		for _, rr := range z.signed.trap {
			z.add(rr)
		}
	}
	if len(z.extra) > 0 {
		z.mustAdd(strings.Join(z.extra, "\n"))
	}
	if z.page.text != "" && !z.exists[under("mta-sts", z.origin)] {
		z.mustAdd("mta-sts A " + webAddr)
	}
	if (z.logo != "" || z.mark != nil) && !z.exists[under("logo", z.origin)] {
		z.mustAdd("logo A " + webAddr)
	}
}

// parseMailHost reads the words of a ";! smtp" line: refuse, silent, no-starttls, cert-expired, cert-name,
// cert-untrusted, cert-expiring, cert-short, tls-old, those of mailTLS, a delay (3s), banner=554 (what follows is the
// rest of the banner).
func parseMailHost(s string) (h MailHost, err error) {
	flags := map[string]*bool{
		"refuse": &h.Refuse, "silent": &h.Silent, "no-starttls": &h.NoSTARTTLS, "cert-expired": &h.CertExpired,
		"cert-name":      &h.CertName,
		"cert-untrusted": &h.CertUntrusted, "cert-expiring": &h.CertExpiring, "tls-old": &h.OldTLS,
		"cert-short": &h.CertShort,
	}
	words := strings.Fields(s)
	for i, w := range words {
		if f := flags[w]; f != nil {
			*f = true
		} else if code, ok := strings.CutPrefix(w, "banner="); ok {
			h.Banner = strings.Join(append([]string{code}, words[i+1:]...), " ")
			return h, nil
		} else if h.Also.word(w) {
			continue
		} else if h.Delay, err = time.ParseDuration(w); err != nil {
			return h, fmt.Errorf("no such behaviour of a mail host: %s", w)
		}
	}
	return h, nil
}

// parseMark reads the words of a ";! mark" line: expired (three days ago), expiring (in five days), early (valid from
// tomorrow), other-name (for another domain), record-name (for default._bimi of the domain), other-logo, no-usage (not
// for marks), no-logo, bad-logo, other-hash, bomb (a logo that unpacks to 5 MB), plain (not packed), unknown-authority,
// no-chain (the certificate alone), self-signed, key (with its private key), text (no certificate), late (behind its
// issuer's), huge.
func parseMark(value string) (markWords, error) {
	words := markWords(strings.Fields(value))
	for _, w := range words {
		if !slices.Contains(markBehaviours, w) {
			return nil, fmt.Errorf("no such mark certificate: %s", w)
		}
	}
	return append(words, "mark"), nil
}

// parseRegistration reads the words of a ";! registration" line: +20d or -3d (when it expires), EPP states, missing,
// broken, registrar=Name (what follows is the rest of the name).
func parseRegistration(s string) (r registration, err error) {
	r = registration{given: true, days: 365, registrar: "Example Registrar"}
	words := strings.Fields(s)
	for i, w := range words {
		switch {
		case strings.HasPrefix(w, "registrar="):
			r.registrar = strings.TrimPrefix(strings.Join(words[i:], " "), "registrar=")
			return r, nil
		case w == "missing", w == "broken":
			r.fault = w
		case strings.HasPrefix(w, "+"), strings.HasPrefix(w, "-"):
			if r.days, err = strconv.Atoi(strings.TrimSuffix(w, "d")); err != nil {
				return r, fmt.Errorf("no such day: %s", w)
			}
		default:
			r.status = append(r.status, w)
		}
	}
	return r, nil
}

var markBehaviours = []string{
	"expired", "expiring", "early", "other-name", "record-name", "other-logo", "no-usage", "no-logo", "bad-logo",
	"other-hash", "bomb", "plain", "unknown-authority",
	"no-chain", "self-signed", "key", "text", "late", "huge",
}
