package resolve

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// sockets keeps UDP sockets that are connected to a server, so that not every question costs a new one. Source ports
// stay hard to guess (RFC 5452 9.2): each socket has a random one from the system, serves one question at a time, a few
// dozen in all, and one of several is taken at random. A socket whose question was repeated or went unanswered is
// closed. The zero value is ready.
type sockets struct {
	mu    sync.Mutex
	idle  map[netip.AddrPort][]*socket
	count int
}

type socket struct {
	net.Conn
	used  int
	since time.Time // idle since
}

const (
	socketUses   = 32              // questions over one socket
	socketsIdle  = 256             // kept in all
	socketsEach  = 64              // kept of one server
	socketIdleTo = 3 * time.Second // then it is closed
)

// put takes a socket back after its question. Clean: the question was sent once and answered, so that nothing more is
// on its way.
func (p *sockets) put(server netip.AddrPort, s *socket, clean bool) {
	s.used++
	p.mu.Lock()
	defer p.mu.Unlock()
	if !clean || s.used >= socketUses || len(p.idle[server]) >= socketsEach {
		_ = s.Close()
		return
	}
	if p.count >= socketsIdle {
		p.drop()
	}
	s.since = time.Now()
	if p.idle == nil {
		p.idle = map[netip.AddrPort][]*socket{}
	}
	p.idle[server] = append(p.idle[server], s)
	p.count++
}

// drop closes the idle sockets of some server.
func (p *sockets) drop() {
	for server, free := range p.idle {
		for _, s := range free {
			_ = s.Close()
		}
		p.count -= len(free)
		delete(p.idle, server)
		return
	}
}

func (p *sockets) keep(server netip.AddrPort, free []*socket) {
	if len(free) == 0 {
		delete(p.idle, server)
		return
	}
	p.idle[server] = free
}
