package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"signpost/bot"
	"signpost/bot/doctor"
	"signpost/bot/install"
	"signpost/bot/jobs"
	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/batch"
	"signpost/commands/chat"

	"golang.org/x/text/language"
)

type doctorCmd struct {
	dnsFlags
	BotToken      string `env:"SLACK_BOT_TOKEN" hidden:""`
	AppToken      string `env:"SLACK_APP_TOKEN" hidden:""`
	SigningSecret string `env:"SLACK_SIGNING_SECRET" hidden:""`
	APIURL        string `name:"api-url" env:"SLACK_API_URL" hidden:""`
	manyFlags
	Redis    string `env:"REDIS_URL" hidden:""`
	Admins   string `env:"SIGNPOST_ADMINS" hidden:""`
	Reports  string `env:"SIGNPOST_REPORTS_IMAP" hidden:""`
	Lang     string `placeholder:"en|zh" env:"SIGNPOST_LANG" help:"Language of the answers."`
	Manifest string `placeholder:"FILE" help:"The app's manifest as exported from its settings (App Manifest, JSON), to compare with ours; - reads it from standard input."`
	URL      string `name:"url" placeholder:"https://HOST" help:"With --manifest: where Slack reaches the bot by HTTP."`
	JSON     bool   `name:"json" help:"Print the findings as one JSON object."`
}

// Run examines what serve would stand on. Exit code 0: all is well, 1: something is wrong, 3: something could not be
// told.
func (c *doctorCmd) Run(ctx context.Context, s *System) error {
	g, err := c.open(s, c.Lang)
	if err != nil {
		return err
	}
	all := append(c.slack().Examinations(), doctor.Redis(c.Redis), c.administrators())
	if (c.manyFlags != manyFlags{}) {
		all = append(all, c.installations())
	}
	if c.Reports != "" {
		all = append(all, doctor.Mailbox(c.Reports, c.BotToken, nil))
	}
	if c.Manifest != "" {
		exported, err := c.exported(s)
		if err != nil {
			return usageError{fmt.Errorf("--manifest: %w. For example: --manifest app.json", err)}
		}
		wanted, err := bot.Manifest(g.lang, c.URL)
		if err != nil {
			return usageError{err}
		}
		all = append(all, doctor.Manifest(exported, wanted))
	}
	all = append(all, g.examinations()...)
	found := doctor.Examine(ctx, all)
	if c.JSON {
		err = json.NewEncoder(s.Out).Encode(inWords(g.lang, found))
	} else {
		err = writeDoctor(s.Out, g.lang, found)
	}
	if err != nil {
		return err
	}
	switch doctor.Worst(found) {
	case doctor.OK:
		return nil
	case doctor.Unknown:
		return exitError(batch.ExitUnknown)
	}
	return exitError(batch.ExitFound)
}

func (c *doctorCmd) slack() doctor.Slack {
	return doctor.Slack{BotToken: c.BotToken, AppToken: c.AppToken, SigningSecret: c.SigningSecret, APIURL: c.APIURL,
		Many: c.manyFlags != manyFlags{}, Now: time.Now}
}

// maxManifest is how many octets of an exported manifest are read.
const maxManifest = 1 << 20

func (c *doctorCmd) exported(s *System) ([]byte, error) {
	if c.Manifest == "-" {
		return io.ReadAll(io.LimitReader(s.In, maxManifest))
	}
	f, err := os.Open(c.Manifest)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxManifest))
}

// doctorJSON is what doctor --json prints: the worst status, and each finding with its words.
type doctorJSON struct {
	Status   doctor.Status   `json:"status"`
	Findings []doctorInWords `json:"findings"`
}

type doctorInWords struct {
	doctor.Finding
	Text string `json:"text"`
	Do   string `json:"do,omitempty"`
}

func inWords(lang language.Tag, found []doctor.Finding) doctorJSON {
	out := doctorJSON{Status: doctor.Worst(found), Findings: []doctorInWords{}}
	for _, f := range found {
		w := doctorInWords{Finding: f, Text: chat.Clean(chat.Text(lang, "doctor."+f.Code, f.Args))}
		if remedy := "doctor." + f.Code + ".do"; chat.Has(remedy) {
			w.Do = chat.Clean(chat.Text(lang, remedy, f.Args))
		}
		out.Findings = append(out.Findings, w)
	}
	return out
}

