package bot

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"signpost/bot/blockkit"
	"signpost/bot/jobs"
	"signpost/bot/pictures"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
)

// deliver posts a message of the outbox. Where that can never be, whoever asked is told.
func (b *Bot) deliver(ctx context.Context, s *responder) error {
	r := s.request.Post.Reply
	s.lang = r.Lang
	if err := b.keep(ctx, s, r); err != nil {
		slog.Warn("evidence is not kept", "request_id", s.id, "error", err)
	}
	// It takes the place of what stands there; where somebody deleted that, there is nothing to say.
	if there := r.Location; there != nil {
		s.channel, s.ts = there.Channel, there.TS
		if err := s.edit(ctx, r); err != nil && !messageGone(err) {
			return b.undelivered(ctx, s, err)
		}
		return nil
	}
	if s.request.Post.ThreadOf != nil && s.ts == "" {
		place, err := b.threadOf(ctx, s)
		if err != nil {
			return err
		}
		s.request.Thread = place
	}
	err := s.finish(ctx, r)
	if err == nil {
		b.showPictures(ctx, s, r)
		return nil
	}
	if threadGone(err) && s.request.Post.ThreadOf != nil {
		slog.Info("the thread is gone: waiting for its message to be posted anew", "request_id", s.id, "error", err)
		return b.postpone(s)
	}
	return b.undelivered(ctx, s, err)
}

// patience is how long a message waits for the one under which it belongs, longer than an outage of Slack is outlasted;
// after that it is said without.
const patience = 40 * time.Minute

// postpone puts off what must wait for another message, the longer the older it is, without counting it as a failure.
func (b *Bot) postpone(s *responder) error {
	age := time.Since(s.request.At)
	if age > patience {
		return fmt.Errorf("%w: the thread does not come", errNowhere)
	}
	return jobs.BusyFor(min(max(age/5, time.Second), 20*time.Second))
}

// threadOf is the thread in which a message is said: under the card that it belongs to, as that stands now. Empty
// where there will be none.
func (b *Bot) threadOf(ctx context.Context, s *responder) (string, error) {
	card := *s.request.Post.ThreadOf
	ask := s.chatRequest()
	ask.Command, ask.Inside = card.Shown()
	ask.Text, ask.User, ask.Lang = "", "", s.lang
	r, err := b.run(ctx, s.home, ask, nil)
	switch {
	case err != nil:
		return "", err
	case r.Location != nil:
		return r.Location.TS, nil
	case r.Data == nil || time.Since(s.request.At) > patience: // the case is gone, or its channel
		return "", nil
	}
	// Since this waits it was found out that it cannot be posted.
	if kept, err := b.Queue.Kept(ctx, unpostedName(s, card)); err == nil {
		if since, err := time.Parse(time.RFC3339Nano, string(kept)); err == nil &&
			since.After(s.request.At.Add(-time.Second)) {
			return "", nil
		}
	}
	return "", b.postpone(s)
}

// unpostedName names the note of when it was found out that a message which others belong under cannot be posted.
func unpostedName(s *responder, card chat.Card) string {
	return identity("unposted", s.request.Team, s.request.Channel, cardName(card))
}

// cardName tells cards apart.
func cardName(c chat.Card) string { return fmt.Sprint(c.Case, " ", c.Domain) }

// undelivered sees to what a channel cannot take: it is said where the command wants it instead, otherwise whoever
// asked is told.
func (b *Bot) undelivered(ctx context.Context, s *responder, err error) error {
	p := s.request.Post
	switch {
	case !cannotPost(err) && !errors.Is(err, errNowhere):
		return err
	case p.Fallback != "" && p.Fallback != s.request.Channel:
		other := &responder{bot: b, home: s.home, id: s.id,
			request: request{Team: s.request.Team, Enterprise: s.request.Enterprise, Channel: p.Fallback, Direct: true,
				At: s.request.At, Command: s.request.Command},
			lang: s.lang}
		r := p.Reply
		r.Sections = append(r.Sections[:len(r.Sections):len(r.Sections)],
			chat.Section{Muted: true, Text: chat.Text(s.lang, "post.instead", nil)})
		if instead := other.finish(ctx, r); instead != nil {
			return errors.Join(err, instead)
		}
		slog.Info("said elsewhere", "request_id", s.id, "channel", s.request.Channel, "error", err)
		return nil
	case p.Origin != nil && (p.Origin.User != "" || p.Origin.ResponseURL != ""):
		sorry := &responder{bot: b, home: s.home, id: s.id, request: *p.Origin, lang: s.home.people.cached(p.Origin.User)}
		told := sorry.sendEphemeral(ctx, chat.Reply{Tone: chat.Caution, Title: chat.Text(sorry.lang, "post.failed", nil),
			Final: true})
		slog.Info("not posted", "request_id", s.id, "channel", s.request.Channel, "error", err)
		return errors.Join(err, told)
	}
	return err
}

