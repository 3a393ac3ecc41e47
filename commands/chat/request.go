package chat

import (
	"context"
	"io"

	"golang.org/x/text/language"
)

// Request is one thing that a person asked, from wherever: slash command, mention, direct message, click, form, console
// line.
type Request struct {
	ID       string // identity for deduplication: the same delivery twice has the same ID
	Team     string
	User     string
	Channel  string
	Thread   string
	Command  string // "mailcheck", without the slash
	Text     string
	Values   map[string]string // the answers to a Form, by field; a typed line gives them as name=value
	Files    []File            // what was attached
	Lang     language.Tag
	Event    *Event       // the time that has come, in place of Text; from inside
	Inside   *Inside      // what the program asks, in place of Text
	Internal bool         // the program asks itself: a time that has come, a message to be brought up to date
	Direct   bool         // in a conversation of two
	Public   bool         // asked before everybody, who may read the answer too
	Asker    language.Tag // the asker's own, where Lang is the channel's
	Cut      bool         // the text was longer than is read
	Zone     string       // the asker's time zone (IANA), such as "Asia/Shanghai"; "" where it is not known
}

// File is something attached to a request. Open gives its content, of which Size octets are announced.
type File struct {
	Name string
	Size int64
	Open func(context.Context) (io.ReadCloser, error)
}
