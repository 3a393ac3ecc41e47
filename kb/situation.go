package kb

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/width"
)

// Situation is what somebody needs help with, as far as it is known.
type Situation struct {
	Provider string
	Region   string // ISO 3166, or intl; "" where nothing told
	Language string // en or zh: that of the asker
	Urgent   bool
	Calm     bool
	Newcomer bool
	Topics   []string
	Ours     bool // the diagnosis found what the asker can mend
	Theirs   bool // it found what the provider must mend
	// Warned are numbers in the text that copycat pages call official.
	Warned []string
}

// words is data/words.yaml.
type words struct {
	Urgent    []string            `yaml:"urgent"`
	Calm      []string            `yaml:"calm"`
	Newcomer  []string            `yaml:"newcomer"`
	Topics    map[string][]string `yaml:"topics"`
	Regions   map[string][]string `yaml:"regions"`
	Languages map[string][]string `yaml:"languages"`
	Providers map[string][]string `yaml:"providers"`
	Question  []string            `yaml:"question"` // words of any question
	Channel   []string            `yaml:"channel"`  // words that ask for a channel of support
	// Registrars are those who also are, or belong to, a provider.
	Registrars map[string][]string `yaml:"registrars"`
}

const maxWords = 4000 // characters of a description that are looked at

// Understand reads what somebody wrote, in either language. What the words do not tell stays empty; the language is the asker's own unless
// they name another.
func (b *Base) Understand(text string, lang language.Tag) Situation {
	if r := []rune(text); len(r) > maxWords {
		text = string(r[:maxWords])
	}
	t := said{as: " " + width.Fold.String(text) + " "}
	t.lower = strings.ToLower(t.as)
	base, _ := b.texts.Match(lang).Base()
	s := Situation{Language: base.String(), Warned: b.warned(t.as)}
	s.Calm = anyWord(t, b.words.Calm)
	s.Urgent = !s.Calm && anyWord(t, b.words.Urgent)
	s.Newcomer = anyWord(t, b.words.Newcomer)
	for _, topic := range slices.Sorted(maps.Keys(b.words.Topics)) {
		if anyWord(t, b.words.Topics[topic]) {
			s.Topics = append(s.Topics, topic)
		}
	}
	s.Region = longest(t, b.words.Regions)
	s.Provider = longest(t, b.words.Providers)
	s.Language = cmp.Or(longest(t, b.words.Languages), s.Language)
	return s
}

// AsksChannel reports whether a text asks how support is reached.
func (b *Base) AsksChannel(text string) bool {
	t := said{as: " " + width.Fold.String(text) + " "}
	t.lower = strings.ToLower(t.as)
	return anyWord(t, b.words.Channel)
}

// longest is the key whose longest word stands in the text: "hong kong" before "china", a product before its company.
func longest(t said, by map[string][]string) string {
	best, length := "", 0
	for _, key := range slices.Sorted(maps.Keys(by)) {
		for _, w := range by[key] {
			if len(w) > length && hasWord(t, w) {
				best, length = key, len(w)
			}
		}
	}
	return best
}

func anyWord(t said, list []string) bool {
	return slices.ContainsFunc(list, func(w string) bool { return hasWord(t, w) })
}

// said is a text as it was written, and in lower case.
type said struct{ as, lower string }

// hasWord finds a word: of letters as a whole, in any case unless it has capitals ("US" is no pronoun), of Chinese characters anywhere.
func hasWord(text said, w string) bool {
	t := text.lower
	if w != strings.ToLower(w) {
		t = text.as
	}
	for from := 0; ; {
		i := strings.Index(t[from:], w)
		if i < 0 {
			return false
		}
		i += from
		if w[0] >= 0x80 || !letter(t, i-1) && !letter(t, i+len(w)) {
			return true
		}
		from = i + 1
	}
}

