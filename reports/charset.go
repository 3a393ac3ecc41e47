package reports

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// declared is the encoding that an XML declaration names.
var declared = regexp.MustCompile(`(?i)^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']`)

// plain is a document in UTF-8 and free of characters that XML does not know. What the document says of its encoding
// holds unless its octets say otherwise: many are declared as what they are not.
func plain(raw []byte) []byte {
	switch {
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe}), bytes.HasPrefix(raw, []byte{0xfe, 0xff}):
		raw = decoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), raw)
	case len(raw) > 3 && raw[0] != 0 && raw[1] == 0 && raw[3] == 0:
		raw = decoded(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), raw)
	case len(raw) > 3 && raw[0] == 0 && raw[1] != 0 && raw[2] == 0:
		raw = decoded(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), raw)
	default:
		raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
		if !utf8.Valid(raw) {
			raw = decoded(named(raw), raw)
		}
	}
	if !utf8.Valid(raw) {
		raw = bytes.ToValidUTF8(raw, []byte("?"))
	}
	return bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff || r == 0xfeff {
			return -1
		}
		return r
	}, raw)
}

// named is the encoding that a document names; where it names none, or UTF-8 wrongly, the superset of what Chinese
// systems write.
func named(raw []byte) encoding.Encoding {
	if m := declared.FindSubmatch(raw[:min(len(raw), 512)]); m != nil {
		if e, name := charset.Lookup(strings.ToLower(string(m[1]))); e != nil && name != "utf-8" {
			return e
		}
	}
	return simplifiedchinese.GB18030
}

func decoded(e encoding.Encoding, raw []byte) []byte {
	out, err := e.NewDecoder().Bytes(raw)
	if err != nil {
		return raw
	}
	return out
}
