package kb

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"signpost/kb/asked"

	"github.com/blevesearch/bleve/v2/analysis"
)

// meanings is data/meanings.yaml: what words mean, in either language, and which meanings together ask for a guide. So
// a question is answered whose wording nobody foresaw.
type meanings struct {
	Mail  []string            `yaml:"mail"`
	Words map[string][]string `yaml:"words"`
	Asked map[string][]string `yaml:"asked"`

	analyser analysis.Analyzer   // of English
	anywhere map[string][]string // by meaning, the words that count wherever they stand
	// phrases are the words of letters by the stem of their first, spelling the single ones by themselves.
	phrases  map[string][]phrase
	spelling map[byte][]spelt // by the first letter
	known    map[string]bool  // stems of words that are no slip of another
	asked    map[string][][]string

	directions asked.Directions
	like       *asked.Model // of the guides, by questions that each of them answers
}

type phrase struct {
	stems   []string
	meaning string
}

type spelt struct{ word, stem string }

// Meanings that no list holds: a word of mail, a country or a city, a provider and two of them.
const (
	ofMail      = "MAIL"
	ofCountry   = "COUNTRY"
	ofProvider  = "PROVIDER"
	ofProviders = "PROVIDERS"
)

// ofElsewhere is the meaning of words for what has accounts and messages too, and is not mail.
const ofElsewhere = "elsewhere"

func readMeanings(analyser analysis.Analyzer) (*meanings, error) {
	m := &meanings{
		analyser: analyser, anywhere: map[string][]string{}, phrases: map[string][]phrase{},
		spelling: map[byte][]spelt{}, known: map[string]bool{}, asked: map[string][][]string{},
	}
	if err := read("data/meanings.yaml", m); err != nil {
		return nil, err
	}
	for _, meaning := range slices.Sorted(maps.Keys(m.Words)) {
		for _, w := range m.Words[meaning] {
			if !ofLetters(w) {
				m.anywhere[meaning] = append(m.anywhere[meaning], w)
				continue
			}
			p := phrase{meaning: meaning, stems: m.stems(w)}
			m.phrases[p.stems[0]] = append(m.phrases[p.stems[0]], p)
			if len(p.stems) == 1 && len(w) >= spellingFrom {
				m.spelling[w[0]] = append(m.spelling[w[0]], spelt{w, p.stems[0]})
			}
			m.know(w)
		}
	}
	for guide, sets := range m.Asked {
		for _, set := range sets {
			m.asked[guide] = append(m.asked[guide], strings.Fields(set))
		}
	}
	return m, nil
}

// know takes the words of letters of a text for rightly spelt, and for ones that are of mail.
func (m *meanings) know(text string) {
	for _, t := range lettersOf(text) {
		m.known[m.stem(t)] = true
	}
}

// stem is a word without its endings; words that the analyser drops stay as they are.
func (m *meanings) stem(word string) string {
	if tokens := m.analyser.Analyze([]byte(word)); len(tokens) == 1 {
		return string(tokens[0].Term)
	}
	return word
}

// stems are the words of letters of a text, without their endings.
func (m *meanings) stems(text string) (out []string) {
	for _, t := range lettersOf(text) {
		out = append(out, m.stem(t))
	}
	return out
}

var apostrophes = strings.NewReplacer("'", "", "\u2019", "")

// lettersOf is the words of letters and the numbers of a text, in lower case and without apostrophes.
func lettersOf(text string) []string {
	text = apostrophes.Replace(strings.ToLower(text))
	out := strings.FieldsFunc(text, func(r rune) bool {
		return r >= 0x80 || r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	for i, t := range out {
		out[i] = strings.Trim(t, ".")
	}
	return slices.DeleteFunc(out, func(t string) bool { return t == "" })
}

// ofLetters reports a word that counts as a whole; any other counts wherever it stands.
func ofLetters(w string) bool {
	return len(lettersOf(w)) > 0 && strings.IndexFunc(w, func(r rune) bool { return r >= 0x80 }) < 0
}

// sizes are numbers with their unit: 100gb.
var sizes = regexp.MustCompile(`(\d)([kmgt]b)\b`)

// of is the meanings that stand in a text.
func (m *meanings) of(text string) map[string]bool {
	out := map[string]bool{}
	text = sizes.ReplaceAllString(strings.ToLower(text), "$1 $2")
	for meaning, words := range m.anywhere {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) }) {
			out[meaning] = true
		}
	}
	stems := m.stems(text)
	for i, s := range stems {
		for _, p := range m.phrases[s] {
			if i+len(p.stems) <= len(stems) && slices.Equal(p.stems, stems[i:i+len(p.stems)]) {
				out[p.meaning] = true
			}
		}
	}
	return out
}

