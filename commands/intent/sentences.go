package intent

import (
	"cmp"
	"embed"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"signpost/commands/chat"
	"signpost/commands/intent/datetime"
	"signpost/commands/intent/template"
)

//go:embed sentences
var sentenceFiles embed.FS

// grammar is what the files of sentences hold: a list of templates for each name, with these slots.
func grammar() template.Grammar {
	return template.Grammar{
		Names: []string{
			"set", "said", "done", "all", "that", "about", "polite", "polite-behind",
			"case-named", "case-loose", "case-bare", "before-case", "and-case", "verb-of-case", "particle-behind",
			"particle-before",
			"ticket-called", "ticket-said", "assign-to", "merge-into", "open-filler", "since", "state-alone",
		},
		Optional: append(peoplesVerbs(), watchSentenceNames()...),
		Slots: map[string]template.Slot{
			"verb":   {Accept: func(s string) bool { return VerbNamed(s) != "" }, Example: "close"},
			"number": {Pattern: `[0-9]{1,15}\b`, Folded: true, Example: "42"},
			"state":  {Accept: namesStateOrPriority, Example: "waiting for DNS"},
			"which":  {Accept: func(s string) bool { _, ok := casesThat(s); return ok }, Example: "urgent"},
			"time":   {Pattern: `\S.{0,60}?`, Accept: isTime, Example: "tomorrow 9:00"},
			"when":   {Example: "tomorrow 9:00"},
			"into":   {Pattern: `\S+?|case\s+\S+?`, Example: "MAIL-42"},
			"about":  {Pattern: `\S+?`, Example: "example.com"},
			"ticket": {Pattern: `[0-9A-Za-z]{6,20}\b`, Folded: true, Example: "0003Y5YJCP"},
			"any":    {Example: "solved"},
			"domain": {Pattern: `[^\s\p{Han}'’]*[^\s\p{Han}.,!?'’]`, Accept: isDomain, Example: "example.com"},
			"every":  {Pattern: `\S.{0,20}?`, Accept: func(s string) bool { return intervalIn(s) != "" }, Example: "daily"},
			// Records that are to change: "MX".
			"changing": {Pattern: `\S.{0,30}?`, Accept: func(s string) bool { return recordIn(s) != "" }, Example: "MX"},
			// Whose announcements are meant: its name as people say it.
			"provider": {Pattern: `\S.{0,60}?`, Example: "Alibaba Mail"},
			"behind":   {Raw: true},
			"rest":     {Rest: true, Example: "they look into it"},
		},
	}
}

// isTime reports whether a text is a time and nothing else.
func isTime(said string) bool {
	_, whole := datetime.Begins(said, time.Now(), "")
	return whole
}

// replaced is the sentences that a test has put in the place of our own.
var replaced atomic.Pointer[template.Set]

// own is our own sentences, read when somebody first writes.
var own struct {
	once sync.Once
	set  *template.Set
	err  error
}

func readOwn() (*template.Set, error) {
	own.once.Do(func() { own.set, own.err = grammar().Load(sentenceFiles, "sentences") })
	return own.set, own.err
}

func sentences() *template.Set {
	if s := replaced.Load(); s != nil {
		return s
	}
	s, _ := readOwn() // files that cannot be read are told by Validate
	return s
}

// Validate tells which template of which language cannot be read.
func Validate() error {
	_, err := readOwn()
	return err
}

// ReplaceSentences has all sentences come from the folder "sentences" of other files until restore is called.
func ReplaceSentences(files fs.FS) (restore func(), err error) {
	set, err := grammar().Load(files, "sentences")
	if err != nil {
		return func() {}, err
	}
	before := replaced.Swap(set)
	return func() { replaced.Store(before) }, nil
}

// matchSaid reads a text by the sentences of a name.
func matchSaid(name, text string) (template.Values, bool) {
	return sentences().Match(name, template.Ready(text))
}

// Without is what follows the words of a name at the beginning of a text ("to", before whom a case is assigned to); the
// text itself where it begins with none of them.
func Without(name, text string) string {
	if v, ok := matchSaid(name, text); ok {
		return v["rest"]
	}
	return text
}

