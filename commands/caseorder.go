package commands

import (
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

// order is what a line about cases says: what is to be done, with which case, and the words that follow.
type order struct {
	verb   string // "" where it names none
	number int64  // 0: no case is named
	plain  bool   // the number stands alone, without MAIL- or #: it may as well be the first of the words
	words  string // what follows verb and number
	all    string // what follows the verb
	wrong  string // what stands in the place of a number and can be none
	// more is the cases that are named behind the first, and rest what follows them. Where loose is set, the numbers may as well be words.
	more  []int64
	rest  string
	loose bool
}

var (
	aCaseToken = pattern.New(`(?i)^(?:(mail-?|#|案例\s*(?:mail-?|#)?)|((?:mail|case|no\.?|number)\s+(?:mail-|#)?))?([0-9]{1,15})(号案例|号)?([:,.;!?、。)，：；！？]*)`)
	notACase   = pattern.New(`(?i)^(?:mail-|#)?[-+]?[0-9]+(?:[.,][0-9]+)?[:,;]*$`)
	before     = pattern.New(`(?i)^(?:(?:on|for|to|in|at|about)\b|给|在|到)\s*`)
	joiner     = pattern.New(`(?i)^(?:[,，、&]|and\b|和|与|及)\s*`)
)

// readOrder reads a line about cases: "note 42 they called", "MAIL-42 close", "备注42 他们在查", "waiting for DNS 42".
func readOrder(text string) order {
	text = strings.TrimSpace(text)
	if line, ok := plainOrder(text); ok {
		text = line
	}
	if verb, rest := verbIn(text); verb != "" {
		return numbered(verb, rest)
	}
	// The number may come first.
	if n, plain, rest, ok := caseIn(text, true); ok {
		switch verb, words := verbIn(rest); {
		case rest == "":
			return order{verb: "show", number: n, plain: plain, all: text}
		case verb != "" && !has(verb, ofBook):
			return order{verb: verb, number: n, words: words, all: words}
		default:
			if verb, words, ok := stateVerb(rest); ok {
				return order{verb: verb, number: n, words: words, all: words}
			}
		}
	}
	if verb, words, ok := stateVerb(text); ok {
		return order{verb: verb, words: words, all: words}
	}
	if i := strings.LastIndexFunc(text, unicode.IsSpace); i > 0 { // "waiting for DNS 42"
		if n, plain, rest, ok := caseIn(text[i:], true); ok && rest == "" {
			if verb, words, ok := stateVerb(text[:i]); ok {
				return order{verb: verb, number: n, plain: plain, words: words, all: words}
			}
		}
	}
	return order{words: text, all: text}
}

// stateVerb is the verb that the name of a state stands for.
func stateVerb(text string) (verb, words string, ok bool) {
	s, ok := stateIn(text)
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

// numbered takes the case off what follows a verb.
func numbered(verb, rest string) order {
	o := order{verb: verb, words: rest, all: rest}
	if has(verb, ofBook) {
		return o
	}
	n, plain, words, ok := caseIn(rest, verb != "note" && verb != "lesson")
	if head := before.FindString(rest); !ok && head != "" { // "note on 2: hello"
		m := rest[len(head):]
		if n, plain, words, ok = caseIn(m, true); ok && plain && !strings.ContainsAny(strings.TrimSuffix(m, words), ":：") {
			ok = false
		}
	}
	if ok {
		o.number, o.plain, o.words = n, plain, words
		if has(verb, onSeveral) && !strings.ContainsAny(strings.TrimSuffix(rest, words), ":：") {
			o.others()
		}
		return o
	}
	if first, _ := chat.CutWord(rest); notACase.MatchString(chat.Fold(first)) {
		o.wrong = first
	}
	return o
}

// others reads the cases that are named behind the first.
func (o *order) others() {
	o.rest = o.words
	for {
		n, plain, rest, ok := caseIn(strings.TrimSpace(joiner.ReplaceAllString(o.rest, "")), false)
		if !ok {
			break
		}
		o.more, o.rest, o.loose = append(o.more, n), rest, o.loose || plain
	}
	if o.rest == "" && (o.verb == "tag" || o.verb == "untag") { // a tag may be a number
		o.more = nil
	}
	o.loose = o.loose && o.rest != "" && has(o.verb, freeWords)
}

// caseIn takes a case off the beginning of a text: "MAIL-42", "#42", "42:", "MAIL 42", 案例42, and, where loose, "case 42".
func caseIn(text string, loose bool) (number int64, plain bool, rest string, ok bool) {
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
	if v := verbNamed(first + " " + second); v != "" && second != "" {
		return v, after
	}
	if v := verbNamed(first); v != "" {
		return v, rest
	}
	if head, _, ok := strings.Cut(width.Fold.String(first), ":"); ok {
		if v := verbNamed(head); v != "" {
			return v, strings.TrimSpace(strings.TrimLeft(text[len(chat.CutRunes(text, utf8.RuneCountInString(head))):], ":："))
		}
	}
	if i := strings.IndexFunc(first, func(r rune) bool { return !unicode.Is(unicode.Han, r) }); i > 0 {
		if _, _, _, ok := caseIn(first[i:], false); ok {
			if v := verbNamed(first[:i]); v != "" {
				return v, strings.TrimSpace(text[i:])
			}
		}
	}
	return "", text
}

func verbNamed(word string) string {
	word = strings.Trim(chat.Fold(word), ":,.;!、。 ")
	if short := strings.TrimSuffix(word, "案例"); short != word && short != "" && verbNamed(short) != "" { // 关闭案例
		return verbNamed(short)
	}
	if word == "" {
		return ""
	}
	for _, v := range caseVerbs {
		if v.group != "" && (word == v.name || slices.Contains(chat.Words("case."+v.name), word)) {
			return v.name
		}
	}
	return ""
}

// TakesFile reports whether a command and what is written before a file's name are about that file: a bounce, or an export to be read in.
func TakesFile(command, before string) bool {
	before = strings.TrimSpace(before)
	return command == chat.Bounce && before == "" || command == chat.Case && verbNamed(before) == "import"
}

// nearestVerb is the verb that a slip of the pen may have meant; "" where there is none near.
func nearestVerb(word string) string {
	word = strings.Trim(chat.Fold(word), ":,.;!、。 ")
	best, least := "", 3
	for _, v := range caseVerbs {
		if v.group == "" {
			continue
		}
		for _, w := range append(chat.Words("case."+v.name), v.name) {
			if d := distance(word, w); d < least && utf8.RuneCountInString(w) > d+1 {
				best, least = w, d
			}
		}
	}
	return best
}

// quotedFields are free words: only between quotation marks, or among other fields, are they told from the line that they end.
var quotedFields = []string{"title", "gist", "next", "resolution", "lesson"}

// fieldNames is what fields are called in Chinese.
var fieldNames = map[string]string{
	"域名": "domain", "标题": "title", "从": "since", "开始": "since", "开始时间": "since", "服务商": "provider", "优先级": "priority", "标签": "tags", "渠道": "channel", "工单": "ticket", "工单号": "ticket", "要点": "gist",
	"答复": "answered", "已答复": "answered", "后续": "next", "配合": "partner", "需配合": "partner", "名称": "who", "解决方法": "resolution", "原因": "resolution", "经验": "lesson", "时间": "at",
}

var lastValue = pattern.New(`(?:^|\s)([A-Za-z]+|\p{Han}{1,6})[=＝](?:"([^"]*)"|“([^”]*)”|([^\s"“”]*))$`)

// maxStrange is how many pieces that look like fields and are none may stand among those at the end of a line.
const maxStrange = 3

// caseValues takes the fields off the end of a line about cases. A name that is no field leaves its piece among the words, and the others fields.
func caseValues(text string) (rest string, values map[string]string) {
	text = strings.TrimSpace(text)
	rest = text
	fields := verbOf(readOrder(rest).verb).ends
	strange := ""
	for left := maxStrange; len(values) < len(fields) && left >= 0; {
		m := lastValue.FindStringSubmatchIndex(rest)
		if m == nil {
			break
		}
		name := strings.ToLower(rest[m[2]:m[3]])
		if in, ok := fieldNames[name]; ok {
			name = in
		} else if in := fieldNamed(caseInputs, name); in != "" {
			name = in
		}
		piece := rest[m[0]:]
		_, twice := values[name]
		rest = strings.TrimSpace(rest[:m[0]])
		among := values != nil || lastValue.MatchString(rest) // fields stand before or behind it
		if bare := m[8] >= 0 && !among; !slices.Contains(fields, name) || bare && slices.Contains(quotedFields, name) {
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
