package kb

import (
	"cmp"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"signpost/kb/bounce"

	"golang.org/x/text/language"
)

// Most patterns cannot match most texts, because a word that they need is not there. All those words are looked for in
// one pass over the text (the automaton of Aho and Corasick), and a pattern is tried only where each of its needs is
// met. So the cost of a text hardly grows with the data.

// pattern is a regular expression with its needs: of each of them one word at least must stand in the text.
type pattern struct {
	*regexp.Regexp
	needs [][]int32 // words by their numbers
}

// may reports whether the pattern may match a text in which these words stand.
func (p pattern) may(in present) bool {
	for _, need := range p.needs {
		if !slices.ContainsFunc(need, in.has) {
			return false
		}
	}
	return true
}

// present is which words stand in a text.
type present []uint64

func (p present) has(word int32) bool { return p[word>>6]&(1<<(word&63)) != 0 }

func (p present) add(word int32) { p[word>>6] |= 1 << (word & 63) }

// wordSet is the words that patterns need, and the automaton that finds them.
type wordSet struct {
	numbers map[string]int32
	classes [256]uint8 // octets that no word has are all alike
	width   int32
	next    []int32   // by state and class
	found   [][]int32 // words that end in a state
}

// pattern compiles an expression for texts in lower case, which is what makes it one for any case, and puts down what
// it needs.
func (w *wordSet) pattern(text string) (pattern, error) {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return pattern{}, err
	}
	lower(tree)
	p := pattern{}
	if p.Regexp, err = regexp.Compile(tree.String()); err != nil {
		return pattern{}, err
	}
	for _, set := range needs(tree.Simplify()) {
		var numbers []int32
		for _, word := range set {
			numbers = append(numbers, w.number(word))
		}
		p.needs = append(p.needs, numbers)
	}
	return p, nil
}

// lower puts an expression's letters into lower case.
func lower(re *syntax.Regexp) {
	if re.Op == syntax.OpLiteral {
		for i, r := range re.Rune {
			re.Rune[i] = unicode.ToLower(r)
		}
	}
	// Not one that leaves letters out.
	if n := len(re.Rune); re.Op == syntax.OpCharClass && n > 0 && re.Rune[n-1] < unicode.MaxASCII {
		for i := 0; i < n; i += 2 {
			if from, to := max(re.Rune[i], 'A'), min(re.Rune[i+1], 'Z'); from <= to {
				re.Rune = append(re.Rune, from+'a'-'A', to+'a'-'A')
			}
		}
	}
	for _, sub := range re.Sub {
		lower(sub)
	}
}

func (w *wordSet) number(word string) int32 {
	if w.numbers == nil {
		w.numbers = map[string]int32{}
	}
	n, ok := w.numbers[word]
	if !ok {
		n = int32(len(w.numbers)) //nolint:gosec // words of our own data, some thousands
		w.numbers[word] = n
	}
	return n
}

const (
	maxNeeds = 4  // of one pattern: more hardly tell more
	maxAlike = 80 // words of one need
)

// needs is what a text must hold to match: of each set one word, in lower case.
func needs(re *syntax.Regexp) [][]string {
	switch re.Op {
	case syntax.OpLiteral:
		if word := strings.ToLower(string(re.Rune)); len(word) > 1 {
			return [][]string{{word}}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return needs(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return needs(re.Sub[0])
		}
	case syntax.OpConcat:
		var out [][]string
		for _, sub := range re.Sub {
			out = append(out, needs(sub)...)
		}
		slices.SortStableFunc(out, func(a, b []string) int { return shortest(b) - shortest(a) })
		return out[:min(len(out), maxNeeds)]
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			best := needs(sub)
			if len(best) == 0 {
				return nil
			}
			all = append(all, slices.MaxFunc(best, func(a, b []string) int { return shortest(a) - shortest(b) })...)
		}
		if len(all) <= maxAlike {
			return [][]string{all}
		}
	}
	return nil
}

