package kb

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	_ "time/tzdata"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/registry"
	"golang.org/x/text/language"
	"golang.org/x/text/width"
)

// searchField is one part of all guides in one language: their search words, titles or bodies.
type searchField struct {
	analyser analysis.Analyzer
	boost    float64
	guides   []map[string]int // how often each word stands in the guide
	lengths  []float64
	average  float64
	in       map[string]int // in how many guides a word stands
}

// Usual values of BM25: how soon more of the same word adds nothing, and how much a long text is held against it.
const (
	saturation = 1.2
	lengthness = 0.75
)

func (b *Base) newSearcher() (*searcher, error) {
	cache := registry.NewCache()
	s := &searcher{stemmed: map[string]string{}}
	english, err := cache.AnalyzerNamed(en.AnalyzerName)
	if err != nil {
		return nil, fmt.Errorf("kb: search: %w", err)
	}
	if s.meanings, err = readMeanings(english); err != nil {
		return nil, err
	}
	for _, g := range b.guides {
		for _, t := range g.in {
			s.meanings.know(t.Title + " " + strings.Join(slices.Concat(t.Words, t.Beside), " ") + " " + t.plain)
		}
		t := g.in[language.English]
		for _, w := range slices.Concat(t.Words, t.Beside) {
			if stems := s.meanings.stems(w); len(stems) > 0 && !strings.ContainsAny(w, "=_-") {
				s.stemmed[w] = " " + strings.Join(stems, " ") + " "
			}
		}
	}
	for _, lang := range b.texts.Languages() {
		a, err := cache.AnalyzerNamed(analyserOf(lang))
		if err != nil {
			return nil, fmt.Errorf("kb: search: %w", err)
		}
		for _, part := range []struct {
			boost float64
			of    func(guideText) string
		}{
			{4, func(t guideText) string { return strings.Join(append(slices.Clone(t.Words), t.Beside...), "\n") }},
			{2, func(t guideText) string { return t.Title }},
			{1, func(t guideText) string { return t.plain }},
		} {
			f := searchField{analyser: a, boost: part.boost, in: map[string]int{}}
			for _, g := range b.guides {
				f.add(part.of(g.in[lang]))
			}
			s.fields = append(s.fields, f)
		}
	}
	return s, b.learn(s.meanings)
}

func (f *searchField) add(text string) {
	words := map[string]int{}
	n := 0
	for _, token := range f.analyser.Analyze([]byte(text)) {
		words[string(token.Term)]++
		n++
	}
	for w := range words {
		f.in[w]++
	}
	f.average += (float64(n) - f.average) / float64(len(f.guides)+1)
	f.guides, f.lengths = append(f.guides, words), append(f.lengths, float64(n))
}

// rarity is how much a word tells: the fewer guides have it, the more.
func (f *searchField) rarity(word string) float64 {
	n, with := float64(len(f.guides)), float64(f.in[word])
	return math.Log(1 + (n-with+0.5)/(with+0.5))
}

// scores is how well each guide answers, in their order: 1 is about what a guide gets whose search words hold the whole
// question.
func (s *searcher) scores(question string) []float64 {
	out := make([]float64, len(s.fields[0].guides))
	for i := range s.fields {
		f := &s.fields[i]
		var whole float64
		part := make([]float64, len(out))
		seen := map[string]bool{}
		for _, token := range f.analyser.Analyze([]byte(question)) {
			w := string(token.Term)
			if seen[w] || len(w) == 1 { // one letter or digit tells nothing
				continue
			}
			seen[w] = true
			rare := f.rarity(w)
			whole += rare
			for g, words := range f.guides {
				if n := float64(words[w]); n > 0 {
					part[g] += rare * n * (saturation + 1) / (n + saturation*(1-lengthness+lengthness*f.lengths[g]/max(f.average, 1)))
				}
			}
		}
		for g := range out {
			if whole > 0 {
				out[g] += f.boost * part[g] / whole / boosts
			}
		}
	}
	return out
}

// boosts brings scores to the scale of what whole search words add: half the sum of what the parts of a guide weigh.
const boosts = 3.5

