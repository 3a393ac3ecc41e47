package cases

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Act is who does something to a case, when, and what they have seen of it.
type Act struct {
	By    string
	At    time.Time
	Hours BusinessHours // when the team works
	// Seen is the revision of the case that was shown: what was changed after it, its author did not know.
	Seen int64
}

// Reason is the code of why a rule of a case refuses. Programs read it, so that none is ever renamed.
type Reason string

// The reasons.
const (
	Unchanged     Reason = "unchanged"      // the case is so already
	Overtaken     Reason = "overtaken"      // somebody else was faster
	Taken         Reason = "taken"          // somebody else has taken it: Refusal.By
	Ended         Reason = "ended"          // it is solved or closed: Refusal.Number is the case
	NotEnded      Reason = "not-ended"      // it is open
	Full          Reason = "full"           // it holds no more of the kind
	Missing       Reason = "missing"        // what is to be put down says nothing
	Invalid       Reason = "invalid"        // a value that no case may have
	Part          Reason = "part"           // it is part of another case
	Itself        Reason = "itself"         // a case cannot be put into itself
	Restricted    Reason = "restricted"     // what few may read must not go where many do
	NoContact     Reason = "no-contact"     // the case has no contact, or none by that channel
	NoTicket      Reason = "no-ticket"      // no contact has that ticket
	AllAnswered   Reason = "all-answered"   // every contact that is meant was answered
	BeforeContact Reason = "before-contact" // the answer is older than the contact: Refusal.At is its time
	NoReminder    Reason = "no-reminder"    // there is no such reminder to come
)

// Refusal is the error of a rule that was not carried out. It is errors.Is of ErrConflict, ErrFull or ErrState where
// the reason is of that kind.
type Refusal struct {
	Reason Reason
	By     string    // who was faster
	Number int64     // of the case that is in the way
	At     time.Time // the time that is in the way
}

func (r *Refusal) Error() string { return "cases: refused: " + string(r.Reason) }

// Is makes the reasons known by the errors of the casebook that they are cases of.
func (r *Refusal) Is(target error) bool {
	switch r.Reason {
	case Overtaken:
		return target == ErrConflict
	case Full:
		return target == ErrFull
	case Part, Ended, NotEnded:
		return target == ErrState
	}
	return false
}

// Why is the refusal in an error; one without a reason where it holds none.
func Why(err error) Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return *r
	}
	return Refusal{}
}

func refuse(why Reason) error { return &Refusal{Reason: why} }

// Entries is a text as entries of a timeline: a long one in several, so that nothing of it is lost.
func Entries(kind, by, text string) []Entry {
	runes := []rune(text)
	if len(runes) == 0 {
		return []Entry{{Kind: kind, By: by}}
	}
	var out []Entry
	for part := range slices.Chunk(runes, MaxText) {
		out = append(out, Entry{Kind: kind, By: by, Text: string(part)})
	}
	return out
}

// cut is a text of at most so many characters, the last of them an ellipsis where something was left out.
func cut(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// stamp is a time as entries have it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }

// Diagnosed is the entry of a diagnosis.
func Diagnosed(kind, by string, s *Snapshot) Entry {
	codes := s.Codes()
	codes = codes[:min(len(codes), 8)]
	return Entry{Kind: kind, By: by, With: map[string]string{"verdict": string(s.Verdict),
		"codes": strings.Join(codes, " ")}}
}
