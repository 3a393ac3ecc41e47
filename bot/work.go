package bot

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"signpost/bot/blockkit"
	"signpost/bot/jobs"
	"signpost/commands"

	"github.com/slack-go/slack"
)

const (
	// handleTimeout is how long a command may work on its answer.
	handleTimeout = 25 * time.Second
	// bookTimeout is the same for what goes through a whole casebook; it stays below what a job may take.
	bookTimeout = 4 * time.Minute
	// keptFor is how long the evidence behind an answer is kept for its button; after that the button asks anew.
	keptFor = 24 * time.Hour
	maxKept = 4 << 20 // octets, unpacked
)

// work answers one job.
func (b *Bot) work(ctx context.Context, job jobs.Job) error {
	var r request
	if err := json.Unmarshal(job.Payload, &r); err != nil {
		slog.Error("job cannot be read", "request_id", job.ID, "error", err)
		return fmt.Errorf("bot: job: %w: %w", err, jobs.ErrGiveUp)
	}
	start := time.Now()
	s := &speaker{bot: b, id: job.ID, request: r}
	done, err := s.recall(ctx)
	if err != nil {
		return err
	}
	if done {
		return nil
	}
	s.lang, s.zone = b.people.about(ctx, r.User)
	switch {
	case r.Post != nil && r.Post.Ask != "":
		err = b.refresh(ctx, s)
	case r.Post != nil:
		err = b.say(ctx, s)
	case r.Silent:
		err = b.quietly(ctx, s)
	case r.Home:
		err = b.showHome(ctx, s)
	case r.Click.Kept != "":
		err = b.showKept(ctx, s)
	default:
		err = b.answer(ctx, s)
	}
	switch {
	case err == nil:
		slog.Info("answered", "request_id", job.ID, "command", clipOctets(r.Command), "attempt", job.Attempt, "took_ms", time.Since(start).Milliseconds(),
			"waited_ms", start.Sub(r.At).Milliseconds())
		return nil
	case hopeless(err):
		slog.Error("not answered", "request_id", job.ID, "error", err)
		return fmt.Errorf("%w: %w", err, jobs.ErrGiveUp)
	}
	slog.Warn("not answered yet", "request_id", job.ID, "attempt", job.Attempt, "error", err)
	if job.Last && r.Post == nil && !r.Silent {
		sorry := commands.Reply{Tone: commands.Bad, Title: commands.Text(s.lang, "slack.gave-up", map[string]any{"reference": job.ID}), Final: true}
		if err := s.finish(ctx, sorry); err != nil {
			slog.Error("not even an apology", "request_id", job.ID, "error", err)
		}
	}
	return err
}

// ask is the request as the commands take it.
func (s *speaker) ask() commands.Request {
	return commands.Request{
		ID: s.id, Team: s.request.Team, User: s.request.User, Channel: s.request.Channel, Thread: s.thread(), Public: s.request.Public, Direct: s.request.Direct, Command: s.request.Command, Text: s.request.Text,
		Inside: s.request.Silent || s.request.Home || s.request.Post != nil,
		Values: s.request.Values, Files: s.bot.files(s.request.Files), Lang: s.lang, Zone: s.zone,
	}
}

