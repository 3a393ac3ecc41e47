package kb

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata"

	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"
)

// Recommendation is a channel with why it stands where it does: the words of its reasons in the catalogue
// ("channel.reason.phone-urgent").
type Recommendation struct {
	Channel Channel
	Score   int
	Reasons []string
	Opening Opening
}

// Rank orders the channels of the situation's provider, the best first: of each kind the best one of the asker's region
// and language.
func (b *Base) Rank(s Situation, now time.Time) []Recommendation {
	p := b.Provider(s.Provider)
	if p == nil {
		return nil
	}
	var all []Recommendation
	for _, c := range p.Channels {
		_, ranked := b.ranking.Kinds[c.Kind]
		if !ranked || b.kept(s, c.Kind) || len(c.Suits) > 0 &&
			!slices.ContainsFunc(c.Suits, func(t string) bool { return slices.Contains(s.Topics, t) }) {
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
		if kind != Manager && kind != Email && !b.kept(s, kind) { // not every provider has them
			out = append(out, b.score(s, Channel{Kind: kind, Languages: []string{s.Language}}, now))
		}
	}
	slices.SortStableFunc(out, func(x, y Recommendation) int { return y.Score - x.Score })
	return out
}

// kept reports a kind that is told to who asked for it alone, where it was not asked for.
func (b *Base) kept(s Situation, kind string) bool {
	return slices.Contains(b.ranking.OnlyAsked, kind) && !slices.Contains(s.Wants, kind)
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
	case "own-region":
		return c.Region != "" && c.Region == s.Assumed()
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
	case "asked":
		return slices.Contains(s.Wants, c.Kind)
	case "ours":
		return s.Ours
	case "theirs":
		return s.Theirs
	}
	return false
}

// Covers reports whether a channel is for the asker's region: it is for theirs, or for every one.
func (s Situation) Covers(c Channel) bool { return c.Region == "" || inRegion(s, c) }

// Assumed is the region that was named, otherwise the one that is taken.
func (s Situation) Assumed() string {
	switch {
	case s.Region != "":
		return s.Region
	case s.Language == "zh":
		return "CN"
	}
	return "intl"
}

// inRegion reports whether a channel is for the asker's region. Where nothing told the region, who writes Chinese is
// taken to be in mainland China, and everybody else abroad.
func inRegion(s Situation, c Channel) bool {
	region := s.Assumed()
	return c.Region == region || c.Region == "intl" && region != "CN"
}

// ruleWords are the words that rules may use, beside topics.
var ruleWords = []string{"urgent", "calm", "newcomer", "region", "own-region", "foreign", "language", "mute", "open",
	"closed",
	"unknown-hours", "confirmed", "unconfirmed", "outdated", "presales",
	"asked", "ours", "theirs"}

// readAdvice reads what the ranking needs, and names what is wrong with it.
func (b *Base) readAdvice() error {
	if err := read("data/words.yaml", &b.words); err != nil {
		return err
	}
	if err := b.words.ready(); err != nil {
		return err
	}
	if err := read("data/ranking.yaml", &b.ranking); err != nil {
		return err
	}
	if len(b.ranking.Ask) == 0 {
		return fmt.Errorf("%w: ranking.yaml: ask names no provider", ErrData)
	}
	for kind := range b.words.Asks {
		if askedKinds[kind] == nil {
			return fmt.Errorf("%w: words.yaml: asks: no such kind: %s", ErrData, kind)
		}
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
	for _, id := range slices.Concat(slices.Sorted(maps.Keys(b.words.Providers)),
		slices.Sorted(maps.Keys(b.words.Registrars)), b.ranking.Ask) {
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

// registrarSupport is how a registrar's support is reached, where its provider's is known: a ticket and a phone, each
// as it is written.
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

// NoticePages is the addresses at which a provider announces what concerns customers of a region; of every region where
// none is given.
func (b *Base) NoticePages(provider, region string) (out []string) {
	p := b.Provider(provider)
	if p == nil {
		return nil
	}
	for _, c := range p.Channels {
		if (c.Kind == Status || c.Kind == Announcements) && (region == "" || Situation{Region: region}.Covers(c)) {
			out = append(out, cmp.Or(c.Feed, c.URL))
		}
	}
	return out
}

// checkChannels names the file and, where it is known, the line of every channel that has a fault.
func checkChannels(name string, channels []Channel, lines []int) error {
	var errs []error
	for i, c := range channels {
		err := c.validate()
		switch {
		case err == nil:
		case i < len(lines):
			errs = append(errs, fmt.Errorf("%w: %s: line %d: channel %d (%s): %w", ErrData, name, lines[i], i+1, c.Kind, err))
		default:
			errs = append(errs, fmt.Errorf("%w: %s: channel %d (%s): %w", ErrData, name, i+1, c.Kind, err))
		}
	}
	return errors.Join(errs...)
}

// channelLines is the line on which each channel of a file begins.
func channelLines(raw []byte) []int {
	var doc yaml.Node
	if yaml.Unmarshal(raw, &doc) != nil || len(doc.Content) == 0 {
		return nil
	}
	top := doc.Content[0].Content
	for i := 0; i+1 < len(top); i += 2 {
		if top[i].Value == "channels" {
			var out []int
			for _, c := range top[i+1].Content {
				out = append(out, c.Line)
			}
			return out
		}
	}
	return nil
}
