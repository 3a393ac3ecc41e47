package chat

// Inside is what the program itself asks of the commands, in place of a person's words.
type Inside struct {
	Kind  InsideKind `json:"kind"`
	Card  Card       `json:"card,omitzero"`   // of ShowCard and CardPosted
	Words string     `json:"words,omitempty"` // of ThreadReply, what was said; of Reaction, the emoji's name
}

// InsideKind is what is asked. Queues hold it, so that none is ever renamed.
type InsideKind string

// What the program asks.
const (
	ShowCard    InsideKind = "show"     // what a card shows now, and where it stands: no Data where it is no more
	CardPosted  InsideKind = "posted"   // the card stands now at the request's Channel and Thread
	HomePage    InsideKind = "home"     // the asker's own page
	ThreadReply InsideKind = "heard"    // somebody wrote in a thread, which may be a case's
	Reaction    InsideKind = "reaction" // somebody reacted to a message, which may be a case's card
)

// Card names a message that stands in a channel and is brought up to date: a case's, or that of a change of a domain
// which is followed until it is live.
type Card struct {
	Case   int64  `json:"case,omitempty"` // its number
	Domain string `json:"domain,omitempty"`
}

// CardOf is the card of the case of that number.
func CardOf(number int64) *Card { return &Card{Case: number} }

// Shown is the request for what the card shows now.
func (c Card) Shown() (command string, inside *Inside) {
	return c.command(), &Inside{Kind: ShowCard, Card: c}
}

// Posted is the request that tells where the card stands now.
func (c Card) Posted() (command string, inside *Inside) {
	return c.command(), &Inside{Kind: CardPosted, Card: c}
}

func (c Card) command() string {
	if c.Domain != "" {
		return Watch
	}
	return Case
}
