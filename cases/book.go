package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"signpost/cases/index"

	"github.com/redis/go-redis/v9"
)

// ErrBook says that the store could not be asked.
var ErrBook = errors.New("cases: store")

// Book is the casebook of every workspace. Its methods are safe for concurrent use, and for several processes on one
// Redis.
type Book struct {
	redis any // a redis.UniversalClient: see redisOf
	now   func() time.Time
	index index.Index
}

// OpenBook opens the casebook in a Redis.
func OpenBook(client redis.UniversalClient, now func() time.Time) *Book {
	return &Book{redis: client, now: now, index: index.Index{Redis: client, Size: index.BlockSize}}
}

// redisOf is a casebook's Redis. Were it the field's type, or a method's, the compiler would make wrappers for its 500
// methods in every package that sees a Book.
func redisOf(b *Book) redis.UniversalClient { return b.redis.(redis.UniversalClient) }

// Turn is one question in a conversation and its answer, as text.
type Turn struct {
	At     time.Time `json:"at"`
	User   string    `json:"user,omitempty"`
	Said   string    `json:"said"`
	Answer string    `json:"answer"`
}

const (
	maxTurns = 20
	talkLife = 24 * time.Hour // a conversation that nobody goes on with is forgotten
)

// Remember adds a turn to a conversation; the latest twenty are kept, for a day.
func (b *Book) Remember(ctx context.Context, w Where, t Turn) error {
	raw, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBook, err)
	}
	key := talkKey(w)
	_, err = redisOf(b).TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.RPush(ctx, key, raw)
		p.LTrim(ctx, key, -maxTurns, -1)
		p.Expire(ctx, key, talkLife)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w: remember: %w", ErrBook, err)
	}
	return nil
}

// Conversation is what was said in a place, oldest first; empty where nothing is remembered.
func (b *Book) Conversation(ctx context.Context, w Where) ([]Turn, error) {
	raw, err := redisOf(b).LRange(ctx, talkKey(w), 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("%w: conversation: %w", ErrBook, err)
	}
	var out []Turn
	for _, r := range raw {
		var t Turn
		if json.Unmarshal([]byte(r), &t) == nil {
			out = append(out, t)
		}
	}
	return out, nil
}