// run runs the command; progress may be nil.
func (b *Bot) run(ctx context.Context, ask commands.Request, progress func(commands.Reply)) (final commands.Reply, err error) {
	most := handleTimeout
	if commands.WholeBook(ask.Command, ask.Text) {
		most = bookTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	ended := false
	err = commands.Handle(ctx, b.Deps, ask, func(r commands.Reply) {
		switch {
		case r.Final:
			final, ended = r, true
		case progress != nil:
			progress(r)
		}
	})
	if err == nil && !ended {
		err = errors.New("bot: the command ended without an answer")
	}
	return final, err
}

// answer runs the command and says its Replies.
func (b *Bot) answer(ctx context.Context, s *speaker) error {
	ask := s.ask()
	// What is added to an answer (a button, a note that it is cut) is in the answer's language.
	s.lang = commands.Language(ask.Text, ask.Lang)
	var final commands.Reply
	var err error
	if s.request.Modal != "" { // what it says on the way has no place there
		final, err = b.run(ctx, ask, nil)
	} else {
		s.start(ctx)
		final, err = b.run(ctx, ask, s.progress)
		s.stop()
	}
	if err != nil {
		return err
	}
	s.lang = final.Lang
	if s.request.Modal != "" {
		return b.showForm(ctx, s, final)
	}
	if err := b.elsewhere(ctx, s, final); err != nil {
		return err
	}
	if err := b.keep(ctx, s, final); err != nil {
		slog.Warn("evidence is not kept", "request_id", s.id, "error", err)
	}
	if final.File != nil {
		if err := b.upload(ctx, s, final.File); err != nil {
			return err
		}
	}
	return s.finish(ctx, final.Beside(s.request.Channel))
}

// upload hands a file over where it was asked for.
func (b *Bot) upload(ctx context.Context, s *speaker, f *commands.FileOut) error {
	_, err := b.api.UploadFileContext(ctx, slack.UploadFileParameters{
		Filename: f.Name, FileSize: len(f.Content), Reader: bytes.NewReader(f.Content), Channel: s.request.Channel, ThreadTimestamp: s.request.Thread, Title: f.Name,
	})
	if err != nil {
		return b.watchToken(fmt.Errorf("bot: upload: %w", err))
	}
	return nil
}

// say says what a command wanted said elsewhere. Where that can never be, whoever asked is told.
func (b *Bot) say(ctx context.Context, s *speaker) error {
	r := s.request.Post.Reply
	s.lang = r.Lang
	if err := b.keep(ctx, s, r); err != nil {
		slog.Warn("evidence is not kept", "request_id", s.id, "error", err)
	}
	if there := r.Stands; there != nil { // it takes the place of what stands there; where somebody deleted that, there is nothing to say
		s.channel, s.ts = there.Channel, there.TS
		if err := s.edit(ctx, r); err != nil && !gone(err) {
			return b.unsaid(ctx, s, err)
		}
		return nil
	}
	if s.request.Post.Under != "" && s.ts == "" {
		place, err := b.place(ctx, s)
		if err != nil {
			return err
		}
		s.request.Thread = place
	}
	err := s.finish(ctx, r)
	if threadGone(err) && s.request.Post.Under != "" {
		slog.Info("the thread is gone: waiting for its message to be posted anew", "request_id", s.id, "error", err)
		return b.wait(s)
	}
	return b.unsaid(ctx, s, err)
}

// patience is how long a message waits for the one under which it belongs; after that it is said without.
const patience = 10 * time.Minute

// wait puts off what must wait for another message, without counting it as a failure.
func (b *Bot) wait(s *speaker) error {
	if time.Since(s.request.At) > patience {
		return fmt.Errorf("%w: the thread does not come", errNowhere)
	}
	return jobs.ErrBusy
}

// place is the thread in which a message is said: under the message that a command names, as it stands now. Empty where there will be none.
func (b *Bot) place(ctx context.Context, s *speaker) (string, error) {
	ask := s.ask()
	ask.Command, ask.Text, ask.User, ask.Lang = commands.Case, s.request.Post.Under, "", s.lang
	r, err := b.run(ctx, ask, nil)
	switch {
	case err != nil:
		return "", err
	case r.Stands != nil:
		return r.Stands.TS, nil
	case r.Data == nil || time.Since(s.request.At) > patience: // the case is gone, or its channel
		return "", nil
	}
	return "", jobs.ErrBusy
}

// unsaid sees to what a channel cannot take: it is said where the command wants it instead, otherwise whoever asked is told.
func (b *Bot) unsaid(ctx context.Context, s *speaker, err error) error {
	p := s.request.Post
	switch {
	case !notThere(err) && !errors.Is(err, errNowhere):
		return err
	case p.Else != "" && p.Else != s.request.Channel:
		other := &speaker{bot: b, id: s.id, request: request{Team: s.request.Team, Channel: p.Else, Direct: true, At: s.request.At, Command: s.request.Command}, lang: s.lang}
		r := p.Reply
		r.Sections = append(r.Sections[:len(r.Sections):len(r.Sections)], commands.Section{Muted: true, Text: commands.Text(s.lang, "post.instead", nil)})
		if instead := other.finish(ctx, r); instead != nil {
			return errors.Join(err, instead)
		}
		slog.Info("said elsewhere", "request_id", s.id, "channel", s.request.Channel, "error", err)
		return nil
	case p.Origin != nil && (p.Origin.User != "" || p.Origin.ResponseURL != ""):
		sorry := &speaker{bot: b, id: s.id, request: *p.Origin, lang: b.people.cached(p.Origin.User)}
		told := sorry.whisper(ctx, commands.Reply{Tone: commands.Caution, Title: commands.Text(sorry.lang, "post.failed", nil), Final: true})
		return errors.Join(err, told)
	}
	return err
}

// elsewhere makes durable what a Reply wants said in other places. The job's name and the key tell a repetition.
func (b *Bot) elsewhere(ctx context.Context, s *speaker, r commands.Reply) error {
	for _, p := range r.Posts {
		origin := s.request
		origin.Post, origin.Text, origin.Values = nil, "", nil
		payload, err := json.Marshal(request{
			Team: s.request.Team, User: s.request.User, Channel: p.Channel, Command: s.request.Command,
			Post: &post{Reply: p.Reply, Ask: p.Ask, Then: p.Then, Under: p.Under, Else: p.Else, Lang: p.Lang, Origin: &origin}, At: time.Now().UTC(),
		})
		if err != nil {
			return err
		}
		id := identity("post", s.request.Team, p.Channel, p.Key)
		if p.Ask != "" { // it is brought up to date for every change
			id = identity("post", s.request.Team, p.Channel, p.Key, s.id)
		}
		if _, err := b.Queue.Put(ctx, id, payload); err != nil {
			return err
		}
	}
	for _, l := range r.Laters {
		payload, err := json.Marshal(request{Team: s.request.Team, Channel: l.Channel, Thread: l.Thread, Command: l.Command, Text: l.Text, Silent: true, At: l.At})
		if err != nil {
			return err
		}
		if _, err := b.Queue.PutAt(ctx, identity("later", s.request.Team, l.Key), payload, l.At); err != nil {
			return err
		}
	}
	return nil
}

// quietly runs a command for what it has said elsewhere.
func (b *Bot) quietly(ctx context.Context, s *speaker) error {
	final, err := b.run(ctx, s.ask(), nil)
	if err != nil {
		return err
	}
	return b.elsewhere(ctx, s, final)
}

// refresh brings a message up to date with what it shows now, or posts it where there is none yet. One job at a time does so for one message.
func (b *Bot) refresh(ctx context.Context, s *speaker) error {
	p := s.request.Post
	unlock, err := b.Queue.Lock(ctx, identity("message", s.request.Team, s.request.Channel, p.Ask))
	if err != nil {
		return err
	}
	defer unlock()
	ask := s.ask()
	ask.Command, ask.Text, ask.User, ask.Lang = commands.Case, p.Ask, "", p.Lang
	r, err := b.run(ctx, ask, nil)
	if err != nil {
		return err
	}
	s.lang = r.Lang
	if r.Data == nil { // the case is gone
		return nil
	}
	if r.Stands != nil {
		s.channel, s.ts = r.Stands.Channel, r.Stands.TS
		if err := b.turn(ctx, s.request.Channel); err != nil {
			return err
		}
	}
	if err := b.unsaid(ctx, s, s.say(ctx, r)); err != nil {
		return err
	}
	if p.Then == "" || r.Stands != nil && r.Stands.TS == s.ts {
		return nil
	}
	then := ask
	then.Text, then.Channel, then.Thread, then.ID = p.Then, s.channel, s.ts, s.id+"-then"
	_, err = b.run(ctx, then, nil)
	return err
}

// showHome publishes a person's own page.
func (b *Bot) showHome(ctx context.Context, s *speaker) error {
	final, err := b.run(ctx, s.ask(), nil)
	if err != nil {
		return err
	}
	_, err = b.api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: s.request.User, View: blockkit.Home(final.Lang, final)})
	if err != nil {
		return b.watchToken(fmt.Errorf("bot: home: %w", err))
	}
	s.note(ctx, "done", "1")
	return nil
}

