package kb

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"
)

// Grade is how an answer fares against what is right.
type Grade string

const (
	Right    Grade = "right"
	VagueOne Grade = "vague" // "refused by a rule", where more could be told
	Wrong    Grade = "wrong"
	NotKnown Grade = "unknown"
)

// Score is one text of a collection.
type Score struct {
	File, Family string
	Want         []string // the causes that are right, any of them; @unknown: none needs to be found
	Got          string
	Line         string // the line that decided
	Grade        Grade
}

// ErrScore means that a collection cannot be read.
var ErrScore = errors.New("kb: score")

const maxScored = 5000

// ScoreBounces reads a collection of bounces: a folder with bounces.tsv, which names in each line a file, a tab and the
// causes that are right, with commas between. A third column, where its heading is family, groups them; otherwise the
// letters that the file's name begins with do.
func (b *Base) ScoreBounces(dir fs.FS) ([]Score, error) {
	list, err := dir.Open("bounces.tsv")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrScore, err)
	}
	defer list.Close()
	var out []Score
	family := -1
	in := bufio.NewScanner(list)
	for n := 1; in.Scan(); n++ {
		cells := strings.Split(in.Text(), "\t")
		if strings.TrimSpace(in.Text()) == "" || strings.HasPrefix(in.Text(), "#") {
			continue
		}
		if cells[0] == "file" {
			family = slices.Index(cells, "family")
			continue
		}
		if len(cells) < 2 || len(out) == maxScored {
			return nil, fmt.Errorf("%w: bounces.tsv: line %d: a file and the right causes are needed, in %d lines at most",
				ErrScore, n, maxScored)
		}
		s := Score{File: cells[0], Family: familyOf(cells[0]),
			Want: strings.Split(strings.ReplaceAll(cells[1], " ", ""), ",")}
		if family > 0 && family < len(cells) {
			s.Family = cells[family]
		}
		raw, err := readScored(dir, cells[0])
		if err != nil {
			return nil, fmt.Errorf("%w: bounces.tsv: line %d: %w", ErrScore, n, err)
		}
		text, _ := DecodeText(raw)
		b.grade(&s, text)
		out = append(out, s)
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("%w: bounces.tsv: %w", ErrScore, err)
	}
	return out, nil
}

// readScored reads a text beside the list, or in the folder bounces beside it.
func readScored(dir fs.FS, name string) ([]byte, error) {
	raw, err := fs.ReadFile(dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return fs.ReadFile(dir, path.Join("bounces", name))
	}
	return raw, err
}

func familyOf(file string) string {
	name := strings.TrimRightFunc(strings.TrimSuffix(path.Base(file), path.Ext(file)),
		func(r rune) bool { return unicode.IsDigit(r) })
	if i := strings.IndexFunc(name, unicode.IsDigit); i > 0 {
		name = name[:i]
	}
	return strings.Trim(name, "-_.")
}

// grade reads one text.
func (b *Base) grade(s *Score, text string) {
	x := b.Read(text).Bounces[0]
	s.Got, s.Line = x.Cause, x.Line
	switch {
	case b.isRight(s.Want, x.Cause):
		s.Grade = Right
	case x.Cause == "":
		s.Grade = NotKnown
	case b.bounces.causes[x.Cause].Vague:
		s.Grade = VagueOne
	default:
		s.Grade = Wrong
	}
}

// isRight reports a cause that is among the right ones, or is a kind of one, or goes by another name among them.
func (b *Base) isRight(want []string, got string) bool {
	if got == "" {
		return slices.Contains(want, "@unknown")
	}
	c := b.bounces.causes[got]
	return slices.Contains(want, got) || c.Is != "" && slices.Contains(want, c.Is) ||
		slices.ContainsFunc(c.Also, func(a string) bool { return slices.Contains(want, a) })
}
