package preview

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"signpost/bot/blockkit"
	"signpost/bot/pictures"
	"signpost/commands"
	"signpost/commands/answers"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
	"golang.org/x/text/language"
)

// Kind is where something is shown.
type Kind string

const (
	Message Kind = "message"
	Modal   Kind = "modal"
	Home    Kind = "home" // a person's own page
)

// Surface is one thing that Slack shows, with its blocks as they are sent.
type Surface struct {
	Kind    Kind
	Private bool // only the asker sees it
	Title   string
	Submit  string // of a modal that is handed in
	Close   string
	Blocks  json.RawMessage
	File    string // the name of a file that is handed over
	Drawn   []byte // a picture that follows an answer, as PNG, with what it shows in words
	Alt     string
	Note    string // said beside it
}

// Shown is a line and what it shows, in order.
type Shown struct {
	Line     string
	Lang     language.Tag
	Surfaces []Surface
}

// The people and places of a preview.
const (
	team, person, channel = "T0PREVIEW", "U0PREVIEW", "C0PREVIEW"
	// perLine is how long one line may take.
	perLine = 25 * time.Second
	// mostOutbox is how many messages for other places are shown of one line.
	mostOutbox = 10
)

// HomeLine stands for opening the person's own page, which is asked for by no line.
const HomeLine = "App Home"

// Ask carries out a line as the bot would in a channel, and gives what Slack would show. It fails where the line has no
// answer.
func Ask(ctx context.Context, d answers.Deps, line string, lang language.Tag) (Shown, error) {
	line = strings.TrimSpace(line)
	r := chat.Request{ID: "preview " + line, Team: team, User: person, Channel: channel, Lang: lang,
		Public: !strings.HasPrefix(line, "/"), Text: line}
	r = commands.Meant(ctx, d, r)
	if line == HomeLine {
		r.Command, r.Inside = chat.Case, &chat.Inside{Kind: chat.HomePage}
		r.Text, r.Channel, r.Direct, r.Public, r.Internal = "", person, true, false, true
	}
	final, err := answer(ctx, d, r)
	if err != nil {
		return Shown{}, err
	}
	out := Shown{Line: line, Lang: final.Lang}
	add := func(s Surface, err error) error {
		if err == nil {
			out.Surfaces = append(out.Surfaces, s)
		}
		return err
	}
	switch {
	case line == HomeLine:
		view := blockkit.Home(final.Lang, final)
		return out, add(surface(Surface{Kind: Home}, view.Blocks.BlockSet))
	case final.Form != nil && (commands.AsksBack(r.Command, r.Text, r.Lang) || final.Form.Changes):
		view, err := blockkit.FormView(final.Lang, final.Form, blockkit.Origin{Channel: channel})
		if err != nil {
			return out, err
		}
		return out, add(fromView(view))
	}
	kept := ""
	if final.Detail != nil {
		kept = "preview"
	}
	err = add(message(final.Lang, final.In(channel), kept, final.Audience == chat.Asker))
	if err != nil {
		return out, err
	}
	if final.File != nil {
		out.Surfaces[0].File = chat.Clean(final.File.Name)
	}
	if err := pictured(final, add); err != nil {
		return out, err
	}
	if final.Detail != nil {
		view, _ := blockkit.Page(final.Lang, final.Detail.Title, final.Detail.Sections, kept, 0)
		if err := add(fromView(view)); err != nil {
			return out, err
		}
	}
	return out, others(ctx, d, final, add)
}

// others adds the messages that an answer wants said elsewhere.
func others(ctx context.Context, d answers.Deps, r chat.Reply, add func(Surface, error) error) error {
	for n, p := range r.Outbox[:min(len(r.Outbox), mostOutbox)] {
		said := p.Reply
		if p.Shows != nil {
			var err error
			ask := chat.Request{ID: fmt.Sprint("preview elsewhere ", n), Team: team,
				Channel: cmp.Or(p.Channel, channel), Lang: p.Lang, Internal: true}
			ask.Command, ask.Inside = p.Shows.Shown()
			said, err = answer(ctx, d, ask)
			if err != nil {
				return err
			}
			if said.Data == nil { // what it is about is gone
				continue
			}
		}
		if err := add(message(cmp.Or(said.Lang, p.Lang), said, "", false)); err != nil {
			return err
		}
		if err := pictured(said, add); err != nil {
			return err
		}
	}
	return nil
}

// mostPictures is how many pictures of one answer are shown, as the bot hands over.
const mostPictures = 4

// pictured adds the pictures of an answer. One that the asker alone reads has none in a channel: it is said where they
// would follow.
func pictured(r chat.Reply, add func(Surface, error) error) error {
	for _, p := range r.Pictures[:min(len(r.Pictures), mostPictures)] {
		raw, err := pictures.PNG(p)
		s := Surface{Kind: Message, Blocks: json.RawMessage("[]"), Drawn: raw, Alt: chat.Clean(p.Alt)}
		if r.Audience == chat.Asker {
			s.Note = chat.Text(r.Lang, "preview.picture", nil)
		}
		if err := add(s, err); err != nil {
			return err
		}
	}
	return nil
}

// answer is the last Reply to a request.
func answer(ctx context.Context, d answers.Deps, r chat.Request) (final chat.Reply, err error) {
	ctx, cancel := context.WithTimeout(ctx, perLine)
	defer cancel()
	ended := false
	err = commands.Handle(ctx, d, r, func(x chat.Reply) {
		if x.Final {
			final, ended = x, true
		}
	})
	if err == nil && !ended {
		err = fmt.Errorf("preview: no answer to %q", r.Text)
	}
	return final, err
}

func message(lang language.Tag, r chat.Reply, kept string, private bool) (Surface, error) {
	return surface(Surface{Kind: Message, Private: private}, blockkit.Render(lang, r, kept).Blocks)
}

func fromView(v slack.ModalViewRequest) (Surface, error) {
	s := Surface{Kind: Modal}
	for to, from := range map[*string]*slack.TextBlockObject{&s.Title: v.Title, &s.Submit: v.Submit, &s.Close: v.Close} {
		if from != nil {
			*to = from.Text
		}
	}
	return surface(s, v.Blocks.BlockSet)
}

func surface(s Surface, blocks []slack.Block) (Surface, error) {
	raw, err := json.Marshal(blocks)
	s.Blocks = raw
	return s, err
}

// Lines is the lines of a preview of everything: each command's example, help and form, the life of a case, and a
// diagnosis of every domain of the demo.
func Lines(d answers.Deps, lang language.Tag) []string {
	out := []string{"/" + chat.Demo}
	add := func(line string) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	for _, c := range commands.Table() {
		if c.Hidden || c.Local {
			continue
		}
		if c.Name != chat.Case && c.Name != chat.Set { // they change what is asked after them
			add(chat.ExampleOf(lang, c.Name))
		}
		add("/" + c.Name)
		add("/" + c.Name + " help")
		if len(c.Inputs) > 0 {
			add("/" + c.Name + " " + chat.FormWord)
		}
	}
	for line := range strings.SplitSeq(chat.Text(lang, "demo.case", nil), "\n") {
		add(line)
	}
	add(HomeLine)
	if d.DemoReports != nil {
		add("/" + chat.Demo + " reports")
	}
	for _, x := range d.Demo {
		add("/" + chat.Check + " " + x.Domain)
	}
	add(chat.ExampleOf(lang, chat.Set))
	return out
}
