package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// ChannelSettings is what a channel has chosen. The zero value: nothing.
type ChannelSettings struct {
	Language string `json:"language,omitempty"` // of what everybody there reads: a BCP 47 tag; "": that of whoever asks
}

// Channel is a channel's settings.
func (b *Book) Channel(ctx context.Context, team, channel string) (s ChannelSettings, err error) {
	raw, err := b.redis.HGet(ctx, settingsKey(team), "channel:"+channel).Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		return s, nil
	case err != nil:
		return s, fmt.Errorf("%w: settings: %w", ErrBook, err)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return ChannelSettings{}, fmt.Errorf("%w: settings: %w", ErrBook, err)
	}
	return s, nil
}

// SetChannel replaces a channel's settings.
func (b *Book) SetChannel(ctx context.Context, team, channel string, s ChannelSettings) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("%w: settings: %w", ErrBook, err)
	}
	if err := b.redis.HSet(ctx, settingsKey(team), "channel:"+channel, raw).Err(); err != nil {
		return fmt.Errorf("%w: settings: %w", ErrBook, err)
	}
	return nil
}
