package kb

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	_ "time/tzdata"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Situation is what somebody needs help with, as far as it is known.
type Situation struct {
	Provider string
	// Other is the provider of those at the far end of the mail, to whom or from whom it goes: none that helps the asker.
	Other    string
	Region   string // ISO 3166, or intl; "" where nothing told
	Language string // en or zh: that of the asker
	Urgent   bool
	Calm     bool
	Newcomer bool
	Topics   []string
	// Wants are the kinds of channel that were asked for, the foremost first; Asks says that a way to support was asked
	// for at all.
	Wants []string
	Asks  bool
	// What, Since, Whom and Impact say that the words tell what happens, since when, to whom, and how the business
	// suffers.
	What, Since, Whom, Impact bool
	Ours                      bool // the diagnosis found what the asker can mend
	Theirs                    bool // it found what the provider must mend
	// Warned are numbers in the text that copycat pages call official.
	Warned []string
}

// ready makes of the lists what is used.
func (w *words) ready() (err error) {
	if w.clock, err = regexp.Compile(strings.Join(w.Clock, "|")); err != nil {
		return fmt.Errorf("%w: words.yaml: clock: %w", ErrData, err)
	}
	if w.people, err = regexp.Compile(`\d+ *(?:` + strings.Join(w.People, "|") + `)`); err != nil {
		return fmt.Errorf("%w: words.yaml: people: %w", ErrData, err)
	}
	if w.many, err = regexp.Compile(`\d\d+ *(?:` + strings.Join(w.People, "|") + `)`); err != nil {
		return fmt.Errorf("%w: words.yaml: people: %w", ErrData, err)
	}
	var pairs []string
	for _, said := range slices.SortedFunc(maps.Keys(w.Hours),
		func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) }) {
		pairs = append(pairs, said, w.Hours[said])
	}
	w.hours = strings.NewReplacer(pairs...)
	return nil
}

// askedKinds is which kinds of channel serve what is asked for.
var askedKinds = map[string][]string{
	"phone": {Phone}, "hours": {Phone}, "person": {Phone, Chat}, "chat": {Chat}, "ticket": {Ticket}, "email": {Email},
	"contact": {Phone}, "help": {HelpCentre}, "console": {Console},
}

// askedFirst is the order of what is asked for.
var askedFirst = []string{"phone", "person", "chat", "ticket", "email", "help", "hours", "console", "contact"}

// askedLast are those that count where nothing else is asked for.
var askedLast = []string{"hours", "console", "contact"}

// Understand reads what somebody wrote, in either language. What the words do not tell stays empty; the language is
// that of the words where they are Chinese, otherwise the asker's own, unless they name another.
func (b *Base) Understand(text string, lang language.Tag) Situation {
	t := heard(text)
	base, _ := b.texts.Match(lang).Base()
	s := Situation{Language: base.String(), Warned: b.warned(t.as)}
	if hanIn(t.as) > 1 {
		s.Language = "zh"
	}
	s.Calm = anyWord(t, b.words.Calm)
	wide := anyWord(t, b.words.Wide) || b.words.many.MatchString(t.lower)
	s.Urgent = !s.Calm && (anyWord(t, b.words.Urgent) || wide && anyWord(t, b.words.Stopped))
	s.Newcomer = anyWord(t, b.words.Newcomer)
	for _, topic := range slices.Sorted(maps.Keys(b.words.Topics)) {
		if anyWord(t, b.words.Topics[topic]) {
			s.Topics = append(s.Topics, topic)
		}
	}
	s.Region = b.region(t)
	s.Provider, s.Other = b.named(t)
	if s.Provider == "" && s.Other == "" {
		s.Provider = b.misspelt(t)
	}
	if s.Provider != "" && anyWord(t, b.words.Trouble) && !slices.Contains(s.Topics, "status") {
		s.Topics = append(s.Topics, "status")
		slices.Sort(s.Topics)
	}
	s.Language = cmp.Or(longest(t, b.words.Languages), s.Language)
	s.Wants, s.Asks = b.wants(t, cmp.Or(s.Provider, s.Other) != "")
	if slices.Contains(s.Topics, "no-phone") { // who could not get through is not sent to the telephone once more
		s.Wants = slices.DeleteFunc(s.Wants, func(kind string) bool { return kind == Phone })
		s.Asks = len(s.Wants) > 0
	}
	s.What = slices.ContainsFunc([]string{"receive", "send", "login", "spam-rejected", "compromised", "delay"},
		func(topic string) bool { return slices.Contains(s.Topics, topic) })
	s.Since = b.words.clock.MatchString(t.lower) || anyWord(t, b.words.Since)
	s.Whom = anyWord(t, b.words.Whom) || b.words.people.MatchString(t.lower)
	s.Impact = s.Urgent || anyWord(t, b.words.Impact) || b.words.people.MatchString(t.lower)
	return s
}

