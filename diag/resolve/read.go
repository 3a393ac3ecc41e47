package resolve

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"

	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// settle puts the records of each set in one order. Servers give them in a changing order (a set has none, RFC 2181 5),
// and nothing that is said of a domain may change with it.
func settle(rrs []dns.RR) {
	if len(rrs) < 2 {
		return
	}
	type keyed struct {
		rr   dns.RR
		text string
	}
	for from := 0; from < len(rrs); {
		to := from + 1
		for to < len(rrs) && rrs[to].Header().Rrtype == rrs[from].Header().Rrtype &&
			strings.EqualFold(rrs[to].Header().Name, rrs[from].Header().Name) {
			to++
		}
		if to-from > 1 {
			set := make([]keyed, 0, to-from)
			for _, rr := range rrs[from:to] {
				set = append(set, keyed{rr, rr.String()})
			}
			slices.SortStableFunc(set, func(a, b keyed) int { return strings.Compare(a.text, b.text) })
			for i := range set {
				rrs[from+i] = set[i].rr
			}
		}
		from = to
	}
}

// read unpacks an answer and checks that it answers the question.
func read(wire []byte, id uint16, q Question, from netip.AddrPort) (*Answer, error) {
	if len(wire) < 12 || binary.BigEndian.Uint16(wire) != id {
		return nil, ErrBadAnswer
	}
	m, more, err := unpack(wire)
	if m == nil || (err != nil && !(m.Response && m.Truncated)) {
		return nil, ErrBadAnswer
	}
	if !m.Response || m.Opcode != dns.OpcodeQuery {
		return nil, ErrBadAnswer
	}
	if len(m.Question) == 1 {
		got := m.Question[0]
		if !strings.EqualFold(got.Name, q.Name) || got.Qtype != q.Type {
			return nil, ErrBadAnswer
		}
	} else if m.Rcode != dns.RcodeFormatError && m.Rcode != dns.RcodeRefused && m.Rcode != dns.RcodeNotImplemented &&
		m.Rcode != dns.RcodeServerFailure {
		return nil, ErrBadAnswer
	}
	a := &Answer{
		Question: q, Rcode: m.Rcode, Authoritative: m.Authoritative, Validated: m.AuthenticatedData,
		Server: from, Size: len(wire), truncated: m.Truncated,
	}
	if a.RRs, a.Omitted, err = onChain(q, m.Answer); err != nil {
		return nil, err
	}
	a.Ns = m.Ns[:min(len(m.Ns), maxRecords)]
	if q.Type != dns.TypeAXFR {
		settle(a.RRs)
		settle(a.Ns)
	}
	if q.Type != dns.TypeAXFR { // of a transfer the beginning is enough
		a.Omitted += len(m.Ns) - len(a.Ns) + more
	}
	if a.Omitted > 0 && a.Rcode == dns.RcodeSuccess && len(a.Records()) == 0 && len(m.Answer) > 0 {
		return nil, ErrLargeAnswer // what was asked for may be among what was not looked at
	}
	for _, rr := range m.Extra {
		opt, ok := rr.(*dns.OPT)
		if !ok {
			if len(a.Extra) < maxRecords {
				a.Extra = append(a.Extra, rr)
			}
			continue
		}
		a.Rcode |= opt.ExtendedRcode() &^ 0xF
		for _, o := range opt.Option {
			if e, ok := o.(*dns.EDNS0_EDE); ok {
				a.EDE = edeText(e)
			}
		}
	}
	return a, nil
}

func edeText(e *dns.EDNS0_EDE) string {
	s := dns.ExtendedErrorCodeToString[e.InfoCode]
	if e.ExtraText != "" {
		s += ": " + visible.Text(e.ExtraText)
	}
	if r := []rune(s); len(r) > 300 {
		s = string(r[:300])
	}
	return s
}

// classify reduces what the network says to the package's sentinels.
func classify(err error) error {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, ErrBadAnswer), errors.Is(err, ErrPrivate), isBound(err):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, context.Canceled):
		return ErrTimeout
	case errors.As(err, &timeout) && timeout.Timeout():
		return ErrTimeout
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ErrBadAnswer
	}
	return ErrUnreachable
}
