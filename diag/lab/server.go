package lab

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

const (
	smtpPort  = 25
	httpsPort = 443

	tcpIdle    = 10 * time.Second
	udpReceive = 4 << 20 // octets of questions that may wait in a socket
)

// dial opens a connection to what the lab has at that address. A datagram to a documentation address where nobody is
// vanishes; a connection is refused; every other address is out of reach.
func (l *Lab) dial(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	at, err := l.socket(service{network, netip.AddrPortFrom(to.Addr().Unmap(), to.Port())})
	if err != nil {
		return nil, fmt.Errorf("lab: %s %s: %w", network, to, err)
	}
	if udp, ok := at.(*net.UDPAddr); ok {
		conn, err := net.DialUDP("udp4", nil, udp)
		if err != nil {
			return nil, err
		}
		return conn, nil
	}
	return (&net.Dialer{}).DialContext(ctx, network, at.String())
}

// At is the loopback address, as another process reaches it, of what the lab has at that address for network "udp" or
// "tcp"; see Net.
func (l *Lab) At(network string, to netip.AddrPort) (string, error) {
	at, err := l.socket(service{network, netip.AddrPortFrom(to.Addr().Unmap(), to.Port())})
	if err != nil {
		return "", err
	}
	return at.String(), nil
}

// socket is where a service is reached on loopback; it is opened now if need be.
func (l *Lab) socket(s service) (net.Addr, error) {
	t := l.tree.Load()
	h := t.hosts[s.at.Addr()]
	_, mailed := t.mail[s.at.Addr()]
	switch udp := s.network == "udp"; {
	case !isDocumentation(s.at.Addr()) || (!udp && s.network != "tcp"), mailed && s.at.Addr().Is6() && !l.six:
		return nil, os.NewSyscallError("connect", syscall.ENETUNREACH)
	case h != nil && s.at.Port() == dnsPort && (udp || !h.noTCP):
	case !udp && mailed && s.at.Port() == smtpPort && !t.mail[s.at.Addr()].Refuse:
	case !udp && s.at.Addr().String() == webAddr && s.at.Port() == httpsPort:
	case !udp && s.at.Addr().String() == whoisAddr && s.at.Port() == whoisPort:
	case udp:
		return l.hole.LocalAddr(), nil
	default:
		return nil, os.NewSyscallError("connect", syscall.ECONNREFUSED)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := l.sockets[s]; at != nil {
		return at, nil
	}
	if l.closed {
		return nil, net.ErrClosed
	}
	at, err := l.open(s)
	if err == nil {
		l.sockets[s] = at
	}
	return at, err
}

// open starts a service on loopback. The caller holds the lab's lock.
func (l *Lab) open(s service) (net.Addr, error) {
	if s.network == "udp" {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return nil, err
		}
		_ = conn.SetReadBuffer(udpReceive) // as much as the machine gives
		l.closers = append(l.closers, conn)
		l.running.Go(func() { l.serveUDP(conn, s.at.Addr()) })
		return conn.LocalAddr(), nil
	}
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l.closers = append(l.closers, ln)
	var serve func(net.Conn, netip.Addr)
	switch s.at.Port() {
	case smtpPort:
		serve = l.serveSMTP
	case whoisPort:
		serve = l.serveWhois
	case httpsPort:
		l.serveWeb(ln)
		return ln.Addr(), nil
	default:
		serve = l.serveTCP
	}
	l.running.Go(func() { l.accept(ln, s.at.Addr(), serve) })
	return ln.Addr(), nil
}

// Expose opens the lab's recursive resolver at a loopback address that another process can ask, over UDP and TCP.
func (l *Lab) Expose() (netip.AddrPort, error) {
	resolver := netip.MustParseAddr(resolverAddr)
	var err error
	for range 20 { // both transports need the same free port
		var conn *net.UDPConn
		var ln net.Listener
		if conn, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
			return netip.AddrPort{}, err
		}
		at := conn.LocalAddr().(*net.UDPAddr).AddrPort()
		if ln, err = net.Listen("tcp4", at.String()); err != nil {
			_ = conn.Close()
			continue
		}
		l.mu.Lock()
		l.closers = append(l.closers, conn, ln)
		l.mu.Unlock()
		l.running.Go(func() { l.serveUDP(conn, resolver) })
		l.running.Go(func() { l.accept(ln, resolver, l.serveTCP) })
		return at, nil
	}
	return netip.AddrPort{}, err
}

// accept serves each connection until the listener is closed.
func (l *Lab) accept(ln net.Listener, addr netip.Addr, serve func(net.Conn, netip.Addr)) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		l.running.Go(func() { l.attend(conn, addr, serve) })
	}
}

