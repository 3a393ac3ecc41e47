package cases

import (
	"errors"
	"time"

	"signpost/cases/index"

	"github.com/redis/go-redis/v9"
)

// ErrBook says that the store could not be asked.
var ErrBook = errors.New("cases: store")

// Book is the casebook of every workspace. Its methods are safe for concurrent use, and for several processes on one Redis.
type Book struct {
	redis redis.UniversalClient
	now   func() time.Time
	index index.Index
}

// OpenBook opens the casebook in a Redis.
func OpenBook(client redis.UniversalClient, now func() time.Time) *Book {
	return &Book{redis: client, now: now, index: index.Index{Redis: client, Size: index.BlockSize}}
}

// Where is a place of conversation: a workspace's channel, a thread in it, or, outside of threads, what one person asks there.
type Where struct{ Team, Channel, Thread, User string }

// thread names the conversation within its channel.
func (w Where) thread() string {
	if w.Thread != "" {
		return plainID(w.Thread)
	}
	return plainID(w.User)
}
