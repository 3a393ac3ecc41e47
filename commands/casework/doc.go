// Package casework carries out what is asked about cases, and tells of the times that come for them. What a verb is
// called, its fields and what holds for it is a line in intent.Verbs; acts and book hold a file a verb, work what verbs
// share, and here an order is read, finds its case and its verb, and is told where it was wrong.
//
// What may enter: the way of an order.
package casework
