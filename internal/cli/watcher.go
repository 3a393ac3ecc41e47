package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"signpost/bot/metrics"
	"signpost/bot/tracing"
	"signpost/commands/answers"
	"signpost/diag"
	"signpost/diag/resolve"
)

// watcher counts diagnoses, and traces them.
type watcher struct{ metrics *metrics.Metrics }

func (w watcher) Diagnosing(ctx context.Context) (context.Context, func(diag.Progress), func(*diag.Report)) {
	ctx, end := tracing.Begin(ctx, "diagnosis")
	running := map[string]func(diag.Status){}
	begin := func(check string) {
		ctx, end := tracing.Begin(ctx, "check", "check", check)
		running[check] = func(s diag.Status) {
			tracing.Set(ctx, "status", string(s))
			delete(running, check)
			if s == diag.Unknown {
				end(errUnknown)
				return
			}
			end(nil)
		}
	}
	observe := func(p diag.Progress) {
		if running[p.Check] == nil {
			begin(p.Check)
		}
		if p.Result != nil {
			running[p.Check](p.Result.Status)
		}
	}
	return ctx, observe, func(r *diag.Report) {
		for _, unfinished := range running {
			unfinished(diag.Unknown)
		}
		end(nil)
		w.metrics.Diagnosed(r.Took)
		for _, one := range r.Results {
			w.metrics.Checked(one.Check, string(one.Status))
		}
	}
}

// errUnknown marks the span of a check that could not tell.
var errUnknown = errors.New("cli: unknown")

func (w watcher) SlowedDown(s *answers.SlowDown) {
	if s.MemoryShort {
		w.metrics.Reached(metrics.LimitMemory)
		return
	}
	w.metrics.Reached(metrics.LimitChecks)
}

// countQuestions counts the DNS questions of a Net, beside whoever else is told of them.
func countQuestions(n *resolve.Net, m *metrics.Metrics) {
	also := n.Trace
	n.Trace = func(e resolve.Event) {
		transport, rcode := "udp", e.Rcode
		if e.TCP {
			transport = "tcp"
		}
		var slow net.Error
		switch {
		case rcode != "":
		case errors.Is(e.Err, resolve.ErrTimeout), errors.Is(e.Err, os.ErrDeadlineExceeded),
			errors.Is(e.Err, context.DeadlineExceeded), errors.As(e.Err, &slow) && slow.Timeout():
			rcode = "timeout"
		default:
			rcode = "error"
		}
		m.Asked(transport, rcode)
		if also != nil {
			also(e)
		}
	}
}

// debugWords is what SIGNPOST_DEBUG asks for: words parted by commas.
func debugWords(text string) map[string]bool {
	words := map[string]bool{}
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		words[w] = true
	}
	return words
}

// debugAddress is the address in SIGNPOST_DEBUG at which the program may be profiled, empty where there is none. A
// profile tells what is in memory, so any address but loopback is refused unless the word "public" stands beside it.
func debugAddress(text string) (string, error) {
	words, out := debugWords(text), ""
	for w := range words {
		host, _, err := net.SplitHostPort(w)
		switch {
		case w == "dns" || w == "public":
			continue
		case err != nil:
			return "", fmt.Errorf("SIGNPOST_DEBUG takes dns, an address such as 127.0.0.1:6060, or both, parted by a comma: %.60q is neither", w)
		case out != "":
			return "", errors.New("SIGNPOST_DEBUG takes one address. For example: SIGNPOST_DEBUG=127.0.0.1:6060")
		}
		ip, err := netip.ParseAddr(host)
		loopback := host == "localhost" || err == nil && ip.Unmap().IsLoopback()
		if !loopback && !words["public"] {
			return "", fmt.Errorf("SIGNPOST_DEBUG=%.60s could be reached from elsewhere, and profiles tell what is in memory. "+
				"Use 127.0.0.1 as its host, or add ,public where that is meant", w)
		}
		out = w
	}
	return out, nil
}