func shortest(words []string) int {
	n := len(words[0])
	for _, w := range words {
		n = min(n, len(w))
	}
	return n
}

// build makes the automaton of all words.
func (w *wordSet) build() {
	w.width = 1
	for word := range w.numbers {
		for i := range len(word) {
			if w.classes[word[i]] == 0 {
				w.classes[word[i]] = uint8(w.width) //nolint:gosec // UTF-8 has fewer octets than 255
				w.width++
			}
		}
	}
	w.next, w.found = make([]int32, w.width), [][]int32{nil}
	for word, number := range w.numbers {
		state := int32(0)
		for i := range len(word) {
			at := state*w.width + int32(w.classes[word[i]])
			if w.next[at] == 0 {
				w.next[at] = int32(len(w.found)) //nolint:gosec // letters of our own data
				w.found = append(w.found, nil)
				w.next = append(w.next, make([]int32, w.width)...)
			}
			state = w.next[at]
		}
		w.found[state] = append(w.found[state], number)
	}
	// What is not a step forward is a step from the longest end that begins a word.
	fail := make([]int32, len(w.found))
	queue := []int32{0}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		for c := range w.width {
			at := state*w.width + c
			child, back := w.next[at], w.next[fail[state]*w.width+c]
			switch {
			case child == 0:
				if state != 0 {
					w.next[at] = back
				}
				continue
			case state != 0:
				fail[child] = back
				w.found[child] = append(w.found[child], w.found[back]...)
			}
			queue = append(queue, child)
		}
	}
}

// in is which words stand in a text, given in lower case.
func (w *wordSet) in(lower string) present {
	out := make(present, (len(w.numbers)+63)/64)
	state := int32(0)
	for i := range len(lower) {
		state = w.next[state*w.width+int32(w.classes[lower[i]])]
		for _, n := range w.found[state] {
			out.add(n)
		}
	}
	return out
}

// tongue is a language, and whose it is.
type tongue struct {
	Lang    string   `yaml:"lang"`
	Domains []string `yaml:"domains"`
	Systems []string `yaml:"systems"`
	Opening string   `yaml:"opening"` // where there is no catalogue in it
}

func (b *Base) readTongues() error {
	var in struct {
		Languages []tongue `yaml:"languages"`
	}
	if err := read("data/bounces/tell.yaml", &in); err != nil {
		return err
	}
	for _, t := range in.Languages {
		tag, err := language.Parse(t.Lang)
		if err != nil {
			return fmt.Errorf("%w: bounces/tell.yaml: %q: %w", ErrData, t.Lang, err)
		}
		own, _ := b.texts.Match(tag).Base()
		if base, _ := tag.Base(); own != base && !strings.Contains(t.Opening, recipientWord) {
			return fmt.Errorf("%w: bounces/tell.yaml: %s: there is no catalogue in it, and no opening that names %s", ErrData,
				t.Lang, recipientWord)
		}
	}
	b.bounces.tongues = in.Languages
	return nil
}

const recipientWord = "{{recipient}}"

// Tell is what to write to the recipient's administrator, in the language of the recipient's domain where it is known,
// else in English. Opening is a sentence before it, where that language has no catalogue.
func (b *Base) Tell(x Bounce) (opening, text string, lang language.Tag) {
	lang = language.English
	args := func() map[string]any {
		return map[string]any{
			"recipient": cmp.Or(x.Recipient, b.texts.Text(lang, "bounce.tell.recipient", nil)),
			"sender":    cmp.Or(x.Sender, x.SenderDomain, b.texts.Text(lang, "bounce.tell.sender", nil)),
		}
	}
	for _, t := range b.bounces.tongues {
		known := slices.Contains(t.Systems, x.System) && x.RecipientDomain == ""
		for _, d := range t.Domains {
			known = known || x.RecipientDomain == d || strings.HasSuffix(x.RecipientDomain, "."+d)
		}
		if !known {
			continue
		}
		if t.Opening == "" {
			lang = b.texts.Match(language.Make(t.Lang))
		} else if x.Recipient != "" {
			opening = strings.ReplaceAll(t.Opening, recipientWord, x.Recipient)
		}
		break
	}
	return opening, b.texts.Text(lang, "bounce."+x.Cause+".tell", args()), lang
}

