package bot

import (
	"log/slog"
	"sync"
	"time"

	"signpost/bot/blockkit"
	"signpost/commands/chat"
)

// refusedFor is how long a workspace is not asked again for kinds of blocks that it did not take: it may have them
// later.
const refusedFor = 24 * time.Hour

// newer is which kinds of blocks a workspace does not take, as it showed.
type newer struct {
	mu      sync.Mutex
	refused blockkit.Newer
	until   time.Time
}

// now is what is not to be sent at present.
func (n *newer) now() blockkit.Newer {
	n.mu.Lock()
	defer n.mu.Unlock()
	if time.Now().After(n.until) {
		n.refused = blockkit.Newer{}
	}
	return n.refused
}

// learn notes what a message held that was only taken without.
func (n *newer) learn(held blockkit.Newer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refused = n.refused.With(held)
	n.until = time.Now().Add(refusedFor)
}

// say has a Reply said as a message, and where Slack does not take its kinds of blocks, in those that every workspace
// takes. Which these are is remembered where that was the reason.
func (s *responder) say(r chat.Reply, how func(blockkit.Message) error) error {
	m := s.render(r)
	err := how(m)
	if m.Newer == (blockkit.Newer{}) || !slackSaid(err, "invalid_blocks", "invalid_blocks_format", "invalid_attachments") {
		return err
	}
	if err = how(s.renderWithout(m.Newer, r)); err == nil {
		s.plainly(m.Newer)
	}
	return err
}

// plainly notes that a message was only taken without some kinds of blocks.
func (s *responder) plainly(without blockkit.Newer) {
	s.home.newer.learn(without)
	slog.Info("the workspace does not take newer blocks", "request_id", s.id, "blocks", without)
}

func (s *responder) render(r chat.Reply) blockkit.Message {
	return s.renderWithout(blockkit.Newer{}, r)
}

// renderWithout is a Reply as a message without some kinds of blocks, and those that the workspace does not take.
func (s *responder) renderWithout(without blockkit.Newer, r chat.Reply) blockkit.Message {
	kept := ""
	if r.Final && worthKeeping(r) {
		kept = s.id
	}
	return blockkit.RenderWithout(s.home.newer.now().With(without), s.lang, r, kept)
}

// worthKeeping reports whether a button may ask for more of a Reply than its message holds.
func worthKeeping(r chat.Reply) bool { return r.Detail != nil || len(r.Sections) > 3 }
