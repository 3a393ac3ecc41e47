// Package secrets takes out of a text what must not be kept or sent on: passwords, codes, tokens, private keys,
// numbers of identity.
//
// Two things give a secret away. Its shape: tokens of well-known services begin alike, private keys stand between
// lines of their own (data/shapes.yaml). And its context: a word for a password, then something that is no word of
// the language (data/words, one file a language). What follows such a word after a mark (password: hunter) is
// taken to be one unless it is an ordinary word (password: wrong); what merely stands beside it (password hunter2)
// only where it is no word at all.
//
// Domains, addresses, message ids and what a DNS record publishes are never secrets. The work is linear in the
// length of the text.
//
// What may enter: how a secret is told from other words. The words themselves are data.
package secrets
