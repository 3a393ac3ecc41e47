package watch

import (
	"slices"
	"time"

	"signpost/diag"
)

const (
	// AlikeWithin is how far apart faults may have been seen first that are told as one.
	AlikeWithin = 3 * time.Hour
	// Neighbours is how many domains of one provider are looked at at once where one shows a fault.
	Neighbours = 20
)

// shows is the fault with a code that a domain shows now and began to show in the span before a time; nil where it does
// not, or where it is old.
func (w *Watch) shows(code diag.Code, at time.Time) *Fault {
	for i := range w.Faults {
		f := &w.Faults[i]
		if f.Finding.Code == code && f.Missed == 0 && !f.Known && !f.Accepted && at.Sub(f.First) <= AlikeWithin {
			return f
		}
	}
	return nil
}

// with reports that a provider serves the domain.
func (w *Watch) with(provider string) bool {
	return slices.ContainsFunc(w.Providers, func(p diag.ProviderSeen) bool { return p.ID == provider })
}

// Alike is the domains of a channel that fail as this one does with a fault, if others of one of its providers do. All
// is the watches of the workspace.
func (w *Watch) Alike(code diag.Code, at time.Time, all []*Watch) *Group {
	own := w.shows(code, at)
	if own == nil {
		return nil
	}
	for _, p := range w.Providers {
		g := &Group{Provider: p.ID, Domains: []string{w.Domain}, First: own.First}
		for _, x := range all {
			if x.Channel != w.Channel || x.Domain == w.Domain || x.Looked.IsZero() {
				continue
			}
			switch f := x.shows(code, at); {
			case f != nil && x.with(p.ID):
				g.Domains = append(g.Domains, x.Domain)
				if f.First.Before(g.First) {
					g.First = f.First
				}
			case f != nil:
				g.Elsewhere = append(g.Elsewhere, x.Domain)
			case x.with(p.ID):
				g.Sound = append(g.Sound, x.Domain)
			}
		}
		if len(g.Domains) > 1 {
			slices.Sort(g.Domains)
			return g
		}
	}
	return nil
}

// ended reports that a domain shows a fault no longer that it was told to show, as far as its last look goes.
func (w *Watch) ended(code diag.Code, at time.Time) (first time.Time, ok bool) {
	if w.Quiet(at) || w.covered(code.Check(), at) || at.Sub(w.Looked) > AlikeWithin || w.still(code) {
		return first, false
	}
	for _, f := range w.Faults {
		if f.Finding.Code == code && !f.Told.IsZero() && !f.Accepted && (!ok || f.First.Before(first)) {
			first, ok = f.First, true
		}
	}
	return first, ok
}

// still reports that a domain shows a fault.
func (w *Watch) still(code diag.Code) bool {
	return slices.ContainsFunc(w.Faults, func(f Fault) bool { return f.Finding.Code == code && f.Missed == 0 })
}

// AlikeEnded is the domains of a channel that show a fault no longer, as this one does, if others of one of its
// providers do not: they were mended together. First is when it began here. All is the watches of the workspace.
func (w *Watch) AlikeEnded(code diag.Code, first, at time.Time, all []*Watch) *Group {
	if w.still(code) {
		return nil
	}
	for _, p := range w.Providers {
		g := &Group{Provider: p.ID, Domains: []string{w.Domain}, First: first}
		for _, x := range all {
			if x.Channel != w.Channel || x.Domain == w.Domain || !x.with(p.ID) {
				continue
			}
			if began, ok := x.ended(code, at); ok {
				g.Domains = append(g.Domains, x.Domain)
				if began.Before(g.First) {
					g.First = began
				}
			} else if x.still(code) {
				g.Still = append(g.Still, x.Domain)
			}
		}
		if len(g.Domains) > 1 {
			slices.Sort(g.Domains)
			return g
		}
	}
	return nil
}

// TellEnded notes that a post about several domains tells that this one shows a fault no longer; false where that was
// told already.
func (w *Watch) TellEnded(code diag.Code, at time.Time) bool {
	if _, ok := w.ended(code, at); !ok {
		return false
	}
	w.Faults = slices.DeleteFunc(w.Faults, func(f Fault) bool {
		if f.Finding.Code != code {
			return false
		}
		w.flap(f.Mark, at.UTC())
		return true
	})
	return true
}

// ToldBy reports that a post about several domains told of this one's fault, or with the kind Gone of its end.
func (w *Watch) ToldBy(kind Kind, code diag.Code, at time.Time, all []*Watch) bool {
	return slices.ContainsFunc(all, func(x *Watch) bool {
		return x.Channel == w.Channel && x.Domain != w.Domain && slices.ContainsFunc(x.History, func(c Change) bool {
			return c.Alike != nil && c.Kind == kind && c.Finding != nil && c.Finding.Code == code &&
				at.Sub(c.At) <= AlikeWithin && slices.Contains(c.Alike.Domains, w.Domain)
		})
	})
}

// TellAlike notes that a post about several domains tells of this one's fault; false where it was told already.
func (w *Watch) TellAlike(code diag.Code, at time.Time) bool {
	f := w.shows(code, at)
	if f == nil || !f.Told.IsZero() {
		return false
	}
	f.Told = at.UTC()
	return true
}

// Fresh reports that the last look showed a fault, from a warning on, for the first time.
func (w *Watch) Fresh() bool {
	return slices.ContainsFunc(w.Faults, func(f Fault) bool {
		return f.Seen == 1 && f.Finding.Severity >= diag.Warning && f.Told.IsZero() && f.First.Equal(w.Looked)
	})
}

// Relieved is the faults, from a warning on, that the last look missed for the first time after they were told.
func (w *Watch) Relieved() (codes []diag.Code) {
	for _, f := range w.Faults {
		if f.Missed == 1 && f.Finding.Severity >= diag.Warning && !f.Told.IsZero() && !f.Accepted {
			codes = append(codes, f.Finding.Code)
		}
	}
	return codes
}

// Suffers reports that a domain shows one of some faults, and was told to.
func (w *Watch) Suffers(codes []diag.Code) bool {
	return slices.ContainsFunc(w.Faults, func(f Fault) bool {
		return f.Missed == 0 && !f.Told.IsZero() && slices.Contains(codes, f.Finding.Code)
	})
}

// NeighboursOf is the watches of the same channel whose domains one of this one's providers serves, and that were not
// looked at in the last minutes.
func (w *Watch) NeighboursOf(all []*Watch, at time.Time) (out []*Watch) {
	for _, x := range all {
		if x.Channel == w.Channel && x.Domain != w.Domain && !x.Looked.IsZero() && at.Sub(x.Looked) >= Again/2 &&
			slices.ContainsFunc(w.Providers, func(p diag.ProviderSeen) bool { return x.with(p.ID) }) &&
			len(out) < Neighbours {
			out = append(out, x)
		}
	}
	return out
}
