package resolve

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
)

// Connect opens a TCP connection to an address that a stranger's records named. A private address fails with ErrPrivate; there
// is no name in it, so DNS cannot change its mind between the look and the connection.
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

// Answered notes that a server spoke its protocol on this port. A connection alone tells nothing: what blocks a port may take every one.
func (s *Session) Answered(port uint16) { s.net.answered.Store(port, true) }

// Reached reports whether any server has spoken on this port since the program started: then the port is not blocked here.
func (s *Session) Reached(port uint16) bool {
	_, ok := s.net.answered.Load(port)
	return ok
}

// Authorities is Net.Authorities.
func (s *Session) Authorities() *x509.CertPool { return s.net.Authorities }
