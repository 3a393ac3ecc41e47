// Package answers is what the bot says to a question that changes nothing: check, help, ask, ticket, bounce, a file
// each, and what a channel and its workspace have chosen (set). Each is a function of a context, what it works with
// (Deps) and a Request, and gives Replies.
//
// What may enter: a command that is answered from a diagnosis, from the knowledge base, or from settings. What changes
// cases is in casework, which may use what stands here, and not the other way round.
package answers
