package resolve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Connect opens a TCP connection to an address that a stranger's records named. A private address fails with
// ErrPrivate; there is no name in it, so DNS cannot change its mind between the look and the connection.
func (s *Session) Connect(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	if Unroutable(to.Addr()) {
		return nil, fmt.Errorf("%w: %s", ErrPrivate, to.Addr())
	}
	conn, err := s.net.dial(ctx, "tcp", to)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// ConnectAny is Connect to the first of at most four addresses that takes the connection; at is that one.
func (s *Session) ConnectAny(ctx context.Context, addrs []netip.Addr, port uint16) (conn net.Conn, at netip.AddrPort,
	err error) {
	for _, a := range addrs[:min(len(addrs), 4)] {
		at = netip.AddrPortFrom(a, port)
		if conn, err = s.Connect(ctx, at); err == nil {
			return conn, at, nil
		}
	}
	return nil, netip.AddrPort{}, err
}

// Secure makes a connection one over TLS (1.2 or later) with a host whose certificate is held against Authorities at a
// time. It closes the connection where that fails.
func (s *Session) Secure(ctx context.Context, conn net.Conn, host string, now time.Time) (net.Conn, error) {
	c := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: s.Authorities(), MinVersion: tls.VersionTLS12,
		Time: func() time.Time { return now }})
	if err := c.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return c, nil
}

// Answered notes that a server spoke its protocol on this port. A connection alone tells nothing: what blocks a port
// may take every one.
func (s *Session) Answered(port uint16) { s.net.answered.Store(port, true) }

// Reached reports whether any server has spoken on this port since the program started: then the port is not blocked
// here.
func (s *Session) Reached(port uint16) bool {
	_, ok := s.net.answered.Load(port)
	return ok
}

// Authorities is Net.Authorities.
func (s *Session) Authorities() *x509.CertPool { return s.net.Authorities }

// MarkAuthorities is Net.MarkAuthorities.
func (s *Session) MarkAuthorities() *x509.CertPool { return s.net.MarkAuthorities }