// whole is what is kept behind an answer: all of it, whatever the message had room for.
type whole struct {
	Title       string             `json:"title"`
	Sections    []commands.Section `json:"sections"`
	DetailTitle string             `json:"detail_title,omitempty"`
	Detail      []commands.Section `json:"detail,omitempty"`
}

// worthKeeping reports whether a button may ask for more of a Reply than its message holds.
func worthKeeping(r commands.Reply) bool { return r.Detail != nil || len(r.Sections) > 3 }

// keep keeps a Reply for such a button.
func (b *Bot) keep(ctx context.Context, s *speaker, r commands.Reply) error {
	if !worthKeeping(r) {
		return nil
	}
	w := whole{Title: r.Title, Sections: r.Sections}
	if r.Detail != nil {
		w.DetailTitle, w.Detail = r.Detail.Title, r.Detail.Sections
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if err := errors.Join(json.NewEncoder(z).Encode(w), z.Close()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return b.Queue.Keep(ctx, s.id, packed.Bytes(), keptFor)
}

// kept is what keep kept; jobs.ErrGone where it is kept no longer.
func (b *Bot) kept(ctx context.Context, name string) (w whole, err error) {
	packed, err := b.Queue.Kept(ctx, name)
	if err != nil {
		return w, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return w, fmt.Errorf("%w: %w", jobs.ErrGone, err)
	}
	if err := json.NewDecoder(io.LimitReader(z, maxKept)).Decode(&w); err != nil {
		return w, fmt.Errorf("%w: %w", jobs.ErrGone, err)
	}
	return w, nil
}

// showKept answers a click on a button for the evidence: in a modal; where that could not be opened, to the asker alone.
func (b *Bot) showKept(ctx context.Context, s *speaker) error {
	name, all := strings.CutSuffix(s.request.Click.Kept, blockkit.WholeSuffix)
	title, sections, kept := "", []commands.Section(nil), s.request.Click.Kept
	w, err := b.kept(ctx, name)
	switch {
	case errors.Is(err, jobs.ErrGone) && s.request.Command != "":
		final, err := b.run(ctx, s.ask(), nil)
		if err != nil {
			return err
		}
		title, sections, kept = final.Title, final.Sections, s.id
		if err := b.keep(ctx, s, commands.Reply{Title: final.Title, Detail: &commands.Detail{Title: final.Title, Sections: final.Sections}}); err != nil {
			kept = ""
		}
	case errors.Is(err, jobs.ErrGone):
		title = commands.Text(s.lang, "slack.detail-gone", nil)
	case err != nil:
		return err
	case all:
		title, sections = w.Title, append(w.Sections, w.Detail...)
	default:
		title, sections = w.DetailTitle, w.Detail
	}
	return b.modal(ctx, s, title, sections, kept)
}

// showForm puts a Form into the modal that stands open for it; where there is none, the rest of the Reply is said instead.
func (b *Bot) showForm(ctx context.Context, s *speaker, r commands.Reply) error {
	if r.Form == nil {
		return b.modal(ctx, s, r.Title, r.Sections, "")
	}
	view, err := blockkit.FormView(s.lang, r.Form, blockkit.Origin{
		Channel: s.request.Channel, Thread: s.request.Thread, Direct: s.request.Direct, ResponseURL: s.request.ResponseURL, At: s.request.At.Unix(),
	})
	if err != nil {
		slog.Error("form cannot be shown", "request_id", s.id, "error", err)
		return s.finish(ctx, r)
	}
	return b.fill(ctx, s, view, r)
}

// modal shows sections in the modal that stands open for the job.
func (b *Bot) modal(ctx context.Context, s *speaker, title string, sections []commands.Section, kept string) error {
	view, _ := blockkit.Page(s.lang, title, sections, kept, s.request.Click.Page)
	return b.fill(ctx, s, view, commands.Reply{Title: title, Sections: sections, Final: true})
}

// fill fills the modal that stands open for the job; where it never opened, the Reply is said instead.
func (b *Bot) fill(ctx context.Context, s *speaker, view slack.ModalViewRequest, instead commands.Reply) error {
	// The modal may still be on its way: it is opened while the job waits for its worker.
	for attempt := 0; attempt < 8 && (s.request.View != "" || s.request.Modal != ""); attempt++ {
		var err error
		if s.request.View != "" {
			_, err = b.api.UpdateViewContext(ctx, view, "", "", s.request.View)
		} else {
			view.ExternalID = s.request.Modal
			_, err = b.api.UpdateViewContext(ctx, view, s.request.Modal, "", "")
		}
		if err == nil {
			s.note(ctx, "done", "1")
			return nil
		}
		if !slackSaid(err, "not_found", "view_not_found") {
			return b.watchToken(fmt.Errorf("bot: view: %w", err))
		}
		if s.request.View != "" || time.Since(s.request.At) > 10*time.Second {
			break // closed by the reader, or never opened
		}
		if err := pause(ctx, 500*time.Millisecond); err != nil {
			return err
		}
	}
	if s.request.View != "" {
		s.note(ctx, "done", "1")
		return nil // who has closed the modal waits for nothing
	}
	return s.finish(ctx, instead)
}
