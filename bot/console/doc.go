// Package console is Signpost in the terminal: a chat that understands the same commands as Slack, and the check and
// spf commands of the command line. It renders Replies as text, plain where the output is no terminal, and takes every
// control character out of what came from outside.
//
// What may enter: what a terminal needs to be a chat. A command that works here alone stands in commands, marked as
// local.
package console
