package intent

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/diag/pattern"

	"golang.org/x/text/width"
)

// Order is what a line about cases says: what is to be done, with which case, and the words that follow.
type Order struct {
	Verb   string // "" where it names none
	Number int64  // 0: no case is named
	Plain  bool   // the number stands alone, without MAIL- or #: it may as well be the first of the words
	Words  string // what follows verb and number
	All    string // what follows the verb
	Wrong  string // what stands in the place of a number and can be none
	// more is the cases that are named behind the first, and rest what follows them. Where loose is set, the numbers may as well be words.
	More  []int64
	Rest  string
	Loose bool
}

var (
	aCaseToken = pattern.New(`(?i)^(?:(mail-?|#|案例\s*(?:mail-?|#)?)|((?:mail|case|no\.?|number)\s+(?:mail-|#)?))?([0-9]{1,15})(号案例|号)?([:,.;!?、。)，：；！？]*)`)
	notACase   = pattern.New(`(?i)^(?:mail-|#)?[-+]?[0-9]+(?:[.,][0-9]+)?[:,;]*$`)
	before     = pattern.New(`(?i)^(?:(?:on|for|to|in|at|about)\b|给|在|到)\s*`)
	joiner     = pattern.New(`(?i)^(?:[,，、&]|and\b|和|与|及)\s*`)
)

// Read reads a line about cases: "note 42 they called", "MAIL-42 close", "备注42 他们在查", "waiting for DNS 42".
func Read(text string) Order {
	text = strings.TrimSpace(text)
	if line, ok := plainOrder(text); ok {
		text = line
	}
	if verb, rest := verbIn(text); verb != "" {
		return Numbered(verb, rest)
	}
	// The number may come first.
	if n, plain, rest, ok := CaseIn(text, true); ok {
		switch verb, words := verbIn(rest); {
		case rest == "":
			return Order{Verb: "show", Number: n, Plain: plain, All: text}
		case verb != "" && !Has(verb, OfBook):
			return Order{Verb: verb, Number: n, Words: words, All: words}
		default:
			if verb, words, ok := stateVerb(rest); ok {
				return Order{Verb: verb, Number: n, Words: words, All: words}
			}
		}
	}
	if verb, words, ok := stateVerb(text); ok {
		return Order{Verb: verb, Words: words, All: words}
	}
	if i := strings.LastIndexFunc(text, unicode.IsSpace); i > 0 { // "waiting for DNS 42"
		if n, plain, rest, ok := CaseIn(text[i:], true); ok && rest == "" {
			if verb, words, ok := stateVerb(text[:i]); ok {
				return Order{Verb: verb, Number: n, Plain: plain, Words: words, All: words}
			}
		}
	}
	return Order{Words: text, All: text}
}

// stateVerb is the verb that the name of a state stands for.
func stateVerb(text string) (verb, words string, ok bool) {
	s, ok := StateIn(text)
	switch {
	case !ok:
		return "", "", false
	case s == cases.Solved:
		return "solve", "", true
	case s == cases.Closed:
		return "close", "", true
	}
	return "state", string(s), true
}

// Numbered takes the case off what follows a verb.
func Numbered(verb, rest string) Order {
	o := Order{Verb: verb, Words: rest, All: rest}
	if Has(verb, OfBook) {
		return o
	}
	n, plain, words, ok := CaseIn(rest, verb != "note" && verb != "lesson")
	if head := before.FindString(rest); !ok && head != "" { // "note on 2: hello"
		m := rest[len(head):]
		if n, plain, words, ok = CaseIn(m, true); ok && plain && !strings.ContainsAny(strings.TrimSuffix(m, words), ":：") {
			ok = false
		}
	}
	if ok {
		o.Number, o.Plain, o.Words = n, plain, words
		if Has(verb, OnSeveral) && !strings.ContainsAny(strings.TrimSuffix(rest, words), ":：") {
			o.others()
		}
		return o
	}
	if first, _ := chat.CutWord(rest); notACase.MatchString(chat.Fold(first)) {
		o.Wrong = first
	}
	return o
}

// others reads the cases that are named behind the first.
func (o *Order) others() {
	o.Rest = o.Words
	for {
		n, plain, rest, ok := CaseIn(strings.TrimSpace(joiner.ReplaceAllString(o.Rest, "")), false)
		if !ok {
			break
		}
		o.More, o.Rest, o.Loose = append(o.More, n), rest, o.Loose || plain
	}
	if o.Rest == "" && (o.Verb == "tag" || o.Verb == "untag") { // a tag may be a number
		o.More = nil
	}
	o.Loose = o.Loose && o.Rest != "" && Has(o.Verb, FreeWords)
}

// CaseIn takes a case off the beginning of a text: "MAIL-42", "#42", "42:", "MAIL 42", 案例42, and, where loose, "case 42".
func CaseIn(text string, loose bool) (number int64, plain bool, rest string, ok bool) {
	text = strings.TrimSpace(text)
	head := chat.CutRunes(text, 60)
	m := aCaseToken.FindStringSubmatch(width.Fold.String(head))
	if m == nil || m[2] != "" && !loose && !strings.HasPrefix(text, "MAIL") {
		return 0, false, text, false
	}
	rest = text[len(chat.CutRunes(text, utf8.RuneCountInString(m[0]))):]
	next, _ := utf8.DecodeRuneInString(rest)
	named := m[1] != "" || m[2] != "" || m[4] == "号案例"
	switch {
	case rest == "" || unicode.IsSpace(next):
	case m[5] != "" && unicode.IsDigit(next), m[5] == "" && !(unicode.Is(unicode.Han, next) && named): // "1.5", "10:05", "2h"
		return 0, false, text, false
	case m[5] == "." && next < 0x80: // "0003.x"
		return 0, false, text, false
	}
	n, err := strconv.ParseInt(m[3], 10, 64)
	return n, !named, strings.TrimSpace(rest), err == nil && n > 0
}

