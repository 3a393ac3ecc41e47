// Package commands is the table of what people can ask, and the way of a request: which command is meant, in which
// language it is answered, help, forms, panics, and what is remembered of a conversation. A chat.Request comes from
// anywhere: a slash command, a mention, a direct message, a click, a form, a console line.
//
//	commands -> casework -> answers -> intent -> chat
//
// What may enter: what holds for every command alike.
package commands
