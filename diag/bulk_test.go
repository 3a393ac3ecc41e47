//go:build unix

package diag

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"signpost/diag/lab"
	"signpost/diag/resolve"
)

const bulkDomains = 5000

// TestBulkServer is the lab's recursive resolver with many domains, in a process of its own, for BenchmarkBulk: what the servers cost is
// then not counted. It ends with its standard input.
func TestBulkServer(t *testing.T) {
	if os.Getenv("SIGNPOST_BULK_SERVER") == "" {
		return // a part of the benchmark
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
	_, _ = fmt.Fprintln(os.Stdout, "resolver", at)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// BenchmarkBulk is the records of many domains, asked of one resolver without delay, 64 domains at a time: "cpu-ms/domain" is what this
// process spends, "domains/s" how many are done while the servers share the machine.
func BenchmarkBulk(b *testing.B) {
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
	line, err := bufio.NewReader(out).ReadString('\n')
	at, parse := netip.ParseAddrPort(strings.TrimPrefix(strings.TrimSpace(line), "resolver "))
	if err != nil || parse != nil {
		b.Fatalf("%q: %v", line, err)
	}
	n := &resolve.Net{Resolvers: []netip.AddrPort{at}, ResolversOnly: true, Remember: true}
	o := Options{Providers: labProviders, Only: []string{"mx", "spf", "dkim", "dmarc", "bimi"}, Bulk: true}
	var next, questions atomic.Int64
	began, spent := time.Now(), cpuTime()
	b.ResetTimer()
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				r := Run(b.Context(), n, Checks(), Target{Domain: lab.BulkName(int((i-1)%bulkDomains) + 1)}, o, nil)
				questions.Add(int64(r.Queries))
				if r.Verdict() != OK {
					b.Errorf("%s: %s", r.Domain, r.Verdict())
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(cpuTime()-spent)/float64(time.Millisecond)/float64(b.N), "cpu-ms/domain")
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "domains/s")
	b.ReportMetric(float64(questions.Load())/float64(b.N), "questions/domain")
}

// cpuTime is what this process has spent.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
