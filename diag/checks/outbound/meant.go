package outbound

import (
	"strings"

	"signpost/diag/protocol/dmarc"
	"signpost/diag/protocol/spf"
	"signpost/diag/protocol/txt"
	"signpost/diag/resolve"
	"signpost/diag/visible"
)

// MeantText is a TXT record that is one of mail, or was meant to be, and what it was meant to say.
type MeantText struct {
	At       string   `json:"at"`                 // the name, no final dot
	Value    string   `json:"value"`              // the text as it stands between the quotes of a zone file
	Record   string   `json:"record,omitempty"`   // what was meant; empty where it cannot be told
	Term     string   `json:"term,omitempty"`     // what cannot be told
	Odd      []string `json:"odd,omitempty"`      // characters that do not belong there: "“ (U+201C)"
	Dropped  []string `json:"dropped,omitempty"`  // what means nothing and is left out
	Controls bool     `json:"controls,omitempty"` // it holds control characters, so nothing is made of it
}

const maxMeantTexts = 8 // of one name

// meantTexts is the TXT records of one sort in an answer about a name.
func meantTexts(a *resolve.Answer, kind string) (out []MeantText) {
	if a == nil {
		return nil
	}
	var texts [][2]string // as it is, and with spaces where two strings ran together
	for _, parts := range a.TXTStrings() {
		text := strings.Join(parts, "")
		meant := text
		if kind == "spf" {
			meant = spf.Joined(parts)
		}
		if txt.KindAt(a.Question.Name, meant) == kind {
			texts = append(texts, [2]string{text, meant})
		}
	}
	for _, text := range txt.Counting(kind, texts, func(t [2]string) string { return t[0] }) {
		if len(out) == maxMeantTexts {
			break
		}
		t := ReadMeant(text[1], kind)
		t.At, t.Value = strings.TrimSuffix(a.Question.Name, "."), txt.Quoted(text[0])
		out = append(out, t)
	}
	return out
}

// ReadMeant is what a text was meant to be. A term that only came out when the text was read as it was meant is not
// quoted.
func ReadMeant(text, kind string) (t MeantText) {
	if kind == "spf" {
		m := spf.MendRecord(text)
		t = MeantText{Record: m.Record, Term: m.Term, Odd: m.Odd, Controls: m.Controls}
	} else {
		m := dmarc.MendRecord(text)
		t = MeantText{Record: m.Record, Term: m.Term, Odd: m.Odd, Dropped: visible.ClipAll(m.Dropped), Controls: m.Controls}
	}
	if t.Term = visible.Clip(t.Term, 200); !strings.Contains(text, t.Term) {
		t.Term = ""
	}
	return t
}
