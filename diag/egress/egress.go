// Package egress tries the ways to the outside that a diagnosis needs: DNS from the root over UDP and TCP, recursive
// resolvers, port 25 and TLS.
//
// What may enter: a way to the outside that a diagnosis takes.
package egress

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// The ways in which DNS from the root can fail. Any other error is that nobody answered at all.
var (
	ErrBehindResolver = errors.New("egress: the root servers are out of reach, and a resolver serves in their place")
	ErrNoTCP          = errors.New("egress: name servers answer over UDP, and not over TCP")
	// ErrNotResolving is of a resolver that answers without knowing the root's name servers.
	ErrNotResolving = errors.New("egress: the resolver does not know the root's name servers")
	// ErrNoAddress is of a host whose address could not be found, so that its port cannot be judged.
	ErrNoAddress = errors.New("egress: no address was found")
)

// maxServers is how many servers of a zone are tried over TCP.
const maxServers = 3

// Root resolves a name from the DNS root over UDP, and asks a server of the zone above it over TCP (RFC 7766). Name has
// its final dot.
func Root(ctx context.Context, n *resolve.Net, name string) error {
	s := n.NewSession("")
	defer s.Close()
	d, err := s.Walk(ctx, name)
	switch {
	case err != nil:
		return err
	case d.ViaResolver || len(d.ParentServers) == 0:
		return ErrBehindResolver
	}
	for _, server := range d.ParentServers[:min(len(d.ParentServers), maxServers)] {
		if _, err = s.Ask(ctx, server, d.Zone, dns.TypeNS, resolve.TCP); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%w: %w", ErrNoTCP, err)
}

// Resolvers asks every resolver of the net for the root's name servers. Each has its error, in order; nil: it resolves.
func Resolvers(ctx context.Context, n *resolve.Net) []error {
	s := n.NewSession("")
	defer s.Close()
	errs := make([]error, len(n.Resolvers))
	for i, r := range n.Resolvers {
		a, err := s.Recurse(ctx, r, ".", dns.TypeNS, resolve.Plain)
		if errs[i] = err; err == nil && len(a.Records()) == 0 {
			errs[i] = ErrNotResolving
		}
	}
	return errs
}

// Connect opens a connection to a port of a host, whose name has its final dot.
func Connect(ctx context.Context, n *resolve.Net, host string, port uint16) (net.Conn, error) {
	s := n.NewSession("")
	defer s.Close()
	addrs, _, err := s.Addrs(ctx, host)
	if len(addrs) == 0 {
		return nil, errors.Join(ErrNoAddress, err)
	}
	conn, _, err := s.ConnectAny(ctx, addrs, port)
	return conn, err
}

// Greets connects to port 25 of a mail host, waits for its greeting (RFC 5321 4.2, code 220) and leaves. No mail is
// sent.
func Greets(ctx context.Context, n *resolve.Net, host string) error {
	conn, err := Connect(ctx, n, host, 25)
	if err != nil {
		return err
	}
	defer conn.Close()
	if until, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(until)
	}
	greeting, err := bufio.NewReaderSize(io.LimitReader(conn, 512), 512).ReadString('\n')
	if !strings.HasPrefix(greeting, "220") {
		return errors.Join(fmt.Errorf("egress: %q is no greeting", greeting), err)
	}
	_, _ = io.WriteString(conn, "QUIT\r\n")
	return nil
}

// TLS opens port 443 of a host over TLS, whose certificate is held against the net's authorities. Opened tells a
// connection that could not be opened from one that cannot be trusted.
func TLS(ctx context.Context, n *resolve.Net, host string, now time.Time) (opened bool, err error) {
	conn, err := Connect(ctx, n, host, 443)
	if err != nil {
		return false, err
	}
	s := n.NewSession("")
	defer s.Close()
	safe, err := s.Secure(ctx, conn, strings.TrimSuffix(host, "."), now)
	if err != nil {
		return true, err
	}
	return true, safe.Close()
}
