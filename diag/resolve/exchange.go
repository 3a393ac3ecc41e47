package resolve

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"signpost/diag/guarded"

	"github.com/miekg/dns"
)

// Waiting times. A question to a server that says nothing ends after udpWait (a recursive resolver may take
// recursionWait), in which it is sent up to three times, because datagrams get lost; over TCP after tcpWait, and once
// more tcpAgain where the server spoke over UDP.
const (
	udpWait        = 1000 * time.Millisecond
	udpGrace       = 80 * time.Millisecond
	udpResendLeast = 250 * time.Millisecond
	udpResendMost  = 400 * time.Millisecond
	recursionWait  = 2200 * time.Millisecond
	rootWait       = 1200 * time.Millisecond // a root server that is silent for so long is out of reach
	tcpWait        = 1080 * time.Millisecond
	tcpAgain       = 2500 * time.Millisecond

	ednsSize  = 1232 // DNS flag day 2020: fits every path without fragments
	ednsLarge = 4096 // last resort where a truncated answer cannot be had over TCP
	maxStray  = 64   // datagrams that are not the answer, read before giving up
)

// Buffers for answers: a datagram is at most as large as we say that we take.
var (
	datagrams     = sync.Pool{New: func() any { b := make([]byte, ednsLarge); return &b }}
	streamBuffers = sync.Pool{New: func() any { b := make([]byte, 65535); return &b }}
)

// ask joins the question already asked, or asks it, and waits for the answer.
func (s *Session) ask(ctx context.Context, k leafKey) (*Answer, error) {
	l, err := s.begin(k)
	if err != nil {
		return nil, err
	}
	select {
	case <-l.done:
		return l.answer, l.err
	case <-ctx.Done():
		select {
		case <-l.done:
			return l.answer, l.err
		default:
		}
		return nil, &Failure{Question: Question{k.name, k.qtype}, Server: k.server, Err: ErrTimeout}
	}
}

// begin is the question as it was already asked, or asks it. Its life is the session's, not the caller's: others may be
// waiting.
func (s *Session) begin(k leafKey) (*leaf, error) {
	switch {
	case s.below != nil:
		return s.below.begin(k)
	case s.source != nil:
		return nil, &Failure{Question: Question{k.name, k.qtype}, Server: k.server, Err: ErrNoServers}
	}
	s.mu.Lock()
	l, ok := s.leaves[k]
	if !ok {
		if len(s.leaves) >= maxQuestions {
			s.mu.Unlock()
			return nil, &Failure{Question: Question{k.name, k.qtype}, Server: k.server, Err: ErrTooMany}
		}
		l = &leaf{done: make(chan struct{})}
		s.leaves[k] = l
		s.net.workers.Go(func() {
			defer close(l.done)
			if err := guarded.Try(func() { l.answer, l.err = s.exchange(k) }); err != nil {
				l.answer, l.err = nil, &Failure{Question: Question{k.name, k.qtype}, Server: k.server,
					Err: fmt.Errorf("%w: %w", ErrBadAnswer, err)}
			}
		})
	}
	s.mu.Unlock()
	return l, nil
}

// exchange sends the question, over TCP where the answer was truncated, without EDNS where the server does not know it
// (RFC 6891 6.2.2).
func (s *Session) exchange(k leafKey) (*Answer, error) {
	if Unroutable(k.server.Addr()) && !s.net.trusted(k.server, k.recurse) && (k.recurse || !s.Trusted(k.server)) {
		return nil, &Failure{Question: Question{k.name, k.qtype}, Server: k.server, Err: ErrPrivate}
	}
	if s.isDead(k.server) && k.transport != TCP {
		return nil, &Failure{Question: Question{k.name, k.qtype}, Server: k.server, Err: ErrTimeout}
	}
	if k.transport == TCP {
		return s.overTCP(k)
	}
	a, err := s.once(k, false, ednsSize, s.sends(k))
	if errors.Is(err, ErrTimeout) && s.isAlive(k.server) {
		a, err = s.once(k, false, ednsSize, s.sends(k)) // it answers other questions: this one may have been lost
	}
	if err != nil {
		if errors.Is(err, ErrTimeout) {
			s.markSilent(k.server)
		}
		return nil, err
	}
	s.markAlive(k.server)
	if a.Rcode == dns.RcodeFormatError || a.Rcode == dns.RcodeNotImplemented || a.Rcode == dns.RcodeBadVers {
		if b, err := s.once(k, false, 0, s.sends(k)); err == nil {
			a = b
		}
	}
	if !a.truncated || k.transport == UDP {
		return a, nil
	}
	b, err := s.overTCP(k)
	if err == nil || isBound(err) {
		return b, err
	}
	if b, err := s.once(k, false, ednsLarge, s.sends(k)); err == nil && !b.truncated {
		return b, nil
	}
	return nil, &Failure{Question: a.Question, Server: k.server, RTT: a.RTT, EDE: a.EDE, Err: ErrTruncated}
}

