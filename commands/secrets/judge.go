package secrets

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"signpost/diag/pattern"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// quotes are the marks round a value, by that which opens it.
var quotes = map[rune]string{
	'"': `"`, '\'': `'`, '`': "`", '“': "”", '‘': "’", '\u300c': "\u300d", '\u300e': "\u300f", '«': "»", '„': "“”",
	'\u3010': "\u3011", '\u300a': "\u300b",
}

// value is the secret that follows a word, from octet at of a text.
func (k *knowledge) value(s string, at int, kind string, tight bool) (span, bool) {
	w := k.links(s, at)
	if tight && w.how < marked {
		return span{}, false
	}
	rest := s[w.at:min(len(s), w.at+maxValue)]
	r, n := utf8.DecodeRuneInString(rest)
	if closing, ok := quotes[r]; ok {
		inside := rest[n:]
		if end := strings.IndexAny(inside[:min(len(inside), maxQuoted)], closing+"\n"); end > 0 && inside[end] != '\n' {
			if k.quoted(inside[:end], kind, w.how) && !(r == '`' && withOption.MatchString(inside[:end])) {
				return span{w.at + n, w.at + n + end, kind}, true
			}
			return span{}, false
		}
		w.at, rest = w.at+n, inside
	}
	if v := grouped(rest); v != "" && w.at > at && k.groups(v) && (kind == Password || kind == Code) {
		return span{w.at, w.at + len(v), kind}, true
	}
	v := token(rest)
	if foreign := hanLabel.FindString(rest[len(v):]); foreign != "" && isHost(v[strings.LastIndex(v, "@")+1:]+foreign) {
		return span{}, false // a domain that ends in Chinese
	}
	after, _ := utf8.DecodeRuneInString(rest[len(v):])
	if !k.secret(v, kind, w.how, unicode.Is(unicode.Han, after)) {
		return span{}, false
	}
	return span{w.at, w.at + len(v), kind}, true
}

// withOption is a command with an option, as pages show it: what makes a secret, not the secret.
var withOption = pattern.New(`^[a-z][\w./-]{0,40}(?: [^ ]{1,80}){0,5} --?[a-zA-Z]`)

// quoted reports whether what stands in quotes is a secret. Several words are one where they are a passphrase, not
// a sentence about it.
func (k *knowledge) quoted(v, kind string, how strength) bool {
	words := strings.Fields(v)
	if len(words) == 1 {
		return k.secret(words[0], kind, how, false)
	}
	plain := 0
	for _, w := range words {
		if k.isOrdinary(w) || strings.ContainsFunc(w, isHan) {
			plain++
		}
	}
	return how > beside && len(words) > 1 && plain*2 < len(words) || len(words) > 3 && plain*4 <= len(words)
}

// login is a name and then what may be its password.
var login = pattern.New(`^[^\s/|,;:]{1,100}?[ \t]*(?:[/|]|[:,;][ \t])[ \t]*`)

// pair is the password of a name and password that follow a word: login admin@example.com / hunter2.
func (k *knowledge) pair(s string, at int) (span, bool) {
	w := k.links(s, at)
	m := login.FindString(s[w.at:min(len(s), w.at+maxQuoted)])
	if m == "" {
		return span{}, false
	}
	name := strings.TrimRight(m, "/|:,; \t")
	if isHost(name) && m == name+"/" {
		return span{}, false // a path
	}
	if r, n := utf8.DecodeRuneInString(s[w.at+len(m):]); quotes[r] != "" {
		m = s[w.at : w.at+len(m)+n]
	}
	v := token(s[w.at+len(m):])
	if len(v) < 5 || strings.HasPrefix(v, "/") || nextPair.MatchString(v) || !k.secret(v, Password, beside, false) {
		return span{}, false
	}
	return span{w.at + len(m), w.at + len(m) + len(v), Password}, true
}

