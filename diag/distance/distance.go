// Package distance says how alike two words are, for all who look for what somebody meant.
//
// What may enter: measures of two words, whatever they are about.
package distance

import (
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
)

const (
	longest = 30 // letters of a word whose neighbours are looked for
	beyond  = 99
)

// Of is the number of letters to insert, delete, replace or swap with a neighbour that lead from one word to the other
// (optimal string alignment), and 99 where a word has more than 30 letters: the work grows with the product of both.
func Of(a, b string) int {
	if utf8.RuneCountInString(a) > longest || utf8.RuneCountInString(b) > longest {
		return beyond
	}
	return edlib.OSADamerauLevenshteinDistance(a, b)
}
