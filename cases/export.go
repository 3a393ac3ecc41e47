package cases

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/diag"
	"signpost/diag/visible"
)

// Formats is the forms of an export.
var Formats = []string{"json", "csv", "md"}

// Export gives every case that seen allows (nil: all), oldest first: as JSON lines, which Import reads, as CSV with
// one line a case, or as Markdown.
func (b *Book) Export(ctx context.Context, team, format string, seen func(*Case) bool) ([]byte, error) {
	return b.ExportMasked(ctx, team, format, seen, nil)
}

// ExportMasked is Export with what people wrote passed through mask (nil: as it is): what was kept or taken in before
// anybody looked for secrets leaves without them.
func (b *Book) ExportMasked(
	ctx context.Context, team, format string, seen func(*Case) bool, mask func(string) string,
) ([]byte, error) {
	if !slices.Contains(Formats, format) {
		return nil, fmt.Errorf("%w: %.20q: format is one of %s", ErrFormat, format, strings.Join(Formats, ", "))
	}
	var out bytes.Buffer
	if format == "csv" {
		out.WriteString(visible.CSV(strings.Split(columns, ",")))
	}
	err := b.each(ctx, team, func(r *Record) error {
		if seen != nil && !seen(r.Case) {
			return nil
		}
		if mask != nil {
			r.masked(mask)
		}
		switch format {
		case "json":
			if err := jsonLines(&out, r.exported()); err != nil {
				return fmt.Errorf("%w: export: %w", ErrBook, err)
			}
		case "csv":
			out.WriteString(visible.CSV(row(r)))
		case "md":
			page(&out, r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// masked passes what people wrote through mask.
func (r *Record) masked(mask func(string) string) {
	c := r.Case
	for _, text := range []*string{&c.Title, &c.Resolution, &c.Lesson} {
		*text = mask(*text)
	}
	for i := range c.Reminders {
		c.Reminders[i].What = mask(c.Reminders[i].What)
	}
	for i := range r.Contacts {
		x := &r.Contacts[i]
		x.Gist, x.Next, x.Who = mask(x.Gist), mask(x.Next), mask(x.Who)
	}
	for i := range r.Timeline {
		r.Timeline[i].Text = mask(r.Timeline[i].Text)
	}
}

// jsonLine is a record as a line of JSON in which everything can be seen.
func jsonLine(x any) ([]byte, error) {
	var line bytes.Buffer
	encode := json.NewEncoder(&line)
	encode.SetEscapeHTML(false) // it is no part of a page
	err := encode.Encode(x)
	return visible.JSON(line.Bytes()), err
}

// jsonLines writes a record as lines that an import takes: what does not fit into one goes on in the next.
func jsonLines(out *bytes.Buffer, x recordJSON) error {
	line, err := jsonLine(x)
	if err != nil {
		return err
	}
	if len(line) <= maxRecord {
		out.Write(line)
		return nil
	}
	contacts, timeline := x.Contacts, x.Timeline
	x.Contacts, x.Timeline = nil, nil
	for first := true; first || len(contacts)+len(timeline) > 0; first = false {
		if !first {
			x = recordJSON{Number: x.Number, Continued: true}
		}
		if line, err = jsonLine(x); err != nil {
			return err
		}
		left := maxRecord - 100 - len(line)
		if x.Contacts, contacts, left, err = fitting(contacts, left, first); err != nil {
			return err
		}
		if x.Timeline, timeline, _, err = fitting(timeline, left, first || len(x.Contacts) > 0); err != nil {
			return err
		}
		if line, err = jsonLine(x); err != nil {
			return err
		}
		out.Write(line)
	}
	return nil
}

// fitting splits a list after as many elements as fit into so many octets; at least one, unless none is allowed.
func fitting[T any](list []T, octets int, none bool) (head, rest []T, left int, err error) {
	for i, x := range list {
		line, err := jsonLine(x)
		if err != nil {
			return nil, nil, 0, err
		}
		if octets -= len(line) + 1; octets < 0 && (none || i > 0) {
			return list[:i], list[i:], 0, nil
		}
	}
	return list, nil, octets, nil
}

// The records of an export are those of the store under names that explain themselves. Each of these types has the
// fields of the one that it is named after, so that one is converted into the other.

// The types of an export have the fields of the types that they are named after, so that one can be converted into
// the other; only their JSON names differ: an export should explain itself.
type recordJSON struct {
	Number    int64         `json:"number"`
	Continued bool          `json:"continued,omitempty"` // more of the contacts and the timeline of the case before
	Rev       int64         `json:"revision,omitempty"`
	Case      *caseJSON     `json:"case"`
	AtOpening *snapshotJSON `json:"diagnosis_at_opening,omitempty"`
	Latest    *snapshotJSON `json:"diagnosis_latest,omitempty"`
	Contacts  []contactJSON `json:"contacts,omitempty"`
	Timeline  []entryJSON   `json:"timeline,omitempty"`
}

type caseJSON struct {
	Shape      int                     `json:"version"`
	Team       string                  `json:"-"`
	Number     int64                   `json:"-"`
	Rev        int64                   `json:"-"`
	Domain     string                  `json:"domain,omitempty"`
	Provider   string                  `json:"provider,omitempty"`
	Domains    []string                `json:"merged_domains,omitempty"`
	Title      string                  `json:"title"`
	Began      string                  `json:"trouble_since,omitempty"`
	TitleOf    string                  `json:"title_of,omitempty"`
	State      State                   `json:"state"`
	Resolution string                  `json:"resolution,omitempty"`
	Lesson     string                  `json:"lesson,omitempty"`
	Priority   Priority                `json:"priority,omitempty"`
	Assignee   string                  `json:"assignee,omitempty"`
	Followers  []string                `json:"followers,omitempty"`
	Tags       []string                `json:"tags,omitempty"`
	Lang       string                  `json:"language,omitempty"`
	Channel    string                  `json:"channel,omitempty"`
	Thread     string                  `json:"thread,omitempty"`
	Restricted bool                    `json:"restricted,omitempty"`
	By         string                  `json:"opened_by,omitempty"`
	Opened     time.Time               `json:"opened"`
	Changed    time.Time               `json:"changed"`
	Since      time.Time               `json:"in_state_since"`
	SolvedAt   time.Time               `json:"ended,omitzero"`
	Spent      map[State]time.Duration `json:"nanoseconds_in_state,omitempty"`
	First      *Snapshot               `json:"-"`
	Latest     *Snapshot               `json:"-"`
	Contacts   int                     `json:"contacts,omitempty"`
	Tickets    []string                `json:"tickets,omitempty"`
	Merged     int64                   `json:"merged_into,omitempty"`
	From       []int64                 `json:"merged_from,omitempty"`
	MergedFrom map[int64]Inherited     `json:"taken_over_by_merger,omitempty"`
	Moved      map[int64]string        `json:"timeline_moved_to,omitempty"`
	Reminders  []Reminder              `json:"reminders,omitempty"`
	Measured   bool                    `json:"measured,omitempty"`
	StateRev   int64                   `json:"state_revision,omitempty"`
	TakenRev   int64                   `json:"assignee_revision,omitempty"`
	LessonRev  int64                   `json:"lesson_revision,omitempty"`
}

type snapshotJSON struct {
	At      time.Time        `json:"at"`
	Verdict diag.Verdict     `json:"verdict"`
	Found   []string         `json:"found,omitempty"`
	Args    []map[string]any `json:"arguments,omitempty"`
	Unknown []string         `json:"unknown,omitempty"`
	Awaits  []string         `json:"awaits,omitempty"`
}

type contactJSON struct {
	ID       int64     `json:"id"`
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Channel  string    `json:"channel"`
	Ticket   string    `json:"ticket,omitempty"`
	Gist     string    `json:"key_points,omitempty"`
	Answered time.Time `json:"first_response,omitzero"`
	Next     string    `json:"follow_up,omitempty"`
	Partner  string    `json:"must_cooperate,omitempty"`
	Who      string    `json:"must_cooperate_name,omitempty"`
	Provider string    `json:"provider,omitempty"`
	Origin   string    `json:"origin,omitempty"`
	Away     bool      `json:"-"`
	Counted  bool      `json:"counted,omitempty"`
}

type entryJSON struct {
	ID     string            `json:"id,omitempty"`
	At     time.Time         `json:"at"`
	By     string            `json:"by,omitempty"`
	Kind   string            `json:"kind"`
	Text   string            `json:"text,omitempty"`
	With   map[string]string `json:"with,omitempty"`
	Public bool              `json:"public,omitempty"`
}

// exported is a record as an export holds it.
func (r *Record) exported() recordJSON {
	c := caseJSON(*r.Case)
	out := recordJSON{Number: r.Number, Rev: r.Rev, Case: &c, AtOpening: (*snapshotJSON)(r.Case.First),
		Latest: (*snapshotJSON)(r.Case.Latest)}
	for _, x := range present(r.Contacts) {
		out.Contacts = append(out.Contacts, contactJSON(x))
	}
	for _, e := range r.Timeline {
		out.Timeline = append(out.Timeline, entryJSON(e))
	}
	return out
}

// record is what exported made of one.
func (x recordJSON) record() Record {
	out := Record{Number: x.Number, Rev: x.Rev}
	if x.Case != nil {
		c := Case(*x.Case)
		c.First, c.Latest = (*Snapshot)(x.AtOpening), (*Snapshot)(x.Latest)
		out.Case = &c
	}
	for _, c := range x.Contacts {
		out.Contacts = append(out.Contacts, Contact(c))
	}
	for _, e := range x.Timeline {
		out.Timeline = append(out.Timeline, Entry(e))
	}
	return out
}

// columns is the header of the CSV: the case, then the fields of its contacts; several contacts are separated by "
// | ".
const columns = "number,domain,provider,title,state,priority,assignee,opened,ended,resolution,lesson,tickets,tags," +
	"contacts,language,opened_by,followers,merged_into,codes_at_opening,codes_latest,checked_latest," +
	"contact_time,contact_channel,contact_ticket,contact_key_points,contact_first_response,contact_follow_up," +
	"contact_must_cooperate"

// row is a case as a line of a table.
func row(r *Record) []string {
	c := r.Case
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	merged, checked := "", ""
	if c.Merged != 0 {
		merged = Name(c.Merged)
	}
	if c.Latest != nil {
		checked = stamp(c.Latest.At)
	}
	out := []string{
		c.Name(), c.Domain, c.Provider, c.Title, string(c.State), string(c.Priority), c.Assignee, stamp(c.Opened),
		stamp(c.SolvedAt), c.Resolution, c.Lesson,
		strings.Join(c.Tickets, " "), strings.Join(c.Tags, " "), strconv.Itoa(len(present(r.Contacts))), c.Lang, c.By,
		strings.Join(c.Followers, " "), merged,
		strings.Join(c.First.Codes(), " "), strings.Join(c.Latest.Codes(), " "), checked,
	}
	each := func(value func(Contact) string) {
		var cells []string
		for _, x := range present(r.Contacts) {
			cells = append(cells, strings.ReplaceAll(value(x), " | ", " / "))
		}
		if strings.Trim(strings.Join(cells, ""), " ") == "" {
			cells = nil
		}
		out = append(out, strings.Join(cells, " | "))
	}
	each(func(x Contact) string { return stamp(x.At) })
	each(func(x Contact) string { return x.Channel })
	each(func(x Contact) string { return x.Ticket })
	each(func(x Contact) string { return x.Gist })
	each(func(x Contact) string { return stamp(x.Answered) })
	each(func(x Contact) string { return x.Next })
	each(func(x Contact) string { return strings.TrimSpace(x.Partner + " " + x.Who) })
	return out
}

// page is a case as Markdown.
func page(w io.Writer, r *Record) {
	c := r.Case
	line := visible.Markdown
	fmt.Fprintf(w, "## %s %s\n\n", c.Name(), line(c.Title))
	for _, f := range [][2]string{
		{"domain", c.Domain}, {"provider", c.Provider}, {"state", string(c.State)}, {"priority", string(c.Priority)},
		{"opened", c.Opened.UTC().Format(time.RFC3339)}, {"opened by", c.By}, {"assignee", c.Assignee},
		{"tickets", strings.Join(c.Tickets, " ")}, {"tags", strings.Join(c.Tags, " ")},
		{"found at opening", strings.Join(c.First.Codes(), " ")}, {"resolution", c.Resolution},
		{"lesson", c.Lesson},
	} {
		if f[1] != "" {
			fmt.Fprintf(w, "- %s: %s\n", f[0], line(f[1]))
		}
	}
	fmt.Fprintln(w)
	if len(present(r.Contacts)) > 0 {
		fmt.Fprint(w, "| time | channel | ticket | key points | first response | follow-up | must cooperate |\n"+
			"|---|---|---|---|---|---|---|\n")
	}
	for _, x := range present(r.Contacts) {
		wait := ""
		if d, ok := x.Wait(); ok {
			wait = d.String()
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s |\n", x.At.UTC().Format(time.RFC3339), line(x.Channel),
			line(x.Ticket), line(x.Gist), wait, line(x.Next), line(strings.TrimSpace(x.Partner+" "+x.Who)))
	}
	fmt.Fprintln(w)
	for _, e := range r.Timeline {
		with := ""
		for _, name := range []string{"channel", "ticket", "partner", "who", "verdict", "codes"} {
			if v := e.With[name]; v != "" {
				with += " " + name + "=" + v
			}
		}
		fmt.Fprintf(w, "- %s %s\n", e.At.UTC().Format(time.RFC3339),
			line(strings.Join(slices.DeleteFunc([]string{e.Kind, e.By, strings.TrimSpace(with), e.Text},
				func(s string) bool { return s == "" }), " · ")))
	}
	fmt.Fprintln(w)
}
