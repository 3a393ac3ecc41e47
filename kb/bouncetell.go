package kb

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

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
			return fmt.Errorf("%w: bounces/tell.yaml: %s: there is no catalogue in it, and no opening that names %s", ErrData, t.Lang, recipientWord)
		}
	}
	b.bounces.tongues = in.Languages
	return nil
}

const recipientWord = "{{recipient}}"

// Tell is what to write to the recipient's administrator, in the language of the recipient's domain where it is known, else in English. Opening is a
// sentence before it, where that language has no catalogue.
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
