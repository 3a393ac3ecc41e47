package install

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

var (
	// ErrNone says that the app is not installed in a workspace.
	ErrNone = errors.New("install: not installed there")
	// ErrStore says that Redis could not be asked.
	ErrStore = errors.New("install: store")
)

// Installation is the app in one workspace, or in all of an Enterprise organisation.
type Installation struct {
	Team       string    `json:"team,omitempty"` // empty where it is the whole organisation's
	Name       string    `json:"name,omitempty"` // of the workspace or the organisation
	Enterprise string    `json:"enterprise,omitempty"`
	Token      string    `json:"token"`
	BotUser    string    `json:"bot_user,omitempty"`
	Scopes     []string  `json:"scopes,omitempty"`
	By         string    `json:"by,omitempty"` // who installed it
	At         time.Time `json:"at"`
	// Refresh is what a further token is given for when the token expires; of a token that does not both are zero.
	Refresh string    `json:"refresh,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
}

// ID is the id under which it is kept: the workspace's, or that of the organisation which has it as a whole.
func (i Installation) ID() string {
	if i.Team != "" {
		return i.Team
	}
	return i.Enterprise
}

// Store keeps installations in Redis, sealed.
type Store struct {
	redis redis.UniversalClient
	ring  *Ring
}

// NewStore is the installations of a Redis.
func NewStore(client redis.UniversalClient, ring *Ring) *Store {
	return &Store{redis: client, ring: ring}
}

// Put keeps an installation, in place of one before.
func (s *Store) Put(ctx context.Context, i Installation) error {
	raw, err := json.Marshal(i)
	if err != nil || i.ID() == "" {
		return fmt.Errorf("%w: an installation of nobody: %w", ErrStore, err)
	}
	_, err = s.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, tokenKey(i.ID()), s.ring.Seal(i.ID(), raw), 0)
		p.SAdd(ctx, allKey, i.ID())
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	return nil
}

// Get is the installation whose token serves a workspace: its own, otherwise that of its whole organisation. The error
// is ErrNone where there is neither, and ErrSealed where there is one that none of the keys opens.
func (s *Store) Get(ctx context.Context, team, enterprise string) (Installation, error) {
	for _, id := range []string{team, enterprise} {
		if id == "" {
			continue
		}
		sealed, err := s.redis.Get(ctx, tokenKey(id)).Result()
		switch {
		case errors.Is(err, redis.Nil):
			continue
		case err != nil:
			return Installation{}, fmt.Errorf("%w: %w", ErrStore, err)
		}
		return s.open(id, sealed)
	}
	return Installation{}, fmt.Errorf("%w: %.40q", ErrNone, team)
}

func (s *Store) open(id, sealed string) (i Installation, err error) {
	raw, _, err := s.ring.Open(id, sealed)
	if err != nil {
		return i, fmt.Errorf("%w: %.40q", err, id)
	}
	if err := json.Unmarshal(raw, &i); err != nil || i.ID() != id {
		return Installation{}, fmt.Errorf("%w: %.40q", ErrSealed, id)
	}
	return i, nil
}

// IDs is the ids of all installations.
func (s *Store) IDs(ctx context.Context) ([]string, error) {
	ids, err := s.redis.SMembers(ctx, allKey).Result()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStore, err)
	}
	slices.Sort(ids)
	return ids, nil
}

// Saw notes that a workspace is served by its organisation's installation; Seen is those workspaces.
func (s *Store) Saw(ctx context.Context, enterprise, team string) error {
	if err := s.redis.SAdd(ctx, seenKey(enterprise), team).Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	return nil
}

// Seen is the workspaces that were served by an organisation's installation.
func (s *Store) Seen(ctx context.Context, enterprise string) ([]string, error) {
	teams, err := s.redis.SMembers(ctx, seenKey(enterprise)).Result()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStore, err)
	}
	return teams, nil
}

// DeleteUntil deletes an installation that was made up to a time, and reports whether it did: news of an uninstallation
// may come when the app is installed anew already. One that cannot be opened goes too.
func (s *Store) DeleteUntil(ctx context.Context, id string, until time.Time) (bool, error) {
	return s.change(ctx, id, func(i Installation, err error) bool {
		return err != nil || !i.At.Truncate(time.Second).After(until)
	}, forget)
}

// DeleteToken deletes an installation if its token is still the given one.
func (s *Store) DeleteToken(ctx context.Context, id, token string) (bool, error) {
	return s.change(ctx, id, func(i Installation, err error) bool { return err == nil && i.Token == token }, forget)
}

// replace puts an installation in place of one whose token is still the given one, and reports whether it did.
func (s *Store) replace(ctx context.Context, token string, by Installation) (bool, error) {
	raw, err := json.Marshal(by)
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrStore, err)
	}
	return s.change(ctx, by.ID(), func(i Installation, err error) bool { return err == nil && i.Token == token },
		func(ctx context.Context, p redis.Pipeliner, id, _ string) error {
			return p.Set(ctx, tokenKey(id), s.ring.Seal(id, raw), 0).Err()
		})
}

// Reseal seals with the first key whatever another one has sealed. It gives how many installations none of the keys
// opens.
func (s *Store) Reseal(ctx context.Context) (closed int, err error) {
	ids, err := s.IDs(ctx)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		var open error
		_, err := s.change(ctx, id, func(_ Installation, err error) bool {
			open = err
			return err == nil
		}, func(ctx context.Context, p redis.Pipeliner, id, sealed string) error {
			raw, stale, err := s.ring.Open(id, sealed)
			if err == nil && stale {
				err = p.Set(ctx, tokenKey(id), s.ring.Seal(id, raw), 0).Err()
			}
			return err
		})
		if err != nil {
			return closed, err
		}
		if open != nil {
			slog.Error("no key opens the token of a workspace: it has to install the app anew", "id", id)
			closed++
		}
	}
	return closed, nil
}

// Count is how many installations the keys open, and how many they do not.
func (s *Store) Count(ctx context.Context) (open, closed int, err error) {
	ids, err := s.IDs(ctx)
	if err != nil {
		return 0, 0, err
	}
	for _, id := range ids {
		_, err := s.Get(ctx, id, "")
		switch {
		case err == nil:
			open++
		case errors.Is(err, ErrSealed):
			closed++
		case !errors.Is(err, ErrNone): // it has left meanwhile
			return 0, 0, err
		}
	}
	return open, closed, nil
}

// maxTries is how often a change is tried that others come before.
const maxTries = 20

// change changes an installation that fits by what then adds to the transaction, as nobody else changes it meanwhile.
func (s *Store) change(ctx context.Context, id string, fits func(Installation, error) bool,
	then func(ctx context.Context, p redis.Pipeliner, id, sealed string) error) (done bool, err error) {
	key := tokenKey(id)
	for range maxTries {
		done = false
		err = s.redis.Watch(ctx, func(tx *redis.Tx) error {
			sealed, err := tx.Get(ctx, key).Result()
			if errors.Is(err, redis.Nil) {
				return nil
			}
			if err != nil {
				return err
			}
			i, opened := s.open(id, sealed)
			if !fits(i, opened) {
				return nil
			}
			_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
				return then(ctx, p, id, sealed)
			})
			done = err == nil
			return err
		}, key)
		if !errors.Is(err, redis.TxFailedErr) {
			break
		}
	}
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrStore, err)
	}
	return done, nil
}

// forget deletes an installation.
func forget(ctx context.Context, p redis.Pipeliner, id, _ string) error {
	p.Del(ctx, tokenKey(id), seenKey(id))
	p.SRem(ctx, allKey, id)
	return nil
}

// letRefresh lets another process renew a token.
func (s *Store) letRefresh(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := s.redis.Del(ctx, refreshKey(id)).Err(); err != nil {
		slog.Debug("a token is renewed later", "id", id, "error", err)
	}
}

// useState reports whether a state comes for the first time.
func (s *Store) useState(ctx context.Context, nonce string) (bool, error) {
	fresh, err := s.redis.SetNX(ctx, usedStateKey(nonce), "1", stateFor).Result()
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrStore, err)
	}
	return fresh, nil
}

// stateFor is how long somebody may take to agree at Slack.
const stateFor = 10 * time.Minute
