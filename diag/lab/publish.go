package lab

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// Published is one change of a zone: a record that is entered, or taken out.
type Published struct {
	Name   string // fully qualified, no final dot
	Type   string
	Value  string // as a zone file has it; of TXT the text between the quotes
	Remove bool
}

// rr is the record, with its strings as one where they need not be cut.
func (p Published) rr() (dns.RR, error) {
	value := p.Value
	if p.Type == "TXT" || p.Type == "SPF" {
		value = ""
		for text := p.Value; ; {
			n := min(len(text), 200) // escapes are never cut: what needs many is short
			for n < len(text) && n > 0 && strings.Contains(text[max(0, n-4):n], `\`) {
				n--
			}
			value += ` "` + text[:n] + `"`
			if text = text[n:]; text == "" {
				break
			}
		}
	}
	rr, err := dns.NewRR(fmt.Sprintf("%s 300 IN %s %s", dns.Fqdn(p.Name), p.Type, value))
	if err == nil && rr == nil {
		err = fmt.Errorf("lab: no record: %s %s", p.Type, p.Value)
	}
	return rr, err
}

// equalRR reports whether two records say the same: of TXT, the joined strings count.
func equalRR(a, b dns.RR) bool {
	if a.Header().Rrtype != b.Header().Rrtype || !strings.EqualFold(a.Header().Name, b.Header().Name) {
		return false
	}
	data := func(rr dns.RR) string {
		as := resolve.Answer{Question: resolve.Question{Name: rr.Header().Name, Type: rr.Header().Rrtype}, RRs: []dns.RR{rr}}
		if texts := as.TXT(); len(texts) == 1 {
			return texts[0]
		}
		return strings.ToLower(strings.TrimPrefix(rr.String(), rr.Header().String()))
	}
	return data(a) == data(b)
}

// changed is zones with changes made in them, by origin, out of texts.
func changed(texts map[string]string, changes []Published) (map[string]string, error) {
	out := map[string]string{}
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, func(a, b Published) int { // what goes, goes first
		switch {
		case a.Remove == b.Remove:
			return 0
		case a.Remove:
			return -1
		}
		return 1
	})
	for _, c := range changes {
		origin := ""
		for z := range texts {
			if (c.Name == z || strings.HasSuffix(c.Name, "."+z)) && len(z) > len(origin) {
				origin = z
			}
		}
		if origin == "" {
			return nil, fmt.Errorf("lab: no zone for %s", c.Name)
		}
		if _, ok := out[origin]; !ok {
			out[origin] = unfold(texts[origin], origin)
		}
		var err error
		if out[origin], err = edit(out[origin], origin, c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Publish makes changes as an administrator would at the DNS console. What is to be taken out must be there. Undo
// brings back what stood there before.
func (l *Lab) Publish(changes []Published) (undo func() error, err error) {
	l.mu.Lock()
	texts := maps.Clone(l.texts)
	l.mu.Unlock()
	now, err := changed(texts, changes)
	if err != nil {
		return nil, err
	}
	for origin, text := range now {
		if err := l.Change(origin, text); err != nil {
			return nil, err
		}
	}
	return func() error {
		for origin := range now {
			if err := l.Change(origin, texts[origin]); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// Publish is the memory with changes made.
func (m *Memory) Publish(changes []Published) (*Memory, error) {
	now, err := changed(m.texts, changes)
	if err != nil {
		return nil, err
	}
	return m.With(now)
}

// edit makes one change in a zone's text.
func edit(text, origin string, c Published) (string, error) {
	rr, err := c.rr()
	if err != nil {
		return "", err
	}
	z := newZone(canonical(origin))
	z.lenient = true
	var kept []string
	there := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if old, err := z.record(line); err == nil && equalRR(old, rr) {
			if there = true; c.Remove {
				continue
			}
		}
		kept = append(kept, line)
	}
	switch {
	case c.Remove && !there:
		return "", fmt.Errorf("lab: not there: %s %s %s", c.Name, c.Type, c.Value)
	case !c.Remove && !there:
		kept = append(kept, rr.String())
	}
	return strings.Join(kept, "\n") + "\n", nil
}

// unfold writes the healthy parts of a zone out, so that they can be changed.
func unfold(text, origin string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		parts, ok := strings.CutPrefix(strings.TrimSpace(line), ";! with:")
		if !ok {
			b.WriteString(line)
			continue
		}
		for _, p := range strings.Fields(parts) {
			b.WriteString("\n" + strings.ReplaceAll(healthyParts[p], "%s", origin))
		}
	}
	return b.String()
}
