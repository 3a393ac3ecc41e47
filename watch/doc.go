// Package watch is the rules by which domains are watched: when the next look is due, what of it differs from what was
// known, which differences are told, and which wait because they may be a passing trouble, because they were announced,
// or because nobody is at work. A Watch is a value: a look changes it and gives what is to be told. Where it is kept
// and where things are told is known above.
//
// What may enter: a rule of when to look and what to tell. Where it is kept and told is known above.
package watch
