package lab

import (
	"strings"

	"github.com/miekg/dns"
)

// Master is every zone as a master file (RFC 1035 5.1) with its delegations and their glue, by origin with its final
// dot: for other name servers to serve. What servers do wrong, and signatures, are not in it.
func (l *Lab) Master() map[string]string {
	out := map[string]string{}
	for origin, z := range l.tree.Load().zones {
		var b strings.Builder
		write := func(rrs []dns.RR) {
			for _, rr := range rrs {
				if t := rr.Header().Rrtype; t != dns.TypeDNSKEY && t != dns.TypeDS && dns.IsSubDomain(origin, rr.Header().Name) {
					b.WriteString(rr.String() + "\n")
				}
			}
		}
		write(z.all())
		for name, c := range z.cuts {
			if len(z.get(name, dns.TypeNS)) == 0 { // else they are among its own records
				write(c.ns)
				write(c.glue)
			}
		}
		out[origin] = b.String()
	}
	return out
}

// Words is the lab's own lines (";! ...") of a zone of the standard lab: what is wrong with its servers, beside its
// records. Empty where its records are all.
func Words(name string) []string {
	text, err := standardZones.ReadFile("zones/" + name + ".zone")
	if err != nil {
		return nil
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		note, ok := strings.CutPrefix(strings.TrimSpace(line), ";!")
		key, _, _ := strings.Cut(strings.TrimSpace(note), ":")
		switch word, _, _ := strings.Cut(key, " "); {
		case !ok, word == "fault", word == "codes", word == "with", word == "relative":
		default:
			out = append(out, strings.TrimSpace(note))
		}
	}
	return out
}
