package secrets

import (
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"

	"signpost/diag/pattern"
)

// shaped finds what is a secret by its shape.
func (k *knowledge) shaped(s string) (out []span) {
	low := strings.ToLower(s)
	for _, x := range k.shapes {
		if !slices.ContainsFunc(x.Has, func(piece string) bool { return strings.Contains(low, piece) }) {
			continue
		}
		for _, m := range x.re.FindAllStringSubmatchIndex(s, -1) {
			if x.unless != nil && x.unless.MatchString(s[m[0]:m[1]]) {
				continue
			}
			if len(m) == 2 {
				m = append(m, m[0], m[1])
			}
			for i := 2; i+1 < len(m); i += 2 {
				if m[i] < 0 || m[i] == m[i+1] || !k.holds(x.Check, s[m[i]:m[i+1]]) {
					continue
				}
				out = append(out, span{m[i], m[i+1], x.Kind})
			}
		}
	}
	return out
}

func (k *knowledge) holds(check, v string) bool {
	switch check {
	case "wild":
		return !k.public(v) && !k.isOrdinary(v) && wild(v)
	case "base64":
		return encoded(v)
	}
	return true
}

// encoded reports base64 of a text, such as clients sign in with: not the name of a mechanism.
func encoded(v string) bool {
	for part := range strings.FieldsSeq(v) {
		raw, err := base64.StdEncoding.DecodeString(part)
		if err == nil && len(raw) >= 3 &&
			!strings.ContainsFunc(string(raw), func(r rune) bool { return r == utf8.RuneError || r > 0 && r < ' ' && r != 1 }) {
			return true
		}
	}
	return false
}

// told finds what a word of the language says to be a secret.
func (k *knowledge) told(s string) (out []span) {
	var later []span
	var spoken bool // of a password
	inLink := linksIn(s)
	for at := 0; at < len(s); {
		of, n := k.words.longest(s[at:])
		if of == nil || !apart(s, at, at+n) || inLink(at) && !strings.HasPrefix(s[at+n:], "=") {
			_, size := utf8.DecodeRuneInString(s[at:])
			at += size
			continue
		}
		v, ok := span{}, false
		spoken = spoken || !of.later && !of.login && of.kind == Password
		switch {
		case of.later:
			v, ok = k.value(s, at+n, of.kind, false)
			if ok && k.secret(s[v.from:v.to], of.kind, beside, false) {
				later = append(later, v)
			}
			ok = false
		case of.behind:
			v, ok = k.before(s, at, of.kind)
		case of.login:
			v, ok = k.pair(s, at+n)
		case !of.tight || at == 0 || s[at-1] != '-':
			v, ok = k.value(s, at+n, of.kind, of.tight)
		}
		if of.behind && !ok { // the word in it may lead to one all the same
			_, n = utf8.DecodeRuneInString(s[at:])
		}
		if at += n; ok {
			out = append(out, v)
			at = max(at, v.to)
		}
	}
	if spoken {
		out = append(out, later...)
	}
	return out
}

var link = pattern.New(`[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[!-~]+`)

// linksIn tells of each octet of a text, asked in their order, whether it is part of a link, whose words are no words
// of the language.
func linksIn(s string) func(at int) bool {
	found := link.FindAllStringIndex(s, -1)
	return func(at int) bool {
		for len(found) > 0 && found[0][1] <= at {
			found = found[1:]
		}
		return len(found) > 0 && found[0][0] <= at
	}
}

// before is the secret that stands before a word: "hunter2 is the password".
func (k *knowledge) before(s string, at int, kind string) (span, bool) {
	from := lastToken(s[:at])
	v := strings.TrimRight(s[from:at], " ")
	return span{from, from + len(v), kind}, len(v) >= 4 && k.secret(v, kind, beside, false)
}

func lastToken(s string) int {
	s = strings.TrimRight(s, " ")
	i := len(s)
	for i > 0 && len(s)-i < maxQuoted && s[i-1] > ' ' && s[i-1] < 0x7f && !strings.ContainsRune(`"'(<,;`, rune(s[i-1])) {
		i--
	}
	return i
}
