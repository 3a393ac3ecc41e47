package visible

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// JSON escapes in a JSON text what Text shows in others, as \uXXXX (RFC 8259 7): the text says the same, and what is in
// it can be seen. White space between its tokens stays.
func JSON(text []byte) []byte {
	at := 0
	for at < len(text) && text[at] < utf8.RuneSelf {
		at++
	}
	if at == len(text) { // control characters within strings are escaped already
		return text
	}
	out := append(make([]byte, 0, len(text)+16), text[:at]...)
	for i := at; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case r < utf8.RuneSelf || !hidden(r, n) || r == utf8.RuneError:
			out = append(out, text[i:i+n]...)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += n
	}
	return out
}

// Encode writes a value as a line of JSON in which everything can be seen.
func Encode(w io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(JSON(line), '\n'))
	return err
}

// CSV is cells as a line (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe before it;
// one that holds what some spreadsheets part cells by is quoted.
func CSV(cells []string) string {
	var b strings.Builder
	for i, c := range cells {
		if i > 0 {
			b.WriteByte(',')
		}
		if formula(c) {
			c = "'" + c
		}
		if c == "" || !strings.ContainsAny(c, "\",;\t\r\n") && c[0] != ' ' {
			b.WriteString(c)
			continue
		}
		b.WriteByte('"')
		b.WriteString(strings.ReplaceAll(c, `"`, `""`))
		b.WriteByte('"')
	}
	b.WriteByte('\n')
	return b.String()
}

// formula reports that a spreadsheet may take a cell for a formula: it begins with one of the signs for it, also in
// full width, after whatever is not to be seen.
func formula(cell string) bool {
	if cell != "" && strings.ContainsRune("\t\r\n", rune(cell[0])) {
		return true
	}
	cell = strings.TrimLeftFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || hidden(r, utf8.RuneLen(r)) })
	if cell == "" {
		return false
	}
	_, n := utf8.DecodeRuneInString(cell)
	return strings.ContainsAny(norm.NFKC.String(cell[:n]), "=+-@") // all widths and sizes of a sign are one (UAX 15)
}

var markup = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "(", `\(`, ")", `\)`, "<", "&lt;", ">", "&gt;", "&",
	"&amp;", "#", `\#`, "|", `\|`, "~", `\~`,
	"!", `\!`, "$", `\$`, "://", `\:\/\/`, "www.", `www\.`, "WWW.", `WWW\.`, "Www.", `Www\.`,
)

// Markdown is a stranger's text as it stands in a Markdown document, in one line and as it was written: it makes no
// link, no picture, no table and no heading.
func Markdown(s string) string {
	s = strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(s)
	return markup.Replace(Text(s))
}
