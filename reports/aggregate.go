package reports

import (
	"net/netip"
	"path"
	"strings"
	"time"
)

// Aggregate is a DMARC aggregate report. All its strings are fit to be shown.
type Aggregate struct {
	Org       string // who wrote it
	Email     string
	Contact   string
	ID        string
	Begin     time.Time // zero: not told
	End       time.Time
	Errors    []string // what the receiver could not do
	Generator string
	Policy    Policy
	Records   []Record
	Notes     []Note
	File      string
}

// Policy is the policy as the receiver found it. Empty: not told.
type Policy struct {
	Domain                string
	P, SP, NP             string
	ADKIM, ASPF           string // r or s
	Pct                   string
	FO, Testing, Discover string
}

// Aligned is whether one of the two ways of DMARC passed in alignment with the author's domain.
type Aligned int

const (
	Unknown Aligned = iota // the receiver did not tell
	Pass
	Fail
)

// Record is messages of one source that fared alike.
type Record struct {
	Source       netip.Addr // invalid: not told
	Count        int64
	Disposition  string // none, quarantine, reject, pass; empty: not told
	DKIM, SPF    Aligned
	Reasons      []Reason // why the policy was not followed
	HeaderFrom   string
	EnvelopeFrom string
	EnvelopeTo   string
	DKIMResults  []DKIMResult
	SPFResults   []SPFResult
}

// Aligned is what DMARC says of the record: it passes where one way passes, and fails where both are known to fail.
func (r Record) Aligned() Aligned {
	switch {
	case r.DKIM == Pass || r.SPF == Pass:
		return Pass
	case r.DKIM == Fail && r.SPF == Fail:
		return Fail
	}
	return Unknown
}

// Reason is why a receiver did not follow the policy: forwarded, sampled_out, trusted_forwarder, mailing_list,
// local_policy, other.
type Reason struct{ Type, Comment string }

// DKIMResult is a signature.
type DKIMResult struct{ Domain, Selector, Result string }

// SPFResult is an SPF result; Scope is mfrom or helo.
type SPFResult struct{ Domain, Scope, Result string }

func (a *Aggregate) note(code Code, args map[string]any) {
	for i := range a.Notes {
		if a.Notes[i].Code == code {
			a.Notes[i].Count++
			return
		}
	}
	a.Notes = append(a.Notes, Note{File: a.File, Code: code, Args: args, Count: 1})
}

// dates reads the range of time; where the document has none, the file's name may (RFC 9990:
// receiver!domain!begin!end).
func (a *Aggregate) dates(begin, end string) {
	from, scaled, ok := moment(begin)
	to, scaledEnd, okEnd := moment(end)
	if !ok && !okEnd {
		parts := strings.Split(strings.TrimSuffix(path.Base(a.File), path.Ext(a.File)), "!")
		if len(parts) >= 4 {
			from, scaled, ok = moment(parts[2])
			last, _, _ := strings.Cut(parts[3], ".")
			to, scaledEnd, okEnd = moment(last)
		}
		if !ok || !okEnd {
			a.note(NoDates, nil)
			return
		}
		a.note(DatesByName, nil)
	}
	switch {
	case !ok:
		from = to
	case !okEnd:
		to = from
	case to.Before(from):
		from, to = to, from
	}
	if scaled || scaledEnd {
		a.note(DatesScaled, nil)
	}
	a.Begin, a.End = from, to
}

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

// Code says what is remarkable about a file or a report.
type Code string

// Note is a code with where and what.
type Note struct {
	File  string         `json:"file,omitempty"`
	Code  Code           `json:"code"`
	Args  map[string]any `json:"args,omitempty"`
	Count int            `json:"count"` // how often
}
