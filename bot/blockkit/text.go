package blockkit

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"signpost/commands/chat"
)

// Escape makes a text literal in mrkdwn: & < > as entities, no control characters, no marks that turn the writing
// direction. Source: https://docs.slack.dev/messaging/formatting-message-text#escaping.
func Escape(s string) string { return entities.Replace(chat.Clean(s)) }

var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// EscapeSaid is Escape for what somebody of the workspace wrote: the person or channel that it mentions is mentioned.
// What calls everybody (<!channel>) stays literal.
func EscapeSaid(s string) string { return aMention.ReplaceAllString(Escape(s), "<$1>") }

var aMention = regexp.MustCompile(`&lt;(@[UW][A-Z0-9]{1,30}|#[CG][A-Z0-9]{1,30})(?:\|[^<>&]{0,80})?&gt;`)

// Plain makes a text safe where Slack shows it as it is: there are no entities there, so the brackets become ones that
// no mention can be written with.
func Plain(s string) string { return lookalikes.Replace(chat.Clean(s)) }

var lookalikes = strings.NewReplacer("<", "‹", ">", "›")

// fence makes a text literal inside of a code block, which three backticks would end.
func fence(s string) string { return strings.ReplaceAll(Escape(s), "```", "`\u200b`\u200b`") }

// Clip cuts a text to so many runes, the last one an ellipsis where something was cut.
func Clip(s string, runes int) string {
	if utf8.RuneCountInString(s) <= runes {
		return s
	}
	return string([]rune(s)[:runes-1]) + "…"
}

// pieces cuts a text into parts of at most so many runes each once render has made it longer, at line ends where it
// can.
func pieces(s string, runes int, render func(string) string) []string {
	var out []string
	var b strings.Builder
	n := 0
	flush := func() {
		if p := strings.TrimSuffix(b.String(), "\n"); strings.TrimSpace(p) != "" { // Slack refuses a text without a letter
			out = append(out, p)
		}
		b.Reset()
		n = 0
	}
	for line := range strings.SplitAfterSeq(s, "\n") {
		size := utf8.RuneCountInString(render(line))
		if n+size > runes {
			flush()
		}
		if size <= runes {
			b.WriteString(line)
			n += size
			continue
		}
		for _, r := range line {
			one := utf8.RuneCountInString(render(string(r)))
			if n+one > runes {
				flush()
			}
			b.WriteRune(r)
			n += one
		}
	}
	flush()
	return out
}