// figures are what stands in a text and is read alike in every language: times, codes, domains, addresses.
var figures = regexp.MustCompile(`\b\d{1,2}:\d\d\b|\b\d{4}-\d\d-\d\d\b|\b[45]\d\d[ -][45]\.\d{1,3}\.\d{1,3}\b|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b`)

const maxFigures = 6

// Figures is the times, codes, domains and addresses in a text, each once.
func Figures(text string) (out []string) {
	for _, f := range figures.FindAllString(text[:min(len(text), maxWords)], 4*maxFigures) {
		if !slices.Contains(out, f) && len(out) < maxFigures {
			out = append(out, f)
		}
	}
	return out
}

// PublicMail reports the domain of a mail service that everybody may have an address at, or one of a provider's own:
// who names it in a sentence means the service, and does not administer it.
func (b *Base) PublicMail(domain string) bool {
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	under := func(name string) bool { return domain == name || strings.HasSuffix(domain, "."+name) }
	return slices.ContainsFunc(b.words.Public, under) ||
		slices.ContainsFunc(b.providers, func(p Provider) bool { return slices.ContainsFunc(p.SenderDomains, under) })
}

// AsksChannel reports whether a text asks how support is reached.
func (b *Base) AsksChannel(text string) bool { return anyWord(heard(text), b.words.Channel) }

// wants is the kinds of channel that a text asks for, and whether it asks for any.
func (b *Base) wants(t said, provider bool) (kinds []string, asks bool) {
	if anyWord(t, b.words.AsksNot) {
		return nil, false
	}
	near := provider || anyWord(t, b.words.Support)
	ofMail := near || anyWord(t, b.words.Mail)
	for _, kind := range askedFirst {
		a := b.words.Asks[kind]
		both := anyWord(t, a.Of) && anyWord(t, a.Where) && !anyWord(t, a.Not)
		if !both && !anyWord(t, a.Alone) && (!near || !anyWord(t, a.With)) && (!ofMail || !anyWord(t, a.Beside)) {
			continue
		}
		for _, k := range askedKinds[kind] {
			// A kind that is named goes before any.
			if !slices.Contains(kinds, k) && (!asks || !slices.Contains(askedLast, kind)) {
				kinds = append(kinds, k)
			}
		}
		asks = true
	}
	return kinds, asks
}

// named is the provider that a text is about, and the one at the far end of the mail: mail to gmail that bounces is no
// matter of Google's for who writes it. Of several the longest name counts; a mailbox provider before who only runs
// names.
func (b *Base) named(t said) (ours, other string) {
	length, otherLength := 0, 0
	t.as = t.lower // places are those in one text
	for _, id := range slices.Sorted(maps.Keys(b.words.Providers)) {
		rank := 0
		if p := b.Provider(id); p != nil && p.Role != "dns" {
			rank = 100
		}
		for _, w := range b.words.Providers[id] {
			for _, at := range placesOf(t, w) {
				if b.atFarEnd(t.lower[:at], t.lower[at+len(w):]) {
					if len(w) > otherLength {
						other, otherLength = id, len(w)
					}
				} else if rank+len(w) > length {
					ours, length = id, rank+len(w)
				}
			}
		}
	}
	return ours, other
}

// providersIn is how many providers a text names.
func (b *Base) providersIn(t said) (n int) {
	for _, names := range b.words.Providers {
		if anyWord(t, names) {
			n++
		}
	}
	return n
}

// atFarEnd reports whether the words before or behind a provider's name make it the other side's.
func (b *Base) atFarEnd(before, after string) bool {
	before, after = strings.TrimRight(before, " @\"'"), strings.TrimLeft(after, " \"'")
	if slices.ContainsFunc(b.words.Support, func(w string) bool { return strings.HasPrefix(after, w) }) {
		return false // "write to alimail support"
	}
	if slices.ContainsFunc(b.words.FarEnd.Not, func(w string) bool { return strings.HasSuffix(before, w) }) {
		return false
	}
	after = strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(after, ".com"), ".cn"), " ")
	return slices.ContainsFunc(b.words.FarEnd.Before, func(w string) bool {
		rest, ok := strings.CutSuffix(before, w)
		return ok && (w[0] >= 0x80 || !letter(rest, len(rest)-1))
	}) || slices.ContainsFunc(b.words.FarEnd.After, func(w string) bool {
		return strings.HasPrefix(after, w) && (w[0] >= 0x80 || !letter(after, len(w)))
	})
}

// region is the country or region that a text names: by a word of the lists, or by its name in English or Chinese.
// Hosts and addresses are no words.
func (b *Base) region(t said) string {
	var plain []string
	for _, w := range strings.Fields(t.as) {
		if i := strings.IndexAny(w, ".@"); i < 0 || i == len(w)-1 {
			plain = append(plain, w)
		}
	}
	t = heard(strings.Join(plain, " "))
	if code := longest(t, b.words.Regions); code != "" {
		return code
	}
	return longest(t, countries(b.words.TooCommon))
}

