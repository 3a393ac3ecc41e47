package reports

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"signpost/diag/visible"
)

const (
	maxPolicies  = 1000 // of one TLS report
	maxFailures  = 5000
	maxJSONDepth = 16
)

// The wire form. Senders differ in what is a list and what a number, and in the name of the host's pattern.
type tlsDocument struct {
	Org     loose `json:"organization-name"`
	Contact loose `json:"contact-info"`
	ID      loose `json:"report-id"`
	Range   struct {
		Begin loose `json:"start-datetime"`
		End   loose `json:"end-datetime"`
	} `json:"date-range"`
	Policies list[tlsEntry] `json:"policies"`
}

type tlsEntry struct {
	Policy struct {
		Type   loose  `json:"policy-type"`
		Text   looses `json:"policy-string"`
		Domain loose  `json:"policy-domain"`
		Hosts  looses `json:"mx-host"`
		Hosts2 looses `json:"mx-host-pattern"`
	} `json:"policy"`
	Summary struct {
		Success loose `json:"total-successful-session-count"`
		Failure loose `json:"total-failure-session-count"`
	} `json:"summary"`
	Failures list[tlsFailure] `json:"failure-details"`
}

type tlsFailure struct {
	Type        loose `json:"result-type"`
	From        loose `json:"sending-mta-ip"`
	Host        loose `json:"receiving-mx-hostname"`
	HELO        loose `json:"receiving-mx-helo"`
	To          loose `json:"receiving-ip"`
	Sessions    loose `json:"failed-session-count"`
	Information loose `json:"additional-information"`
	Reason      loose `json:"failure-reason-code"`
}

// list is a list, or one of its kind in its place.
type list[T any] []T

// UnmarshalJSON takes a list, or one.
func (l *list[T]) UnmarshalJSON(raw []byte) error {
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return json.Unmarshal(raw, (*[]T)(l))
	}
	var one T
	if err := json.Unmarshal(raw, &one); err != nil {
		return err
	}
	*l = list[T]{one}
	return nil
}

// loose is a text, or a number or list in its place.
type loose string

// UnmarshalJSON takes a scalar, or the first of a list.
func (l *loose) UnmarshalJSON(raw []byte) error {
	var all looses
	err := all.UnmarshalJSON(raw)
	if len(all) > 0 {
		*l = loose(all[0])
	}
	return err
}

// looses is a list of texts, or one in place of a list.
type looses []string

// UnmarshalJSON takes scalars; what is something else is left out.
func (l *looses) UnmarshalJSON(raw []byte) error {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0 || raw[0] == 'n' || raw[0] == '{':
	case raw[0] == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		*l = looses{s}
	case raw[0] == '[':
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return err
		}
		for _, x := range list[:min(len(list), maxResults)] {
			if x = bytes.TrimSpace(x); len(x) == 0 || x[0] == '[' {
				continue
			}
			var one looses
			if err := one.UnmarshalJSON(x); err == nil && len(one) > 0 {
				*l = append(*l, one...)
			}
		}
	default:
		*l = looses{string(raw)}
	}
	return nil
}

func (l loose) String() string { return word(string(l)) }

// shallow reports that a JSON text is not nested deeper than any report.
func shallow(text []byte) bool {
	depth, inText := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			if depth++; depth > maxJSONDepth {
				return false
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return true
}

// readJSON reads SMTP TLS reports, one after the other or in a list.
func (b *Batch) readJSON(ctx context.Context, file string, text []byte) {
	if !shallow(text) {
		b.fault(file, TooDeep, map[string]any{"most": maxJSONDepth})
		return
	}
	for text != nil {
		end := b.readTLS(ctx, file, text)
		text = bytes.TrimLeft(text[end:], " \t\r\n,]")
		if end == 0 || !bytes.HasPrefix(text, []byte("{")) {
			return
		}
	}
}

// readTLS reads one report, and gives the place where it ended; 0: it is none, and the batch has the reason.
func (b *Batch) readTLS(ctx context.Context, file string, text []byte) (end int64) {
	if b.spent(ctx) {
		b.fault(file, TooLong, nil)
		return 0
	}
	var doc tlsDocument
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&doc); err != nil {
		b.fault(file, Broken, map[string]any{"form": "json", "at": d.InputOffset()})
		return 0
	}
	if len(doc.Policies) == 0 {
		b.fault(file, NotReport, map[string]any{"found": "json"})
		return 0
	}
	t := &TLS{File: file, Org: doc.Org.String(), Contact: doc.Contact.String(), ID: doc.ID.String()}
	a := Aggregate{File: file}
	a.dates(string(doc.Range.Begin), string(doc.Range.End))
	t.Begin, t.End = a.Begin, a.End
	for _, e := range doc.Policies[:min(len(doc.Policies), maxPolicies)] {
		if b.records >= b.limits.Records {
			b.fault(file, TooMany, map[string]any{"most": b.limits.Records, "of": "records"})
			break
		}
		b.records++
		t.Policies = append(t.Policies, e.read(&a))
	}
	if len(doc.Policies) > maxPolicies {
		b.fault(file, TooMany, map[string]any{"most": maxPolicies, "of": "records"})
	}
	t.Notes = a.Notes
	if !b.first("tls", t.Org, t.ID, t.Policies[0].Domain, t.Begin.String()) {
		b.fault(file, Duplicate, nil)
		return d.InputOffset()
	}
	b.TLS = append(b.TLS, t)
	return d.InputOffset()
}

func (e tlsEntry) read(a *Aggregate) TLSPolicy {
	p := TLSPolicy{Type: keyword(string(e.Policy.Type)), Domain: domain(string(e.Policy.Domain))}
	for _, s := range e.Policy.Text {
		p.Text = append(p.Text, word(s))
	}
	for _, s := range append(e.Policy.Hosts, e.Policy.Hosts2...) {
		p.Hosts = append(p.Hosts, domain(s))
	}
	sessions := func(l loose) int64 {
		n, ok := count(string(l))
		if !ok && l != "" {
			a.note(CountUnread, map[string]any{"text": l.String()})
			return 0
		}
		return n
	}
	p.Success, p.Failure = sessions(e.Summary.Success), sessions(e.Summary.Failure)
	var sum int64
	for _, f := range e.Failures[:min(len(e.Failures), maxFailures)] {
		x := TLSFailure{
			Type: keyword(
				string(f.Type),
			),
			From:        plainAddress(f.From),
			Host:        domain(string(f.Host)),
			HELO:        word(string(f.HELO)),
			To:          plainAddress(f.To),
			Sessions:    sessions(f.Sessions),
			Reason:      word(string(f.Reason)),
			Information: visible.Text(visible.Clip(strings.TrimSpace(string(f.Information)), maxText)),
		}
		sum += x.Sessions
		p.Failures = append(p.Failures, x)
	}
	if e.Summary.Failure == "" { // the details say it
		p.Failure = sum
	}
	return p
}

func plainAddress(l loose) string {
	if a, ok := address(string(l)); ok {
		return a.String()
	}
	return l.String()
}
