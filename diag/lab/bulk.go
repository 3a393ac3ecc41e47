package lab

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

const (
	bulkOrigin = "bulk." // a top level of its own, so that each domain is registrable
	bulkWidth  = 5       // digits in a name
	bulkKept   = 256     // zones in memory at once
)

// bulk is many healthy zones on the two shared servers, each made from one pattern when it is first asked for and
// forgotten when others come.
type bulk struct {
	n       int
	parent  *zone
	pattern *zone
	reach   []netip.Addr

	mu    sync.Mutex
	zones map[string]*zone
	ring  [bulkKept]string
	next  int
}

// BulkName is the name of the i-th domain of Bulk, counted from 1, without final dot.
func BulkName(i int) string { return fmt.Sprintf("d%0*d.bulk", bulkWidth, i) }

func newBulk(n int) (*bulk, error) {
	if n > 99999 {
		return nil, fmt.Errorf("lab: at most 99999 domains in bulk, not %d", n)
	}
	b := &bulk{n: n, zones: map[string]*zone{},
		reach: []netip.Addr{netip.MustParseAddr(sharedAddr1), netip.MustParseAddr(sharedAddr2)}}
	var err error
	if b.pattern, err = parseZone(BulkName(0), ";! with: mx spf dkim dmarc\n"); err != nil {
		return nil, err
	}
	b.parent, err = parseZone(bulkOrigin, fmt.Sprintf("@ NS ns1\n@ NS ns2\nns1 A %s\nns2 A %s\n", bulkAddr1, bulkAddr2))
	if err != nil {
		return nil, err
	}
	b.parent.bulk = b
	return b, nil
}

// zone is the one of this origin; nil where it is not part of the bulk.
func (b *bulk) zone(origin string) *zone {
	label, ok := strings.CutSuffix(origin, "."+bulkOrigin)
	if !ok || len(label) != 1+bulkWidth || label[0] != 'd' {
		return nil
	}
	i, err := strconv.ParseUint(label[1:], 10, 32)
	if err != nil || i < 1 || i > uint64(b.n) {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if z := b.zones[origin]; z != nil {
		return z
	}
	z := b.pattern.rebased(origin)
	delete(b.zones, b.ring[b.next])
	b.ring[b.next], b.zones[origin] = origin, z
	b.next = (b.next + 1) % bulkKept
	return z
}

// rebased is the zone under another origin.
func (z *zone) rebased(origin string) *zone {
	out := newZone(origin)
	old, now := z.about.Name, out.about.Name
	move := func(name string) string {
		if rest, ok := strings.CutSuffix(name, z.origin); ok {
			return rest + origin
		}
		return name
	}
	for _, types := range z.names {
		for _, rrs := range types {
			for _, rr := range rrs {
				c := dns.Copy(rr)
				c.Header().Name = move(c.Header().Name)
				switch t := c.(type) {
				case *dns.SOA:
					t.Ns, t.Mbox = move(t.Ns), move(t.Mbox)
				case *dns.NS:
					t.Ns = move(t.Ns)
				case *dns.MX:
					t.Mx = move(t.Mx)
				case *dns.TXT:
					for i := range t.Txt {
						t.Txt[i] = strings.ReplaceAll(t.Txt[i], old, now)
					}
				}
				out.add(c)
			}
		}
	}
	return out
}
