package checks

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

func mustRR(format string, args ...any) dns.RR {
	rr, err := dns.NewRR(fmt.Sprintf(format, args...))
	if err != nil {
		panic(err)
	}
	return rr
}

func text(name, s string) *dns.TXT {
	t := &dns.TXT{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 60}}
	for len(s) > 255 {
		t.Txt, s = append(t.Txt, s[:255]), s[255:]
	}
	t.Txt = append(t.Txt, s)
	return t
}

const (
	evilAddr   = "203.0.113.66" // serves evil.test
	victimAddr = "203.0.113.77" // serves victim.test, which has done nothing
)

// apex answers what every zone must have, so that the rest is asked at all.
func apex(q dns.Question, m *dns.Msg) bool {
	if q.Name != "evil.test." {
		return false
	}
	switch q.Qtype {
	case dns.TypeNS:
		m.Answer = []dns.RR{mustRR("evil.test. NS ns1.evil.test."), mustRR("evil.test. NS ns2.evil.test.")}
	case dns.TypeSOA:
		m.Answer = []dns.RR{mustRR("evil.test. SOA ns1.evil.test. x.evil.test. 1 7200 3600 1209600 300")}
	case dns.TypeDNSKEY, dns.TypeDS:
		m.Ns = []dns.RR{mustRR("evil.test. SOA ns1.evil.test. x.evil.test. 1 7200 3600 1209600 300")}
	default:
		return false
	}
	return true
}

func nothing(m *dns.Msg) {
	m.Ns = []dns.RR{mustRR("evil.test. SOA ns1.evil.test. x.evil.test. 1 7200 3600 1209600 300")}
}

