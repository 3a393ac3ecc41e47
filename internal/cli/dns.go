package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"signpost/diag/protocol/bimi"
	"signpost/diag/resolve"
)

// dnsFlags are the ways into DNS.
type dnsFlags struct {
	Resolver  []string `placeholder:"HOST[:PORT]" env:"SIGNPOST_RESOLVERS" help:"Recursive resolver to ask instead of the authoritative servers; may be repeated."`
	RootHints string   `placeholder:"FILE" env:"SIGNPOST_ROOT_HINTS" help:"Root servers to start from, in master-file form; not read where a resolver is chosen."`
	Blocklist []string `placeholder:"ID" env:"SIGNPOST_BLOCKLISTS" help:"DNS blocklist to ask, such as spamhaus-zen; naming it says that you agree to its terms of use. May be repeated."`
	Data      string   `placeholder:"DIR" env:"SIGNPOST_DATA" help:"Folder of your organisation's own knowledge files, read again when they change."`
	MarkRoots string   `placeholder:"FILE" env:"SIGNPOST_MARK_ROOTS" help:"Roots of further mark authorities (BIMI), in PEM."`
	Verbose   bool     `short:"v" help:"Print every DNS question as it is asked (also SIGNPOST_DEBUG=dns)."`
}

// net builds the way to the outside: chosen resolvers alone, or the tree from the root, with the machine's resolvers
// behind it.
func (d dnsFlags) net(s *System) (*resolve.Net, error) {
	n := &resolve.Net{}
	n.Public.PerSecond, n.Public.Burst = 50, 200 // public resolvers are many people's
	for _, text := range d.Resolver {
		for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' }) {
			a, err := resolve.ParseServer(one)
			if err != nil {
				return nil, usageError{fmt.Errorf("%w. For example: --resolver 192.0.2.53 or --resolver 192.0.2.53:5353", err)}
			}
			n.Resolvers = append(n.Resolvers, a)
		}
	}
	n.ResolversOnly = len(n.Resolvers) > 0
	if len(n.Resolvers) == 0 && d.RootHints == "" {
		n.Resolvers = resolve.SystemResolvers()
	}
	if d.RootHints != "" && !n.ResolversOnly {
		f, err := os.Open(d.RootHints)
		if err != nil {
			return nil, usageError{err}
		}
		defer f.Close()
		if n.Roots, err = resolve.ReadHints(f); err != nil {
			return nil, usageError{err}
		}
	}
	if d.MarkRoots != "" {
		file, err := os.ReadFile(d.MarkRoots)
		if err != nil {
			return nil, usageError{err}
		}
		roots, ok := bimi.WithRoots(file)
		if !ok {
			return nil, usageError{fmt.Errorf("no certificate in PEM in %s", d.MarkRoots)}
		}
		n.MarkAuthorities = roots
	}
	if d.Verbose || debugWords(os.Getenv("SIGNPOST_DEBUG"))["dns"] {
		n.Trace = traceTo(s.Err)
	}
	return n, nil
}

// traceTo prints each question with its server, rcode and time.
func traceTo(w io.Writer) func(resolve.Event) {
	var mu sync.Mutex
	return func(e resolve.Event) {
		said, transport := e.Rcode, "udp"
		if e.Err != nil {
			said = e.Err.Error()
		}
		if e.TCP {
			transport = "tcp"
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "dns %-4s %-40s @%-22s %6.1f ms  %s\n", transport, e.Question, e.Server,
			float64(e.RTT.Microseconds())/1000, said)
	}
}
