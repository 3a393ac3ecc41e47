package bounce

import "signpost/diag/pattern"

var (
	threeDigits = pattern.New(`(?:^|[\s:\x{FF1A}>"'(,;=-])([45]\d\d)(?:[ \-#:_,.)"']|$)`)
	// What stands before the code of a reply: nothing, a mark, or a word that announces it.
	beforeReply = pattern.New(`(?i)(?:^|[:\x{FF1A};>"'(\[={|.)\]#/\x{3002}]|(?:^|[^\pL])(?:said|says|errors?|err|codes?|repl(?:y|ied|ies)` +
		`|respon(?:se|ds|ded)|returns?|returned|reason|status|stat|e?smtp|server|failed|failure|rejected|bounced?|got|get|gets` +
		`|getting|receiv(?:e|es|ed|ing)|exception|ndr|(?:bounc|reject|fail|respon|repl|return)[a-z]* (?:with|as|by)(?: an?)?)|[a-z0-9]\.[a-z]{2,}` +
		`|` + foreign.either("reply") + `)[\s:]*$`)
	// And what may stand behind it, wherever it stands: its enhanced code (RFC 3463).
	behindReply = pattern.New(`^[ -]#?[245]\.\d{1,3}\.\d{1,3}\b`)
	amount      = pattern.New(`^[.,]\d`)
)

var replyBefore = pattern.New(`\b[245]\d\d[ -]+[#(]{0,2}$`)

// Announced reports whether what stands at an offset of a text begins it or is announced: by a mark, by a word such as
// "error", or by the code of a reply. Other numbers are amounts, dates and versions.
func Announced(text string, at int) bool {
	before := text[max(0, at-40):at]
	return beforeReply.MatchString(before) || replyBefore.MatchString(before)
}

// ReplyAt is where the code of a reply (RFC 5321 4.2) stands in a text, its three digits; from is -1 where there is
// none. A number of three digits that nothing announces is none.
func ReplyAt(text string) (from, to int) {
	for _, m := range threeDigits.FindAllStringSubmatchIndex(text, 8) {
		from, to = m[2], m[3]
		switch {
		case amount.MatchString(text[to:]):
		case behindReply.MatchString(text[to:]), beforeReply.MatchString(text[max(0, from-40):from]):
			return from, to
		}
	}
	return -1, -1
}