// askFor is how many meanings that a guide is asked by stand in a question, of the sets that stand there whole the
// largest.
func (m *meanings) askFor(guide string, said map[string]bool) (most int) {
	for _, set := range m.asked[guide] {
		n := 0
		for _, meaning := range set {
			if not := strings.HasPrefix(meaning, "!"); said[strings.TrimPrefix(meaning, "!")] == not {
				n = 0
				break
			} else if !not {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// foreign reports that most of a text's words of letters stand in no guide and mean nothing here: one that does says
// little then.
func (m *meanings) foreign(text string) bool {
	known, all := 0, 0
	for _, token := range m.analyser.Analyze([]byte(text)) {
		if all++; m.known[string(token.Term)] {
			known++
		}
	}
	return all > 2 && known*3 <= all && hanIn(text) == 0
}

const (
	spellingFrom = 5 // letters that a word must have for a slip in it to be looked over
	longFrom     = 8 // letters from which two slips are
	maxSpelling  = 60
)

// spelled is a text with the slips in its words mended. A word is one where no guide has it, and a word that means
// something here is a letter away.
func (m *meanings) spelled(text string) string {
	for i, t := range lettersOf(text) {
		if i == maxSpelling {
			break
		}
		stem := m.stem(t)
		if len(t) < spellingFrom || m.known[stem] || strings.ContainsAny(t, ".0123456789") {
			continue
		}
		fewest, right := 3, ""
		for _, s := range m.spelling[t[0]] {
			for _, pair := range [][2]string{{t, s.word}, {stem, s.stem}} {
				n := slipsBetween(pair[0], pair[1])
				if n < fewest && (n == 1 || n == 2 && len(pair[0]) >= longFrom) {
					fewest, right = n, s.word
				}
			}
		}
		if right != "" {
			text = strings.ReplaceAll(text, t, right)
		}
	}
	return text
}

// The labels of questions that no guide answers, and of those that the diagnosis of the domain in them does.
const (
	noGuide     = "none"
	byDiagnosis = "diagnosis"
)

// learntModel is what questions and guides taught, as go generate keeps it: to learn takes a second, to read it a
// fraction of one.
const learntModel = "data/asked/model.gob.gz"

// learn takes the model that is kept, or learns one where it is of other questions, guides or words.
func (b *Base) learn(m *meanings) error {
	if err := read("data/asked/directions.yaml", &m.directions); err != nil {
		return err
	}
	if raw, err := files.ReadFile(learntModel); err == nil {
		if like, known, err := asked.Read(raw, b.taught()); err == nil {
			m.like = like
			for _, stem := range known {
				m.known[stem] = true
			}
			return nil
		}
	}
	return b.learnAnew(m)
}

// taught is the digest of all that a model is learnt from.
func (b *Base) taught() []byte {
	h := sha256.New()
	names := []string{"data/asked/directions.yaml", "data/meanings.yaml", "data/words.yaml"}
	for _, lang := range b.texts.Languages() {
		names = append(names, askedFile(lang.String()))
	}
	for _, name := range names {
		raw, err := files.ReadFile(name)
		_, _ = fmt.Fprintln(h, name, len(raw), err == nil)
		_, _ = h.Write(raw)
	}
	for _, g := range b.guides {
		for _, lang := range b.texts.Languages() {
			if t, ok := g.in[lang]; ok {
				_, _ = fmt.Fprintf(h, "%s %s %q\n", g.ID, lang, t.says())
			}
		}
	}
	return h.Sum(nil)
}

func askedFile(lang string) string { return "data/asked/" + lang + ".yaml" }

// learnAnew learns from the questions of every language that data/asked holds, and from what the guides say.
func (b *Base) learnAnew(m *meanings) error {
	var examples, beside []asked.Example
	for _, lang := range b.texts.Languages() {
		var questions map[string][]string
		err := read(askedFile(lang.String()), &questions)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a language may do without
			return err
		}
		for _, guide := range slices.Sorted(maps.Keys(questions)) {
			if guide != noGuide && guide != byDiagnosis && b.Guide(guide) == nil {
				return fmt.Errorf("%w: %s: %s is no guide", ErrData, askedFile(lang.String()), guide)
			}
			for _, q := range questions[guide] {
				if guide != noGuide {
					m.know(q)
				}
				examples = append(examples, asked.Example{Label: guide, Features: b.features(m, heard(q).lower)})
			}
		}
	}
	for _, g := range b.guides {
		for _, lang := range b.texts.Languages() {
			if t, ok := g.in[lang]; ok {
				for _, said := range t.says() {
					beside = append(beside, asked.Example{Label: g.ID, Features: b.features(m, heard(said).lower)})
				}
			}
		}
	}
	m.like = asked.Learn(examples, beside)
	return nil
}

const shortSentence = 12 // bytes of a sentence that says nothing

// says is what a guide says that questions of it may say too: its title, its search words and its sentences.
func (t guideText) says() []string {
	out := append([]string{t.Title}, t.Words...)
	ends := func(r rune) bool { return strings.ContainsRune("\n.;\u3002\uff1b", r) }
	for _, sentence := range strings.FieldsFunc(t.plain, ends) {
		if len(sentence) > shortSentence {
			out = append(out, sentence)
		}
	}
	return out
}

// features is what a question says, as it is compared with others: its words, what they mean, whose mail does not reach
// whom, and whether a provider is the asker's or the other side's. The text is in lower case.
func (b *Base) features(m *meanings, text string) []string {
	text = hostInQuestion.ReplaceAllString(text, " host ")
	out := asked.Features(text, m.stem)
	var means []string
	for meaning := range m.of(text) {
		means = append(means, "meaning "+meaning)
	}
	out = slices.Concat(out, means, asked.Pairs(means))
	if d := m.directions.In(apostrophes.Replace(text)); d != "" {
		out = append(out, "direction "+string(d))
	}
	switch ours, other := b.named(said{as: text, lower: text}); {
	case other != "":
		out = append(out, "other's provider")
	case ours != "":
		out = append(out, "provider")
	}
	return out
}

// likeness is how likely each guide answers a question, or none does, 0 to 1, by its likeness to those that are known.
func (b *Base) likeness(m *meanings, question string) map[string]float64 {
	out := map[string]float64{}
	for _, g := range m.like.Guess(b.features(m, question)) {
		out[g.Label] = g.P
	}
	return out
}

// hostInQuestion is a domain or an address: what its letters happen to spell is not what is asked.
var hostInQuestion = regexp.MustCompile(`(?i)\b(?:[a-z0-9_.+-]+@)?(?:[a-z0-9_-]+\.)+[a-z]{2,}\b`)
