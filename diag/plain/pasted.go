package plain

import (
	"strings"
	"unicode/utf8"
)

const (
	maxLead  = 200 // octets before a record that may be the rest of a line
	leadWord = 6
)

// Pasted is the record within a line that was pasted as a whole: "example.com. 3600 IN TXT ( "v=..." )" for what begins
// with v=. False where the text begins with it, or where what stands before it is anything but the parts of such a
// line.
func Pasted(text, begins string) (record string, ok bool) {
	at := strings.Index(strings.ToLower(text), strings.ToLower(begins))
	if at <= 0 || at > maxLead {
		return "", false
	}
	lead := strings.FieldsFunc(text[:at], func(r rune) bool { return strings.ContainsRune(" \t\"'()=:;,：，", r) })
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	if len(lead) > leadWord || !strings.ContainsRune(" \t\"'(=:;：", before) {
		return "", false
	}
	for _, w := range lead {
		if !ofLine(w) {
			return "", false
		}
	}
	return strings.TrimRight(text[at:], " \t\"')"), true
}

// ofLine reports whether a word is the part of a zone file's line, or of a console's form, that stands before the data:
// a name, a TTL, a class, a type.
func ofLine(word string) bool {
	switch strings.ToLower(word) {
	case "@", "in", "txt", "spf", "host", "name", "type", "value", "record", "dkim", "dmarc",
		"记录值", "值", "文本", "内容", "主机记录", "记录类型", "解析记录", "记录":
		return true
	}
	if strings.Trim(word, "0123456789") == "" {
		return true // a TTL
	}
	return strings.HasPrefix(word, "_") || strings.Contains(strings.TrimSuffix(word, "."), ".") &&
		strings.Trim(strings.ToLower(word), "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}
