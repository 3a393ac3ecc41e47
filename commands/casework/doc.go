// Package casework does what is done with cases, a file a verb or a family of them, and tells of the times that come for them. What a verb is called,
// its fields and what holds for it is a line in intent.Verbs; the rules of a case are its own (package cases); here is the conversation about it.
//
// What may enter: a verb of cases.
package casework
