package plain

import (
	_ "embed"
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
	lead := strings.FieldsFunc(text[:at], func(r rune) bool { return strings.ContainsRune(" \t\"'()=:;,\uFF1A\uFF0C", r) })
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	if len(lead) > leadWord || !strings.ContainsRune(" \t\"'(=:;\uFF1A", before) {
		return "", false
	}
	for _, w := range lead {
		if !ofLine(w) {
			return "", false
		}
	}
	return strings.TrimRight(text[at:], " \t\"')"), true
}

//go:embed labels.txt
var labelsFile string

// labels is the words of labels.txt.
var labels = func() map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(labelsFile) {
		if word := strings.TrimSpace(line); word != "" && !strings.HasPrefix(word, "#") {
			out[word] = true
		}
	}
	return out
}()

// ofLine reports whether a word is the part of a zone file's line, or of a console's form, that stands before the data:
// a name, a TTL, a class, a type, a label.
func ofLine(word string) bool {
	if labels[strings.ToLower(word)] {
		return true
	}
	if strings.Trim(word, "0123456789") == "" {
		return true // a TTL
	}
	return strings.HasPrefix(word, "_") || strings.Contains(strings.TrimSuffix(word, "."), ".") &&
		strings.Trim(strings.ToLower(word), "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}
