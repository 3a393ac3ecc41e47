//go:build unix

package checks

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/lab"
	"signpost/diag/resolve"
)

const bulkDomains = 5000

// TestBulkServer is the lab with many domains in a process of its own, for the benchmarks: what the servers cost is
// then told apart. It tells where its resolver and its root are, answers each line "udp ADDRESS:PORT" with where on
// loopback that is, and ends with its standard input, when it tells how much it spent.
func TestBulkServer(t *testing.T) {
	if os.Getenv("SIGNPOST_BULK_SERVER") == "" {
		return // a part of the benchmarks
	}
	l, err := lab.Start(lab.Bulk(bulkDomains))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	at, err := l.Expose()
	if err != nil {
		t.Fatal(err)
	}
	before := cpuTime()
	_, _ = fmt.Fprintln(os.Stdout, at, l.Net().Roots[0].Glue[0])
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if in.Text() == "spent" {
			_, _ = fmt.Fprintln(os.Stdout, int64(cpuTime()-before))
			continue
		}
		network, to, _ := strings.Cut(in.Text(), " ")
		where, err := netip.ParseAddrPort(to)
		reached := "-"
		if err == nil {
			reached, err = l.At(network, where)
		}
		if err != nil {
			reached = "-"
		}
		_, _ = fmt.Fprintln(os.Stdout, reached)
	}
}

// farLab is the lab in another process.
type farLab struct {
	resolver netip.AddrPort
	root     netip.Addr

	mu    sync.Mutex
	in    io.Writer
	out   *bufio.Reader
	where map[string]string // "udp ADDRESS:PORT" -> loopback; "-": nobody is there
}

func startFarLab(b *testing.B) *farLab {
	b.Helper()
	server := exec.CommandContext(b.Context(), os.Args[0], "-test.run", "^TestBulkServer$")
	server.Env = append(os.Environ(), "SIGNPOST_BULK_SERVER=1")
	in, err := server.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = server.Wait()
	})
	l := &farLab{in: in, out: bufio.NewReader(out), where: map[string]string{}}
	line, _ := l.out.ReadString('\n')
	resolver, root, _ := strings.Cut(strings.TrimSpace(line), " ")
	if l.resolver, err = netip.ParseAddrPort(resolver); err != nil {
		b.Fatalf("%q: %v", line, err)
	}
	if l.root, err = netip.ParseAddr(root); err != nil {
		b.Fatalf("%q: %v", line, err)
	}
	return l
}

// tell is the other process's answer to a line.
func (l *farLab) tell(line string) string {
	_, _ = fmt.Fprintln(l.in, line)
	answer, _ := l.out.ReadString('\n')
	return strings.TrimSpace(answer)
}

// spent is what the other process has spent so far.
func (l *farLab) spent() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, _ := strconv.ParseInt(l.tell("spent"), 10, 64)
	return time.Duration(n)
}

// dial opens a connection to what the lab has at that address.
func (l *farLab) dial(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	key := network + " " + to.String()
	l.mu.Lock()
	at, known := l.where[key]
	if !known {
		at = l.tell(key)
		l.where[key] = at
	}
	l.mu.Unlock()
	if at == "-" {
		return nil, os.NewSyscallError("connect", syscall.ECONNREFUSED)
	}
	if network == "udp" {
		return net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at)))
	}
	return (&net.Dialer{}).DialContext(ctx, network, at)
}

// net is the way to the lab's tree from its root.
func (l *farLab) net() *resolve.Net {
	return &resolve.Net{Dial: l.dial, Roots: []resolve.NameServer{{Name: "a.root.lab.", Glue: []netip.Addr{l.root}}},
		Remember: true}
}

// bulkRun is reports of many domains, 64 at a time: "cpu-ms/domain" is what this process spends, "lab-cpu-ms/domain"
// what the servers do on the same cores meanwhile, "domains/s" how many are done.
func bulkRun(b *testing.B, l *farLab, n *resolve.Net, o diag.Options) {
	b.Helper()
	var next, questions atomic.Int64
	defer debug.SetGCPercent(debug.SetGCPercent(300)) // as the command does
	began, spent, servers := time.Now(), cpuTime(), l.spent()
	b.ResetTimer()
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				r := diag.Run(b.Context(), n, All(), diag.Target{Domain: lab.BulkName(int((i-1)%bulkDomains) + 1)}, o, nil)
				questions.Add(int64(r.Queries))
				if r.Verdict() != diag.OK {
					b.Errorf("%s: %s", r.Domain, r.Verdict())
				}
			}
		})
	}
	wg.Wait()
	each := float64(time.Millisecond) * float64(b.N)
	b.ReportMetric(float64(cpuTime()-spent)/each, "cpu-ms/domain")
	b.ReportMetric(float64(l.spent()-servers)/each, "lab-cpu-ms/domain")
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "domains/s")
	b.ReportMetric(float64(questions.Load())/float64(b.N), "questions/domain")
}

// BenchmarkBulk is the records of many domains, asked of one resolver without delay.
func BenchmarkBulk(b *testing.B) {
	l := startFarLab(b)
	n := &resolve.Net{Resolvers: []netip.AddrPort{l.resolver}, ResolversOnly: true, Remember: true}
	bulkRun(b, l, n, diag.Options{Providers: labProviders, Only: []string{"mx", "spf", "dkim", "dmarc", "bimi"},
		Bulk: true})
}

// BenchmarkBulkFromRoot is all DNS checks of many domains from the root without delay.
func BenchmarkBulkFromRoot(b *testing.B) {
	l := startFarLab(b)
	bulkRun(b, l, l.net(), diag.Options{Providers: labProviders, Bulk: true, NoSMTP: true})
}

// cpuTime is what this process has spent.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
