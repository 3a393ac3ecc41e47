package dmarc

import (
	"slices"
	"strings"

	"signpost/diag/protocol/taglist"
)

// Meant is what a text at a domain's _dmarc name was meant to be that is no record to receivers: as Mended has it, and
// further where nothing else can be meant, since the name holds nothing else: tags parted by commas, a version that is
// misspelt or left out. Record is empty where it cannot be told what the record should say, reason where the text was
// meant to be none (or is one).
func Meant(text string) (record, reason string) {
	if IsRecord(text) {
		return "", ""
	}
	split := parted(text)
	if IsRecord(split) {
		return split, "no-semicolon"
	}
	if record, reason = Mended(split); record != "" {
		return record, reason
	}
	head, rest, _ := strings.Cut(split, ";")
	if taglist.Resembles(text, "DMARC1") {
		if rest = strings.Trim(rest, space); usable("v=DMARC1; " + rest) {
			return "v=DMARC1; " + rest, "bad-version"
		}
		return "", "bad-version"
	}
	if strings.Contains(split, "v=DMARC1") { // behind another tag
		if m := MendRecord(text); m.Record != "" {
			return m.Record, "no-version"
		}
	}
	if strings.ContainsAny(head, "=:") { // no version at all
		if all := "v=DMARC1; " + strings.Trim(split, space); usable(all) {
			return all, "no-version"
		}
	}
	return "", ""
}

// parted is the text with semicolons between its tags.
func parted(text string) string {
	if split := taglist.Separated(text, known); split != "" {
		return split
	}
	return text
}

// usable reports a record with a policy that receivers understand, and without a second version.
func usable(text string) bool {
	r := Parse(text)
	return r.Policy != "" && !r.Void &&
		!slices.ContainsFunc(r.Faults,
			func(f taglist.Fault) bool { return f.Reason == "duplicate" || f.Reason == "no-equals" })
}