func letter(t string, i int) bool {
	return i >= 0 && i < len(t) && t[i] < 0x80 && (unicode.IsLetter(rune(t[i])) || unicode.IsDigit(rune(t[i])))
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
			if slices.ContainsFunc(runs, func(r string) bool { return strings.HasSuffix(notDigit.ReplaceAllString(r, ""), digits) }) && !slices.Contains(out, bad) {
				out = append(out, bad)
			}
		}
	}
	return out
}

// ranking is data/ranking.yaml.
type ranking struct {
	Ask   []string       `yaml:"ask"`
	Kinds map[string]int `yaml:"kinds"`
	Rules []struct {
		Kind   string   `yaml:"kind"`
		When   []string `yaml:"when"`
		Points int      `yaml:"points"`
		Reason string   `yaml:"reason"`
	} `yaml:"rules"`
}

// Recommendation is a channel with why it stands where it does: the words of its reasons in the catalogue ("channel.reason.phone-urgent").
type Recommendation struct {
	Channel Channel
	Score   int
	Reasons []string
	Opening Opening
}

// Rank orders the channels of the situation's provider, the best first: of each kind the best one of the asker's region and language.
func (b *Base) Rank(s Situation, now time.Time) []Recommendation {
	p := b.Provider(s.Provider)
	if p == nil {
		return nil
	}
	var all []Recommendation
	for _, c := range p.Channels {
		_, ranked := b.ranking.Kinds[c.Kind]
		if !ranked || len(c.Suits) > 0 && !slices.ContainsFunc(c.Suits, func(t string) bool { return slices.Contains(s.Topics, t) }) {
			continue
		}
		all = append(all, b.score(s, c, now))
	}
	slices.SortStableFunc(all, func(x, y Recommendation) int { return y.Score - x.Score })
	var out []Recommendation
	for _, r := range all {
		if !slices.ContainsFunc(out, func(o Recommendation) bool { return o.Channel.Kind == r.Channel.Kind }) {
			out = append(out, r)
		}
	}
	return out
}

// RankKinds orders the kinds of channels as Rank does, for a provider that is not known.
func (b *Base) RankKinds(s Situation, now time.Time) []Recommendation {
	var out []Recommendation
	for _, kind := range slices.Sorted(maps.Keys(b.ranking.Kinds)) {
		if kind != Manager && kind != Email { // not every provider has them
			out = append(out, b.score(s, Channel{Kind: kind, Languages: []string{s.Language}}, now))
		}
	}
	slices.SortStableFunc(out, func(x, y Recommendation) int { return y.Score - x.Score })
	return out
}

// score is the points of a channel, and the reasons that they come with.
func (b *Base) score(s Situation, c Channel, now time.Time) Recommendation {
	r := Recommendation{Channel: c, Score: b.ranking.Kinds[c.Kind], Opening: b.Opening(c.Hours, now)}
	for _, rule := range b.ranking.Rules {
		if rule.Kind == c.Kind && !slices.ContainsFunc(rule.When, func(w string) bool { return !s.holds(w, c, r.Opening) }) {
			r.Score += rule.Points
			if rule.Reason != "" && !slices.Contains(r.Reasons, rule.Reason) {
				r.Reasons = append(r.Reasons, rule.Reason)
			}
		}
	}
	return r
}

// holds reports whether a word of a rule is true of a channel in this situation.
func (s Situation) holds(word string, c Channel, o Opening) bool {
	if topic, ok := strings.CutPrefix(word, "topic:"); ok {
		return slices.Contains(s.Topics, topic)
	}
	switch word {
	case "urgent":
		return s.Urgent
	case "calm":
		return s.Calm
	case "newcomer":
		return s.Newcomer
	case "region":
		return c.Region != "" && inRegion(s, c)
	case "foreign":
		return c.Region != "" && !inRegion(s, c)
	case "language":
		return slices.Contains(c.Languages, s.Language)
	case "mute":
		return len(c.Languages) > 0 && !slices.Contains(c.Languages, s.Language)
	case "open":
		return o.Known && o.Open
	case "closed":
		return o.Known && !o.Open
	case "unknown-hours":
		return !o.Known
	case "confirmed":
		return !c.Unconfirmed()
	case "unconfirmed":
		return c.Unconfirmed()
	case "outdated":
		return c.Outdated
	case "presales":
		return c.Presales
	case "ours":
		return s.Ours
	case "theirs":
		return s.Theirs
	}
	return false
}

