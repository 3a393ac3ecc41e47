// Package cases is the casebook: the mail problems of a team's domains, what people did about them, and what they
// learned, kept in Redis.
//
// A Case knows its own rules. Each thing that can be done to one (Take, Solve, Contact, Remind and so on) is a method
// that gives the Edit to write or a *Refusal with a coded Reason; it asks no store, and needs no words. Book.Change
// reads a case, asks a rule, and writes the result in one step, once for one request, anew where somebody else was
// faster. What is to happen later is an event.Event: a typed value that a queue keeps until its time.
//
// Every key of one workspace shares a hash tag, so that one script may touch several of them on a Cluster too, and no
// question can reach another workspace's records; keys.go makes all of them. What must not be half done is one
// script: see scripts/. Package index finds cases by their terms. Records of older versions are read; codes and JSON
// names are never renamed.
//
// Sentences for people do not belong here: whoever calls puts reasons and kinds into words.
//
// What may enter: what a case allows, and how it is kept. Words of people stand in commands.
package cases
