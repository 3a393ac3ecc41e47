package dmarc

import "strings"

// maxAsked is how many names one walk asks at most (RFC 9989 4.10).
const maxAsked = 8

// Names is the domains whose records the walk asks for, in its order: the domain, then its parents down to one label. A
// domain of more than eight labels skips from itself to its last seven. Names have no final dot.
func Names(domain string) []string {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	if domain == "" {
		return nil
	}
	labels := strings.Split(domain, ".")
	names := []string{domain}
	for n := min(len(labels)-1, maxAsked-1); n >= 1; n-- {
		names = append(names, strings.Join(labels[len(labels)-n:], "."))
	}
	return names
}

// Step is one name of a walk, and its record: nil where there is none, or more than one, for then all are discarded.
type Step struct {
	Domain string
	Record *Record
	Err    error // the look-up failed: whether there is a record is not known
}

// Choice is what a walk tells.
type Choice struct {
	Record *Record // the one that applies to the domain; nil: none
	From   string  // the domain that it stands at
	Org    string  // the organisational domain; the domain itself where no record tells
	Told   bool    // a record tells the organisational domain
	// Err is the failed look-up because of which the record cannot be told: that of the domain itself, or any where none
	// was found.
	Err error
}

// Choose reads the steps of Names' walk (RFC 9989 4.10.1, 4.10.2). The record of the domain itself comes first, then
// that of its organisational domain, then that of its public suffix domain.
func Choose(steps []Step) Choice {
	if len(steps) == 0 {
		return Choice{}
	}
	start := steps[0].Domain
	c := Choice{Org: start}
	if err := steps[0].Err; err != nil {
		c.Err = err
		return c
	}
	var err error
	var top, psd *Step // the record with the fewest labels so far; that of a public suffix
	for i := range steps {
		s := &steps[i]
		if s.Err != nil && err == nil {
			err = s.Err
		}
		if s.Record == nil {
			continue
		}
		if s.Record.PSD == "y" && i > 0 {
			psd = s
			break
		}
		top = s
		if s.Record.PSD != "u" {
			break
		}
	}
	switch {
	case psd != nil && (top == nil || top.Record.PSD != "n"):
		c.Org, c.Told = below(start, psd.Domain), true
	case top != nil:
		c.Org, c.Told = top.Domain, true
	}
	for i := range steps {
		if s := &steps[i]; s.Record != nil && (i == 0 || s.Domain == c.Org || s == psd) {
			c.Record, c.From = s.Record, s.Domain
			return c
		}
	}
	c.Err = err
	return c
}

// below is the name one label under suffix on the way to domain.
func below(domain, suffix string) string {
	rest := strings.TrimSuffix(domain, "."+suffix)
	return rest[strings.LastIndexByte(rest, '.')+1:] + "." + suffix
}