// sends is how long after the beginning a question is sent again, and, last, when it is given up.
func (s *Session) sends(k leafKey) []time.Duration {
	switch again := s.net.pace.patience(); {
	case k.recurse:
		return []time.Duration{recursionWait / 3, recursionWait}
	case !s.isAlive(k.server) && s.net.isRoot(k.server):
		return []time.Duration{rootWait / 2, rootWait}
	default:
		return []time.Duration{again, 2 * again, udpWait}
	}
}

// overTCP asks over TCP. A server that is known to live is asked twice: the first packet of a connection may have been
// lost.
func (s *Session) overTCP(k leafKey) (*Answer, error) {
	a, err := s.once(k, true, ednsSize, []time.Duration{tcpWait})
	if err == nil {
		s.markAlive(k.server)
	}
	if errors.Is(err, ErrTimeout) && s.isAlive(k.server) {
		a, err = s.once(k, true, ednsSize, []time.Duration{tcpAgain})
	}
	return a, err
}

// once sends one message, over UDP again at the given times, and waits for its answer until the last of them.
func (s *Session) once(k leafKey, tcp bool, edns uint16, times []time.Duration) (a *Answer, err error) {
	start := time.Now()
	q := Question{k.name, k.qtype}
	defer func() {
		rtt := time.Since(start)
		if err != nil {
			err = &Failure{Question: q, Server: k.server, RTT: rtt, Err: classify(err)}
		} else if a != nil { // nil: a panic passes through
			a.RTT = rtt
			if a.Rcode == dns.RcodeSuccess || a.Rcode == dns.RcodeNameError {
				s.answers.Add(1)
			}
		}
		s.trace(k, tcp, a, err, rtt)
	}()
	if err := s.spend(k); err != nil {
		return nil, err
	}
	m := new(dns.Msg)
	m.Id = uint16(rand.Uint32()) //nolint:gosec // 16 bits of 32
	m.RecursionDesired, m.CheckingDisabled = k.recurse, k.unchecked
	m.Question = []dns.Question{{Name: k.name, Qtype: k.qtype, Qclass: dns.ClassINET}}
	if edns > 0 {
		m.SetEdns0(edns, k.signed)
	}
	wire, err := m.Pack()
	if err != nil {
		return nil, ErrBadAnswer
	}
	if tcp {
		return s.onceTCP(k, wire, m.Id, times[len(times)-1])
	}
	conn, err := s.net.sockets.get(s.ctx, s.net, k.server)
	if err != nil {
		s.queries.Add(1)
		return nil, err
	}
	buf := datagrams.Get().(*[]byte)
	defer datagrams.Put(buf)
	stop := guarded.After(s.ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	x := udpExchange{conn: conn, wire: wire, buf: *buf, id: m.Id, q: q, from: k.server, sent: &s.queries,
		octets: &s.octets}
	a, err = x.run(s.ctx, start, times)
	s.net.sockets.put(k.server, conn, stop() && err == nil && x.sends == 1)
	if err == nil && x.sends == 1 {
		s.net.pace.answered(k.server, time.Since(start), !k.recurse)
	}
	return a, err
}

// onceTCP asks over a connection that is open already, or over a new one: the server may have closed the other
// meanwhile.
func (s *Session) onceTCP(k leafKey, wire []byte, id uint16, wait time.Duration) (*Answer, error) {
	ctx, cancel := context.WithTimeout(s.ctx, wait)
	defer cancel()
	s.queries.Add(1)
	if conn := s.net.streams.get(k.server); conn != nil {
		again, stop := context.WithTimeout(ctx, wait/2)
		defer stop()
		if a, err := s.overStream(again, conn, k, wire, id); err == nil || isBound(err) {
			return a, err
		}
		s.queries.Add(1)
	}
	conn, err := s.net.dial(ctx, "tcp", k.server)
	if err != nil {
		return nil, err
	}
	return s.overStream(ctx, conn, k, wire, id)
}

// overStream asks over a connection, and keeps it for the next question where all of the answer came.
func (s *Session) overStream(ctx context.Context, conn net.Conn, k leafKey, wire []byte, id uint16) (*Answer, error) {
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	stop := guarded.After(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	buf := streamBuffers.Get().(*[]byte)
	defer streamBuffers.Put(buf)
	a, err := s.readTCP(conn, wire, *buf, id, k)
	whole := err == nil && (k.qtype != dns.TypeAXFR || a.Rcode != dns.RcodeSuccess)
	if quiet := stop(); quiet && whole && (s.net.Remember || k.qtype != dns.TypeAXFR) {
		s.net.streams.put(k.server, conn)
	} else {
		_ = conn.Close()
	}
	return a, err
}

func (s *Session) readTCP(conn net.Conn, wire, buf []byte, id uint16, k leafKey) (*Answer, error) {
	out := make([]byte, 2+len(wire))
	binary.BigEndian.PutUint16(out, uint16(len(wire))) //nolint:gosec // a question
	copy(out[2:], wire)
	if _, err := conn.Write(out); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(conn, buf[:2]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(buf[:2]))
	got, err := io.ReadFull(conn, buf[:n])
	s.octets.Add(int64(got))
	if err != nil {
		return nil, err
	}
	a, err := read(buf[:n], id, Question{k.name, k.qtype}, k.server)
	if a != nil {
		a.TCP = true
	}
	return a, err
}

// udpExchange is one question over a UDP socket.
type udpExchange struct {
	conn      net.Conn
	wire, buf []byte
	id        uint16
	q         Question
	from      netip.AddrPort
	sent      *atomic.Int64 // counts what is sent
	octets    *atomic.Int64 // counts what comes
	sends     int
}

// run sends the question at the start and at each of the times but the last, at which it gives up. Datagrams are read
// until one is the answer: what has another id or question may be forged and is passed over.
func (x *udpExchange) run(ctx context.Context, start time.Time, times []time.Duration) (*Answer, error) {
	strays, grace := 0, false
	for i, until := range times {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		x.sent.Add(1)
		x.sends++
		if err := x.conn.SetReadDeadline(start.Add(until)); err != nil {
			return nil, err
		}
		if _, err := x.conn.Write(x.wire); err != nil {
			return nil, err
		}
		for {
			n, err := x.conn.Read(x.buf)
			x.octets.Add(int64(n))
			if errors.Is(err, os.ErrDeadlineExceeded) && i == len(times)-1 && !grace {
				// On a busy machine the answer may have come while this goroutine had no turn: look once more.
				grace = true
				_ = x.conn.SetReadDeadline(time.Now().Add(udpGrace))
				continue
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				return nil, err
			}
			a, err := read(x.buf[:n], x.id, x.q, x.from)
			if err == nil || isBound(err) {
				return a, err
			}
			if strays++; strays == maxStray {
				return nil, ErrBadAnswer
			}
		}
	}
	if strays > 0 {
		return nil, ErrBadAnswer
	}
	return nil, os.ErrDeadlineExceeded
}

func (s *Session) trace(k leafKey, tcp bool, a *Answer, err error, rtt time.Duration) {
	if s.net.Trace == nil {
		return
	}
	e := Event{Question: Question{k.name, k.qtype}, Server: k.server, TCP: tcp, Err: err, RTT: rtt}
	if a != nil {
		e.Rcode = dns.RcodeToString[a.Rcode]
	}
	s.net.Trace(e)
}

// patience is after how long a question is sent again to a server, in case the datagram was lost.
func (p *pace) patience() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.typical == 0 {
		return udpResendMost
	}
	return min(max(4*p.typical, udpResendLeast), udpResendMost)
}

// Trusted reports whether the operator named this server for the domain's zone: then it may be a private address.
func (s *Session) Trusted(server netip.AddrPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.trusted, server)
}

// Ask puts one question to one server, without recursion, over the given transport. Any Rcode is an answer here. Asking
// again within the session gives the same answer without a question. Private addresses fail with ErrPrivate.
func (s *Session) Ask(ctx context.Context, server netip.AddrPort, name string, qtype uint16, t Transport) (*Answer,
	error) {
	name = canonical(name)
	if _, ok := dns.IsDomainName(name); !ok {
		return nil, &Failure{Question: Question{name, qtype}, Err: ErrBadName}
	}
	a, err := s.ask(ctx, leafKey{server: server, name: name, qtype: qtype, transport: t})
	noteCut(ctx, a, err)
	return a, err
}

// Transfer asks the server for the whole zone (AXFR, RFC 5936) and stops after the first message. True: it was given.
func (s *Session) Transfer(ctx context.Context, server netip.AddrPort, zone string) (bool, error) {
	a, err := s.ask(ctx, leafKey{server: server, name: canonical(zone), qtype: dns.TypeAXFR, transport: TCP})
	if err != nil {
		return false, err
	}
	if a.Rcode != dns.RcodeSuccess || len(a.RRs) < 2 {
		return false, nil
	}
	_, ok := a.RRs[0].(*dns.SOA)
	return ok, nil
}
