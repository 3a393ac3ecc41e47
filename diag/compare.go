package diag

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
)

// Mark tells a finding from every other of its code: enough to compare two diagnoses, and short enough for a button. An
// empty ID is any finding of the code.
type Mark struct {
	Code Code
	ID   string
}

// Outcome is what of a diagnosis a comparison needs. Found is what it found, without what is for information only.
// Undone names the checks that could not be made; Made those that could, and is nil where only Undone is known.
type Outcome struct {
	Found        []Mark
	Made, Undone []string
}

// Difference is what changed between two diagnoses of one domain. Nothing is called fixed whose check could not be made
// again.
type Difference struct {
	Fixed  []Mark // found before, and now looked for in vain
	New    []Mark // found now, and not before although its check was made
	Same   []Mark // found in both
	Unsure []Mark // found before; its check could not be made now
}

// identifying are the arguments that tell two findings of one code and subject apart; others may vary while the fault
// is the same.
var identifying = []string{"term", "selector", "host", "server", "name", "to", "provider", "ip", "type", "joined", "at",
	"included", "domain", "tags", "list"}

// Identity is what a finding is about.
func Identity(f Finding) string {
	parts := []string{string(f.Code), f.Subject}
	for _, key := range identifying {
		if v, ok := f.Args[key]; ok {
			parts = append(parts, fmt.Sprint(v))
		}
	}
	return strings.Join(parts, "\x00")
}

// Mark is the finding's mark.
func (f Finding) Mark() Mark {
	h := fnv.New32a()
	_, _ = h.Write([]byte(Identity(f)))
	return Mark{f.Code, strconv.FormatUint(uint64(h.Sum32()), 36)}
}

func (m Mark) String() string {
	if m.ID == "" {
		return string(m.Code)
	}
	return string(m.Code) + "~" + m.ID
}

// ParseMark reads what String wrote, or a code alone.
func ParseMark(text string) Mark {
	code, id, _ := strings.Cut(text, "~")
	return Mark{Code(code), id}
}

func (m Mark) same(other Mark) bool {
	return m.Code == other.Code && (m.ID == other.ID || m.ID == "" || other.ID == "")
}

func (o Outcome) found(m Mark) bool { return slices.ContainsFunc(o.Found, m.same) }

func (o Outcome) made(check string) bool {
	return !slices.Contains(o.Undone, check) && (o.Made == nil || slices.Contains(o.Made, check))
}

// Outcome is what of the report a comparison needs.
func (r *Report) Outcome() Outcome {
	o := Outcome{Made: []string{}}
	for _, res := range r.Results {
		if res.Status == Passed || res.Status == Found {
			o.Made = append(o.Made, res.Check)
		} else {
			o.Undone = append(o.Undone, res.Check)
		}
		for _, f := range res.Findings {
			if f.Severity > Info {
				o.Found = append(o.Found, f.Mark())
			}
		}
	}
	return o
}

// Marked is the finding of that mark; false where the report holds none.
func (r *Report) Marked(m Mark) (Finding, bool) {
	for _, f := range r.Findings() {
		if f.Mark().same(m) {
			return f, true
		}
	}
	return Finding{}, false
}

// Compare tells what changed from one diagnosis of a domain to a later one.
func Compare(before, after Outcome) (d Difference) {
	for _, m := range before.Found {
		switch {
		case after.found(m):
			d.Same = append(d.Same, m)
		case after.made(m.Code.Check()):
			d.Fixed = append(d.Fixed, m)
		default:
			d.Unsure = append(d.Unsure, m)
		}
	}
	for _, m := range after.Found {
		if !before.found(m) && before.made(m.Code.Check()) {
			d.New = append(d.New, m)
		}
	}
	return d
}