// bombs are zones that do their worst, by name; unsure are checks that must not say more than they know, deciding the
// verdict.
var bombs = []struct {
	name   string
	unsure []string
	answer func(q dns.Question, m *dns.Msg)
}{
	{"aliases", []string{"mx", "spf", "dmarc"}, func(q dns.Question, m *dns.Msg) { // 2,900 aliases behind every name
		if apex(q, m) {
			return
		}
		name := q.Name
		for i := range 2900 {
			next := fmt.Sprintf("%x.evil.test.", i)
			m.Answer = append(m.Answer,
				&dns.CNAME{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: 60}, Target: next})
			name = next
		}
	}},
	{"mail hosts", []string{"mx"}, func(q dns.Question, m *dns.Msg) { // 4,000 MX
		switch {
		case apex(q, m):
		case q.Name == "evil.test." && q.Qtype == dns.TypeMX:
			for i := range 4000 {
				m.Answer = append(m.Answer,
					&dns.MX{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeMX, Class: dns.ClassINET, Ttl: 60}, Preference: uint16(i),
						Mx: q.Name})
			}
		case q.Qtype == dns.TypeA:
			m.Answer = []dns.RR{mustRR("%s A 198.51.100.1", q.Name)}
		default:
			nothing(m)
		}
	}},
	{"named mail hosts", []string{"mx"}, func(q dns.Question, m *dns.Msg) { // 2,900 MX, each another host
		switch {
		case apex(q, m):
		case q.Name == "evil.test." && q.Qtype == dns.TypeMX:
			for i := range 2900 {
				m.Answer = append(m.Answer,
					&dns.MX{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeMX, Class: dns.ClassINET, Ttl: 60}, Preference: 1,
						Mx: fmt.Sprintf("%x.evil.test.", i)})
			}
		case q.Qtype == dns.TypeA:
			for i := range 500 {
				m.Answer = append(m.Answer, mustRR("%s A 203.0.113.%d", q.Name, 100+i%100))
			}
		default:
			nothing(m)
		}
	}},
	{"long text", nil, func(q dns.Question, m *dns.Msg) { // 54 KB of SPF
		switch {
		case apex(q, m):
		case q.Name == "evil.test." && q.Qtype == dns.TypeTXT:
			m.Answer = []dns.RR{text(q.Name,
				"v=spf1"+strings.Repeat(" ip4:192.0.2.1 a:b.evil.test mx include:evil.test", 54000/48)+" -all")}
		default:
			nothing(m)
		}
	}},
	{"long text everywhere", nil, func(q dns.Question, m *dns.Msg) { // every name has 60 KB of what is asked for
		if apex(q, m) {
			return
		}
		if q.Qtype != dns.TypeTXT {
			nothing(m)
			return
		}
		for i, begin := range []string{"v=spf1 include:", "v=DMARC1; p=none; rua=mailto:", "v=DKIM1; p=", "v=STSv1; id=",
			"v=TLSRPTv1; rua=mailto:", "v=BIMI1; l="} {
			m.Answer = append(m.Answer, text(q.Name, fmt.Sprintf("%s%d", begin, i)+strings.Repeat(`x\,;= `, 1600)))
		}
	}},
	{"texts", []string{"spf"}, func(q dns.Question, m *dns.Msg) { // 3,500 SPF records
		switch {
		case apex(q, m):
		case q.Qtype == dns.TypeTXT:
			for range 3500 {
				m.Answer = append(m.Answer, text(q.Name, "v=b"))
			}
		default:
			nothing(m)
		}
	}},
	{"a tree of includes", nil, func(q dns.Question, m *dns.Msg) { // ten more includes in each, without end
		switch {
		case apex(q, m):
		case q.Qtype == dns.TypeTXT:
			s := "v=spf1"
			for i := range 10 {
				s += fmt.Sprintf(" include:%d%s a:%d.victim.test mx:m%d.%s", i, q.Name, i, i, q.Name)
			}
			m.Answer = []dns.RR{text(q.Name, s+" -all")}
		case q.Qtype == dns.TypeMX:
			for i := range 300 {
				m.Answer = append(m.Answer, mustRR("%s MX %d h%d.%s", q.Name, i, i, q.Name))
			}
		default:
			nothing(m)
		}
	}},
	{"report addresses", nil, func(q dns.Question, m *dns.Msg) { // 2,000 domains that want reports
		switch {
		case apex(q, m):
		case q.Name == "_dmarc.evil.test.":
			s := "v=DMARC1; p=none; rua="
			for i := range 2000 {
				s += fmt.Sprintf("mailto:a@d%d.victim.test,", i)
			}
			m.Answer = []dns.RR{text(q.Name, s)}
		default:
			nothing(m)
		}
	}},
	{"delegations", nil, func(q dns.Question,
		m *dns.Msg) { // NXNSAttack: every name is delegated to servers of a victim's, without glue
		switch {
		case apex(q, m):
		case q.Name == "evil.test." && q.Qtype == dns.TypeMX:
			for i := range 32 {
				m.Answer = append(m.Answer, mustRR("evil.test. MX 1 h.s%d.evil.test.", i))
			}
		case q.Name == "evil.test." && q.Qtype == dns.TypeTXT:
			m.Answer = []dns.RR{text(q.Name, "v=spf1 a:h.t1.evil.test a:h.t2.evil.test include:h.t3.evil.test mx -all")}
		case q.Name == "evil.test.":
			nothing(m)
		default:
			labels := dns.SplitDomainName(q.Name)
			zone := strings.Join(labels[max(0, len(labels)-3):], ".") + "."
			m.Authoritative = false
			for i := range 60 {
				m.Ns = append(m.Ns, mustRR("%s NS %s-%d.victim.test.", zone, labels[max(0, len(labels)-3)], i))
			}
		}
	}},
	{"deeper and deeper", nil, func(q dns.Question,
		m *dns.Msg) { // a cut at every label, and servers that are aliases of aliases
		if apex(q, m) {
			return
		}
		if q.Name == "evil.test." {
			m.Answer = []dns.RR{mustRR("evil.test. MX 1 %sevil.test.", strings.Repeat("a.", 100))}
			return
		}
		m.Answer = []dns.RR{mustRR("%s CNAME x%d.%s", q.Name, len(q.Name), q.Name[max(0, len(q.Name)-200):])}
	}},
	{"more than was asked", nil, func(q dns.Question, m *dns.Msg) { // thousands of records of others in every section
		for i := range 600 {
			m.Answer = append(m.Answer, mustRR("x%d.evil.test. A 198.51.100.1", i))
			m.Ns = append(m.Ns, mustRR("y%d.evil.test. NS ns.evil.test.", i))
			m.Extra = append(m.Extra, mustRR("z%d.evil.test. A 198.51.100.1", i))
		}
		apex(q, m)
	}},
}
