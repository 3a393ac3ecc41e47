// Package commands is what people can ask: one file a command, a chat.Request in, a chat.Reply out.
//
// A Request comes from anywhere: a slash command, a mention, a direct message, a click, a form, a console line. Language is chosen here, once.
package commands
