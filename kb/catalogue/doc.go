// Package catalogue holds the sentences of a package in every language: files active.LANG.yaml, one a language, each
// text under its name, with named arguments. It knows no sentence itself: kb and commands each keep their own.
//
// What may enter: how catalogues are read, held against each other and filled in.
package catalogue
