package cli

import (
	"errors"

	"signpost/bot"
)

type manifestCmd struct {
	URL  string `name:"url" placeholder:"https://HOST" help:"Base URL for signed HTTP; without it the app uses Socket Mode."`
	Lang string `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language of the descriptions."`
	// History is for teams that record what is said in the threads of cases.
	History   bool `help:"Ask for the history of channels too, so that replies in the threads of cases can be recorded (/mailset record=on)."`
	Assistant bool `help:"Show the app in Slack's view for assistants too, with suggested prompts (not in every plan)."`
	Workflow  bool `help:"Offer a step for Slack's Workflow Builder too: check a mail domain (not in every plan)."`
	Emoji     bool `help:"Ask for reactions too, so that the state of a case can be set by emoji (/mailset emoji=on)."`
	Many      bool `help:"For an app that many workspaces install by themselves, at /slack/install: with --url."`
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
	if c.Assistant {
		extras = append(extras, bot.Assistant)
	}
	if c.Workflow {
		extras = append(extras, bot.Workflow)
	}
	if c.Many {
		if c.URL == "" {
			return usageError{errors.New("--many wants the address of the pages. For example: signpost manifest --many --url " +
				"https://signpost.example.com")}
		}
		extras = append(extras, bot.Many)
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
