// Package chat is what is said in a conversation, free of any place where it happens and of what it is about: a Request
// in, a Reply out, the Form that asks back, the buttons that ask further, and the sentences, one catalogue a language.
//
// Replies hold plain text in typed sections; whoever renders them (Slack, the terminal, JSON) escapes and cuts. Clean
// is the one door for strangers' words: it takes out what no reader sees but a terminal or browser obeys.
//
// What may enter: what every answer is made of. What an answer is about (domains, cases, providers) stays outside.
package chat