// analyserOf is how a language's words are found: Chinese, Japanese and Korean by pairs of characters.
func analyserOf(lang language.Tag) string {
	switch base, _ := lang.Base(); base.String() {
	case "zh", "ja", "ko":
		return cjk.AnalyzerName
	}
	return en.AnalyzerName
}

const (
	maxQuestion = 500  // characters of a question that are looked for
	nearScore   = 0.02 // below which a guide is not near a question
	leadScore   = 0.3  // from which the first of all does, in a question about mail, where no other comes near
	leadsBy     = 4    // what a word that leads adds
	perMeaning  = 0.45 // what each meaning adds that a guide is asked by
	perMore     = 0.3  // what those above two add besides: who says more means that and no other
	enough      = 3    // meanings that ask for a guide without a word of mail beside them
	likeWeight  = 3    // what a question adds that is surely like those of the guide
	likeSurely  = 0.45 // and so that it goes before the diagnosis of a domain that the question names
	likeBeside  = 0.4  // how likely a guide must be to answer a question of mail
	likeAlone   = 0.9  // and one that has no word of mail
	likeFar     = 0.65 // and one that has none, but is far from what no guide answers:
	farFrom     = 15   // so many times less like it
	noneSurely  = 0.6  // from which no guide answers, whatever words of its stand in the question
	noneWholly  = 0.97 // and from which none does even of mail
	noneOfMail  = 0.7  // how far a word of mail speaks against there being no guide
	sureScore   = 0.9  // from which a guide answers the question, though none of its words is in it
)

