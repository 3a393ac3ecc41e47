// Package commands is what people can ask: one file a command, Request in, Reply out.
//
// A Request comes from anywhere: a slash command, a mention, a direct message, a click, a form, a console line. A Reply holds plain
// text in typed sections; whoever renders it (Slack, the terminal, JSON) escapes and cuts. Language is chosen here, once.
package commands