// Bounce is what a mail system's reply means for one recipient. Cause is its name in the catalogue
// ("bounce.no-user.name").
type Bounce struct {
	Cause     string
	Kind      string // the wider cause that it is a kind of; else the same
	Who       string // sender-user, sender-admin, sender-dns, sender-provider, recipient-user, recipient-admin, wait, read
	Code      string // "550", or "" where the text has none
	Enhanced  string // "5.7.1" (RFC 3463), or ""
	Transient bool   // 4xx: the sending system tries again by itself
	Action    string // what the report says was done: failed, delayed, delivered ..., or ""
	System    string // who wrote it, as far as it can be told: an id of data/bounces
	Line      string // the line that told
	List      string // the blocklist that is named, or ""
	Listed    string // what it lists: ip, helo, mailfrom, url, domain, or ""
	Help      string // an official page about it
	Fact             // where the meaning is known from; zero for codes of RFC 3463 and for what was seen in the field
	ByCode    bool   // no words were known, only the code
	CodeSays  string // the kind of cause that the enhanced code alone stands for, or ""
	Sender    string // addresses in the text
	Recipient string
	// SenderDomain and RecipientDomain are the domains to look at: that of DMARC is the one in From.
	SenderDomain, RecipientDomain string
	// SenderChecks and RecipientChecks are the checks of their domains that tell more.
	SenderChecks, RecipientChecks []string
}

func (x *Bounce) domains(l bounce.Letter) {
	domainOf := func(address string) string {
		_, d, _ := strings.Cut(address, "@")
		return strings.ToLower(d)
	}
	x.RecipientDomain = domainOf(x.Recipient)
	said := ""
	if m := namedDomain.FindStringSubmatch(x.Line); m != nil && len(x.SenderChecks) > 0 {
		if said = strings.ToLower(m[1]); said == x.RecipientDomain {
			said = ""
		}
	}
	switch x.Cause {
	case "dmarc-failed", "unauthenticated":
		from := ""
		// DMARC asks for this one, whatever else the line names (RFC 8601).
		if m := inFrom.FindStringSubmatch(x.Line); m != nil {
			from = strings.ToLower(strings.TrimRight(m[1], "."))
		}
		x.SenderDomain = cmp.Or(strings.ToLower(l.HeaderFrom), from, said, domainOf(l.From), domainOf(x.Sender))
	case "spf-failed", "sender-unresolvable", "sender-unverifiable":
		x.SenderDomain = cmp.Or(said, strings.ToLower(l.MailFrom), domainOf(l.ReturnPath), domainOf(x.Sender))
	default:
		x.SenderDomain = cmp.Or(said, domainOf(x.Sender))
	}
}

var enhancedCode = regexp.MustCompile(`(?:^|[^0-9.])([245])\.(\d{1,3})\.(\d{1,3})(?:[^0-9.]|\.?$|\.[^0-9])`)

// domains is the domains that the answer is about.
var inFrom = regexp.MustCompile(`(?i)\bheader\.from ?= ?"?(?:[^\s;@"]{1,64}@)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)+)`)

var (
	namedDomain = regexp.MustCompile(`(?i)(?:\bspf\s*\[|\bdomain(?:\s+of)?\s*[:=]?\s*[\[<"'(]?(?:[^@\s]+@)?|\bfrom\s+(?:domain\s+)?|\bpolicy (?:for|of) |header\.from=|smtp\.mailfrom=(?:[^@\s]*@)?)((?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]+)`)
)
