package commands

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"signpost/cases"

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
}

// caseVerbs are what can be done with cases; their words in each language are in the catalogue.
var caseVerbs = []string{
	"open", "list", "mine", "show", "search", "take", "assign", "state", "note", "contact", "ticket", "answered", "recheck", "draft", "remind", "reminders", "snooze", "solve", "close", "reopen", "merge",
	"follow", "unfollow", "priority", "tag", "untag", "lesson", "review", "stats", "export", "import", "delete", "forget", "audit",
}

// insideVerbs are what the program asks itself, and nobody else may.
var insideVerbs = []string{"root", "posted", "due", "home", "heard", "react", "arm", "digest", "sweep"}

// bookVerbs are about no single case: they take no number.
var bookVerbs = []string{"open", "list", "mine", "search", "reminders", "stats", "export", "import", "forget", "audit", "home", "heard", "react", "arm", "digest", "sweep"}

// textVerbs are followed by free words, which may begin with a number.
var textVerbs = []string{"note", "solve", "close", "reopen", "lesson", "contact", "ticket", "answered", "remind", "snooze", "tag", "untag"}

var (
	aCaseToken = regexp.MustCompile(`(?i)^(mail-?|#)?([0-9]{1,30})[:,.;!?、。)]*$`)
	notACase   = regexp.MustCompile(`(?i)^(?:mail-|#)?[-+]?[0-9]+(?:[.,][0-9]+)?[:,;]*$`)
	caseWord   = regexp.MustCompile(`(?i)^(?:mail|case|no\.?|number|案例)$`)
	joinedCase = regexp.MustCompile(`(?i)^案例(?:mail-?|#)?([0-9]{1,15})[:,.;!?、。)]*$`)
)

// folded is a word as it is compared: full-width letters and digits as the usual ones, in lower case.
func folded(s string) string { return strings.ToLower(width.Fold.String(s)) }

// cutWord cuts a text behind its first word.
func cutWord(text string) (word, rest string) {
	text = strings.TrimSpace(text)
	i := strings.IndexFunc(text, unicode.IsSpace)
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimSpace(text[i:])
}

