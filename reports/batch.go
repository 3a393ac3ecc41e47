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

// TLS is an SMTP TLS report (RFC 8460). All its strings are fit to be shown.
type TLS struct {
	Org, Contact, ID string
	Begin, End       time.Time
	Policies         []TLSPolicy
	Notes            []Note
	File             string
}

// TLSPolicy is how the sessions under one policy went.
type TLSPolicy struct {
	Type     string // tlsa, sts, no-policy-found
	Domain   string
	Text     []string // the policy as the sender found it
	Hosts    []string
	Success  int64
	Failure  int64
	Failures []TLSFailure
}

// TLSFailure is sessions that failed alike.
type TLSFailure struct {
	Type        string // RFC 8460 4.3: certificate-expired, validation-failure, ...
	From        string // the sending host's address
	Host, HELO  string // who was to receive
	To          string // the receiving host's address
	Sessions    int64
	Information string
	Reason      string
}
