// Package health asks a bot on the same machine whether it answers requests at once. A container holds the program
// alone, without shell or curl, so the program probes itself: `signpost health` asks /readyz where `signpost serve`
// listens.
//
// What may enter: the one question whether the bot answers.
package health
