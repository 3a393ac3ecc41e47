package reports

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"net/netip"
	"strings"

	"signpost/diag/visible"
)

// The bounds of one XML document beside those of its size.
const (
	maxXMLDepth = 32
	maxResults  = 50 // results, reasons or errors of one kind in one record
)

// aggregateReader puts a document's texts to their places. Names count in lower case and without their namespaces:
// there are at least four namespaces about, and as many spellings.
type aggregateReader struct {
	out   *Aggregate
	rec   *Record
	dkim  *DKIMResult
	spf   *SPFResult
	why   *Reason
	seen  seen
	begin string
	end   string
	ended bool // the root has ended: what follows is no part of the report
}

// seen is what a record said at all.
type seen struct{ count, source, dkim, spf string }

// readXML reads DMARC aggregate reports, one after the other. What stands before the first and behind the last is no
// part of it.
func (b *Batch) readXML(ctx context.Context, file string, text []byte) {
	text = escaped(text)
	if at := root.Regexp().FindIndex(text); at != nil {
		text = text[at[0]:]
	}
	for text != nil {
		end := b.readFeedback(ctx, file, text)
		text = text[end:]
		next := root.Regexp().FindIndex(text)
		if end == 0 || next == nil {
			return
		}
		text = text[next[0]:]
	}
}

// readFeedback reads one report, and gives the place where it ended; 0: it did not end, or is none, and the batch has
// the reason.
func (b *Batch) readFeedback(ctx context.Context, file string, text []byte) (end int64) {
	d := xml.NewDecoder(bytes.NewReader(text))
	// Entities that are not known stay as they are; none is ever expanded from a document's own.
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 already
	r := aggregateReader{out: &Aggregate{File: file}}
	var stack []string
	var value strings.Builder
	for n := 0; !r.ended; n++ {
		if n%512 == 0 && b.spent(ctx) {
			b.fault(file, TooLong, nil)
			return 0
		}
		token, err := d.RawToken()
		if err != nil {
			if !r.worth() {
				b.fault(file, Broken, map[string]any{"form": "xml", "at": d.InputOffset()})
				return 0
			}
			r.out.note(Truncated, nil)
			break
		}
		switch t := token.(type) {
		case xml.StartElement:
			name := strings.ToLower(t.Name.Local)
			if why, args := b.refusesElement(stack, t.Name.Local); why != "" {
				b.fault(file, why, args)
				if why == TooMany { // the records before it count
					b.keepAggregate(&r)
				}
				return 0
			}
			stack = append(stack, name)
			r.open(stack)
			value.Reset()
		case xml.CharData:
			if value.Len() < 4*maxText {
				value.Write(t[:min(len(t), 4*maxText)])
			}
		case xml.EndElement:
			name := strings.ToLower(t.Name.Local)
			at := len(stack) - 1
			// An end that nothing began is passed over; one that ends more than one ends them all
			for at >= 0 && stack[at] != name {
				at--
			}
			for at >= 0 && len(stack) > at {
				r.close(stack, value.String())
				value.Reset()
				stack = stack[:len(stack)-1]
			}
		}
	}
	b.keepAggregate(&r)
	if !r.ended {
		return 0
	}
	return d.InputOffset()
}

// refusesElement tells why an element may not begin here; empty where it may.
func (b *Batch) refusesElement(stack []string, name string) (Code, map[string]any) {
	switch lower := strings.ToLower(name); {
	case len(stack) == 0 && lower != "feedback":
		return NotReport, map[string]any{"found": "xml:" + word(name)}
	case len(stack) >= maxXMLDepth:
		return TooDeep, map[string]any{"most": maxXMLDepth}
	case lower == "record" && len(stack) == 1:
		if b.records >= b.limits.Records {
			return TooMany, map[string]any{"most": b.limits.Records, "of": "records"}
		}
		b.records++
	}
	return "", nil
}

// worth reports that something was understood that is worth keeping of a document that breaks off.
func (r *aggregateReader) worth() bool {
	return r.out.Policy.Domain != "" && len(r.out.Records) > 0
}

func under(stack []string, section string) bool { return len(stack) > 1 && stack[1] == section }

// open begins what an element begins.
func (r *aggregateReader) open(stack []string) {
	name := stack[len(stack)-1]
	switch {
	case name == "record" && len(stack) == 2:
		r.rec, r.seen = &Record{}, seen{}
	case r.rec == nil:
	case name == "dkim" && parent(stack) == "auth_results":
		r.dkim = &DKIMResult{}
	case name == "spf" && parent(stack) == "auth_results":
		r.spf = &SPFResult{}
	case name == "reason" && parent(stack) == "policy_evaluated":
		r.why = &Reason{}
	}
}

func parent(stack []string) string {
	if len(stack) < 2 {
		return ""
	}
	return stack[len(stack)-2]
}

// close takes what an element held.
func (r *aggregateReader) close(stack []string, text string) {
	name := stack[len(stack)-1]
	switch {
	case len(stack) == 1:
		r.ended = true
	case under(stack, "record"):
		r.record(stack, name, text)
	case under(stack, "report_metadata"):
		r.metadata(name, text)
	case under(stack, "policy_published"):
		r.policy(name, text)
	}
}

func (r *aggregateReader) metadata(name, text string) {
	a := r.out
	switch name {
	case "org_name":
		a.Org = word(text)
	case "email":
		a.Email = word(text)
	case "extra_contact_info":
		a.Contact = word(text)
	case "report_id":
		a.ID = word(text)
	case "generator":
		a.Generator = word(text)
	case "begin":
		r.begin = text
	case "end":
		r.end = text
	case "error":
		if text = visible.Text(visible.Clip(strings.TrimSpace(text), maxText)); text != "" && len(a.Errors) < maxResults {
			a.Errors = append(a.Errors, text)
		}
	}
}

