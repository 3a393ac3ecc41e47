package reports

import (
	"context"
	"time"
)

// Limits are the bounds of what is read at one go, over all files.
type Limits struct {
	Bytes   int64         // octets of one file, and of one member when it is unpacked
	Total   int64         // octets of everything, unpacked
	Ratio   int64         // octets unpacked to one packed, looked at above a mebibyte
	Files   int           // members of archives, parts of mails and files
	Depth   int           // archives and mails in each other
	Records int           // records of all reports
	Time    time.Duration // for everything
}

// Default is the bounds that reports of large receivers keep to with room to spare.
func Default() Limits {
	return Limits{
		Bytes:   32 << 20,
		Total:   128 << 20,
		Ratio:   250,
		Files:   2000,
		Depth:   6,
		Records: 200_000,
		Time:    30 * time.Second,
	}
}

// Code says what is remarkable about a file or a report.
type Code string

// Why a file gave no report, or not all of it. Args as listed.
const (
	NotReport     Code = "not-a-report"    // found: what it is instead
	MailWithout   Code = "mail-without"    // a mail that holds no report
	Broken        Code = "broken"          // form: xml or json; at: the octet
	Truncated     Code = "truncated"       // ends too early: what was read before counts
	TooLarge      Code = "too-large"       // most
	TooDense      Code = "too-dense"       // ratio: it unpacks to more than any report does
	TooMany       Code = "too-many"        // most, of: files or records
	TooDeep       Code = "too-deep"        // most
	TooLong       Code = "too-long"        // the time was up
	Encrypted     Code = "encrypted"       // an archive with a password
	Unpackable    Code = "unpackable"      // form: gzip or zip that cannot be unpacked
	Unreadable    Code = "unreadable"      // the file could not be opened: nothing is known of it
	Duplicate     Code = "duplicate"       // the same report came before
	FailureReport Code = "failure-report"  // a report about one message (RFC 9991), which holds no sums
	NoDomain      Code = "no-domain"       // does not say whose mail it is about
	NoDates       Code = "no-dates"        // does not say which days it covers
	DatesScaled   Code = "dates-scaled"    // its times are in milliseconds or finer
	DatesByName   Code = "dates-by-name"   // its times are those of the file's name
	CountUnread   Code = "count-unread"    // text: a record without a usable count, left out of the sums
	SourceUnread  Code = "source-unread"   // text: a record without a usable address
	ResultsMended Code = "results-derived" // records whose alignment was worked out from their results
)

// Note is a code with where and what.
type Note struct {
	File  string         `json:"file,omitempty"`
	Code  Code           `json:"code"`
	Args  map[string]any `json:"args,omitempty"`
	Count int            `json:"count"` // how often
}

// Batch is what was read.
type Batch struct {
	Aggregates []*Aggregate
	TLS        []*TLS
	Faults     []Note // files that gave no report, or not all of theirs
	Files      int    // that were given

	limits  Limits
	until   time.Time
	bytes   int64
	members int
	records int
	seen    map[string]bool
	now     func() time.Time
}

// NewBatch begins to read. Now may be nil.
func NewBatch(limits Limits, now func() time.Time) *Batch {
	if now == nil {
		now = time.Now
	}
	return &Batch{limits: limits, until: now().Add(limits.Time), seen: map[string]bool{}, now: now}
}

const maxFaults = 200

func (b *Batch) fault(file string, code Code, args map[string]any) {
	for i, f := range b.Faults {
		if f.File == file && f.Code == code || i == maxFaults && f.Code == code {
			b.Faults[i].Count++
			return
		}
	}
	if len(b.Faults) > maxFaults {
		return
	}
	b.Faults = append(b.Faults, Note{File: file, Code: code, Args: args, Count: 1})
}

// spent reports that the time is up.
func (b *Batch) spent(ctx context.Context) bool { return ctx.Err() != nil || b.now().After(b.until) }

// first reports that a report did not come before, and remembers it.
func (b *Batch) first(parts ...string) bool {
	key := ""
	for _, p := range parts {
		key += p + "\x00"
	}
	if b.seen[key] {
		return false
	}
	b.seen[key] = true
	return true
}

// codes is every code of a note.
var codes = []Code{
	NotReport,
	MailWithout,
	Broken,
	Truncated,
	TooLarge,
	TooDense,
	TooMany,
	TooDeep,
	TooLong,
	Encrypted,
	Unpackable,
	Unreadable,
	Duplicate,
	FailureReport,
	NoDomain,
	NoDates,
	DatesScaled,
	DatesByName,
	CountUnread,
	SourceUnread,
	ResultsMended,
}

// Words is everything that needs words where a person reads it: "standing.passes", "fault.broken".
func Words() (out []string) {
	for _, c := range codes {
		out = append(out, "fault."+string(c))
	}
	for _, k := range []string{"empty", "text", "html", "binary", "pdf", "msg", "json", "xml"} {
		out = append(out, "found."+k)
	}
	for _, s := range []Standing{Passes, OwnFails, Forwards, Unexplained, Unauthenticated, Untold} {
		out = append(out, "standing."+string(s))
	}
	for _, r := range []Remedy{
		AddSPF, SignDKIM, AlignDKIM, RepairDKIM, AlignSPF, RepairSPF, ExplainIt, NothingToDo,
		StopForgery, WaitForMore,
	} {
		out = append(out, "remedy."+string(r))
	}
	for _, s := range []State{ReadyNow, NotYet, NoSaying, NoStricter} {
		out = append(out, "ready."+string(s))
	}
	for _, o := range []Obstacle{
		FewDays, FewMessages, ManyUntold, OwnMailFails, NotExplained, PolicyUntold,
		NotUnderPolicy,
	} {
		out = append(out, "obstacle."+string(o))
	}
	return append(out, "rule", "tls.other")
}