// attend serves one connection, and sees to its end when the lab closes.
func (l *Lab) attend(conn net.Conn, addr netip.Addr, serve func(net.Conn, netip.Addr)) {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		_ = conn.Close()
		return
	}
	l.conns[conn] = true
	l.mu.Unlock()
	defer func() {
		_ = conn.Close()
		l.mu.Lock()
		delete(l.conns, conn)
		l.mu.Unlock()
	}()
	serve(conn, addr)
}

// serveUDP answers datagrams one after the other; those that are due later wait on a timer, not in a goroutine.
func (l *Lab) serveUDP(conn *net.UDPConn, addr netip.Addr) {
	in, out := make([]byte, dns.MaxMsgSize), make([]byte, dns.MaxMsgSize)
	var q dns.Msg
	for {
		n, from, err := conn.ReadFromUDPAddrPort(in)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || q.Unpack(in[:n]) != nil {
			continue
		}
		l.note(addr, "udp", &q)
		if o := q.IsEdns0(); o != nil && o.Do() { // signing takes its time: nobody else waits for it
			signed := q.Copy()
			l.running.Go(func() { l.reply(conn, from, l.tree.Load().respond(addr, false, signed, nil)) })
			continue
		}
		l.reply(conn, from, l.tree.Load().respond(addr, false, &q, out))
	}
}

// reply sends an answer when it is due.
func (l *Lab) reply(conn *net.UDPConn, to netip.AddrPort, r reply) {
	switch after := r.after + l.delay(); {
	case r.wire == nil:
	case after > 0:
		wire := append([]byte(nil), r.wire...)
		time.AfterFunc(after, func() { _, _ = conn.WriteToUDPAddrPort(wire, to) })
	default:
		_, _ = conn.WriteToUDPAddrPort(r.wire, to)
	}
}

// serveTCP answers the messages of one connection, each when it is due (RFC 7766 6.2.1.1).
func (l *Lab) serveTCP(conn net.Conn, addr netip.Addr) {
	var writing sync.Mutex
	write := func(wire []byte) {
		writing.Lock()
		defer writing.Unlock()
		_ = conn.SetWriteDeadline(time.Now().Add(tcpIdle))
		_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(wire))), wire...))
	}
	head := make([]byte, 2)
	for {
		_ = conn.SetReadDeadline(time.Now().Add(tcpIdle))
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		in := make([]byte, binary.BigEndian.Uint16(head))
		if _, err := io.ReadFull(conn, in); err != nil {
			return
		}
		var q dns.Msg
		if q.Unpack(in) != nil {
			return
		}
		l.note(addr, "tcp", &q)
		r := l.tree.Load().respond(addr, true, &q, nil)
		switch after := r.after + l.delay(); {
		case r.hangup:
			return
		case r.wire == nil:
		case after > 0:
			time.AfterFunc(after, func() { write(r.wire) })
		default:
			write(r.wire)
		}
	}
}

// delay is how much later than at once a DNS answer is sent.
func (l *Lab) delay() time.Duration {
	if l.shuffle == 0 {
		return l.latency
	}
	return l.latency + rand.N(l.shuffle)
}

// note counts a question.
func (l *Lab) note(addr netip.Addr, network string, q *dns.Msg) {
	if !l.record || len(q.Question) != 1 {
		return
	}
	key := fmt.Sprintf("%s %s %s %s", addr, network, strings.ToLower(q.Question[0].Name), dns.Type(q.Question[0].Qtype))
	l.mu.Lock()
	l.asked[key]++
	l.mu.Unlock()
}

// CertPool trusts the lab's certificate authority.
func (l *Lab) CertPool() (*x509.CertPool, error) {
	l.ca.mu.Lock()
	defer l.ca.mu.Unlock()
	if err := l.ca.init(); err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(l.ca.cert)
	return pool, nil
}

// Certificate is what the lab's mail host of that name shows: its TLSA records ("tlsa" lines) fit it, and CertPool
// trusts it.
func (l *Lab) Certificate(host string) (*tls.Certificate, error) { return l.ca.leaf(host, certGood) }

// Net is the way into the lab, for diagnosis.
func (l *Lab) Net() *resolve.Net {
	pool, err := l.CertPool()
	if err != nil {
		pool = x509.NewCertPool() // trusts nobody: every certificate of the lab is then refused
	}
	return &resolve.Net{
		Dial:        l.dial,
		Authorities: pool, MarkAuthorities: pool,
		Roots: []resolve.NameServer{{Name: "a.root.lab.", Glue: []netip.Addr{netip.MustParseAddr(rootAddr)}}},
	}
}
