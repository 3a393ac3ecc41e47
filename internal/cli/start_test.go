package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"signpost/diag/lab"
)

// TestStartsAtOnce reads what each package does before main begins: what takes long, as expressions to compile and
// files to read do, waits until it is needed. What is counted is memory, because time depends on the machine.
func TestStartsAtOnce(t *testing.T) {
	const most = 800_000 // octets; an expression takes some 10,000
	cmd := exec.CommandContext(t.Context(), build(t), "--version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	seen := 0
	for line := range strings.Lines(string(said)) { // init signpost/kb @8.1 ms, 0.18 ms clock, 178016 bytes, 1234 allocs
		words := strings.Fields(line)
		if len(words) < 9 || words[0] != "init" || !strings.HasPrefix(words[1], "signpost/") {
			continue
		}
		seen++
		i := slices.Index(words, "bytes,")
		if n, err := strconv.Atoi(words[max(i-1, 0)]); err != nil || n > most {
			t.Errorf("before main begins, %s takes %d octets, at most %d may be: %v", words[1], n, most, err)
		}
	}
	if seen == 0 {
		t.Errorf("nothing was traced:\n%s", said)
	}
}

// BenchmarkStart runs the program as a shell does: "ms" is from start to end, "cpu-ms" what the process spends, medians
// both. The domain that is checked is a lab's, without delay.
func BenchmarkStart(b *testing.B) {
	l, err := lab.Start()
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	at, err := l.Expose()
	if err != nil {
		b.Fatal(err)
	}
	program := filepath.Join(b.TempDir(), "signpost")
	if said, err := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-o", program,
		"signpost").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, said)
	}
	for name, args := range map[string][]string{
		"version": {"--version"}, "help": {"--help"},
		"check": {"check", "healthy.example", "--no-smtp", "--only", "mx,spf,dkim,dmarc", "--resolver", at.String()},
	} {
		b.Run(name, func(b *testing.B) {
			var wall, spent []time.Duration
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), program, args...)
				began := time.Now()
				if said, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, said)
				}
				wall = append(wall, time.Since(began))
				spent = append(spent, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
			}
			slices.Sort(wall)
			slices.Sort(spent)
			b.ReportMetric(float64(wall[len(wall)/2])/1e6, "ms")
			b.ReportMetric(float64(spent[len(spent)/2])/1e6, "cpu-ms")
		})
	}
}