func (r *aggregateReader) policy(name, text string) {
	p := &r.out.Policy
	switch name {
	case "domain":
		p.Domain = domain(text)
	case "p":
		p.P = keyword(text)
	case "sp":
		p.SP = keyword(text)
	case "np":
		p.NP = keyword(text)
	case "adkim":
		p.ADKIM = keyword(text)
	case "aspf":
		p.ASPF = keyword(text)
	case "pct":
		p.Pct = keyword(text)
	case "fo":
		p.FO = keyword(text)
	case "testing":
		p.Testing = keyword(text)
	case "discovery_method":
		p.Discover = keyword(text)
	}
}

func (r *aggregateReader) record(stack []string, name, text string) {
	rec := r.rec
	if rec == nil {
		return
	}
	switch in := parent(stack); {
	case len(stack) == 2:
		r.endRecord()
	case name == "source_ip":
		r.seen.source = text
	case name == "count" && in == "row":
		r.seen.count = text
	case in == "policy_evaluated":
		r.evaluated(name, text)
	case in == "reason" && r.why != nil:
		switch name {
		case "type":
			r.why.Type = keyword(text)
		case "comment":
			r.why.Comment = visible.Text(visible.Clip(strings.TrimSpace(text), maxText))
		}
	case in == "auth_results" && name == "dkim" && r.dkim != nil:
		if *r.dkim != (DKIMResult{}) && len(rec.DKIMResults) < maxResults {
			rec.DKIMResults = append(rec.DKIMResults, *r.dkim)
		}
		r.dkim = nil
	case in == "auth_results" && name == "spf" && r.spf != nil:
		if *r.spf != (SPFResult{}) && len(rec.SPFResults) < maxResults {
			rec.SPFResults = append(rec.SPFResults, *r.spf)
		}
		r.spf = nil
	case in == "dkim" || in == "spf":
		r.result(name, text)
	case name == "header_from":
		rec.HeaderFrom = hostPart(text)
	case name == "envelope_from":
		rec.EnvelopeFrom = hostPart(text)
	case name == "envelope_to":
		rec.EnvelopeTo = hostPart(text)
	}
}

// result takes what a result of DKIM or SPF holds.
func (r *aggregateReader) result(name, text string) {
	switch {
	case r.dkim != nil && name == "domain":
		r.dkim.Domain = domain(text)
	case r.dkim != nil && name == "selector":
		r.dkim.Selector = domain(text)
	case r.dkim != nil && name == "result":
		r.dkim.Result = keyword(text)
	case r.spf != nil && name == "domain":
		r.spf.Domain = hostPart(text)
	case r.spf != nil && name == "scope":
		r.spf.Scope = keyword(text)
	case r.spf != nil && name == "result":
		r.spf.Result = keyword(text)
	}
}

// hostPart is the domain of what may be a whole address.
func hostPart(text string) string {
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		text = text[at+1:]
	}
	return domain(text)
}

func (r *aggregateReader) evaluated(name, text string) {
	switch name {
	case "disposition":
		r.rec.Disposition = keyword(text)
	case "dkim":
		r.seen.dkim = keyword(text)
	case "spf":
		r.seen.spf = keyword(text)
	case "reason":
		if r.why != nil && *r.why != (Reason{}) && len(r.rec.Reasons) < maxResults {
			r.rec.Reasons = append(r.rec.Reasons, *r.why)
		}
		r.why = nil
	}
}

func (r *aggregateReader) endRecord() {
	rec := r.rec
	r.rec = nil
	var ok bool
	if rec.Count, ok = count(r.seen.count); !ok {
		rec.Count = 0
		r.out.note(CountUnread, map[string]any{"text": word(r.seen.count)})
	}
	if rec.Source, ok = address(r.seen.source); !ok {
		rec.Source = netip.Addr{}
		r.out.note(SourceUnread, map[string]any{"text": word(r.seen.source)})
	}
	rec.DKIM, rec.SPF = alignedBy(r.seen.dkim), alignedBy(r.seen.spf)
	r.out.Records = append(r.out.Records, *rec)
}

// alignedBy reads policy_evaluated: the schema has pass and fail, receivers also write what SPF and DKIM themselves
// result in. What says that a check could not be made is no failure.
func alignedBy(s string) Aligned {
	switch s {
	case "pass":
		return Pass
	case "", "unknown", "temperror", "temp_error":
		return Unknown
	}
	return Fail
}

// keepAggregate puts what was read into the batch, unless it says nothing of any domain, or came before.
func (b *Batch) keepAggregate(r *aggregateReader) {
	a := r.out
	if a.Policy.Domain == "" {
		for _, rec := range a.Records {
			if rec.HeaderFrom != "" {
				a.Policy.Domain = rec.HeaderFrom
				break
			}
		}
		if a.Policy.Domain == "" {
			b.fault(a.File, NoDomain, nil)
			return
		}
	}
	a.dates(r.begin, r.end)
	a.derive()
	if !b.first("dmarc", a.Org, a.ID, a.Policy.Domain, a.Begin.String(), r.fingerprint()) {
		b.fault(a.File, Duplicate, nil)
		return
	}
	b.Aggregates = append(b.Aggregates, a)
}

// fingerprint tells reports without an id apart.
func (r *aggregateReader) fingerprint() string {
	if r.out.ID != "" {
		return ""
	}
	return r.out.File
}
