// Package spf parses and evaluates SPF records (RFC 7208), and explains them.
//
// Evaluate is check_host: does this address pass for this domain? Its Outcome records every term that was looked at,
// what was asked for it, and how many look-ups had been used by then. Audit looks at a record independently of any
// address: the whole tree of includes with each term's cost, and all that is wrong in it. Parse names every syntax
// error with its place, its reason and, where it can tell, the term that was meant.
//
// What may enter: what RFC 7208 says, and what a record that breaks it was meant to say.
package spf