// readOrder reads a line about cases: "note 42 they called", "MAIL-42 close", "备注42 他们在查", "waiting for DNS 42".
func readOrder(text string) order {
	text = strings.TrimSpace(text)
	if words, ok := wantsCase(text); ok {
		return order{verb: "open", words: words, all: words}
	}
	if verb, rest := verbIn(text); verb != "" {
		return numbered(verb, rest)
	}
	// The number may come first.
	if n, plain, rest, ok := caseIn(text, true); ok {
		switch verb, words := verbIn(rest); {
		case rest == "":
			return order{verb: "show", number: n, plain: plain, all: text}
		case verb != "" && !slices.Contains(bookVerbs, verb):
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
	if slices.Contains(bookVerbs, verb) {
		return o
	}
	n, plain, words, ok := caseIn(rest, !slices.Contains(textVerbs, verb))
	if ok {
		o.number, o.plain, o.words = n, plain, words
		return o
	}
	if first, _ := cutWord(rest); notACase.MatchString(folded(first)) {
		o.wrong = first
	}
	return o
}

// caseIn takes a case off the beginning of a text: "MAIL-42", "#42", "42:", "MAIL 42", and, where loose, "case 42".
func caseIn(text string, loose bool) (number int64, plain bool, rest string, ok bool) {
	first, rest := cutWord(text)
	if m := aCaseToken.FindStringSubmatch(folded(first)); m != nil {
		n, err := strconv.ParseInt(m[2], 10, 64)
		return n, m[1] == "", rest, err == nil && n > 0 && len(m[2]) <= 15
	}
	if m := joinedCase.FindStringSubmatch(folded(first)); m != nil {
		n, err := strconv.ParseInt(m[1], 10, 64)
		return n, false, rest, err == nil && n > 0
	}
	if caseWord.MatchString(folded(first)) && (loose || first == "MAIL" || first == "案例") {
		second, rest := cutWord(rest)
		if m := aCaseToken.FindStringSubmatch(folded(second)); m != nil && len(m[2]) <= 15 {
			n, err := strconv.ParseInt(m[2], 10, 64)
			return n, false, rest, err == nil && n > 0
		}
	}
	return 0, false, text, false
}

// verbIn takes a verb off the beginning of a text; "" where it begins with none. A Chinese one may stand right before a number or a colon.
func verbIn(text string) (verb, rest string) {
	first, rest := cutWord(text)
	second, after := cutWord(rest)
	if v := verbNamed(first + " " + second); v != "" && second != "" {
		return v, after
	}
	if v := verbNamed(first); v != "" {
		return v, rest
	}
	if head, _, ok := strings.Cut(width.Fold.String(first), ":"); ok {
		if v := verbNamed(head); v != "" {
			return v, strings.TrimSpace(strings.TrimLeft(text[len(cutRunes(text, utf8.RuneCountInString(head))):], ":："))
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

// cutRunes is the first so many characters of a text.
func cutRunes(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}

func verbNamed(word string) string {
	word = strings.Trim(folded(word), ":,.;!、。 ")
	if word == "" {
		return ""
	}
	for _, v := range caseVerbs {
		if word == v || slices.Contains(listed("case."+v), word) {
			return v
		}
	}
	return ""
}

// nearestVerb is the verb that a slip of the pen may have meant; "" where there is none near.
func nearestVerb(word string) string {
	word = strings.Trim(folded(word), ":,.;!、。 ")
	best, least := "", 3
	for _, v := range caseVerbs {
		for _, w := range append(listed("case."+v), v) {
			if d := distance(word, w); d < least && utf8.RuneCountInString(w) > d+1 {
				best, least = w, d
			}
		}
	}
	return best
}

// typedFields is the fields that may stand at the end of a typed line about cases, as name=value, by verb; the others take the line itself, which is kept as it is.
var typedFields = map[string][]string{
	"open":    {"domain", "title", "provider", "priority", "tags", "second"},
	"contact": {"channel", "ticket", "gist", "answered", "next", "partner", "who"},
	"solve":   {"resolution", "lesson"},
	"close":   {"resolution", "lesson"},
}

// quotedFields are free words: only between quotation marks are they told from the line that they end.
var quotedFields = []string{"title", "gist", "next", "resolution", "lesson"}

var lastValue = regexp.MustCompile(`(?:^|\s)([A-Za-z]+)=(?:"([^"]*)"|“([^”]*)”|([^\s"“”]*))$`)

// caseValues takes the fields off the end of a line about cases.
func caseValues(text string) (rest string, values map[string]string) {
	rest = strings.TrimSpace(text)
	fields := typedFields[readOrder(rest).verb]
	for range fields {
		m := lastValue.FindStringSubmatchIndex(rest)
		if m == nil {
			break
		}
		name := strings.ToLower(rest[m[2]:m[3]])
		bare := m[8] >= 0
		if !slices.Contains(fields, name) || bare && slices.Contains(quotedFields, name) {
			break
		}
		value := ""
		for _, g := range []int{4, 6, 8} {
			if m[g] >= 0 {
				value = rest[m[g]:m[g+1]]
			}
		}
		if values == nil {
			values = map[string]string{}
		}
		if _, there := values[name]; !there {
			values[name] = value
		}
		rest = strings.TrimSpace(rest[:m[0]])
	}
	return rest, values
}

var (
	openCase    = regexp.MustCompile(`(?i)^(?:please\s+|(?:can|could)\s+you\s+(?:please\s+)?|i\s+want\s+to\s+)?(?:open|create|start|file|raise|new)\s+(?:an?\s+|the\s+|me\s+an?\s+)?(?:new\s+)?case\b`)
	openCaseHan = regexp.MustCompile(`^(?:请|帮我|麻烦|帮忙|给我|我要|我想)*(?:开启|新建|创建|新开|开|建|提)(?:一个|个|一)?新?案例`)
	myCases     = regexp.MustCompile(`(?i)^(?:(?:show|list|see|what\s+are)\s+)?(?:me\s+)?my\s+(?:open\s+)?cases$|^(?:查看|看看|看)?我的案例$`)
	someCases   = regexp.MustCompile(`(?i)^(?:(?:show|list|see)\s+)?(?:me\s+)?(?:the\s+)?(?:open\s+|our\s+)?cases$|^(?:查看)?(?:未结)?案例(?:列表)?$`)
	allCases    = regexp.MustCompile(`(?i)^(?:(?:show|list|see)\s+)?(?:me\s+)?all\s+(?:the\s+)?cases$|^(?:查看)?(?:所有|全部)案例$`)
	namedCase   = regexp.MustCompile(`(?i)\bMAIL-[0-9]{1,15}\b`)
)

// plainVerbs may be followed by a bare number outside of a case's thread: "close 1" says enough.
var plainVerbs = []string{
	"take", "assign", "note", "answered", "contact", "recheck", "remind", "snooze", "solve", "close", "reopen", "merge", "follow", "unfollow", "priority", "tag", "untag", "lesson", "review", "show", "delete",
}

// wantsCase reads a wish for a case, and gives what follows with the word case before it: "please open a case for example.com".
func wantsCase(text string) (words string, ok bool) {
	for _, re := range []*regexp.Regexp{openCase, openCaseHan} {
		if head := re.FindString(text); head != "" {
			return strings.TrimSpace("case " + strings.TrimSpace(text[len(head):])), true
		}
	}
	return "", false
}

// caseOrder reads what somebody writes to the bot, without the command's name, as a line about cases; ok is false where it is none.
func caseOrder(text string) (line string, ok bool) {
	text = strings.TrimSpace(text)
	bare := strings.TrimRight(text, "?!.。？！ ")
	switch {
	case len(text) > maxText || strings.HasPrefix(text, "/"):
		return "", false
	case myCases.MatchString(bare):
		return "mine", true
	case allCases.MatchString(bare):
		return "list all", true
	case someCases.MatchString(bare):
		return "list", true
	}
	if words, ok := wantsCase(text); ok {
		return "open " + words, true
	}
	o := readOrder(text)
	switch {
	case slices.Contains([]string{"reminders", "mine", "stats"}, o.verb) && o.all == "" && o.wrong == "":
		return text, true
	case o.verb != "" && o.number > 0 && (!o.plain || o.number < 1_000_000 && slices.Contains(plainVerbs, o.verb)):
		return text, true
	case (o.verb == "remind" || o.verb == "snooze") && namedCase.MatchString(text):
		return text, true
	}
	if name := namedCase.FindString(text); name != "" && len(strings.Fields(text)) <= 8 && !strings.Contains(text, "\n") {
		return "show " + strings.ToUpper(name), true // "what about MAIL-42?"
	}
	return "", false
}
