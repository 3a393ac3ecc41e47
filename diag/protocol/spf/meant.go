package spf

import (
	"strings"

	"signpost/diag/pattern"
)

var (
	anyVersion = pattern.New(`^(?i)(?:v ?[=:] ?)?s[pf]{2} ?[_-]?1?`)
	ofRecord   = pattern.New(`(?i)(?:^|[\s;:,+?~-])(?:include:|ip[46]:|redirect=|exists:|a\b|mx\b|ptr\b|[+?~-]?all\b)`)
)

// Misspelt reads a TXT text that is no SPF record, but was meant to be one: its version runs into the first term ("v=spf1include:..."), is parted
// from it by another character, or is misspelt. Record is the text as it should be, where that makes a record without a mistake; reason is
// a word for catalogues: no-space, bad-separator or bad-version; empty where the text was meant to be something else.
func Misspelt(text string) (record, reason string) {
	if IsRecord(text) || len(text) > maxText {
		return "", ""
	}
	clean := strings.Join(strings.Fields(typeset.Replace(foldWidth(text))), " ")
	at := anyVersion.FindString(clean)
	rest := clean[len(at):]
	named := strings.HasPrefix(strings.ToLower(at), "v")
	if at == "" || !named && !ofRecord.MatchString(" "+rest) || strings.HasPrefix(strings.ToLower(rest), "2.0/") {
		return "", ""
	}
	if rest != "" && strings.ContainsAny(rest[:1], "0123456789") { // another version, or another kind of record
		if after := strings.TrimLeft(rest, "0123456789."); named && strings.HasPrefix(after, " ") && ofRecord.MatchString(after) {
			return "", "bad-version"
		}
		return "", ""
	}
	if named && rest != "" && strings.IndexByte(" ;:,.|", rest[0]) < 0 && !ofRecord.MatchString(" "+rest) {
		return "", ""
	}
	reason = "bad-version"
	if strings.EqualFold(at, version) && rest != "" {
		switch {
		case rest[0] == ' ' && clean != text: // white space or marks that are not seen stand around the version
			reason = "not-ascii"
		case strings.IndexByte(" ;:,.|", rest[0]) >= 0:
			reason = "bad-separator"
		default:
			reason = "no-space"
		}
	}
	record = strings.TrimSpace(version + " " + strings.Trim(rest, " ;:,.|"))
	if _, bad := Parse(record); len(bad) > 0 || !isASCII(record) {
		record = ""
	}
	return record, reason
}

const maxText = 4096 // octets of a text that is read as a record
