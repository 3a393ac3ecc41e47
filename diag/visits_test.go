package diag

import (
	"fmt"
	"testing"
	"time"
)

// TestVisitsAreBounded meets more hosts than are kept in mind, and hosts that show enormous certificates.
func TestVisitsAreBounded(t *testing.T) {
	for _, octets := range []int{100, 1 << 20} {
		var v Visits
		now := time.Now()
		for i := range 3 * visitsKept {
			v.Once(t.Context(), now, VisitKey{Kind: "visit", Host: fmt.Sprint(i)},
				func() Learned { return Learned{i, time.Hour, octets} })
		}
		if len(v.known) > visitsKept || len(v.ended) != len(v.known) || v.octets > visitsOctets || len(v.known) == 0 {
			t.Errorf("%d hosts, %d ended, %d octets", len(v.known), len(v.ended), v.octets)
		}
		last := fmt.Sprint(3*visitsKept - 1)
		if got, at := v.Once(t.Context(), now, VisitKey{Kind: "visit", Host: last},
			func() Learned { return Learned{} }); got != 3*visitsKept-1 || !at.Equal(now) {
			t.Errorf("the last: %v %v", got, at)
		}
	}
}
