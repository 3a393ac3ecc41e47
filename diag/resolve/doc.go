// Package resolve asks DNS questions and remembers exactly what was said, by whom and how fast.
//
// A Net is the way to the outside: which root servers and recursive resolvers there are, how to dial them, and which
// zone cuts are known already. A Session is one diagnosis: within it every (server, name, type) is asked once, whoever
// asks, and every question is counted. Lookup gives the answer to a name wherever it is served; Ask puts a question to
// one server; Walk follows the delegations from the root.
//
// An error from any of them means that we could not tell (a timeout, SERVFAIL, REFUSED, an answer that cannot be used).
// That a name or a record does not exist is an answer: Answer.NXDomain and Answer.NoData, which are two different
// answers.
//
// What may enter: how a question is put, bounded, remembered and given up. What an answer means stands above.
package resolve
