package asked

import (
	"slices"
	"strings"
)

// Directions are the words by which a text tells whose mail does not reach whom. Those of letters count as whole words,
// others wherever they stand.
type Directions struct {
	Us      []string `yaml:"us"`       // the asker's side
	Them    []string `yaml:"them"`     // the other side
	GetsNot []string `yaml:"gets_not"` // who stands before it is without the mail: "never received"
	// ReachesNot are words behind the mail that does not come: "does not arrive".
	ReachesNot []string `yaml:"reaches_not"`
	To         []string `yaml:"to"`    // before who should get it
	From       []string `yaml:"from"`  // before who sent it
	Sends      []string `yaml:"sends"` // behind who sent it
	Whose      []string `yaml:"whose"` // behind whose it is, where the word alone does not say so
	Ours       []string `yaml:"ours"`  // said of what the asker's side sent
	Theirs     []string `yaml:"theirs"`
}

// Direction is where a mail was going that does not reach who should get it.
type Direction string

// The two ends, as the asker sees them; "" where a text does not tell.
const (
	Outward Direction = "out" // the other side is without ours
	Inward  Direction = "in"  // we are without theirs
)

// place is where a word of one side stands in a text, and that side.
type place struct {
	from, to int
	side     Direction // the direction of mail that this side gets
}

// In is the direction of the mail that a text, in lower case, says to be missing: the last word of a side before "did
// not get" is who should have had it, unless it is said there to be the sender.
func (d Directions) In(text string) Direction {
	text = " " + text + " "
	at, long, gets := -1, 0, false
	for _, list := range []struct {
		words []string
		gets  bool
	}{{d.GetsNot, true}, {d.ReachesNot, false}} {
		for _, w := range list.words {
			if i := wordIn(text, w, 0); i >= 0 && (at < 0 || len(w) > long) {
				at, long, gets = i, len(w), list.gets
			}
		}
	}
	if at < 0 {
		return ""
	}
	before, after := text[:at], text[at+long:]
	sides := d.sides(before)
	if !gets {
		return d.reaches(before, after)
	}
	for _, p := range slices.Backward(sides) {
		head, tail := before[:p.from], strings.TrimLeft(before[p.to:], " ")
		switch {
		case endsWith(head, d.To):
			return p.side
		case beginsWith(tail, d.Sends), beginsWith(tail, d.Whose), endsWith(head, d.From):
			return opposite(p.side)
		}
		return p.side
	}
	// Nobody is named who should have it: it is whoever asks, unless it is the asker's own mail.
	if d.sentBy(after) == Outward || anyIn(before, d.Ours) {
		return Outward
	}
	return Inward
}

// reaches is the direction where a mail "does not arrive": by whom it does not reach, otherwise by whose it is.
func (d Directions) reaches(before, after string) Direction {
	if sides := d.sides(after); len(sides) > 0 && len(strings.Fields(after[:sides[0].from])) <= 2 {
		return sides[0].side
	}
	sides := d.sides(before)
	for _, p := range sides {
		head, tail := before[:p.from], strings.TrimLeft(before[p.to:], " ")
		switch {
		case endsWith(head, d.To):
			return p.side
		case endsWith(head, d.From), beginsWith(tail, d.Sends), beginsWith(tail, d.Whose):
			return opposite(p.side)
		}
	}
	return d.sentBy(before)
}

// sentBy is the direction of what a text calls ours or theirs.
func (d Directions) sentBy(text string) Direction {
	switch {
	case anyIn(text, d.Ours):
		return Outward
	case anyIn(text, d.Theirs):
		return Inward
	}
	return ""
}

func opposite(d Direction) Direction {
	if d == Inward {
		return Outward
	}
	return Inward
}

// sides is where the two sides are named in a text, in the order in which they stand there.
func (d Directions) sides(text string) []place {
	var out []place
	for _, list := range []struct {
		words []string
		side  Direction
	}{{d.Us, Inward}, {d.Them, Outward}} {
		for _, w := range list.words {
			for i := wordIn(text, w, 0); i >= 0; i = wordIn(text, w, i+len(w)) {
				out = append(out, place{i, i + len(w), list.side})
			}
		}
	}
	slices.SortFunc(out, func(a, b place) int { return a.from - b.from })
	return out
}

// wordIn is where a word stands in a text, from a place on, or -1.
func wordIn(text, word string, from int) int {
	for from <= len(text) {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return -1
		}
		i += from
		end := i + len(word)
		if word[0] >= 0x80 || (i == 0 || !letter(text[i-1])) && (end >= len(text) || !letter(text[end])) {
			return i
		}
		from = end
	}
	return -1
}

func letter(b byte) bool { return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' }

func anyIn(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return wordIn(text, w, 0) >= 0 })
}

func endsWith(text string, words []string) bool {
	text = strings.TrimRight(text, " ")
	return slices.ContainsFunc(words, func(w string) bool {
		rest, ok := strings.CutSuffix(text, w)
		return ok && (w[0] >= 0x80 || rest == "" || !letter(rest[len(rest)-1]))
	})
}

func beginsWith(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		rest, ok := strings.CutPrefix(text, w)
		return ok && (w[0] >= 0x80 || rest == "" || !letter(rest[0]))
	})
}