// Region is the region of a code, a name or a word for it ("SG", "Singapore"); "" where it is none.
func (b *Base) Region(text string) string {
	text = strings.TrimSpace(text)
	if r, err := language.ParseRegion(strings.ToUpper(text)); err == nil && r.IsCountry() {
		return strings.ToUpper(text)
	}
	if strings.EqualFold(text, "intl") {
		return "intl"
	}
	return b.region(heard(text))
}

var (
	countryNames map[string][]string
	countryOnce  sync.Once
)

// countries is every country's names in English and Chinese, by its code.
func countries(tooCommon []string) map[string][]string {
	countryOnce.Do(func() {
		countryNames = map[string][]string{}
		for a := 'A'; a <= 'Z'; a++ {
			for z := 'A'; z <= 'Z'; z++ {
				code := string(a) + string(z)
				r, err := language.ParseRegion(code)
				if err != nil || !r.IsCountry() || r.String() != code {
					continue
				}
				en, zh := display.English.Regions().Name(r), display.Chinese.Regions().Name(r)
				if low := strings.ToLower(en); en != "" && !slices.Contains(tooCommon, low) {
					en = low
				}
				for _, name := range []string{en, zh} {
					if name != "" && name != code {
						countryNames[code] = append(countryNames[code], name)
					}
				}
			}
		}
	})
	return countryNames
}

var (
	notDigit    = regexp.MustCompile(`[^0-9]+`)
	phoneNumber = regexp.MustCompile(`\+?[0-9][0-9 ()\-.]{5,24}[0-9]`)
)

// warned finds numbers of the deny list in a text, however they are written.
func (b *Base) warned(t string) []string {
	var out []string
	runs := phoneNumber.FindAllString(t, 50)
	for _, p := range b.providers {
		for _, bad := range p.NotOfficial {
			digits := notDigit.ReplaceAllString(bad, "")
			if slices.ContainsFunc(runs,
				func(r string) bool { return strings.HasSuffix(notDigit.ReplaceAllString(r, ""), digits) }) &&
				!slices.Contains(out, bad) {
				out = append(out, bad)
			}
		}
	}
	return out
}

// words is data/words.yaml.
type words struct {
	Urgent   []string `yaml:"urgent"`
	Calm     []string `yaml:"calm"`
	Newcomer []string `yaml:"newcomer"`
	// Wide are words for everybody, Stopped those of what does not go at all: together they are urgent.
	Wide    []string `yaml:"wide"`
	Stopped []string `yaml:"stopped"`
	// Trouble are words that beside a provider's name ask whether it has a fault of its own.
	Trouble []string `yaml:"trouble"`

	Topics    map[string][]string `yaml:"topics"`
	Regions   map[string][]string `yaml:"regions"`
	Languages map[string][]string `yaml:"languages"`
	Providers map[string][]string `yaml:"providers"`
	Question  []string            `yaml:"question"` // words of any question
	Mail      []string            `yaml:"mail"`     // words of mail and domains
	Public    []string            `yaml:"public"`   // domains whose addresses anybody may have
	Services  []string            `yaml:"services"` // words by which an announcement of many products concerns mail
	Weak      []string            `yaml:"weak"`     // those of Mail that other things have too
	Channel   []string            `yaml:"channel"`  // words that ask for a channel of support
	// Asks are the words by which a kind of contact is asked for.
	Asks map[string]struct {
		Alone []string `yaml:"alone"` // enough by themselves
		With  []string `yaml:"with"`  // beside a word of Support, or the name of a provider
		// Beside are enough beside any word of mail.
		Beside []string `yaml:"beside"`
		// Of and Where are enough together, one of each, where none of Not stands beside them.
		Of    []string `yaml:"of"`
		Where []string `yaml:"where"`
		Not   []string `yaml:"not"`
	} `yaml:"asks"`
	Support []string `yaml:"support"` // words for those who help at a provider
	// Words of another matter with a contact: how to prepare for it, that nobody answered.
	AsksNot []string `yaml:"asks_not"`
	// FarEnd are words around the name of a provider that is the other side's.
	FarEnd struct {
		Before []string `yaml:"before"`
		Not    []string `yaml:"not"`
		After  []string `yaml:"after"`
	} `yaml:"far_end"`
	Since  []string `yaml:"since"`
	Whom   []string `yaml:"whom"`
	Impact []string `yaml:"impact"`
	// TooCommon are names of countries that are other words too: they count with their capital only.
	TooCommon []string `yaml:"too_common"`
	// Registrars are those who also are, or belong to, a provider.
	Registrars map[string][]string `yaml:"registrars"`
	// Clock and People are patterns of a time, and of how many are concerned.
	Clock  []string `yaml:"clock"`
	People []string `yaml:"people"`
	// Hours brings the days and marks of opening hours into the form that ReadHours reads.
	Hours map[string]string `yaml:"hours"`

	clock, people, many *regexp.Regexp
	hours               *strings.Replacer
}
