// Package cli is the command line of Signpost: one file a subcommand, each of which reads its flags and sets up what
// the rooms below carry out. It is the only package that knows them all, and main is the only one that knows it.
//
//   - dns.go, ground.go and terminal.go are what subcommands have in common: the way into DNS, the knowledge
//     and resolvers of a diagnosis, the Redis of cases and jobs, and how text looks on an output.
//   - What a subcommand does stands in commands/batch, bot and bot/console.
//
// What may enter: a subcommand with its flags. What it carries out stands in the rooms below.
package cli
