package bounce

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

func decode(e encoding.Encoding, raw []byte) (string, bool) {
	out, err := e.NewDecoder().Bytes(raw)
	return string(out), err == nil
}

// wide is UTF-16 without its mark: every other octet of plain text is zero.
func wide(raw []byte) encoding.Encoding {
	var zeros [2]int
	head := raw[:min(len(raw), 512)]
	for i, c := range head {
		if c == 0 {
			zeros[i%2]++
		}
	}
	switch half := len(head) / 2; {
	case half > 4 && zeros[1] > half*3/4 && zeros[0] == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case half > 4 && zeros[0] > half*3/4 && zeros[1] == 0:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// Guess is a text whose charset nothing tells. Codes and addresses are ASCII in every charset that is guessed.
func Guess(raw string) string {
	if strings.Contains(raw, "\x1b$") || strings.Contains(raw, "\x1b(") { // ISO-2022-JP is ASCII with escapes
		if out, err := japanese.ISO2022JP.NewDecoder().String(raw); err == nil {
			return out
		}
	}
	if utf8.ValidString(raw) {
		return raw
	}
	high, alone := 0, 0
	for i := 0; i < len(raw); i++ {
		if raw[i] < 0x80 {
			continue
		}
		high++
		if (i == 0 || raw[i-1] < 0x80) && (i+1 == len(raw) || raw[i+1] < 0x80) {
			alone++
		}
	}
	if alone*2 < high { // pairs: Chinese
		out, err := simplifiedchinese.GB18030.NewDecoder().String(raw)
		if err == nil && strings.Count(out, "\uFFFD") <= len(out)/100 {
			return out
		}
		return strings.ToValidUTF8(raw, "?")
	}
	if valid := strings.ToValidUTF8(raw, ""); len(raw)-len(valid) > high/2 { // letters with accents, one by one
		if out, err := charmap.Windows1252.NewDecoder().String(raw); err == nil {
			return out
		}
	}
	return strings.ToValidUTF8(raw, "?")
}