// token is the value with which a text begins: up to a blank or a character of a script without blanks, closing
// marks left out.
func token(s string) string {
	end := 0
	for i, r := range s {
		if i >= maxValue || !(r > ' ' && r < 0x7f || r >= 0xc0 && spaced(r)) || strings.ContainsRune("<>", r) && i > 0 {
			break
		}
		if (r == ',' || r == ';' || r == '&') && (!goesOn.MatchString(s[i+1:]) || nextPair.MatchString(s[i+1:])) {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	v := strings.TrimRight(s[:end], `.,;:?"'`+"`")
	for _, b := range []string{"()", "[]", "{}"} {
		if strings.HasSuffix(v, b[1:]) && !strings.Contains(v, b[:1]) {
			v = strings.TrimRight(strings.TrimSuffix(v, b[1:]), `.,;:?"'`)
		}
	}
	return v
}

var (
	hanLabel = pattern.New(`^\.\p{Han}{2,10}`)
	goesOn   = pattern.New(`^[A-Za-z0-9!@#$%^*]`)
	nextPair = pattern.New(`^[A-Za-z_][\w-]{0,40}["']?[=:]`)
	fours    = pattern.New(`^(?:[a-z0-9]{4}(?: [a-z0-9]{4}){3}|[a-z0-9]{4}(?:-[a-z0-9]{4}){2,7})\b`)
	longer   = pattern.New(`^[A-Za-z0-9]{5,6}(?:-[A-Za-z0-9]{5,6}){2,7}\b`)
)

// grouped is the value in groups of one length with which a text begins, as application passwords are shown.
func grouped(s string) string {
	if v := fours.FindString(s); v != "" {
		return v
	}
	return longer.FindString(s)
}

// groups reports groups that are no words.
func (k *knowledge) groups(v string) bool {
	words, numbers := 0, 0
	parts := strings.FieldsFunc(v, func(r rune) bool { return r == ' ' || r == '-' })
	for _, p := range parts {
		if k.isOrdinary(p) {
			words++
		}
		if strings.Trim(p, "0123456789") == "" {
			numbers++
		}
	}
	return words < 2 && numbers < len(parts)
}

// secret reports whether a value that stands behind a word is one. Han says that a Chinese character follows
// without a blank.
func (k *knowledge) secret(v, kind string, how strength, han bool) bool {
	n := utf8.RuneCountInString(v)
	if how == beside && strings.HasPrefix(v, "/") {
		return false
	}
	if kind == Code && how > beside && dashed.MatchString(v) && !date.MatchString(v) {
		return true
	}
	if n < 3 || placeholder(v) || k.public(v) || k.isOrdinary(v) || strings.ContainsFunc(v, isHan) {
		return false
	}
	digits := strings.Trim(v, "0123456789") == ""
	switch {
	case kind == Identity:
		return identity(v)
	case kind == Key:
		return n >= 20 && keyLike.MatchString(v)
	case kind == Code && digits:
		return n >= 4 && n <= 10 && !(n == 4 && how == beside && (strings.HasPrefix(v, "19") || strings.HasPrefix(v, "20")))
	case kind == Token:
		return n >= 8 && (wild(v) || how == marked && n >= 16 || n >= 24)
	case digits:
		return n >= 6 || n >= 4 && how > beside
	case kind == Code:
		return n >= 4 && (wild(v) || n == 16 || how > beside && strings.ToLower(v) != v)
	case how == beside:
		return n >= 4 && wild(v)
	case how == said:
		return wild(v) || !han && !strings.Contains(v, "-") && !k.ends(v) && (n >= 4 || strings.ToLower(v) != v)
	}
	return wild(v) || !k.ends(v) || n > 12
}

var (
	keyLike = pattern.New(`^[A-Za-z0-9+/_=.-]+$`)
	dashed  = pattern.New(`^\d{3,8}(?:-\d{3,8}){1,5}$`)
	date    = pattern.New(`^(?:19|20)\d\d-\d\d?(?:-\d\d?)?$`)
	// counted is a number and what it counts: 30days, 8-character.
	counted = pattern.New(`^\d+-?[a-z]+$|^\d+(?:[.:/-]\d+)*[a-z]{0,3}$`)
)

// wild reports what is no word of any language: letters with digits or marks among them.
func wild(v string) bool {
	v = strings.TrimRight(v, "!?")
	inner := strings.TrimLeft(v, "@#$%")
	if len(v) < 4 || counted.MatchString(v) {
		return false
	}
	letters := strings.ContainsFunc(v, unicode.IsLetter)
	return letters && (strings.ContainsAny(v, "0123456789") || strings.ContainsAny(inner, "!@#$%^*~"))
}

// placeholder reports what stands for a secret, and is none: xxxx, ****, ${PASSWORD}, <password>.
func placeholder(v string) bool {
	for _, begins := range []string{"***", "<", ">", "[", "{", "${", "$(", "%("} {
		if strings.HasPrefix(v, begins) {
			return true
		}
	}
	return strings.Trim(strings.ToLower(v), "x*.-_?#•") == ""
}

var (
	host      = pattern.New(`^(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]{0,62})\.)+([\p{L}][\p{L}\p{N}-]{1,62})\.?$`)
	numbers   = pattern.New(`^[\d.:/,T+Z-]+$`)
	numberish = pattern.New(`[.:/-]`)
	reply     = pattern.New(`^[2-5]\d\d(?:[ -][2-5]\.\d{1,3}\.\d{1,3})?$`)
	record    = pattern.New(`(?i)^(?:v|p|k|t|s|ms|rua|ruf|sp|pct|d|h|bh|b|a|c|q|x|i|cv)=|verif[a-z]*=|^v=(?:spf1|dkim1|dmarc1)|^_[a-z]`)
	publicKey = pattern.New(`^"?(?:MIGfMA0|MIIBIjAN|MIICIjAN|MIIBojAN|MCowBQYDK2Vw|MFkwEwYHKoZIzj0)`)
	path      = pattern.New(`^(?:~?/|[A-Z]:\\|\./)[\w./\\-]*$`)
)

// public reports what anybody may read: domains, addresses, links, codes of replies, times, versions, values of
// DNS records.
func (k *knowledge) public(v string) bool {
	low := strings.ToLower(strings.Trim(v, "<>()[]"))
	for _, scheme := range []string{"http://", "https://", "mailto:", "ftp://", "ldap://", "imap://", "smtp://"} {
		if strings.HasPrefix(low, scheme) {
			return true
		}
	}
	local, domain, ok := strings.Cut(low, "@")
	if ok && !strings.Contains(domain, "@") && local != "" && (domain == "localhost" || isHost(domain)) {
		return true
	}
	return isHost(low) || numbers.MatchString(v) && numberish.MatchString(v) ||
		slices.ContainsFunc([]*pattern.Pattern{reply, record, publicKey, path},
			func(p *pattern.Pattern) bool { return p.MatchString(v) }) ||
		slices.ContainsFunc(k.names, func(re *regexp.Regexp) bool { return re.MatchString(v) })
}

// isHost reports a name under a domain that exists, or one that examples and inner networks use.
func isHost(v string) bool {
	m := host.FindStringSubmatch(v)
	if m == nil {
		return false
	}
	ascii, err := idna.ToASCII(strings.TrimSuffix(v, "."))
	if err != nil {
		return false
	}
	suffix, icann := publicsuffix.PublicSuffix(ascii)
	return icann || strings.Contains(suffix, ".") || slices.Contains(inner, m[1])
}

// inner are endings of names that stand in examples and in inner networks.
var inner = []string{"example", "test", "invalid", "localhost", "local", "lan", "internal", "home", "corp"}

// identity reports the number of an identity card or a bank card.
func identity(v string) bool {
	n, digits := 0, 0
	for _, r := range v {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == 'x' || r == 'X' || r == '-':
		default:
			return false
		}
		n++
	}
	return digits >= 9 && n <= 24
}

// isOrdinary reports a word that is said of a password, and is none.
func (k *knowledge) isOrdinary(v string) bool {
	return k.ordinary[strings.ToLower(strings.Trim(v, `.,;:!?"'()[]`))]
}

// ends reports a word that ends as those do that are said of something: rejected, failing.
func (k *knowledge) ends(v string) bool {
	low := strings.ToLower(strings.TrimRight(v, ".,;:!?"))
	for _, e := range k.endings {
		if len(low) > len(e)+2 && strings.HasSuffix(low, e) {
			return true
		}
	}
	return false
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

const (
	beside strength = iota // it stands beside the word
	said                   // "is" stands between
	marked                 // a colon or an equals sign does
)

const maxValue = 4096 // octets of a value

const maxQuoted = 200 // of one in quotes

// links passes what stands between a word and its value: closing quotes, marks, "is", one end of a line behind a
// mark.
func (k *knowledge) links(s string, at int) way {
	w := way{at: at}
	for range maxLinks {
		rest := s[w.at:min(len(s), w.at+maxQuoted)]
		next := strings.TrimLeft(rest, " \t\u00a0")
		if w.how == marked {
			if line := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(next, "\r"), "\n"), " \t"); line != next {
				next = line
			}
		}
		moved := len(rest) - len(next)
		n, how := k.link(next, w.how == marked)
		if n == 0 {
			w.at += moved
			return w
		}
		w.at += moved + n
		w.how = max(w.how, how)
	}
	return w
}

