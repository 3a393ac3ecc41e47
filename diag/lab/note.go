package lab

import (
	"compress/gzip"
	"errors"
	"fmt"
	"net/netip"
	"strings"

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

// page is what the web server has at mta-sts.<zone>, and how.
type page struct {
	text   string
	kind   string // Content-Type; "": text/plain
	status int    // 0: 200
	cert   certFault
	gzip   bool // logos are SVGZ
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
