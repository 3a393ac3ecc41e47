package bot

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"signpost/bot/blockkit"
	"signpost/bot/jobs"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
	"golang.org/x/text/language"
)

// request is what waits in the queue: one thing that a person asked, and where the answer belongs.
type request struct {
	Team string `json:"team,omitempty"`
	// Enterprise is the organisation that the workspace belongs to.
	Enterprise string `json:"enterprise,omitempty"`

	User    string `json:"user,omitempty"`
	Channel string `json:"channel,omitempty"`
	Thread  string `json:"thread,omitempty"` // the thread in which it was asked
	// The message under which the answer begins a thread, where there is none yet.
	Begin       string            `json:"begin,omitempty"`
	Direct      bool              `json:"direct,omitempty"` // a conversation of two: nobody else reads the answer
	Public      bool              `json:"public,omitempty"` // asked before everybody
	Command     string            `json:"command,omitempty"`
	Text        string            `json:"text,omitempty"`
	Values      map[string]string `json:"values,omitempty"` // the answers to a form
	Files       []attached        `json:"files,omitempty"`
	ResponseURL string            `json:"response_url,omitempty"`
	Click       blockkit.Click    `json:"click,omitzero"`
	View        string            `json:"view,omitempty"`    // the modal that was clicked in: the answer belongs there
	Modal       string            `json:"modal,omitempty"`   // external id of the modal that was opened for the answer
	Home        bool              `json:"home,omitempty"`    // the answer is the person's own page
	Silent      bool              `json:"silent,omitempty"`  // nobody waits for an answer
	Prompts     bool              `json:"prompts,omitempty"` // what may be asked is suggested in the thread
	Step        string            `json:"step,omitempty"`    // the workflow's step that waits for the answer
	// The time that has come; one put here before there were events has it as Text.
	Event *chat.Event `json:"event,omitempty"`
	// What the program asks itself.
	Inside *chat.Inside `json:"inside,omitempty"`
	// When the app was uninstalled, or its token revoked: the installation up to then is deleted.
	Left time.Time `json:"left,omitzero"`
	// Why it was not taken, which whoever asked is told in place of an answer.
	NotTaken jobs.Limit `json:"not_taken,omitempty"`
	// A message that a command wants said elsewhere: nothing is asked.
	Post  *post     `json:"post,omitempty"`
	At    time.Time `json:"at"`
	Trace string    `json:"trace,omitempty"` // the span under which it is carried out
}

// identity is a job's name: what is the same for the same delivery.
func identity(kind string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return kind + "-" + hex.EncodeToString(sum[:12])
}

// post is a message that waits to be said, and who is told where it cannot be.
type post struct {
	Reply    chat.Reply   `json:"reply,omitzero"`
	Shows    *chat.Card   `json:"card,omitempty"`      // the message is that, as it is at the time
	ThreadOf *chat.Card   `json:"thread_of,omitempty"` // it is said in the thread of that
	Fallback string       `json:"else,omitempty"`      // where it is said if the channel cannot take it
	Lang     language.Tag `json:"lang,omitempty"`
	Origin   *request     `json:"origin,omitempty"`
	// What Shows and ThreadOf were before there were cards: sentences.
	Ask   string `json:"ask,omitempty"`
	Under string `json:"under,omitempty"`
}

// earlier puts into today's form what a version before put into the queue as sentences.
func (r *request) earlier() {
	card := func(sentence string) *chat.Card {
		verb, of, _ := strings.Cut(sentence, " ")
		if verb == "live" {
			return &chat.Card{Domain: of}
		}
		n, err := strconv.ParseInt(strings.TrimPrefix(of, "MAIL-"), 10, 64)
		if verb != "root" || err != nil {
			return nil
		}
		return chat.CardOf(n)
	}
	if p := r.Post; p != nil {
		p.Shows, p.ThreadOf = cmp.Or(p.Shows, card(p.Ask)), cmp.Or(p.ThreadOf, card(p.Under))
		p.Ask, p.Under = "", ""
	}
	if verb, words, _ := strings.Cut(r.Text, " "); r.Inside == nil && r.Event == nil && (r.Silent || r.Home) {
		kind := map[string]chat.InsideKind{"home": chat.HomePage, "heard": chat.ThreadReply, "react": chat.Reaction}[verb]
		if kind != "" {
			r.Inside, r.Text = &chat.Inside{Kind: kind, Words: words}, ""
		}
	}
}

// delivery is a request with its identity.
type delivery struct {
	id      string
	request request
	trigger string // opens a modal within 3 s
	speaks  bool   // the acknowledgement has room for words
	// refusal is what stands in the acknowledgement in place of a request: what is wrong with a form, by field.
	refusal *slack.ViewSubmissionResponse
}

// attached is a file of a message, as it waits in the queue: its content stays with Slack.
type attached struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	URL  string `json:"url,omitempty"`
	Size int64  `json:"size,omitempty"`
}
