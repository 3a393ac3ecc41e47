package bounce

import (
	"strings"

	"signpost/diag/pattern"
)

// daemonLine is a line that names a mail system as the sender of a report, in any language.
var daemonLine = pattern.New(`(?im)^[ \t>]*(?:from|` +
	foreign.either("sender") + `)[ \t]*[:\x{FF1A}][^\n]{0,200}\n`)

// withoutDaemon takes such lines out: what a mail system calls itself is no reason.
func withoutDaemon(words string) string {
	head := words[:min(len(words), headText)]
	return daemonLine.ReplaceAllStringFunc(head, func(line string) string {
		if daemonFrom.MatchString(line) {
			return "\n"
		}
		return line
	}) + words[len(head):]
}

var (
	recipientLine = pattern.New(`(?im)(?:^|[\s,;(])(?:final-recipient|original-recipient|x-failed-recipients|to|recipient|` + foreign.either("recipient") + `)[ \t]*[:=\x{FF1A}][^\n]*$`)
	senderLine    = pattern.New(`(?im)(?:^|[\s,;(])(?:from|return-path|x-original-from|sender|` +
		foreign.either("sender") + `)[ \t]*[:=\x{FF1A}][^\n]*$`)
)

// named is the sender and the recipient as a pasted text names them; else the recipient is the first address in it.
func named(text string) (sender, recipient string) {
	text, _ = shorten(text, headText)
	for _, l := range senderLine.FindAllString(text, 20) {
		if a := firstAddress(l); a != "" && !notPerson(a) {
			sender = a
		}
	}
	for _, l := range recipientLine.FindAllString(text, 20) {
		if _, after, ok := strings.Cut(l, ":"); ok {
			l = after
		}
		if recipient = firstAddress(l); recipient != "" {
			return sender, recipient
		}
	}
	return sender, recipientIn(text)
}

var senderWords = pattern.New(`(?i)(?:sender|from|mail from|verif\w+ failed for|helo|not owned by user)[^@\n]{0,30}$`)

// recipientIn is the first address in the words that is not said to be the sender's, or a system's.
func recipientIn(text string) string {
	text, _ = shorten(text, headText)
	for _, at := range anAddress.FindAllStringIndex(text, 20) {
		a := firstAddress(text[at[0]:at[1]])
		if a == "" || notPerson(a) || senderWords.MatchString(text[max(0, at[0]-60):at[0]]) ||
			strings.HasPrefix(strings.ToLower(text[at[1]:min(len(text), at[1]+40)]), ">: sender address rejected") {
			continue
		}
		return a
	}
	return ""
}

// shorten keeps a long text's beginning and end.
func shorten(text string, most int) (string, bool) {
	if len(text) <= most {
		return text, false
	}
	tail := most / 8
	return text[:most-tail] + "\n\n" + text[len(text)-tail:], true
}