// Search finds the guides that answer a question, the best first, at most three. The question may be in any of the
// languages.
func (b *Base) Search(question string) ([]Found, error) {
	s, err := b.searcher()
	if err != nil {
		return nil, err
	}
	if r := []rune(question); len(r) > maxQuestion {
		question = string(r[:maxQuestion])
	}
	as := width.Fold.String(question)
	t := said{as: " " + hostInQuestion.ReplaceAllStringFunc(as, func(host string) string {
		if b.guideHas(strings.ToLower(host)) { // a file's name, not a host's
			return host
		}
		return " "
	}) + " "}
	t.lower = s.meanings.spelled(strings.ToLower(t.as))
	words := b.withoutQuestionWords(t.lower)
	if strings.TrimSpace(words) == "" {
		return nil, nil
	}
	mail := anyWord(t, b.words.Mail)
	meant, stems := b.meant(s, as, t, mail), " "+strings.Join(s.meanings.stems(t.lower), " ")+" "
	like := b.likeness(s.meanings, s.meanings.spelled(strings.ToLower(as)))
	var out []Found
	for i, score := range s.scores(words) {
		f := Found{Guide: b.guides[i], Score: score, Sure: score >= sureScore && meant[ofMail]}
		s.hear(&f, t, stems, meant[ofMail])
		if n := s.meanings.askFor(f.Guide.ID, meant); n > 0 && (n >= enough || meant[ofMail]) {
			f.Sure = true
			f.Score += float64(n)*perMeaning + float64(max(n-2, 0))*perMore
		}
		if f.Sure && !meant[ofMail] && s.meanings.foreign(words) {
			f.Sure = false
		}
		f.take(like[f.Guide.ID], like[noGuide], meant[ofMail], meant[ofElsewhere])
		f.Surely = f.Surely && like[f.Guide.ID] > like[byDiagnosis]
		if f.Score >= nearScore {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(x, y Found) int {
		if x.Sure != y.Sure {
			return map[bool]int{true: -1, false: 1}[x.Sure]
		}
		return cmp.Compare(y.Score, x.Score)
	})
	if len(out) > 0 && !out[0].Sure && meant[ofMail] && like[noGuide] < likeBeside && out[0].Score >= leadScore &&
		(len(out) == 1 || out[0].Score >= 2*out[1].Score) {
		out[0].Sure = true
	}
	return out[:min(len(out), 3)], nil
}

// take adds how likely a guide answers by the likeness of the question, and none does. Without a word of mail the
// likeness must be great; where most likely no guide answers, words of one that stand in the question are too little,
// unless there are words of mail and of nothing else, and the likeness leaves a doubt.
func (f *Found) take(p, none float64, mail, elsewhere bool) {
	heard, less := f.Sure && (none < noneSurely || p > none || mail && !elsewhere && none < noneWholly), p <= none/2
	if mail {
		p /= 1 - noneOfMail*none
	}
	f.Score += p * likeWeight
	f.Surely = p >= likeSurely
	f.Sure = heard || p >= likeAlone || p >= likeFar && none*farFrom <= p || mail && p >= likeBeside && !less
}

// meant is the meanings of a question: those of its words, and what it has of mail and of places.
func (b *Base) meant(s *searcher, question string, t said, mail bool) map[string]bool {
	meant := s.meanings.of(t.lower)
	mail = mail && (!meant[ofElsewhere] || b.hasMail(t, b.words.Weak)) || hasAddress(question)
	ours, other := b.named(t)
	n := b.providersIn(t)
	meant[ofProvider], meant[ofProviders] = n > 0, n > 1
	meant[ofMail] = mail || ours != "" || other != "" ||
		slices.ContainsFunc(s.meanings.Mail, func(m string) bool { return meant[m] })
	meant[ofCountry] = (meant["login"] || meant["into"]) && b.region(t) != ""
	if ours == "" && other != "" {
		meant["other"] = true
	}
	return meant
}

// Elsewhere reports a text that is most like those of other things than mail.
func (b *Base) Elsewhere(text string) bool {
	s, err := b.searcher()
	if err != nil {
		return false
	}
	t := heard(string([]rune(text)[:min(len([]rune(text)), maxQuestion)]))
	return b.likeness(s.meanings, s.meanings.spelled(t.lower))[noGuide] >= noneSurely
}

// hasMail reports a word of mail that is none of those left out.
func (b *Base) hasMail(t said, but []string) bool {
	return slices.ContainsFunc(b.words.Mail, func(w string) bool { return !slices.Contains(but, w) && hasWord(t, w) })
}

// OfMail reports a text of mail, domains or a provider.
func (b *Base) OfMail(text string) bool {
	s, err := b.searcher()
	t := heard(text)
	return err != nil || b.meant(s, t.as, t, b.hasMail(t, nil))[ofMail]
}

// hasAddress reports an address in a text, or the first half of one.
func hasAddress(text string) bool {
	for i := 1; i < len(text); i++ {
		if text[i] == '@' && letter(text, i-1) {
			return true
		}
	}
	return false
}

// guideHas reports a search word of a guide.
func (b *Base) guideHas(word string) bool {
	return slices.ContainsFunc(b.guides, func(g *Guide) bool {
		for _, t := range g.in {
			if slices.Contains(t.Words, word) {
				return true
			}
		}
		return false
	})
}

// hear adds what the guide's own search words say: whole words and phrases that stand in the question, in any of their
// forms. Stems are those of the question.
func (s *searcher) hear(f *Found, t said, stems string, mail bool) {
	for _, g := range f.Guide.in {
		heard := map[string]bool{} // forms of one word count once
		for i, w := range slices.Concat(g.Words, g.Beside) {
			if i >= len(g.Words) && !mail {
				break
			}
			stem := s.stemmed[w]
			if !heard[stem] && (hasWord(t, w) || mail && stem != "" && strings.Contains(stems, stem)) {
				heard[stem] = stem != ""
				f.Sure = true
				f.Score += 0.3 + float64(len([]rune(w)))/40
			}
		}
		if mail && anyWord(t, g.Leads) {
			f.Sure = true
			f.Score += leadsBy
		}
	}
}

// withoutQuestionWords takes out what every question has.
func (b *Base) withoutQuestionWords(text string) string {
	for _, w := range b.words.Question {
		if w[0] >= 0x80 {
			text = strings.ReplaceAll(text, w, " ")
		}
	}
	var out []string
	for _, w := range strings.FieldsFunc(text, func(r rune) bool {
		return strings.ContainsRune(" \t\r\n?!,.;\uff1f\uff01\uff0c\u3002\uff1b", r) && r != '.' || r == '?'
	}) {
		if !slices.Contains(b.words.Question, w) {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}

// searcher ranks guides for a question: the words of each language by the library's analyser (stems, pairs of Chinese
// characters), weighed by BM25. The guides are few and stand in memory: no index is kept.
type searcher struct {
	fields   []searchField
	meanings *meanings
	stemmed  map[string]string // the stems of search words of letters, between blanks
}
