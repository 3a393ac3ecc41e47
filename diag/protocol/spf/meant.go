package spf

import (
	"strings"

	"signpost/diag/pattern"
)

var (
	anyVersion = pattern.New(`^(?i)(?:v ?[=:] ?)?s[pf]{2} ?[_-]?1?`)
	ofRecord   = pattern.New(`(?i)(?:^|[\s;:,+?~-])(?:include:|ip[46]:|redirect=|exists:|a\b|mx\b|ptr\b|[+?~-]?all\b)`)
	// withName is the beginning of a term that no word of another meaning holds, wherever it stands.
	withName = pattern.New(`(?i)(?:include:|ip[46]:|redirect=|exists:)`)
)

// Misspelt reads a TXT text that is no SPF record, but was meant to be one: its version runs into the first term
// ("v=spf1include:..."), is parted from it by another character, is misspelt, stands behind other terms or is left out.
// Record is the text as it should be, where that makes a record without a mistake; reason is a word for catalogues:
// no-space, bad-separator, bad-version, version-not-first, no-version or not-ascii; empty where the text was meant to
// be something else.
func Misspelt(text string) (record, reason string) {
	if IsRecord(text) || len(text) > maxText {
		return "", ""
	}
	if record, reason = versionSlip(text); reason != "" {
		if record == "" {
			record = MendRecord(text).Record
		}
		return record, reason
	}
	if senderID.MatchString(text) || !Meant(text) {
		return "", ""
	}
	reason = "version-not-first"
	switch clean := strings.TrimLeft(text, " \t\"'"); {
	case strings.HasPrefix(strings.ToLower(clean), version):
		reason = "no-space"
	case namesSPF.MatchString(clean):
		reason = "bad-version"
	case !holdsSPF.MatchString(clean):
		reason = "no-version"
	}
	return MendRecord(text).Record, reason
}

var senderID = pattern.New(`(?i)^\W*spf2\.0/`)

// versionSlip reads a text that begins with a version that is misspelt, or is not parted from the first term as it
// should be.
func versionSlip(text string) (record, reason string) {
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
		if after := strings.TrimLeft(rest, "0123456789."); named && strings.HasPrefix(after, " ") &&
			ofRecord.MatchString(after) {
			return "", "bad-version"
		}
		return "", ""
	}
	if named && rest != "" && strings.IndexByte(" ;:,.|", rest[0]) < 0 && !ofRecord.MatchString(" "+rest) &&
		!withName.MatchString(rest) {
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
