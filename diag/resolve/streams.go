package resolve

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"signpost/diag/guarded"
)

// streams keeps TCP connections to name servers for their next question (RFC 7766 6.2.1): to be reached over TCP and to
// be asked for a whole zone then costs one connection, and a run over many domains does not open one for each. A
// connection serves one question at a time. The zero value is ready.
type streams struct {
	mu       sync.Mutex
	idle     map[netip.AddrPort][]stream
	count    int
	sweeping bool
}

type stream struct {
	net.Conn
	since time.Time // idle since
}

const (
	streamIdle  = 500 * time.Millisecond // then it is closed, at the latest after as long again
	streamsKept = 128                    // in all
	streamsEach = 64                     // of one server
)

// get is an idle connection to the server; nil where there is none.
func (p *streams) get(server netip.AddrPort) net.Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	free := p.idle[server]
	if len(free) == 0 {
		return nil
	}
	s := free[len(free)-1]
	p.keep(server, free[:len(free)-1])
	p.count--
	return s.Conn
}

// put takes a connection on which nothing more is to come.
func (p *streams) put(server netip.AddrPort, conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count >= streamsKept || len(p.idle[server]) >= streamsEach {
		_ = conn.Close()
		return
	}
	if p.idle == nil {
		p.idle = map[netip.AddrPort][]stream{}
	}
	p.idle[server] = append(p.idle[server], stream{conn, time.Now()})
	p.count++
	p.sweepLater()
}

// sweepLater sees to it that what stays idle is closed. The caller holds the lock.
func (p *streams) sweepLater() {
	if p.sweeping || p.count == 0 {
		return
	}
	p.sweeping = true
	guarded.Later(streamIdle, p.sweep)
}

func (p *streams) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for server, free := range p.idle {
		n := 0 // those that have been idle the longest stand first
		for n < len(free) && now.Sub(free[n].since) >= streamIdle {
			_ = free[n].Close()
			n++
		}
		p.count -= n
		p.keep(server, free[n:])
	}
	p.sweeping = false
	p.sweepLater()
}

func (p *streams) keep(server netip.AddrPort, free []stream) {
	if len(free) == 0 {
		delete(p.idle, server)
		return
	}
	p.idle[server] = free
}
