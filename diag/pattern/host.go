package pattern

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// maxSamples is how many texts are tried that a pattern may match.
const maxSamples = 64

// hostAlphabet is what names of hosts are made of, as they are compared: lower case, without a final dot. The
// underscore is in use, whatever RFC 952 says.
const hostAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789-_."

// CanMatchHost reports whether some name of a host, in lower case and without a final dot, matches the expression. What
// it tells of an expression is found by trying texts that the expression is made of, so that one which only an unusual
// repetition matches may be called impossible.
func CanMatchHost(re *regexp.Regexp) bool {
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return false
	}
	for _, s := range samples(tree.Simplify()) {
		for _, around := range []string{s, "a." + s, "a" + s, s + ".a", s + "a", "a." + s + ".a", "a" + s + "a.a"} {
			if isHost(around) && re.MatchString(around) {
				return true
			}
		}
	}
	return false
}

// isHost reports a name of two labels or more.
func isHost(name string) bool {
	labels := strings.Split(name, ".")
	return len(labels) > 1 && len(name) <= 253 && strings.Trim(name, hostAlphabet) == "" &&
		!slices.ContainsFunc(labels, func(l string) bool {
			return l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-'
		})
}

// samples is texts that an expression matches, of the letters of names, the simplest first; none where there are none.
func samples(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		text := string(re.Rune)
		if re.Flags&syntax.FoldCase != 0 {
			text = strings.ToLower(text)
		}
		return []string{text}
	case syntax.OpCharClass:
		return ofClass(re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []string{"a", "0", "."}
	case syntax.OpCapture, syntax.OpPlus:
		return samples(re.Sub[0])
	case syntax.OpStar, syntax.OpQuest:
		return append([]string{""}, samples(re.Sub[0])...)
	case syntax.OpAlternate:
		var out []string
		for _, sub := range re.Sub {
			out = append(out, samples(sub)...)
		}
		return out[:min(len(out), maxSamples)]
	case syntax.OpConcat:
		out := []string{""}
		for _, sub := range re.Sub {
			var next []string
			for _, tail := range samples(sub) { // so that each part's simplest text meets all that stands before it
				for _, head := range out {
					next = append(next, head+tail)
				}
			}
			out = next[:min(len(next), maxSamples)]
		}
		return out
	case syntax.OpNoMatch:
		return nil
	}
	return []string{""} // an empty match, the begin or the end of the text, a boundary
}

// ofClass is one letter, one digit and one mark of a class of characters, as far as it has them.
func ofClass(ranges []rune) (out []string) {
	for _, kind := range []string{hostAlphabet[:26], hostAlphabet[26:36], "-", "_", "."} {
		for _, r := range kind {
			if in(ranges, r) {
				out = append(out, string(r))
				break
			}
		}
	}
	return out
}

// in reports whether a character lies in one of the ranges, which are pairs of first and last.
func in(ranges []rune, r rune) bool {
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i] <= r && r <= ranges[i+1] {
			return true
		}
	}
	return false
}