// enqueueOutbox makes durable what a Reply wants said in other places. The job's name and the key tell a repetition.
func (b *Bot) enqueueOutbox(ctx context.Context, s *responder, r chat.Reply) error {
	for _, p := range r.Outbox {
		origin := s.request
		origin.Post, origin.Text, origin.Values = nil, "", nil
		said := request{
			Team: s.request.Team, Enterprise: s.request.Enterprise, User: s.request.User, Channel: p.Channel,
			Command: s.request.Command,
			Post: &post{Reply: p.Reply, Shows: p.Shows, ThreadOf: p.ThreadOf,
				Fallback: p.Fallback, Lang: p.Lang,
				Origin: &origin}, At: time.Now().UTC(),
		}
		id := identity("post", s.request.Team, p.Channel, p.Key)
		if p.Shows != nil { // it is brought up to date for every change
			id = identity("post", s.request.Team, p.Channel, p.Key, s.id)
		}
		j, err := job(id, said)
		if err != nil {
			return err
		}
		if _, err := b.Queue.Put(ctx, j); err != nil {
			return err
		}
	}
	for _, e := range r.Scheduled {
		j, err := job(identity("later", s.request.Team, e.Key()), request{
			Team: s.request.Team, Enterprise: s.request.Enterprise, Channel: e.Channel, Command: chat.Case, Event: &e,
			Silent: true, At: e.Due,
		})
		if err != nil {
			return err
		}
		j.At = e.Due
		if _, err := b.Queue.Put(ctx, j); err != nil {
			return err
		}
	}
	return nil
}

// runSilently runs a command for what it has said elsewhere.
func (b *Bot) runSilently(ctx context.Context, s *responder) error {
	final, err := b.run(ctx, s.home, s.chatRequest(), nil)
	if err != nil {
		return err
	}
	return b.enqueueOutbox(ctx, s, final)
}

// refreshesAtOnce is how often one job brings its message up to date for others, before it makes room.
const refreshesAtOnce = 20

// refresh brings a message up to date with what it shows now, or posts it where there is none yet. One job at a time
// does so for one message, and for all who come meanwhile: they leave word.
func (b *Bot) refresh(ctx context.Context, s *responder) error {
	name := identity("message", s.request.Team, s.request.Channel, cardName(*s.request.Post.Shows))
	for range refreshesAtOnce {
		unlock, err := b.Queue.Lock(ctx, name, s.id)
		if errors.Is(err, jobs.ErrBusy) {
			if err := b.Queue.Mark(ctx, name); err != nil {
				return err
			}
			unlock, err = b.Queue.Lock(ctx, name, s.id) // who let it go before the mark does not see it
		}
		switch {
		case errors.Is(err, jobs.ErrBusy):
			return nil
		case err != nil:
			return err
		}
		_, err = b.Queue.Marked(ctx, name)
		if err == nil {
			err = b.refreshOnce(ctx, s)
		}
		unlock()
		if err != nil {
			return err
		}
		if more, err := b.Queue.Marked(ctx, name); err != nil || !more {
			return err
		}
	}
	return jobs.ErrBusy
}

