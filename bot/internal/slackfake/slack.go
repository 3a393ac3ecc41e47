package slackfake

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The credentials that the fake takes.
const (
	BotToken      = "xoxb-fake"
	AppToken      = "xapp-fake"
	SigningSecret = "fake-signing-secret"
	BotUser       = "UBOT"
	Team          = "T1"
)

// Message is a message as it stands now, with its history.
type Message struct {
	Channel, TS, Thread string
	Text                string
	Blocks              []map[string]any
	Edits               int
	User                string // who alone sees it; empty: everyone in the channel
	At, Edited          time.Time
	ByURL               bool // said over a response_url
	metadata            map[string]any
	before              time.Time // the change before the latest
}

// View is an open modal.
type View struct {
	ID, ExternalID string
	Body           map[string]any
	Updates        int
}

// Failure is an answer that the fake gives in place of the right one.
type Failure struct {
	Status     int    // HTTP status; 0: 200 with Error
	Error      string // Slack's error word
	RetryAfter int    // seconds, with status 429
	// RetryHeader stands for RetryAfter as it is; "-" leaves the header out.
	RetryHeader string
	Delay       time.Duration // before the call is carried out, which it is if Status and Error are empty
	// Drop carries the call out and then breaks the connection: the caller cannot know.
	Drop bool
}

// Slack is the fake.
type Slack struct {
	server *httptest.Server

	mu       sync.Mutex
	clock    int
	messages []*Message
	views    map[string]*View
	triggers map[string]time.Time
	urls     map[string]*responseURL
	files    map[string][]byte
	homes    map[string]map[string]any // a person's own page
	uploads  map[string]Shared
	shared   []Shared
	present  map[string]bool // people who have done something, and the channels where: a mention of them may be meant
	begun    map[string]bool // threads that hold a reply
	members  map[string]bool // channels that the bot is in; those that begin with D always
	locales  map[string]string
	failures map[string][]Failure
	calls    map[string]int
	posted   map[string]time.Time // the last post to each channel
	faults   []string
	revoked  bool
	down     bool             // every call fails
	losing   int              // of 100 replies
	troubled int              // of 100 calls
	archived map[string]bool  // channels
	gone     map[string]bool  // people who left, and messages that somebody deleted
	scopes   string           // granted
	escaped  map[string]bool  // slash commands in whose texts people, channels and links are marked
	teams    map[string]*team // further workspaces, by their tokens
	codes    map[string]grant
	agreed   int
	issued   int  // tokens of theirs so far
	rotating bool // these expire
	// renewsAgain says that what a token is renewed with serves until the further one is used.
	renewsAgain bool
	threads     map[string]*AssistantThread
	functions   map[string]function // by callback_id, as the manifest declares them
	steps       map[string]*Step
	stepOf      map[string]string // their callback_ids
	changed     chan struct{}     // closed and replaced at every change
	unserved    []string          // types of blocks that this workspace does not take
	sockets     []*socket
	pending     []*envelope
	acks        []Ack
}

type responseURL struct {
	channel, user string
	uses          int
	since         time.Time
	last          *Message
}

// Install takes over from an app's manifest which slash commands want people, channels and links marked in what
// somebody types. Source: https://docs.slack.dev/interactivity/implementing-slash-commands ("Escape channels, users,
// and links").
func (s *Slack) Install(manifest []byte) error {
	var m struct {
		Features struct {
			Commands []struct {
				Command string `json:"command"`
				Escape  bool   `json:"should_escape"`
			} `json:"slash_commands"`
		} `json:"features"`
		Functions map[string]function `json:"functions"`
	}
	if err := json.Unmarshal(manifest, &m); err != nil {
		return fmt.Errorf("slackfake: manifest: %w", err)
	}
	s.change(func() {
		s.escaped, s.functions = map[string]bool{}, m.Functions
		for _, c := range m.Features.Commands {
			s.escaped[c.Command] = c.Escape
		}
	})
	return nil
}

var (
	entities    = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	typedPerson = regexp.MustCompile(`@(U[A-Z0-9]+)`)
	typedMail   = regexp.MustCompile(`\b[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b`)
	typedLink   = regexp.MustCompile(`(^|\s)((?:[a-z0-9-]+\.)+[a-z]{2,})\b`)
)

// typed is what a slash command carries of a text that somebody types; a person's id stands for their name.
func (s *Slack) typed(command, text string) string {
	if !s.escaped[command] {
		return text // as it is: a person is "@" and a name, and nobody can tell who
	}
	text = entities.Replace(text)
	text = typedMail.ReplaceAllString(text, "<mailto:$0|$0>")
	text = typedLink.ReplaceAllString(text, "$1<http://$2|$2>")
	return typedPerson.ReplaceAllString(text, "<@$1|name-of-$1>")
}

// Close ends it.
func (s *Slack) Close() {
	s.mu.Lock()
	for _, c := range s.sockets {
		_ = c.conn.Close()
	}
	s.mu.Unlock()
	s.server.CloseClientConnections()
	s.server.Close()
}

// APIURL is the base for SLACK_API_URL.
func (s *Slack) APIURL() string { return s.server.URL + "/api/" }

// SetLocale sets a user's locale, such as zh-CN; en-US without.
func (s *Slack) SetLocale(user, locale string) { s.change(func() { s.locales[user] = locale }) }