// link is the length of the mark or word with which a text begins, and what it makes of what follows.
func (k *knowledge) link(s string, afterMark bool) (int, strength) {
	if s == "" {
		return 0, beside
	}
	if !afterMark {
		for _, mark := range []string{"=>", "->", "→", ":=", "==", "::"} {
			if strings.HasPrefix(s, mark) {
				return len(mark), marked
			}
		}
		switch s[0] {
		case ':', '=':
			return 1, marked
		case '"', '\'', '`', '*', ']', ')': // closes what stood round the word; what opens a value follows a blank or a mark
			if len(s) > 1 && strings.ContainsRune(`:= "'*`, rune(s[1])) || strings.HasPrefix(s[1:], "\uFF1A") {
				return 1, beside
			}
		case '(', '|', '>':
			return 1, beside
		case '-', '/':
			if strings.HasPrefix(s[1:], " ") {
				return 1, beside
			}
		}
		if strings.HasPrefix(s, "\uFF08") || strings.HasPrefix(s, "–") || strings.HasPrefix(s, "—") {
			return len("\uFF08"), beside
		}
	}
	if strings.HasPrefix(s, "**") && len(s) > 2 && s[2] != '*' {
		return 2, beside
	}
	if n := len(markup.FindString(s)); n > 0 {
		return n, beside
	}
	if !afterMark {
		if n := k.ofWhom(s); n > 0 {
			return n, beside
		}
	}
	for _, l := range k.between {
		if len(s) >= len(l) && strings.EqualFold(s[:len(l)], l) && apart(s, 0, len(l)) {
			return len(l), said
		}
	}
	return 0, beside
}

// way is how far the reading from a word to its value has come.
type way struct {
	at  int
	how strength
}

const (
	maxLinks = 8 // marks and words between a word and its value
)

var markup = pattern.New(`^</?[a-zA-Z][a-zA-Z0-9]{0,9}(?: [^<>@]{0,80})?>`)

// ofWhom is the length of the words with which a text begins that say of whom or for what a password is, up to the mark
// or word behind which it stands; 0: it begins with none.
func (k *knowledge) ofWhom(s string) int {
	for _, w := range k.whom {
		if len(s) <= len(w.first) || !strings.EqualFold(s[:len(w.first)], w.first) || s[len(w.first)] != ' ' {
			continue // most texts begin with none of them: the pattern costs more than a look
		}
		if m := w.re.FindStringSubmatchIndex(s[:min(len(s), maxWhom)]); m != nil {
			return max(m[3], m[5])
		}
	}
	return 0
}