// verbIn takes a verb off the beginning of a text; "" where it begins with none. A Chinese one may stand right before a number or a colon.
func verbIn(text string) (verb, rest string) {
	first, rest := chat.CutWord(text)
	second, after := chat.CutWord(rest)
	if v := VerbNamed(first + " " + second); v != "" && second != "" {
		return v, after
	}
	if v := VerbNamed(first); v != "" {
		return v, rest
	}
	if head, _, ok := strings.Cut(width.Fold.String(first), ":"); ok {
		if v := VerbNamed(head); v != "" {
			return v, strings.TrimSpace(strings.TrimLeft(text[len(chat.CutRunes(text, utf8.RuneCountInString(head))):], ":："))
		}
	}
	if i := strings.IndexFunc(first, func(r rune) bool { return !unicode.Is(unicode.Han, r) }); i > 0 {
		if _, _, _, ok := CaseIn(first[i:], false); ok {
			if v := VerbNamed(first[:i]); v != "" {
				return v, strings.TrimSpace(text[i:])
			}
		}
	}
	return "", text
}

func VerbNamed(word string) string {
	word = strings.Trim(chat.Fold(word), ":,.;!、。 ")
	if short := strings.TrimSuffix(word, "案例"); short != word && short != "" && VerbNamed(short) != "" { // 关闭案例
		return VerbNamed(short)
	}
	if word == "" {
		return ""
	}
	for _, v := range Verbs {
		if v.Group != "" && (word == v.Name || slices.Contains(chat.Words("case."+v.Name), word)) {
			return v.Name
		}
	}
	return ""
}

// TakesFile reports whether a command and what is written before a file's name are about that file: a bounce, or an export to be read in.
func TakesFile(command, before string) bool {
	before = strings.TrimSpace(before)
	return command == chat.Bounce && before == "" || command == chat.Case && VerbNamed(before) == "import"
}

// NearestVerb is the verb that a slip of the pen may have meant; "" where there is none near.
func NearestVerb(word string) string {
	word = strings.Trim(chat.Fold(word), ":,.;!、。 ")
	best, least := "", 3
	for _, v := range Verbs {
		if v.Group == "" {
			continue
		}
		for _, w := range append(chat.Words("case."+v.Name), v.Name) {
			if d := Distance(word, w); d < least && utf8.RuneCountInString(w) > d+1 {
				best, least = w, d
			}
		}
	}
	return best
}

// quotedFields are free words: only between quotation marks, or among other fields, are they told from the line that they end.
var quotedFields = []string{"title", "gist", "next", "resolution", "lesson"}

var lastValue = pattern.New(`(?:^|\s)([A-Za-z]+|\p{Han}{1,6})[=＝](?:"([^"]*)"|“([^”]*)”|([^\s"“”]*))$`)

// among is those of some fields that have these names.
func among(inputs []chat.Input, names []string) []chat.Input {
	return slices.DeleteFunc(slices.Clone(inputs), func(in chat.Input) bool { return !slices.Contains(names, in.Name) })
}

// maxStrange is how many pieces that look like fields and are none may stand among those at the end of a line.
const maxStrange = 3

// CaseValues takes the fields off the end of a line about cases. A name that is no field leaves its piece among the words, and the others fields.
func CaseValues(text string) (rest string, values map[string]string) {
	text = strings.TrimSpace(text)
	rest = text
	fields := VerbOf(Read(rest).Verb).Ends
	strange := ""
	for left := maxStrange; len(values) < len(fields) && left >= 0; {
		m := lastValue.FindStringSubmatchIndex(rest)
		if m == nil {
			break
		}
		name := strings.ToLower(rest[m[2]:m[3]])
		if in := FieldNamed(among(CaseInputs, fields), name); in != "" {
			name = in
		}
		piece := rest[m[0]:]
		_, twice := values[name]
		rest = strings.TrimSpace(rest[:m[0]])
		beside := values != nil || lastValue.MatchString(rest) // fields stand before or behind it
		if bare := m[8] >= 0 && !beside; !slices.Contains(fields, name) || bare && slices.Contains(quotedFields, name) {
			strange = piece + strange
			left--
			continue
		}
		if values == nil {
			values = map[string]string{}
		}
		for _, g := range []int{4, 6, 8} {
			if m[g] >= 0 && !twice {
				values[name] = piece[m[g]-m[0] : m[g+1]-m[0]]
			}
		}
	}
	if values == nil {
		return text, nil
	}
	return strings.TrimSpace(rest + " " + strings.TrimSpace(strange)), values
}

// UserID is a person as Slack writes one: <@U0123ABCD>, or the bare id, which has digits in it.
var (
	UserID   = regexp.MustCompile(`<@([A-Z0-9]{2,30})(?:\|[^>]*)?>|^@?([UW][A-Z]*[0-9][A-Z0-9]{4,30})$`)
	AssignTo = regexp.MustCompile(`(?i)^(?:to\b|给)\s*`)
)
