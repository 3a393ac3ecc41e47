package checks

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/lab"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// labProviders is how the lab's providers show.
var labProviders = []diag.Fingerprint{
	{
		ID: "alimail", Role: "mailbox", MX: []*regexp.Regexp{regexp.MustCompile(`^mx[123]\.qiye\.aliyun\.com$`)},
		SPFIncludes: []string{"spf.qiye.aliyun.com"}, DKIMSelectors: []string{"default"},
		MXSets: []diag.MXSet{{Hosts: []diag.MXHost{{Host: "mx1.qiye.aliyun.com", Priority: 5},
			{Host: "mx2.qiye.aliyun.com", Priority: 10}, {Host: "mx3.qiye.aliyun.com", Priority: 15}}}},
	},
	{ID: "tencent-exmail", Role: "mailbox", MX: []*regexp.Regexp{regexp.MustCompile(`^mxbiz\d*\.qq\.com$`)},
		SPFIncludes: []string{"spf.mail.qq.com"}},
	{ID: "directmail", Role: "sender", SPFIncludes: []string{"spf1.dm.aliyun.com"},
		DKIMSelectors: []string{"aliyun-cn-hangzhou"}},
}

// labIssuers is the lab's own certificate authority.
var labIssuers = []diag.Issuer{{Name: "Lab Authority", Organizations: []string{"Lab Authority"},
	Names: []string{"lab.example"}}}

// labBlocklists is the lab's own lists.
var labBlocklists = []diag.Blocklist{
	{ID: "ip", Name: "Lab IP", Zone: "ip.blocklists.test",
		Codes: map[netip.Addr]string{netip.MustParseAddr("127.0.0.2"): "spam source"}},
	{ID: "domain", Name: "Lab domain", Zone: "domain.blocklists.test", Domains: true,
		Codes: map[netip.Addr]string{netip.MustParseAddr("127.0.1.2"): "spam domain"}},
}

// BenchmarkColdReport is all DNS checks of a healthy domain with nothing known before and 30 ms on every DNS answer.
// The longest chain of dependent questions is 6: the root, the TLD, the domain's MX, the address of an MX host, the
// servers of that address's reverse zone, its name. "chain" is the wall time in units of it, six times 30 ms; "measured"
// is in units of what those six questions take here where they are asked one after the other and nothing else is: how
// late this machine's timers and sockets are is in both.
func BenchmarkColdReport(b *testing.B) {
	const latency = 30 * time.Millisecond
	const longest = 6
	l, err := lab.Start(lab.Latency(latency), lab.Record())
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	var took, alone time.Duration
	for b.Loop() {
		r := diag.Run(b.Context(), l.Net(), All(), diag.Target{Domain: "healthy.example"},
			diag.Options{Providers: labProviders, NoSMTP: true}, nil)
		if r.Verdict() != diag.OK {
			b.Fatalf("verdict %s", r.Verdict())
		}
		took += r.Took
		alone += chainAlone(b, l.Net())
	}
	b.ReportMetric(float64(took)/float64(b.N)/float64(longest*latency), "chain")
	b.ReportMetric(float64(took)/float64(alone), "measured")
}

// chainAlone is how long the longest chain of questions about healthy.example takes by itself.
func chainAlone(b *testing.B, n *resolve.Net) time.Duration {
	b.Helper()
	s := n.NewSession("healthy.example")
	defer s.Close()
	began := time.Now()
	for _, q := range []struct {
		server, name string
		qtype        uint16
	}{
		{"192.0.2.1", "example", dns.TypeNS}, {"192.0.2.2", "healthy.example", dns.TypeNS},
		{"192.0.2.11", "healthy.example", dns.TypeMX}, {"192.0.2.11", "mx1.healthy.example", dns.TypeA},
		{"192.0.2.2", "80.2.0.192.in-addr.arpa", dns.TypePTR}, {"192.0.2.11", "80.2.0.192.in-addr.arpa", dns.TypePTR},
	} {
		a, err := s.Ask(b.Context(), netip.AddrPortFrom(netip.MustParseAddr(q.server), 53), q.name, q.qtype, resolve.Auto)
		if err != nil || a.Rcode != dns.RcodeSuccess {
			b.Fatalf("%s at %s: %v %v", q.name, q.server, a, err)
		}
	}
	return time.Since(began)
}

// BenchmarkFullReport is every check of a healthy domain with its mail hosts visited, nothing known before, and 30 ms
// on every answer of name servers, mail hosts and web servers. The longest chain is 9: the root, the TLD, the domain's
// MX, the address of an MX host, then of that host the banner, EHLO, STARTTLS, the handshake, QUIT. "chain" is the wall
// time in units of it.
func BenchmarkFullReport(b *testing.B) {
	const latency = 30 * time.Millisecond
	const longest = 9
	l, err := lab.Start(lab.Latency(latency))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	var took time.Duration
	b.ReportAllocs()
	for b.Loop() {
		r := diag.Run(b.Context(), l.Net(), All(), diag.Target{Domain: "healthy.example"}, diag.Options{
			Providers: labProviders, Resolvers: recursiveOf(l), Registry: l.Registry(), Blocklists: labBlocklists,
		}, nil)
		if r.Verdict() != diag.OK {
			b.Fatalf("verdict %s", r.Verdict())
		}
		took += r.Took
	}
	b.ReportMetric(float64(took)/float64(b.N)/float64(longest*latency), "chain")
}