// writeDoctor writes a line for each finding, with what to do about it under it.
func writeDoctor(w io.Writer, lang language.Tag, found []doctor.Finding) error {
	marks := map[doctor.Status]string{doctor.OK: "✔", doctor.Warning: "⚠", doctor.Failed: "✖", doctor.Unknown: "?"}
	all := inWords(lang, found)
	for _, f := range all.Findings {
		if _, err := fmt.Fprintf(w, "%s %s: %s\n", marks[f.Status], chat.Text(lang, "doctor.check."+f.Check, nil),
			f.Text); err != nil {
			return err
		}
		if f.Do == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "    %s\n", f.Do); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, chat.Text(lang, "doctor.all."+string(all.Status), nil))
	return err
}

// administrators tells who may do what is for administrators: as the environment has it, or as the workspace has chosen
// itself.
func (c *doctorCmd) administrators() doctor.Examination {
	return doctor.Examination{Name: "admins", Look: func(ctx context.Context) []doctor.Finding {
		named, err := answers.ReadAdmins(c.Admins)
		if err != nil {
			return []doctor.Finding{{Status: doctor.Failed, Code: "admins-unreadable",
				Args: map[string]any{"error": err.Error()}}}
		}
		var out []doctor.Finding
		for team, people := range named {
			out = append(out, doctor.Finding{Status: doctor.OK, Code: "admins-environment",
				Args: map[string]any{"team": team, "people": strings.Join(people, ", ")}})
		}
		if len(out) > 0 {
			return out
		}
		people, err := c.chosenAdmins(ctx)
		switch {
		case err != nil:
			return []doctor.Finding{{Status: doctor.Unknown, Code: "admins-untold", Args: map[string]any{"error": err.Error()}}}
		case len(people) == 0:
			return []doctor.Finding{{Status: doctor.OK, Code: "admins-everybody"}}
		}
		return []doctor.Finding{{Status: doctor.OK, Code: "admins",
			Args: map[string]any{"people": strings.Join(people, ", ")}}}
	}}
}

// chosenAdmins is those whom the workspace of the bot token has named itself.
func (c *doctorCmd) chosenAdmins(ctx context.Context) ([]string, error) {
	if c.Redis == "" || c.BotToken == "" {
		return nil, nil // nothing is kept, or each workspace has its own
	}
	team, err := c.slack().Team(ctx)
	if err != nil {
		return nil, err
	}
	client, err := jobs.Connect(ctx, c.Redis)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return cases.OpenBook(client, time.Now).Admins(ctx, team)
}

// installations looks at the settings of an app that many workspaces install, and whether the keys open every token.
func (c *doctorCmd) installations() doctor.Examination {
	return doctor.Examination{Name: "installs", Look: func(ctx context.Context) []doctor.Finding {
		say := func(status doctor.Status, code string, args map[string]any) []doctor.Finding {
			return []doctor.Finding{{Status: status, Code: code, Args: args}}
		}
		ring, err := c.ring()
		if err == nil {
			_, err = install.NewPages(nil, c.pages())
		}
		if err != nil {
			return say(doctor.Failed, "installs-settings", map[string]any{"error": err.Error()})
		}
		if c.Redis == "" {
			return say(doctor.Warning, "installs-not-kept", nil)
		}
		client, err := jobs.Connect(ctx, c.Redis)
		if err != nil {
			return say(doctor.Unknown, "installs-untold", map[string]any{"error": err.Error()})
		}
		defer client.Close()
		open, closed, err := install.NewStore(client, ring).Count(ctx)
		switch {
		case err != nil:
			return say(doctor.Unknown, "installs-untold", map[string]any{"error": err.Error()})
		case closed > 0:
			return say(doctor.Failed, "installs-closed", map[string]any{"count": closed, "of": open + closed})
		}
		return say(doctor.OK, "installs", map[string]any{"count": open})
	}}
}
