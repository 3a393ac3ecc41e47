package index

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
	maxText = 2000 // octets of a text that are found by
	maxWord = 40   // octets of one word
)

// Words is the words by which a text is found, each once, in their order.
func Words(text string) []string {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
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
