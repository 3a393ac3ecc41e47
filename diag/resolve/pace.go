package resolve

import (
	"net/netip"
	"sync"
	"time"
)

// pace remembers how fast servers answer, and which were silent or slow, so that waiting follows what was measured and
// a silent server is waited for once. Its zero value is ready.
type pace struct {
	mu      sync.Mutex
	rtt     map[netip.AddrPort]time.Duration // smoothed, of servers that answered
	late    map[netip.AddrPort]time.Time     // when another server had to be asked in this one's place
	typical time.Duration                    // smoothed over all servers; 0: none has answered
}

const (
	paceKept = 4096             // servers remembered
	lateFor  = 30 * time.Second // how long a server that was late is asked after the others

	hedgeLeast   = 60 * time.Millisecond
	hedgeMost    = 400 * time.Millisecond
	hedgeUnknown = 250 * time.Millisecond // before anything was measured
	hedgeRoot    = 150 * time.Millisecond // the root servers are near everywhere
)

// answered notes the round trip of an answer. Own: the server had it by itself, as a recursive resolver may not.
func (p *pace) answered(server netip.AddrPort, took time.Duration, own bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rtt == nil {
		p.rtt = map[netip.AddrPort]time.Duration{}
	}
	makeRoom(p.rtt)
	if old, known := p.rtt[server]; known {
		took = (7*old + took) / 8 // RFC 6298 2
	}
	p.rtt[server] = took
	if own {
		if p.typical == 0 {
			p.typical = took
		}
		p.typical = (7*p.typical + took) / 8
	}
	delete(p.late, server)
}

// overtaken notes that a server let others be faster than it.
func (p *pace) overtaken(server netip.AddrPort, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.late == nil {
		p.late = map[netip.AddrPort]time.Time{}
	}
	makeRoom(p.late)
	p.late[server] = now
}

// isLate reports that a server was silent or slow a moment ago.
func (p *pace) isLate(server netip.AddrPort, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, known := p.late[server]
	return known && now.Sub(at) < lateFor
}

// hedge is how long to wait for a server before another is asked beside it: twice its round trip, or the usual one.
func (p *pace) hedge(server netip.AddrPort) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	rtt, known := p.rtt[server]
	if !known {
		rtt = p.typical
	}
	if rtt == 0 {
		return hedgeUnknown
	}
	return min(max(2*rtt+20*time.Millisecond, hedgeLeast), hedgeMost)
}

func makeRoom[V any](m map[netip.AddrPort]V) {
	for k := range m {
		if len(m) < paceKept {
			return
		}
		delete(m, k)
	}
}