// refreshOnce is one round of refresh.
func (b *Bot) refreshOnce(ctx context.Context, s *responder) error {
	p := s.request.Post
	ask := s.chatRequest()
	ask.Command, ask.Inside = p.Shows.Shown()
	ask.Text, ask.User, ask.Lang = "", "", p.Lang
	r, err := b.run(ctx, s.home, ask, nil)
	if err != nil {
		return err
	}
	s.lang = r.Lang
	if r.Data == nil { // the case is gone
		return nil
	}
	sent := func() {}
	if r.Location != nil {
		s.channel, s.ts = r.Location.Channel, r.Location.TS
		if b.shows(ctx, s, r) { // another job has shown this change along with its own
			return nil
		}
		if sent, err = b.channelTurn(ctx, s.request.Team, s.request.Channel); err != nil {
			return err
		}
	}
	said := s.send(ctx, r)
	sent()
	err = b.undelivered(ctx, s, said)
	if err != nil && permanent(err) && r.Location == nil { // what belongs under it need not wait
		if kept := b.Queue.Keep(ctx, unpostedName(s, *p.Shows), []byte(time.Now().UTC().Format(time.RFC3339Nano)),
			patience); kept != nil {
			slog.Warn("not noted that a message cannot be posted", "request_id", s.id, "error", kept)
		}
	}
	if err != nil {
		return err
	}
	b.shown(ctx, s, r)
	if r.Location != nil && r.Location.TS == s.ts {
		return nil
	}
	then := ask
	then.Command, then.Inside = p.Shows.Posted()
	then.Channel, then.Thread, then.ID = s.channel, s.ts, s.id+"-then"
	_, err = b.run(ctx, s.home, then, nil)
	return err
}

// shownFor is how long it is known what a message shows.
const shownFor = time.Hour

// shows reports whether the job's message is known to show a Reply already: of many changes in a row few need an edit.
func (b *Bot) shows(ctx context.Context, s *responder, r chat.Reply) bool {
	was, err := b.Queue.Kept(ctx, shownName(s))
	return err == nil && bytes.Equal(was, s.sum(r))
}

// shown notes what the job's message shows.
func (b *Bot) shown(ctx context.Context, s *responder, r chat.Reply) {
	if err := b.Queue.Keep(ctx, shownName(s), s.sum(r), shownFor); err != nil {
		slog.Warn("not noted what a message shows", "request_id", s.id, "error", err)
	}
}

func shownName(s *responder) string { return identity("shown", s.request.Team, s.channel, s.ts) }

// sum is a Reply as it is rendered, in short.
func (s *responder) sum(r chat.Reply) []byte {
	r.Final = false // what is kept behind its buttons has the job's name
	raw, err := json.Marshal(s.render(r))
	if err != nil {
		return nil
	}
	sum := sha256.Sum256(raw)
	return sum[:]
}

// showPictures hands over the pictures of an answer that all in its place may read. The answer tells the same, so that
// a picture that cannot be shown is no failure; one that was handed over before a restart is not handed over again.
func (b *Bot) showPictures(ctx context.Context, s *responder, r chat.Reply) {
	if len(r.Pictures) == 0 || r.Audience == chat.Asker && !s.request.Direct {
		return
	}
	for _, p := range r.Pictures[:min(len(r.Pictures), mostPictures)] {
		name := identity("picture", s.id, p.Name)
		if _, err := b.Queue.Kept(ctx, name); err == nil {
			continue
		}
		raw, err := pictures.PNG(p)
		if err == nil {
			err = b.Queue.Keep(ctx, name, []byte("1"), shownFor)
		}
		if err == nil {
			err = b.upload(ctx, s, &chat.Attachment{Name: p.Name + ".png", Content: raw}, p.Alt)
		}
		if err != nil {
			slog.Warn("picture is not handed over", "request_id", s.id, "picture", p.Name, "error", err)
		}
	}
}

// upload hands a file over where it was asked for, with what it shows where it is a picture.
func (b *Bot) upload(ctx context.Context, s *responder, f *chat.Attachment, alt string) error {
	_, err := s.home.api.UploadFileContext(ctx, slack.UploadFileParameters{
		Filename: f.Name, FileSize: len(f.Content), Reader: bytes.NewReader(f.Content), Channel: s.request.Channel,
		ThreadTimestamp: s.thread(), Title: f.Name, AltTxt: alt, InitialComment: blockkit.Escape(alt),
	})
	if err != nil {
		return s.home.watchToken(fmt.Errorf("bot: upload: %w", err))
	}
	return nil
}

const mostPictures = 4 // of one answer
