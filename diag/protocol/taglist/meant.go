package taglist

import (
	"regexp"
	"slices"
	"strings"

	"signpost/diag/distance"

	"golang.org/x/text/width"
)

// Resembles reports whether a text begins like a record of that version ("DMARC1"): "v=" and the version, however they
// are parted, written or misspelt by a letter or two. It is for names that hold one kind of record: what stands there
// and resembles it was meant as one.
func Resembles(text, version string) bool {
	head := strings.TrimLeft(width.Fold.String(text[:min(len(text), 80)]), space)
	var letters []byte
	for i := 0; i < len(head) && len(letters) < len(version)+3; i++ {
		if c := head[i] | 0x20; c >= 'a' && c <= 'z' || head[i] >= '0' && head[i] <= '9' {
			letters = append(letters, c)
		}
	}
	seen, want := string(letters), strings.ToLower(version)
	stem := strings.TrimRight(want, "0123456789")
	if strings.HasPrefix(seen, "v"+stem) || strings.HasPrefix(seen, stem) && len(stem) > 3 {
		return true
	}
	if !strings.HasPrefix(seen, "v") {
		return false
	}
	for n := len(want) - 1; n <= len(want)+1; n++ {
		if n < len(seen) && distance.Of(seen[1:n+1], want) <= 1+len(want)/7 {
			return true
		}
	}
	return false
}

// Separated puts semicolons where tags of these names are parted by something else: a comma, a bar, a space, a line
// end. Empty: there is no such place.
func Separated(text string, names []string) string {
	sorted := slices.Clone(names)
	slices.SortFunc(sorted, func(a, b string) int { return len(b) - len(a) })
	between := regexp.MustCompile(`(?i)(\S)(?:[ \t]*[,|\r\n]+[ \t]*|[ \t]+)((?:` + strings.Join(sorted, "|") + `)[ \t]*=)`)
	out := text
	for range 2 { // a match ends in the sign of a tag, which may be all that the next one has before it
		out = between.ReplaceAllStringFunc(out, func(found string) string {
			m := between.FindStringSubmatch(found)
			if m[1] == ";" {
				return found
			}
			if strings.ContainsAny(m[1], ",|:") {
				return "; " + m[2]
			}
			return m[1] + "; " + m[2]
		})
	}
	if out == text {
		return ""
	}
	return out
}
