// Package work is what the verbs of cases share: the order as it was read, who asks and when, the change of a case with
// all that is told of it, and how a case is shown.
//
// What may enter: what more than one verb needs. Rooms above are acts, book and casework.
package work
