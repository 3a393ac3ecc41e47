package bounce

import (
	"strings"

	"signpost/diag/pattern"
)

// logFields is what the lines of logs hold beside what was said: times, sizes and counts.
var logFields = pattern.New(`(?i)\b(?:x?delays?|pri|size|nrcpts?|mailer|conn_use|queued)=[^ ,]*,? ?`)

// How mail programs announce recipients and replies.
var (
	replyLabel = pattern.New(`(?i)\bserver error: (['"]?[45]\d\d\b)`)
	boxesLabel = pattern.New(`(?i)\bthe following recipients?(?:\(s\))? cannot be reached:?`)
	ownSetting = pattern.New(`(?i)` + foreign.either("settings"))
)

// withoutLabels takes out of a line what is no word of a reply.
func withoutLabels(line string) string {
	if strings.Contains(line, "delay=") {
		line = logFields.ReplaceAllString(line, "")
	}
	if strings.Contains(line, "erver error: ") {
		line = replyLabel.ReplaceAllString(line, "$1")
	}
	if strings.Contains(line, "cannot be reached") {
		line = boxesLabel.ReplaceAllString(line, "")
	}
	if strings.ContainsAny(line, ":=") && (strings.Contains(line, "SL") || strings.Contains(line, "TL")) {
		line = ownSetting.ReplaceAllString(line, "")
	}
	return line
}

// What logs say became of a mail: Postfix, sendmail, Exim, qmail.
var (
	outcome = pattern.New(`(?i)\bstat(?:us)?=([a-z]+)` +
		`|\b[0-9a-z]{6}-[0-9a-z]{6,11}-[0-9a-z]{2,4} (=>|->|\*\*|==) ` +
		`|\bdelivery \d+: (success|failure|deferral): `)
	outcomes = map[string]string{
		"sent": "relayed", "=>": "relayed", "->": "relayed", "success": "relayed",
		"deferred": "delayed", "queued": "delayed", "==": "delayed", "deferral": "delayed",
	}
	logTo = pattern.New(`(?i)\bto=<?(` + addressPattern + `)>?[, ]`)
)

// logged is what became of a recipient's mail by the last line of a log that tells, in the words of RFC 3464 2.3.3; ""
// where none does. Lines about somebody else do not count.
func logged(text, recipient string) (action string) {
	for at := 0; at < len(text); {
		line, next := lineAt(text, at)
		at = next
		if !strings.Contains(line, "stat") && !strings.Contains(line, "delivery ") && !strings.ContainsAny(line, ">*=") {
			continue
		}
		m := outcome.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if to := logTo.FindStringSubmatch(line); to != nil && recipient != "" && !sameBox(to[1], recipient) {
			continue
		}
		if action = outcomes[strings.ToLower(strings.Join(m[1:], ""))]; action == "" {
			action = "failed"
		}
	}
	return action
}

// underscored is a line of qmail's log, or of what was made of it: its blanks are underscores, its line ends slashes.
var underscored = pattern.New(`\bdelivery \d+: (?:success|failure|deferral): |_does_not_like_recipient|_host_said:_`)

// blanks undoes that.
func blanks(line string) string {
	if strings.IndexByte(line, '_') < 0 || !underscored.MatchString(line) {
		return line
	}
	return strings.NewReplacer("_", " ", "./", ". ", ":/", ": ", "/", " ").Replace(line)
}

// chopped is a reason that its system breaks after so many characters, within words: the first piece has 74, the others
// 70.
var chopped = pattern.New(`(?m)(?:^|[ \t])reason: [^\n]{74}\n`)

// unchop puts such a reason together again.
func unchop(notice string) string {
	if !strings.Contains(notice, "reason: ") {
		return notice
	}
	at := chopped.FindStringIndex(notice)
	if at == nil {
		return notice
	}
	var out strings.Builder
	out.WriteString(notice[:at[1]-1])
	rest := notice[at[1]:]
	for range 40 {
		line, next := lineAt(rest, 0)
		out.WriteString(line)
		rest = rest[next:]
		if len(line) < 69 || rest == "" { // 69: a blank at its beginning was lost on the way
			break
		}
	}
	return out.String() + "\n" + rest
}

// aggregate is a report of many mails: of DMARC (RFC 9990) or of TLS (RFC 8460). It is no bounce, whatever its words.
var aggregate = pattern.New(`(?is)^[^a-z]{0,20}(?:<\?xml[^>]{0,200}>\s*)?<feedback\b.{0,400}<report_metadata>` +
	`|^[^a-z]{0,20}organization-name".*"policies"`)

func isAggregate(text string) bool { return aggregate.MatchString(text[:min(len(text), 4096)]) }

func sameBox(a, b string) bool { return strings.EqualFold(a, b) }

const addressPattern = `[^\s<>"'()\[\]:;,|\x{FF1A}\x{FF0C}\x{FF1B}\x{3002}\x{FF08}\x{FF09}]{1,64}@[^\s<>"'()\[\]:;,|\x{FF1A}\x{FF0C}\x{FF1B}\x{3002}\x{FF08}\x{FF09}]+\.[^\s<>"'()\[\]:;,|\x{FF1A}\x{FF0C}\x{FF1B}\x{3002}\x{FF08}\x{FF09}]+`
