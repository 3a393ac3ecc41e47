// Package diag diagnoses a mail domain, live. It knows protocols and gives no advice: what it learns are codes with
// arguments and evidence, which other packages put into words.
//
// A Check is a value: a name, what it needs, the codes it may report, and a function. Run puts checks to work on one
// domain, each as soon as what it requires is done, all sharing one DNS session so that nothing is asked twice, and
// always returns a Report: a partial one when the deadline comes first. "Could not check" (Unknown) is kept apart from
// "not there" throughout.
//
// What may enter: what every check needs, whatever it examines. A check stands in checks, a record's grammar in
// protocol.
package diag
