package lab

import (
	"fmt"
	"net/netip"
)

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
