package diag

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"signpost/diag/cause"
	"signpost/diag/resolve"
)

// Code names a kind of finding: "spf.too-many-lookups". Codes are stable for ever and never reused.
type Code string

// Check is the name of the check that reports it: "spf".
func (c Code) Check() string {
	check, _, _ := strings.Cut(string(c), ".")
	return check
}

// Severity orders findings; a code has a default one, and a finding may differ from it.
type Severity int

const (
	Info Severity = iota
	Notice
	Warning
	Error
)

var severityNames = [...]string{"info", "notice", "warning", "error"}

func (s Severity) String() string { return severityNames[s] }

// MarshalText writes the severity as its name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the severity's name.
func (s *Severity) UnmarshalText(b []byte) error {
	for i, n := range severityNames {
		if n == string(b) {
			*s = Severity(i)
			return nil
		}
	}
	return errors.New("diag: no such severity: " + string(b))
}

// Status is how a check ended. Unknown means "could not check", which is never the same as "not there".
type Status string

const (
	Passed  Status = "passed"
	Found   Status = "found"
	Unknown Status = "unknown"
	Skipped Status = "skipped"
)

// Evidence is one question and what a server answered to it.
type Evidence struct {
	Question string        `json:"question"`
	Answer   string        `json:"answer"`
	Server   string        `json:"server"`
	RTT      time.Duration `json:"-"`
}

// MarshalJSON writes the round trip in milliseconds, as CHECKS.md has it.
func (e Evidence) MarshalJSON() ([]byte, error) {
	type plain Evidence
	return json.Marshal(struct {
		plain
		RTT float64 `json:"rtt_ms"`
	}{plain(e), float64(e.RTT.Microseconds()) / 1000})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Evidence) UnmarshalJSON(b []byte) error {
	type plain Evidence
	var v struct {
		plain
		RTT float64 `json:"rtt_ms"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*e = Evidence(v.plain)
	e.RTT = time.Duration(v.RTT * float64(time.Millisecond))
	return nil
}

// Said turns an answer into evidence.
func Said(a *resolve.Answer) Evidence {
	return Evidence{Question: a.Question.String(), Answer: a.Text(), Server: a.Server.String(), RTT: a.RTT}
}

// Finding is one fact about the domain: a code with arguments and evidence, no prose. Subject is the name (without its
// last dot) or address that the finding is about. Args hold strings, numbers, bools and lists of strings only.
type Finding struct {
	Code     Code           `json:"code"`
	Severity Severity       `json:"severity"`
	Subject  string         `json:"subject"`
	Args     map[string]any `json:"args"`
	Evidence []Evidence     `json:"evidence"`
	// Records is the change that mends the finding, as the gate let it pass; empty where there is none, nil where none was
	// looked for.
	Records []Record `json:"records,omitzero"`
	// Notes says why there is no record, or what is remarkable about those there are.
	Notes []Note `json:"notes,omitempty"`
}

// Result is how one check ended. Err and Cause say why it is unknown, Because what it waited for in vain when skipped.
// Findings made before an unknown end stay.
type Result struct {
	Check    string
	Status   Status
	Took     time.Duration
	Err      string
	Cause    *cause.Cause // of an unknown: what Err says, as a value
	Because  string
	Facts    any
	Findings []Finding
}

// ProviderSeen is a mail provider recognised in the domain's records. Role is mailbox, gateway or sender; By is mx, spf
// or dkim.
type ProviderSeen struct {
	ID   string `json:"id"`
	Role string `json:"role"`
	By   string `json:"by"`
}

// OperatorSeen is who runs the domain's name servers; the ID is empty where nobody known does.
type OperatorSeen struct {
	ID string `json:"id"`
}

// Verdict is the report in one word: ok, problems, broken or unknown (CHECKS.md).
type Verdict string

const (
	OK        Verdict = "ok"
	Problems  Verdict = "problems"
	Broken    Verdict = "broken"
	Uncertain Verdict = "unknown"
)

// Report is everything that one run learned.
type Report struct {
	Domain    string // A-labels, no final dot
	Unicode   string // U-labels
	Started   time.Time
	Took      time.Duration
	Queries   int
	Answers   int      // usable ones: where there are none, it is not the domain's fault
	Asked     []string // the checks that were asked for by name; empty: all
	Providers []ProviderSeen
	Operator  OperatorSeen
	Through   []ThroughServer // the name servers that the zone was examined through; none: those of the delegation
	Results   []Result
	Helpers   []Result // of checks that ran only because those asked for need them; no part of the JSON report
}

// ThroughServer is a name server that a zone was examined through, before the delegation leads to it. The name carries
// no final dot.
type ThroughServer struct {
	Name      string   `json:"name"`
	Addresses []string `json:"addresses"`
}