// BenchmarkWorstDomain is a domain whose servers do their worst: name servers that answer at the last moment, an SPF
// record that leads on and on, mail hosts that say nothing. "s/report" stays at 20: the report is what is known by
// then.
func BenchmarkWorstDomain(b *testing.B) {
	var zone strings.Builder
	zone.WriteString(";! server 192.0.2.11: 950ms\n;! server 198.51.100.12: drop\n;! policy: mode: enforce\n_mta-sts TXT \"v=STSv1; id=1\"\n")
	for i := range 10 {
		fmt.Fprintf(&zone, "@ MX %d mx%d\nmx%d A 203.0.113.%d\n;! smtp 203.0.113.%d: silent\n", i, i, i, 100+i, 100+i)
		fmt.Fprintf(&zone, "s%d TXT \"v=spf1 include:s%d.worst.test a:a%d.worst.test mx:m%d.worst.test ~all\"\n", i, i+1, i,
			i)
	}
	zone.WriteString("@ TXT \"v=spf1 include:s0.worst.test mx -all\"\n")
	l, err := lab.Start(lab.Zones(map[string]string{"worst.test": zone.String()}))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	var took time.Duration
	b.ReportAllocs()
	for b.Loop() {
		r := diag.Run(b.Context(), l.Net(), All(), diag.Target{Domain: "worst.test"},
			diag.Options{Providers: labProviders, Resolvers: recursiveOf(l), Registry: l.Registry()}, nil)
		if r.Result("delegation").Status == diag.Skipped {
			b.Fatal("nothing was learned")
		}
		took += r.Took
	}
	b.ReportMetric(took.Seconds()/float64(b.N), "s/report")
}

// BenchmarkManyDomains is reports of many different healthy domains with all DNS checks, from the root, 64 at a time,
// without delay. The lab that answers runs in this process.
func BenchmarkManyDomains(b *testing.B) {
	const domains, atOnce = 10000, 64
	l, err := lab.Start(lab.Bulk(domains))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	n := l.Net()
	n.Remember = true
	var next, questions atomic.Int64
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var peak atomic.Uint64
	start := time.Now()
	b.ResetTimer()
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					return
				}
				ctx, cancel := context.WithTimeout(context.Background(), diag.DefaultTimeout)
				r := diag.Run(ctx, n, All(), diag.Target{Domain: lab.BulkName(int((i-1)%domains) + 1)},
					diag.Options{Providers: labProviders, Bulk: true, NoSMTP: true}, nil)
				cancel()
				questions.Add(int64(r.Queries))
				if r.Verdict() != diag.OK {
					b.Errorf("%s: %s", r.Domain, r.Verdict())
				}
				if i%500 == 0 {
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					if m.HeapInuse > peak.Load() {
						peak.Store(m.HeapInuse)
					}
				}
			}
		})
	}
	wg.Wait()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "domains/s")
	b.ReportMetric(float64(questions.Load())/float64(b.N), "questions/domain")
	b.ReportMetric(float64(peak.Load())/1e6, "peak-MB")
	b.ReportMetric((float64(after.HeapInuse)-float64(before.HeapInuse))/1e6, "kept-MB")
}

// recordsOf is one report with nothing known before.
func recordsOf(b *testing.B, n *resolve.Net, domain string, o diag.Options) *diag.Report {
	b.Helper()
	o.Providers, o.NoSMTP = labProviders, true
	return diag.Run(b.Context(), n, All(), diag.Target{Domain: domain}, o, nil)
}

// BenchmarkSilentServer is reports of a domain whose first name server is silent beside those of a healthy one, with 30
// ms on every answer. "more-ms" is what the silence costs where records alone are asked for, "s/report" how long all
// DNS checks take; the warning is given.
func BenchmarkSilentServer(b *testing.B) {
	const zone = ";! with: mx spf dkim dmarc\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.31\nns2 A 203.0.113.31\n"
	l, err := lab.Start(lab.Latency(30*time.Millisecond), lab.Zones(map[string]string{
		"silent.test": zone + ";! server 192.0.2.31: drop no-tcp\n", "well.test": zone,
	}))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	records := diag.Options{Only: []string{"mx", "spf", "dkim", "dmarc", "bimi"}}
	var healthy, silent, whole time.Duration
	for b.Loop() {
		healthy += recordsOf(b, l.Net(), "well.test", records).Took
		silent += recordsOf(b, l.Net(), "silent.test", records).Took
		r := recordsOf(b, l.Net(), "silent.test", diag.Options{})
		whole += r.Took
		if f := r.Result("delegation").Findings; len(f) != 1 || f[0].Code != "delegation.ns-timeout" {
			b.Fatalf("%+v", f)
		}
	}
	b.ReportMetric(float64((silent-healthy).Milliseconds())/float64(b.N), "more-ms")
	b.ReportMetric(whole.Seconds()/float64(b.N), "s/report")
}

// BenchmarkSilentResolver is the same for the first of two chosen resolvers.
func BenchmarkSilentResolver(b *testing.B) {
	l, err := lab.Start(lab.Latency(30 * time.Millisecond))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	through := func(resolvers ...netip.AddrPort) time.Duration {
		n := l.Net()
		n.Resolvers, n.ResolversOnly = resolvers, true
		r := recordsOf(b, n, "healthy.example", diag.Options{Only: []string{"mx", "spf", "dkim", "dmarc", "bimi"}})
		if r.Verdict() != diag.OK {
			b.Fatalf("verdict %s", r.Verdict())
		}
		return r.Took
	}
	nobody := netip.MustParseAddrPort("198.51.100.250:53")
	var healthy, silent time.Duration
	for b.Loop() {
		healthy += through(l.Resolver())
		silent += through(nobody, l.Resolver())
	}
	b.ReportMetric(float64((silent-healthy).Milliseconds())/float64(b.N), "more-ms")
}