// Covers reports whether a channel is for the asker's region: it is for theirs, or for every one.
func (s Situation) Covers(c Channel) bool { return c.Region == "" || inRegion(s, c) }

// inRegion reports whether a channel is for the asker's region. Where nothing told the region, who writes Chinese is taken to be in mainland
// China, and everybody else abroad.
func inRegion(s Situation, c Channel) bool {
	region := s.Region
	if region == "" {
		region = "intl"
		if s.Language == "zh" {
			region = "CN"
		}
	}
	return c.Region == region || c.Region == "intl" && region != "CN"
}

// ruleWords are the words that rules may use, beside topics.
var ruleWords = []string{"urgent", "calm", "newcomer", "region", "foreign", "language", "mute", "open", "closed", "unknown-hours", "confirmed", "unconfirmed", "outdated", "presales", "ours", "theirs"}

// readAdvice reads what the ranking needs, and names what is wrong with it.
func (b *Base) readAdvice() error {
	if err := read("data/words.yaml", &b.words); err != nil {
		return err
	}
	if err := read("data/ranking.yaml", &b.ranking); err != nil {
		return err
	}
	if len(b.ranking.Ask) == 0 {
		return fmt.Errorf("%w: ranking.yaml: ask names no provider", ErrData)
	}
	for i, r := range b.ranking.Rules {
		for _, w := range r.When {
			topic, isTopic := strings.CutPrefix(w, "topic:")
			if isTopic && b.words.Topics[topic] == nil || !isTopic && !slices.Contains(ruleWords, w) {
				return fmt.Errorf("%w: ranking.yaml: rule %d: no such word: %s", ErrData, i+1, w)
			}
		}
		if _, ok := b.ranking.Kinds[r.Kind]; !ok {
			return fmt.Errorf("%w: ranking.yaml: rule %d: no such kind: %s", ErrData, i+1, r.Kind)
		}
		if r.Reason != "" && !b.texts.Has("channel.reason."+r.Reason) {
			return fmt.Errorf("%w: locales: channel.reason.%s is missing", ErrData, r.Reason)
		}
	}
	for _, id := range slices.Concat(slices.Sorted(maps.Keys(b.words.Providers)), slices.Sorted(maps.Keys(b.words.Registrars)), b.ranking.Ask) {
		if b.Provider(id) == nil {
			return fmt.Errorf("%w: words.yaml, ranking.yaml: no such provider: %s", ErrData, id)
		}
	}
	for _, p := range b.providers {
		if err := checkChannels("providers/"+p.ID+".yaml", p.Channels, nil); err != nil {
			return err
		}
	}
	return nil
}

// registrarSupport is how a registrar's support is reached, where its provider's is known: a ticket and a phone, each as it is written.
func (b *Base) registrarSupport(name string) string {
	t := said{as: " " + name + " ", lower: " " + strings.ToLower(name) + " "}
	p := b.Provider(longest(t, b.words.Registrars))
	if p == nil {
		return ""
	}
	var out []string
	for _, kind := range []string{Ticket, Phone} {
		i := slices.IndexFunc(p.Channels, func(c Channel) bool { return c.Kind == kind && !c.Outdated })
		if i >= 0 {
			out = append(out, cmp.Or(p.Channels[i].URL, p.Channels[i].Number))
		}
	}
	return strings.Join(out, " · ")
}

// ChannelText is a sentence of the catalogue about channels: "channel.kind.phone", "channel.reason.closed".
func (b *Base) ChannelText(lang language.Tag, id string, args map[string]any) string {
	return b.texts.Text(lang, "channel."+id, args)
}

// In is the text in a language; English where it has none in that.
func (t Text) In(b *Base, lang language.Tag) string {
	base, _ := b.texts.Match(lang).Base()
	return cmp.Or(t[base.String()], t["en"])
}
