// Package book answers what is asked of the casebook as a whole, a file a verb: lists and searches, statistics, export
// and import, a person's own page.
//
// What may enter: a verb of the casebook.
package book
