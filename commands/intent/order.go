package intent

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"signpost/commands/chat"
	"signpost/commands/intent/template"
	"signpost/diag/distance"
	"signpost/diag/pattern"

	"golang.org/x/text/width"
)

// notACase is what stands in the place of a number and can be none.
var notACase = pattern.New(`(?i)^(?:mail-|#)?[-+]?[0-9]+(?:[.,][0-9]+)?[:,;]*$`)

// Read reads a line about cases: "note 42 they called", "MAIL-42 close", "mark case 42 as solved", "waiting for DNS
// 42".
func Read(text string) Order {
	text = strings.TrimSpace(text)
	if o, ok := plainOrder(text); ok {
		return o
	}
	return politely(text)
}

// numberFirst reads a line that begins with its case: "MAIL-42 close", "42 solved".
func numberFirst(text string) (Order, bool) {
	n, plain, rest, ok := CaseIn(text, true)
	if !ok {
		return Order{}, false
	}
	switch verb, words := verbIn(rest); {
	case rest == "":
		return Order{Verb: "show", Number: n, Plain: plain, All: text}, true
	case verb != "" && !Has(verb, OfBook):
		return Order{Verb: verb, Number: n, Words: words, All: words}, true
	}
	if verb, words, ok := stateVerb(rest); ok {
		return Order{Verb: verb, Number: n, Words: words, All: words}, true
	}
	return Order{}, false
}

// numbered takes the case off what follows a verb.
func numbered(verb, rest string) Order {
	o := Order{Verb: verb, Words: rest, All: rest}
	if Has(verb, OfBook) {
		return o
	}
	n, plain, words, ok := CaseIn(rest, verb != "note" && verb != "lesson")
	if m := Without("before-case", rest); !ok && m != rest { // "note on 2: hello"
		if n, plain, words, ok = CaseIn(m, true); ok && plain && !strings.ContainsAny(strings.TrimSuffix(m, words), colons) {
			ok = false
		}
	}
	if ok {
		o.Number, o.Plain, o.Words = n, plain, words
		if Has(verb, OnSeveral) && !strings.ContainsAny(strings.TrimSuffix(rest, words), colons) {
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
		n, plain, rest, ok := CaseIn(Without("and-case", o.Rest), false)
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

// colons part a verb or a case from what is said of it.
const colons = ":\uff1a"

// CaseIn takes a case off the beginning of a text: "MAIL-42", "#42", "42:", and, where loose, "case 42". Plain says
// that the number stands alone.
func CaseIn(text string, loose bool) (number int64, plain bool, rest string, ok bool) {
	text = strings.TrimSpace(text)
	head := chat.CutRunes(text, 60)
	ready := template.Ready(head)
	var v template.Values
	for _, name := range []string{"case-named", "case-loose", "case-bare"} {
		if name == "case-loose" && !loose && !strings.HasPrefix(text, "MAIL") {
			continue
		}
		if v, ok = sentences().Match(name, ready); ok {
			plain = name == "case-bare"
			break
		}
	}
	if !ok {
		return 0, false, text, false
	}
	behind := text[len(head)-len(v["behind"]):]
	rest = strings.TrimLeft(behind, signs)
	signed := len(rest) < len(behind)
	next, _ := utf8.DecodeRuneInString(rest)
	switch {
	case rest == "" || unicode.IsSpace(next):
	case signed && unicode.IsDigit(next), !signed && (plain || !template.Unspaced(next)): // "1.5", "10:05", "2h"
		return 0, false, text, false
	case signed && strings.HasSuffix(behind[:len(behind)-len(rest)], ".") && next < utf8.RuneSelf: // "0003.x"
		return 0, false, text, false
	}
	n, err := strconv.ParseInt(v["number"], 10, 64)
	return n, plain, strings.TrimSpace(rest), err == nil && n > 0
}

// verbIn takes a verb off the beginning of a text; "" where it begins with none. A Chinese one may stand right before a
// number or a colon.
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
			return v, strings.TrimSpace(strings.TrimLeft(text[len(chat.CutRunes(text, utf8.RuneCountInString(head))):], colons))
		}
	}
	if i := strings.IndexFunc(first, func(r rune) bool { return !template.Unspaced(r) }); i > 0 {
		if _, _, _, ok := CaseIn(first[i:], false); ok {
			if v := VerbNamed(first[:i]); v != "" {
				return v, strings.TrimSpace(text[i:])
			}
		}
	}
	return "", text
}

// TakesFile reports whether a command and what is written before a file's name are about that file: a bounce, a report,
// or an export to be read in.
func TakesFile(command, before string) bool {
	before = strings.TrimSpace(before)
	return (command == chat.Bounce || command == chat.Report) && before == "" ||
		command == chat.Case && VerbNamed(before) == "import"
}

// NearestVerb is the verb that a slip of the pen may have meant; "" where there is none near.
func NearestVerb(word string) string {
	word = strings.Trim(chat.Fold(word), signs+" ")
	best, least := "", 3
	for _, v := range Verbs {
		if v.Group == "" {
			continue
		}
		for _, w := range append(chat.Words("case."+v.Name), v.Name) {
			if d := distance.Of(word, w); d < least && utf8.RuneCountInString(w) > d+1 {
				best, least = w, d
			}
		}
	}
	return best
}

// quotedFields are free words: only between quotation marks, or among other fields, are they told from the line that
// they end.
var quotedFields = []string{"title", "gist", "next", "resolution", "lesson"}

var lastValue = pattern.New(`(?:^|\s)(\p{L}[\p{L}-]{0,29})[=\x{FF1D}](?:"([^"]*)"|“([^”]*)”|([^\s"“”]*))$`)

// among is those of some fields that have these names.
func among(inputs []chat.Input, names []string) []chat.Input {
	return slices.DeleteFunc(slices.Clone(inputs), func(in chat.Input) bool { return !slices.Contains(names, in.Name) })
}

// maxStrange is how many pieces that look like fields and are none may stand among those at the end of a line.
const maxStrange = 3

// CaseValues takes the fields off the end of a line about cases. A name that is no field leaves its piece among the
// words, and the others fields.
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
var UserID = regexp.MustCompile(`<@([A-Z0-9]{2,30})(?:\|[^>]*)?>|^@?([UW][A-Z]*[0-9][A-Z0-9]{4,30})$`)

// FieldNamed is the field among some that a word names: by its own name, or by what it is called in any language; ""
// where none is.
func FieldNamed(inputs []chat.Input, word string) string {
	word = chat.Fold(word)
	for _, in := range inputs {
		if word == in.Name {
			return in.Name
		}
	}
	for _, in := range inputs {
		if id := "words.field." + in.Name; chat.Has(id) && slices.Contains(chat.Words("field."+in.Name), word) {
			return in.Name
		}
	}
	return ""
}
