package cases

import (
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	"github.com/blevesearch/bleve/v2/registry"
)

// analyser parts a text as the guides' search does: Latin words, and pairs of Chinese characters.
var analyser = func() analysis.Analyzer {
	a, err := registry.NewCache().AnalyzerNamed(cjk.AnalyzerName)
	if err != nil {
		panic(err) // the library lacks its own analyser
	}
	return a
}()

const (
	maxWordText = 2000 // octets of a text that are found by
	maxWord     = 40   // octets of one word
	maxSpoken   = 24   // words of one entry or contact by which its case is found
)

// spoken is the kinds of entries whose words find their case: what people said, not what the program put down.
var spoken = []string{"opened", "asked", "note", "reply", "contact", "answered", "solved", "closed", "reopened", "lesson"}

// spokenTerms is the words by which entries and contacts find their case.
func spokenTerms(entries []Entry, contacts []Contact) []string {
	var out []string
	add := func(text string) {
		words := Words(text)
		out = append(out, words[:min(len(words), maxSpoken)]...)
	}
	for _, e := range entries {
		if slices.Contains(spoken, e.Kind) {
			add(e.Text)
		}
	}
	for _, c := range contacts {
		add(c.Gist)
		add(c.Next)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// allTerms is everything by which a case is found.
func allTerms(c *Case, entries []Entry, contacts []Contact) []string {
	out := append(c.Terms(), spokenTerms(entries, contacts)...)
	slices.Sort(out)
	return slices.Compact(out)
}

// importTerms is everything by which a case that is read in is found: of what was said in it as much as one call of a script takes.
func importTerms(r *Record) []string {
	fields, spoken := r.Case.Terms(), spokenTerms(r.Timeline, r.Contacts)
	out := append(fields, spoken[:min(len(spoken), 2*entriesAtOnce)]...)
	slices.Sort(out)
	return slices.Compact(out)
}

// Words is the words by which a text is found, each once, in their order.
func Words(text string) []string {
	if len(text) > maxWordText {
		text = strings.ToValidUTF8(text[:maxWordText], "")
	}
	var out []string
	for _, token := range analyser.Analyze([]byte(text)) {
		w := string(token.Term)
		if len(w) > 1 && len(w) <= maxWord && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}
