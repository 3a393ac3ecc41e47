// Package acts does what is done with one case, a file a verb. Each verb is a function of a context, the work and the
// order to a Reply; the rules of a case are its own (package cases).
//
// What may enter: a verb of one case, and open, which makes one.
package acts
