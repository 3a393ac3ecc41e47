package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"signpost/kb"

	"github.com/redis/go-redis/v9"
)

// ChannelSettings is what a channel has chosen with /mailset.
type ChannelSettings struct {
	Access   string `json:"access,omitempty"`   // "channel": new cases are seen in this channel alone
	Record   bool   `json:"record,omitempty"`   // replies in threads of cases go into their timelines
	Digest   string `json:"digest,omitempty"`   // daily or weekly; "": none
	Zone     string `json:"zone,omitempty"`     // by whose clock the digest comes (IANA)
	Emoji    bool   `json:"emoji,omitempty"`    // reactions to a case's root message say what happened
	Language string `json:"language,omitempty"` // of what everybody there reads: a BCP 47 tag; "": that of whoever asks
}

// TeamSettings is what a workspace has chosen with /mailset.
type TeamSettings struct {
	Hours *kb.Hours `json:"hours,omitempty"` // when the team works; nil: always
	// Retention is for how many days a case is kept after it was ended and last changed; 0: for good.
	Retention int `json:"retention,omitempty"`
	Own       Own `json:"own,omitzero"`
}

// Own is what a workspace has said of its own mail: its domains, who holds its mailboxes, where, and under which
// account (a sign-in name).
type Own struct {
	Domains  []string `json:"domains,omitempty"`
	Provider string   `json:"provider,omitempty"`
	Region   string   `json:"region,omitempty"`
	Account  string   `json:"account,omitempty"`
}

// Team is a workspace's settings.
func (b *Book) Team(ctx context.Context, team string) (s TeamSettings, err error) {
	err = b.setting(ctx, team, "team", &s)
	return s, err
}

// SetTeam replaces a workspace's settings.
func (b *Book) SetTeam(ctx context.Context, team string, s TeamSettings) error {
	return b.set(ctx, team, "team", s)
}

// Channel is a channel's settings.
func (b *Book) Channel(ctx context.Context, team, channel string) (s ChannelSettings, err error) {
	err = b.setting(ctx, team, "channel:"+channel, &s)
	return s, err
}

// SetChannel replaces a channel's settings.
func (b *Book) SetChannel(ctx context.Context, team, channel string, s ChannelSettings) error {
	return b.set(ctx, team, "channel:"+channel, s)
}

// Admins is the people, by their ids, who were named as the workspace's administrators; none: everybody is one.
func (b *Book) Admins(ctx context.Context, team string) (people []string, err error) {
	err = b.setting(ctx, team, "admins", &people)
	return people, err
}

// SetAdmins replaces them. They stand apart from the other settings, so that whoever changes one of those at the same
// time does not bring back who was an administrator before.
func (b *Book) SetAdmins(ctx context.Context, team string, people []string) error {
	return b.set(ctx, team, "admins", people)
}

// Channels is the settings of every channel that has chosen something, by its id.
func (b *Book) Channels(ctx context.Context, team string) (map[string]ChannelSettings, error) {
	all, err := redisOf(b).HGetAll(ctx, settingsKey(team)).Result()
	if err != nil {
		return nil, fmt.Errorf("%w: settings: %w", ErrBook, err)
	}
	out := map[string]ChannelSettings{}
	for field, raw := range all {
		var s ChannelSettings
		if channel, ok := strings.CutPrefix(field, "channel:"); ok && json.Unmarshal([]byte(raw), &s) == nil {
			out[channel] = s
		}
	}
	return out, nil
}

func (b *Book) setting(ctx context.Context, team, field string, into any) error {
	raw, err := redisOf(b).HGet(ctx, settingsKey(team), field).Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		return nil
	case err != nil:
		return fmt.Errorf("%w: settings: %w", ErrBook, err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%w: settings: %w", ErrBook, err)
	}
	return nil
}

func (b *Book) set(ctx context.Context, team, field string, s any) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("%w: settings: %w", ErrBook, err)
	}
	if err := redisOf(b).HSet(ctx, settingsKey(team), field, raw).Err(); err != nil {
		return fmt.Errorf("%w: settings: %w", ErrBook, err)
	}
	return nil
}