// Shared is a file that the bot has handed over.
type Shared struct {
	Channel, Thread, Name string
	Content               []byte
	Alt, Comment          string // what it shows, for those who do not see it; what is said with it
}

// SharedFiles is every file that the bot has handed over.
func (s *Slack) SharedFiles() []Shared {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.shared)
}

// Home is a person's own page as it stands; nil before there is one.
func (s *Slack) Home(user string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.homes[user]
}

// Join makes the bot a member of a channel.
func (s *Slack) Join(channel string) { s.change(func() { s.members[channel] = true }) }

// Archive archives a channel: nobody posts there any more.
func (s *Slack) Archive(channel string) { s.change(func() { s.archived[channel] = true }) }

// Grant gives the app another scope.
func (s *Slack) Grant(scope string) { s.change(func() { s.scopes += "," + scope }) }

// Withdraw takes a scope from the app.
func (s *Slack) Withdraw(scope string) {
	s.change(func() {
		s.scopes = strings.Join(slices.DeleteFunc(strings.Split(s.scopes, ","),
			func(have string) bool { return have == scope }), ",")
	})
}

// Others makes a channel a conversation of other people: commands may be typed there, and the bot can neither post nor
// hand over files.
func (s *Slack) Others(channel string) { s.change(func() { s.gone[channel] = true }) }

// Leave makes a person leave the workspace.
func (s *Slack) Leave(user string) { s.change(func() { s.gone[user] = true }) }

// Delete deletes a message, as a person does.
func (s *Slack) Delete(m Message) {
	s.change(func() {
		s.gone[m.TS] = true
		s.messages = slices.DeleteFunc(s.messages, func(x *Message) bool { return x.TS == m.TS && x.Channel == m.Channel })
	})
}

// Down lets every call of the Web API and of response_urls fail with 503, or none again.
func (s *Slack) Down(down bool) { s.change(func() { s.down = down }) }

// Lose carries out so many of 100 calls of the Web API and of response_urls without a reply: the connection breaks, and
// the caller cannot know.
func (s *Slack) Lose(percent int) { s.change(func() { s.losing = percent }) }

// Trouble lets so many of 100 calls of the Web API and of response_urls fail: half of them with 503, half of them
// without a reply after they were carried out.
func (s *Slack) Trouble(percent int) { s.change(func() { s.troubled = percent }) }

// Revoke makes every token invalid.
func (s *Slack) Revoke() { s.change(func() { s.revoked = true }) }

// Fail makes the next calls of a Web API method fail; the method "respond" is the response_url.
func (s *Slack) Fail(method string, f ...Failure) {
	s.change(func() { s.failures[method] = append(s.failures[method], f...) })
}

// Faults is what was wrong in the eyes of a strict reader.
func (s *Slack) Faults() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.faults)
}

// Calls is how often a Web API method was called.
func (s *Slack) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// Messages is every message, deleted ones apart, oldest first.
func (s *Slack) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Message, len(s.messages))
	for i, m := range s.messages {
		out[i] = *m
	}
	return out
}

// Views is every open modal.
func (s *Slack) Views() []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []View
	for _, v := range s.views {
		out = append(out, *v)
	}
	return out
}

// Wait waits until cond holds, at most d.
func (s *Slack) Wait(d time.Duration, cond func() bool) bool {
	timeout := time.NewTimer(d)
	defer timeout.Stop()
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if cond() {
			return true
		}
		select {
		case <-changed:
		case <-timeout.C:
			return cond()
		}
	}
}

// change does something under the lock and wakes who waits.
func (s *Slack) change(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
	close(s.changed)
	s.changed = make(chan struct{})
}

// fault notes a fault; the lock is held.
func (s *Slack) fault(format string, args ...any) {
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}

func (s *Slack) nextTS() string {
	s.clock++
	return fmt.Sprintf("%d.%06d", time.Now().Unix(), s.clock)
}

// failure takes the next failure of a method.
func (s *Slack) failure(method string) (Failure, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.losing > 0 && rand.IntN(100) < s.losing && method != "auth.test" && method != "apps.connections.open" {
		return Failure{Drop: true}, true
	}
	if s.troubled > 0 && rand.IntN(100) < s.troubled && method != "auth.test" && method != "apps.connections.open" {
		if rand.IntN(2) == 0 {
			return Failure{Drop: true}, true
		}
		return Failure{Status: http.StatusServiceUnavailable}, true
	}
	if s.down {
		return Failure{Status: http.StatusServiceUnavailable}, true
	}
	q := s.failures[method]
	if len(q) == 0 {
		return Failure{}, false
	}
	s.failures[method] = q[1:]
	return q[0], true
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (f Failure) write(w http.ResponseWriter) bool {
	switch {
	case f.Status == http.StatusTooManyRequests:
		if f.RetryHeader != "-" {
			w.Header().Set("Retry-After", cmp.Or(f.RetryHeader, strconv.Itoa(f.RetryAfter)))
		}
		w.WriteHeader(f.Status)
	case f.Status != 0:
		w.WriteHeader(f.Status)
	case f.Error != "":
		writeJSON(w, map[string]any{"ok": false, "error": f.Error})
	default:
		return false
	}
	return true
}
