// Package asked reads what a short question asks, however it is worded: by its likeness to questions whose answer is
// known, and by who of the two ends of a mail is without it. It knows no guide and no language: questions, labels and
// words are given to it.
//
// What may enter: how questions are compared. The questions are data.
package asked