// CaseWithin is the case that stands within other words, and those words: "tomorrow about MAIL-42".
func CaseWithin(text string) (number int64, rest string, ok bool) {
	v, ok := matchSaid("about", text)
	if !ok {
		return 0, text, false
	}
	o, ok := aboutCase("", v["number"], strings.TrimSpace(v["when"]+" "+v["rest"]))
	return o.Number, o.Words, ok
}

// Since is since when there is trouble, as a text says it; "" where it says nothing of it.
func Since(text string) string {
	v, ok := matchSaid("since", text)
	if !ok {
		return ""
	}
	said, _, _ := strings.Cut(chat.CutRunes(v["rest"], 60), ",")
	return cmp.Or(v["time"], strings.TrimSpace(said))
}

// StateAlone reports whether a word by itself is the name of a state rather than a word of a sentence.
func StateAlone(word string) bool {
	_, ok := matchSaid("state-alone", word)
	return ok
}

// peoplesVerbs is the names of all verbs that people may ask: each may have sentences.
func peoplesVerbs() (out []string) {
	for _, v := range Verbs {
		if v.Group != "" {
			out = append(out, v.Name)
		}
	}
	return out
}

// SentenceNames is what a language has sentences for, besides its verbs.
func SentenceNames() []string { return grammar().Names }

func VerbNamed(word string) string {
	word = strings.Trim(chat.Fold(word), signs+" ")
	if word == "" || len(word) > 200 {
		return ""
	}
	if v, ok := matchSaid("verb-of-case", word); ok && verbCalled(v["any"]) != "" {
		return verbCalled(v["any"])
	}
	return verbCalled(word)
}

func namesStateOrPriority(said string) bool {
	_, isState := StateIn(said)
	_, isPriority := PriorityIn(said)
	return isState || isPriority
}

// casesThat is the order for the cases that words describe: by state, by priority, or by state and day.
func casesThat(said string) (Order, bool) {
	if s, ok := StateIn(said); ok {
		return aboutCase("list", "", string(s))
	}
	if p, ok := PriorityIn(said); ok {
		return aboutCase("list", "", "priority:"+string(p))
	}
	if slices.Contains(chat.Words("open"), chat.Fold(said)) {
		return aboutCase("list", "", "")
	}
	if len(said) < 100 && describes(said) {
		return aboutCase("search", "", said)
	}
	return Order{}, false
}

// aboutCase is an order about one case, or none; ok is false where the number can be none.
func aboutCase(verb, number, words string) (o Order, ok bool) {
	o = Order{Verb: verb, Words: words, All: words}
	if number == "" {
		return o, true
	}
	n, err := strconv.ParseInt(number, 10, 64)
	o.Number = n
	return o, err == nil && n > 0
}

// describes reports whether words say nothing but in which state and of which days cases are: "solved today".
func describes(said string) bool {
	var words []string
	for _, w := range strings.Fields(said) {
		words = append(words, SplitHan(w)...)
	}
	states := 0
	for len(words) > 0 {
		n := 0
		for i := min(len(words), 4); i > 0 && n == 0; i-- {
			if _, ok := StateIn(strings.Join(words[:i], " ")); ok {
				n = i
				states++
			}
		}
		if n == 0 {
			_, _, n = datetime.Days(words, time.Now())
		}
		if n == 0 {
			return false
		}
		words = words[n:]
	}
	return states == 1
}

// particle is a word without what adjoins it and means nothing by itself.
func particle(name, w string) string {
	if v, ok := matchSaid(name, w); ok {
		return v["any"]
	}
	return w
}

// SplitHan parts a day from what stands right behind it, and takes off what says that more is said of something ("of"
// behind what it belongs to).
func SplitHan(w string) []string {
	w = particle("particle-behind", w)
	if days, rest := datetime.CutDays(w); days != "" && rest != "" {
		return []string{days, stateWord(particle("particle-before", rest))}
	}
	return []string{w}
}
