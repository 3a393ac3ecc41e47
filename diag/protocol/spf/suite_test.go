package spf

import (
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
	"gopkg.in/yaml.v3"
)

type suite struct {
	Description string
	Tests       map[string]struct {
		Helo, Host, MailFrom, Explanation string
		Result                            yaml.Node
	}
	Zonedata map[string][]yaml.Node
}

// zonedata answers from a suite's zone data. SPF entries serve as TXT where a name has no TXT of its own.
type zonedata struct {
	rrs     map[string][]dns.RR
	timeout map[string]bool
}

func (z zonedata) Lookup(_ context.Context, name string, qtype uint16) (*resolve.Answer, error) {
	q := resolve.Question{Name: strings.ToLower(dns.Fqdn(name)), Type: qtype}
	a := &resolve.Answer{Question: q}
	at := q.Name
	for range 5 {
		next := ""
		for _, rr := range z.rrs[at] {
			if rr.Header().Rrtype == qtype {
				a.RRs = append(a.RRs, rr)
			} else if c, ok := rr.(*dns.CNAME); ok {
				a.RRs = append(a.RRs, rr)
				next = strings.ToLower(c.Target)
			}
		}
		if next == "" {
			break
		}
		at = next
	}
	if len(a.Records()) == 0 && z.timeout[q.Name] {
		return nil, &resolve.Failure{Question: q, Err: resolve.ErrTimeout}
	}
	if _, ok := z.rrs[at]; !ok && len(a.Records()) == 0 {
		a.Rcode = dns.RcodeNameError
	}
	return a, nil
}

func load(t *testing.T, data map[string][]yaml.Node) zonedata {
	z := zonedata{rrs: map[string][]dns.RR{}, timeout: map[string]bool{}}
	for owner, nodes := range data {
		name := presented(strings.ToLower(dns.Fqdn(owner)))
		if z.rrs[name] == nil {
			z.rrs[name] = []dns.RR{} // the name exists
		}
		var spf []dns.RR
		hasTXT := false
		for _, n := range nodes {
			if n.Kind == yaml.ScalarNode {
				z.timeout[name] = true
				continue
			}
			for i := 0; i < len(n.Content); i += 2 {
				kind, v := n.Content[i].Value, n.Content[i+1]
				h := dns.RR_Header{Name: name, Rrtype: dns.StringToType[kind], Class: dns.ClassINET, Ttl: 1}
				var texts []string
				if v.Kind == yaml.SequenceNode {
					for _, c := range v.Content {
						texts = append(texts, c.Value)
					}
				} else {
					texts = []string{v.Value}
				}
				switch kind {
				case "TXT", "SPF":
					hasTXT = hasTXT || kind == "TXT"
					if kind == "TXT" && v.Value == "NONE" {
						continue
					}
					for i := range texts {
						texts[i] = escaped(texts[i])
					}
					h.Rrtype = dns.TypeTXT
					rr := &dns.TXT{Hdr: h, Txt: texts}
					if kind == "SPF" {
						spf = append(spf, rr)
					} else {
						z.rrs[name] = append(z.rrs[name], rr)
					}
				case "MX":
					z.rrs[name] = append(z.rrs[name], &dns.MX{Hdr: h, Mx: dns.Fqdn(texts[1])})
				case "PTR":
					z.rrs[name] = append(z.rrs[name], &dns.PTR{Hdr: h, Ptr: dns.Fqdn(texts[0])})
				case "CNAME":
					z.rrs[name] = append(z.rrs[name], &dns.CNAME{Hdr: h, Target: dns.Fqdn(texts[0])})
				case "A":
					z.rrs[name] = append(z.rrs[name], &dns.A{Hdr: h, A: netip.MustParseAddr(texts[0]).AsSlice()})
				case "AAAA":
					z.rrs[name] = append(z.rrs[name], &dns.AAAA{Hdr: h, AAAA: netip.MustParseAddr(texts[0]).AsSlice()})
				case "TIMEOUT", "CNAMELOOP":
					z.timeout[name] = true
				default:
					t.Fatalf("zone data of type %s", kind)
				}
			}
		}
		if !hasTXT {
			z.rrs[name] = append(z.rrs[name], spf...)
		}
	}
	return z
}

// escaped writes a text as miekg/dns holds it.
func escaped(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c < 32 || c > 126 || c == '\\' || c == '"' {
			b.WriteString("\\")
			b.WriteString(string([]byte{'0' + c/100, '0' + c/10%10, '0' + c%10}))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func suites(t *testing.T) []suite {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "blitiri.com.ar/go/spf").Output()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(strings.TrimSpace(string(dir)), "testdata", "rfc7208-tests.yml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := yaml.NewDecoder(f)
	var out []suite
	for {
		var s suite
		if d.Decode(&s) != nil {
			return out
		}
		out = append(out, s)
	}
}

func TestRFC7208Suite(t *testing.T) {
	n := 0
	for _, s := range suites(t) {
		z := load(t, s.Zonedata)
		for name, c := range s.Tests {
			n++
			t.Run(name, func(t *testing.T) {
				var want []string
				if c.Result.Kind == yaml.SequenceNode {
					_ = c.Result.Decode(&want)
				} else {
					want = []string{c.Result.Value}
				}
				got := Evaluate(t.Context(), z,
					Query{IP: netip.MustParseAddr(c.Host), MailFrom: c.MailFrom, Helo: c.Helo, Receiver: "receiver",
						Now: time.Unix(1, 0)})
				if !slices.Contains(want, string(got.Result)) {
					t.Errorf("%s, want %v (%s)", got.Result, want, got.Because)
				}
				wantExp := c.Explanation
				if wantExp == "DEFAULT" {
					wantExp = ""
				}
				if got.Explanation != wantExp {
					t.Errorf("explanation %q, want %q", got.Explanation, wantExp)
				}
			})
		}
	}
	if n < 200 {
		t.Errorf("only %d tests in the suite", n)
	}
}
