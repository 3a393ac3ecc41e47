package gate

import (
	"context"
	"errors"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/protocol/spf"
	"signpost/diag/protocol/txt"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// zone is the zone as it would be, and how it came to be so.
type zone struct {
	session *resolve.Session
	sets    []resolve.Question // what was changed
	notes   []diag.Note
}

// touched is what was changed, for a run on this domain.
func (z *zone) touched(domain string) diag.Touched {
	t := diag.Touched{Domain: domain, Begins: z.session.Begins(domain)}
	for _, q := range z.sets {
		t.Names, t.Types = append(t.Names, q.Name), append(t.Types, dns.TypeToString[q.Type])
	}
	return t
}

// apply makes a change on top of a zone. A record of which only one may stand takes the place of what is there, and so
// it does of an alias that leads to none, at a name of a service ("_dmarc"). What a name loses that lived by a wildcard
// is given to it as well.
func (z *zone) apply(ctx context.Context, records []diag.Record) (*zone, *diag.Note) {
	var edits []resolve.Edit
	var notes []diag.Note
	for _, r := range records {
		rr, err := rrOf(r)
		if err != nil {
			return nil, &diag.Note{Code: NoteMeaning, Args: map[string]any{"term": visible.Clip(r.Value, 200)}}
		}
		there, err := z.session.Own(ctx, rr.Header().Name, rr.Header().Rrtype)
		if err != nil {
			return nil, unknownNote("", err)
		}
		if !r.Remove {
			for _, old := range exclusive(rr, there) {
				edits = append(edits, resolve.Edit{RR: old, Remove: true})
			}
			if alias := z.idleAlias(ctx, rr); alias != nil && !slices.ContainsFunc(records, removes(alias)) {
				edits = append(edits, resolve.Edit{RR: alias, Remove: true})
				notes = append(notes, diag.Note{Code: NoteReplaced,
					Args: map[string]any{"name": r.Name, "target": strings.TrimSuffix(recordOf(alias, true).Value, ".")}})
			}
		}
		edits = append(edits, resolve.Edit{RR: rr, Remove: r.Remove})
	}
	out, obstacle := z.edit(ctx, edits)
	if out != nil {
		out.notes = append(out.notes, notes...)
	}
	return out, obstacle
}

func removes(rr dns.RR) func(diag.Record) bool {
	return func(r diag.Record) bool { return r == recordOf(rr, true) }
}

// idleAlias is the CNAME at a name of a service that leads to no record of the sort that is to stand there; nil where
// there is none, or where a wildcard gives it.
func (z *zone) idleAlias(ctx context.Context, rr dns.RR) dns.RR {
	name := rr.Header().Name
	text, isText := txt.Of(rr)
	if !isText || !strings.HasPrefix(name, "_") {
		return nil
	}
	if _, _, err := z.session.With(ctx, []resolve.Edit{{RR: rr}}); !errors.As(err, new(*resolve.AliasError)) {
		return nil
	}
	texts, err := textsAt(ctx, z.session, name, txt.KindOf(text))
	a, errAlias := z.session.Lookup(ctx, name, dns.TypeCNAME)
	if err != nil || errAlias != nil || len(texts) > 0 || len(a.Records()) == 0 {
		return nil
	}
	return a.Records()[0]
}

func (z *zone) edit(ctx context.Context, edits []resolve.Edit) (*zone, *diag.Note) {
	out := &zone{sets: slices.Clone(z.sets), notes: slices.Clone(z.notes)}
	edits = once(edits)
	session, lost, err := z.session.With(ctx, edits)
	if err == nil && len(lost) > 0 {
		var types []string
		name := strings.TrimSuffix(lost[0].Name, ".")
		for _, set := range lost {
			if set.Type == dns.TypeCNAME {
				return nil, &diag.Note{Code: NoteWildcard,
					Args: map[string]any{"name": name, "target": recordOf(set.RRs[0], false).Value}}
			}
			set.RRs = slices.DeleteFunc(set.RRs, func(rr dns.RR) bool { return !reads(set.Name, rr, edits) })
			if len(set.RRs) == 0 {
				continue
			}
			types = append(types, dns.TypeToString[set.Type])
			for _, rr := range set.RRs {
				rr = dns.Copy(rr)
				rr.Header().Name = set.Name
				edits = append(edits, resolve.Edit{RR: rr})
			}
		}
		if len(types) > 0 {
			out.notes = append(out.notes, diag.Note{Code: NoteByWild, Args: map[string]any{"name": name, "types": types}})
		}
		session, _, err = z.session.With(ctx, edits)
	}
	var alias *resolve.AliasError
	switch {
	case errors.As(err, &alias):
		return nil, &diag.Note{Code: NoteAlias,
			Args: map[string]any{"name": strings.TrimSuffix(alias.Name, "."), "target": strings.TrimSuffix(alias.Target, ".")}}
	case errors.Is(err, resolve.ErrNotThere):
		return nil, &diag.Note{Code: NoteNotThere,
			Args: map[string]any{"name": strings.TrimSuffix(edits[0].RR.Header().Name, ".")}}
	case err != nil:
		return nil, unknownNote("", err)
	}
	out.session = session
	for _, e := range edits {
		q := resolve.Question{Name: strings.ToLower(e.RR.Header().Name), Type: e.RR.Header().Rrtype}
		if !slices.Contains(out.sets, q) {
			out.sets = append(out.sets, q)
		}
	}
	return out, nil
}

// reads reports whether somebody reads what a wildcard gave at a name that gets records of its own, and the change says
// nothing of it itself. Under an underscored name only the service looks (RFC 8552 1.1), for texts of the sort that it
// gets now.
func reads(name string, rr dns.RR, edits []resolve.Edit) bool {
	if slices.ContainsFunc(edits, func(e resolve.Edit) bool {
		return strings.EqualFold(e.RR.Header().Name, name) && recordOf(e.RR, true).Value == recordOf(rr, true).Value &&
			e.RR.Header().Rrtype == rr.Header().Rrtype
	}) {
		return false
	}
	if !strings.HasPrefix(name, "_") && !strings.Contains(name, "._") {
		return true
	}
	text, isText := txt.Of(rr)
	return isText && slices.ContainsFunc(edits, func(e resolve.Edit) bool {
		own, ok := txt.Of(e.RR)
		return ok && strings.EqualFold(e.RR.Header().Name, name) && txt.KindOf(own) == txt.KindOf(text)
	})
}

// once is edits without repetition: what goes goes once.
func once(edits []resolve.Edit) (out []resolve.Edit) {
	for _, e := range edits {
		if !slices.ContainsFunc(out, func(x resolve.Edit) bool {
			return x.Remove == e.Remove && recordOf(x.RR, false) == recordOf(e.RR, false)
		}) {
			out = append(out, e)
		}
	}
	return out
}

func unknownNote(check string, err error) *diag.Note {
	n := &diag.Note{Code: NoteUnknown, Args: map[string]any{"check": check}}
	var f *resolve.Failure
	if errors.As(err, &f) {
		n.Args["question"] = f.Question.String()
	}
	return n
}

// texts is the TXT records of one sort at a name.
func textsAt(ctx context.Context, s *resolve.Session, name, kind string) (out []string, err error) {
	a, err := s.Lookup(ctx, name, dns.TypeTXT)
	if err != nil {
		return nil, err
	}
	for _, parts := range a.TXTStrings() {
		text := strings.Join(parts, "")
		if kind == "spf" {
			text = spf.Joined(parts)
		}
		if txt.KindAt(name, text) == kind {
			out = append(out, text)
		}
	}
	return txt.Counting(kind, out, func(text string) string { return text }), nil
}
