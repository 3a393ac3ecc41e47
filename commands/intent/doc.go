// Package intent reads what people write: which command a message means, which verb, which case, which domain, which
// fields, and what an answer to a form must be. Words are read here once, and travel on as values. intent/datetime
// reads times, intent/template sentences.
//
// How people say things is data: words in the catalogues of chat, and templates ("set {case} to {state}") in a file a
// language under sentences. A language is such files alone.
//
// What may enter: the reading of words. What is done about them stands in answers and casework, which import this
// package and are not imported by it. No words of a language stand in its code.
package intent
