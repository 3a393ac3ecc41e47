package bounce

import (
	"html"
	"strings"
	"unicode"

	"signpost/diag/pattern"

	"golang.org/x/text/width"
)

var (
	chatLink  = pattern.New(`<(?:mailto:|https?://|tel:)[^<>|\s]+\|([^<>|\s]+)>`) // <mailto:a@b.example|a@b.example>
	bareLink  = pattern.New(`<mailto:([^<>|\s]+)>`)
	brokenDot = pattern.New(`\b([245]\.\d{1,3}\.) (\d{1,3})\b`) // "5.7." at the end of a line, "515" on the next
)

// plain is a line as it is compared: full-width forms, typographic quotes, entities, links and marks of a chat undone,
// blanks joined.
func plain(line string) string {
	if isPlain(line) {
		return line
	}
	line = blanks(line)
	if strings.Contains(line, "&") {
		line = html.UnescapeString(line)
	}
	if strings.Contains(line, "<") && (strings.Contains(line, "|") || strings.Contains(line, "mailto:")) {
		line = bareLink.ReplaceAllString(chatLink.ReplaceAllString(line, "$1"), "<$1>")
	}
	line = width.Fold.String(line)
	var out strings.Builder
	out.Grow(len(line))
	space := true // no blank at the beginning
	for i, r := range line {
		switch r {
		case '‘', '’', '‚', '´':
			r = '\''
		case '“', '”', '„', '«', '»':
			r = '"'
		case '–', '—', '‐', '‑', '−':
			r = '-'
		case '*', '`':
			r = ' '
		case '_': // emphasis, unless it stands within a word
			if space || i+1 == len(line) || line[i+1] == ' ' {
				r = ' '
			}
		case '\u00ad', '\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u2060', '\ufeff':
			continue
		}
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			if !space {
				out.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		out.WriteRune(r)
	}
	return strings.TrimRight(out.String(), " ")
}

// isPlain is the quick way: printable ASCII with single blanks and nothing that stands for something else.
func isPlain(line string) bool {
	space := true
	for i := range len(line) {
		switch c := line[i]; {
		case c == ' ':
			if space {
				return false
			}
			space = true
		case c < ' ', c >= 0x7f, c == '&', c == '<', c == '*', c == '`', c == '_':
			return false
		default:
			space = false
		}
	}
	return !space || line == ""
}
