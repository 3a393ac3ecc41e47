package cli

import (
	"signpost/bot"
)

type manifestCmd struct {
	URL  string `name:"url" placeholder:"https://HOST" help:"Base URL for signed HTTP; without it the app uses Socket Mode."`
	Lang string `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language of the descriptions."`
	// History is for teams that record what is said in the threads of cases.
	History bool `help:"Ask for the history of channels too, so that replies in the threads of cases can be recorded (/mailset record=on)."`
	Emoji   bool `help:"Ask for reactions too, so that the state of a case can be set by emoji (/mailset emoji=on)."`
}

func (c *manifestCmd) Run(s *System) error {
	lang, err := parseLang(c.Lang)
	if err != nil {
		return err
	}
	var extras []bot.Extra
	if c.History {
		extras = append(extras, bot.History)
	}
	if c.Emoji {
		extras = append(extras, bot.Emoji)
	}
	out, err := bot.Manifest(lang, c.URL, extras...)
	if err != nil {
		return usageError{err}
	}
	_, err = s.Out.Write(out)
	return err
}
