package chat

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/cases/event"

	"golang.org/x/text/language"
)

// Audience says who sees a Reply.
type Audience int

const (
	Asker   Audience = iota // the asker alone: errors, help, personal results
	Channel                 // everyone in the channel
)

// Tone colours a Reply; it never carries meaning that the words do not carry too.
type Tone int

const (
	Plain Tone = iota
	Good
	Caution
	Bad
	Unsure
)

// Reply is one answer, free of any channel's markup. All its strings are plain text: whoever renders escapes and cuts
// them. A request yields any number of Replies; each replaces the one before (progress), and the last has Final set.
type Reply struct {
	Audience  Audience
	Tone      Tone
	Title     string // the verdict in one line; also the notification text
	Sections  []Section
	Actions   []Action
	Form      *Form     // a question back; where it cannot be shown, the rest of the Reply stands for it
	Outbox    []Message // messages for other places
	Scheduled []Event   // what is to happen at a time
	File      *Attachment
	Pictures  []Picture // where files can be shown: all that they show is told in the Reply too
	// Location, if set, is the message that this one takes the place of. (A stored Reply has the names in the tags, which
	// therefore stay.)
	Location *Location `json:"Stands"`
	Detail   *Detail   // the long version, on demand: a modal or file in Slack, printed in the console when asked
	// Tasks is what a Reply that is not Final waits for; its Title and Sections say it as well.
	Tasks []Task `json:",omitempty"`
	Final bool
	Whole bool `json:",omitzero"` // all of it was asked for, however long
	Data  any  // what --json prints
	// Lang is the language of the sentences; Handle sets it.
	Lang language.Tag
}

// In is the Reply for a channel to which messages of its Outbox go as well: without what they show too.
func (r Reply) In(channel string) Reply {
	if !slices.ContainsFunc(r.Outbox, func(p Message) bool { return p.Shows != nil && p.Channel == channel }) {
		return r
	}
	r.Sections = slices.DeleteFunc(slices.Clone(r.Sections), func(s Section) bool { return s.InRoot })
	r.Actions = slices.DeleteFunc(slices.Clone(r.Actions), func(a Action) bool { return a.InRoot })
	return r
}

// Section is a part of a Reply. Empty parts are not shown.
type Section struct {
	Tone      Tone
	Heading   string
	Text      string   // paragraphs, parted by blank lines
	Items     []string // a bulleted list
	Steps     bool     // the items are numbered
	Fields    []Field  // label and value pairs
	Table     *Table   `json:",omitzero"`
	Entries   []Entry  // what happened when, and who did it
	Code      string   // to be copied exactly: a record, a ticket text
	Muted     bool     // of less weight: shown smaller
	Continues bool     `json:"Part"` // goes on with the section before it
	// InRoot says that a message of the Outbox shows it too: where both stand in one place, once is enough.
	InRoot bool `json:"Root"`
	// Mentions says that the Text is what somebody of the workspace wrote: whom it mentions (<@U0123ABCD>) is mentioned.
	Mentions bool `json:"Said"`
}

// Mark is what stands before the item of that place, from 0: its number, or the bullet.
func (s Section) Mark(i int, bullet string) string {
	if s.Steps {
		return strconv.Itoa(i+1) + ". "
	}
	return bullet
}

// Field is a label and a value, a person or a channel, each by its id, or a time, which is shown by the reader's clock
// where that is known.
type Field struct {
	Label, Value, Person string
	Channel              string    `json:"Room"`
	At                   time.Time `json:",omitzero"`
}

// Plain is what a field holds, for those who show all of it as text.
func (f Field) Plain() string {
	if !f.At.IsZero() {
		return Stamp(f.At)
	}
	return f.Value + f.Person + f.Channel
}

// Entry is a line of what happened: when, what, to whom if to a person, and who did it (ids; "" for the program
// itself).
type Entry struct {
	At       time.Time
	Text     string
	Whom     string
	By       string
	Mentions bool `json:"Said"` // as a Section's
}

// Stamp is a time for those whose clock is not known.
func Stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }

// Message is a message for another place than the answer's. With Shows it is a card that stands there under its Key and
// is brought up to date, in that language. Without, it is the Reply, said once for one Key.
type Message struct {
	Key      string
	Channel  string
	ThreadOf *Card // in the thread of the card, wherever that stands when this is said
	// Fallback is who or where gets it if the channel cannot: a person's id or another channel's.
	Fallback string
	Reply    Reply
	Shows    *Card
	Lang     language.Tag
}

// Location is a message: its channel and its timestamp, by which its thread goes as well.
type Location struct{ Channel, TS string }

// Attachment is a file that an answer hands over.
type Attachment struct {
	Name    string
	Content []byte
}

// Event is a time that comes for a case or a casebook. A Reply asks for it, once for one Key; whoever keeps the time
// makes it a Request from inside.
type Event = event.Event

// ScheduleCheck is the kind of event that puts whatever is to come into the queue again: asked at every start.
const ScheduleCheck = event.ScheduleCheck

// Action is a button: a click makes this Request (Command and Text), as a typed line would.
type Action struct {
	ID       string // stable name, unique in the Reply: "recheck"
	Label    string // at most 30 characters
	Command  string
	Text     string
	Danger   bool
	Overflow bool   `json:"More"` // of less weight: in a menu behind the buttons
	Confirm  string // a question asked before; empty: none
	URL      string // a link instead of a command
	InRoot   bool   `json:"Root"` // as a Section's
	// Detail says that the click shows this Reply's Detail; Command and Text ask for it where it is kept no longer.
	Detail bool
}

// Detail is the long version of a Reply.
type Detail struct {
	Title    string
	Sections []Section
}

// Lines is a Reply in plain lines.
func (r Reply) Lines() string {
	var b strings.Builder
	b.WriteString(r.Title + "\n")
	for _, s := range r.Sections {
		for _, line := range []string{s.Heading, s.Text} {
			if line != "" {
				b.WriteString(line + "\n")
			}
		}
		for n, i := range s.Items {
			b.WriteString(s.Mark(n, "- ") + i + "\n")
		}
		for _, f := range s.Fields {
			fmt.Fprintf(&b, "%s: %s\n", f.Label, f.Plain())
		}
		for _, e := range s.Entries {
			fmt.Fprintf(&b, "%s %s\n", Stamp(e.At), strings.Join(strings.Fields(e.Text+" "+e.Whom+" "+e.By), " "))
		}
		if s.Code != "" {
			b.WriteString(s.Code + "\n")
		}
	}
	return strings.TrimSpace(b.String())
}

// Split parts a Section with a Table into what the table stands for, in lines, and the rest.
func (s Section) Split() (lines, rest Section) {
	lines, rest = Section{Steps: s.Steps}, s
	rest.Table = nil
	switch {
	case s.Table == nil:
	case len(s.Fields) > 0:
		lines.Fields, rest.Fields = s.Fields, nil
	default:
		n := min(len(s.Table.Rows), len(s.Items))
		lines.Items, rest.Items = s.Items[:n], s.Items[n:]
	}
	return lines, rest
}

// Picture is numbers to be drawn. It bears no words but days, names in ASCII and numbers, so that it is read in every
// language; Alt says what its colours mean, and the same as it shows.
type Picture struct {
	Name   string // of the file, without what ends it: "days"
	Alt    string
	Lying  bool     // bars from left to right, each with a name before it, in place of columns over days
	Labels []string // of the columns or bars
	Series []Series // stacked, from the axis on
}

// Series is a number for each label, in one colour.
type Series struct {
	Tone   Tone // Good, Caution, Bad, or Unsure for what is not known
	Values []int64
}
