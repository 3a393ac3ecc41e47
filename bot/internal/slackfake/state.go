package slackfake

import (
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// team is a workspace, or an organisation, in which the app is installed.
type team struct {
	id, enterprise string
	wide           bool // the whole organisation's
	revoked        bool
	refresh        string // what a further token is given for, once; empty: the token does not expire
	used, expired  bool   // whether that was done; whether the token's time has run out
	next           string // the token that was given for it
	seen           bool   // somebody has used it
}

// grant is what a code stands for.
type grant struct {
	token    string
	redirect string
}

// Step is a step of a workflow that the app carries out, and how it ended.
type Step struct {
	ID      string
	Outputs map[string]string // nil: it did not succeed
	Error   string            // why it failed
	Ended   bool
}

// function is a step as the app's manifest declares it.
type function struct {
	Input  parameters `json:"input_parameters"`
	Output parameters `json:"output_parameters"`
}

// AssistantThread is a thread of Slack's view for assistants, and what the app shows in it.
type AssistantThread struct {
	Channel, TS string
	Title       string
	Prompts     []Prompt
	Statuses    []string // in order
}

// Ack is how a delivery over a socket was acknowledged.
type Ack struct {
	Envelope string
	After    time.Duration // since its latest delivery
	Payload  map[string]any
	Attempt  int
}

type envelope struct {
	id        string
	body      map[string]any
	attempt   int
	delivered time.Time
}

type socket struct {
	conn *websocket.Conn
	mu   sync.Mutex // gorilla takes one writer
}

type parameters struct {
	Properties map[string]struct {
		Type string `json:"type"`
	} `json:"properties"`
	Required []string `json:"required"`
}

// Prompt is something that is suggested to be said.
type Prompt struct{ Title, Message string }
