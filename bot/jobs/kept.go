package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// The bounds of the evidence that is kept for buttons. What is oldest goes first.
const (
	MaxKept     = 32 << 10 // octets of one thing
	keptOfOne   = 50       // things of one person
	keptOctets  = 64 << 20 // of all things together
	crowded     = 0.8      // of the memory that Redis may use: from here on no evidence is kept, and MemoryShort tells so
	memoryEvery = 5 * time.Second
)

var (
	// ErrGone says that what was kept is kept no longer.
	ErrGone = errors.New("jobs: not kept any more")
	// ErrLarge says that something has more than MaxKept octets.
	ErrLarge = errors.New("jobs: too large to be kept")
	// ErrMemoryShort says that the memory of Redis is needed for what matters more.
	ErrMemoryShort = errors.New("jobs: memory is short")
)

// keepScript keeps something, and forgets what is over its time, then the oldest of whoever has too much, then the
// oldest of all.
//
// KEYS: the thing, the names of all by the moment at which they end, their sizes and owners with the sum under the
// empty name, the names of the owner. ARGV: name, octets, how long in ms, now in ms, most things of one owner, most
// octets of all, owner, what the keys of things begin with, what those of owners begin with. Returns the octets that
// are kept now.
var keepScript = redis.NewScript(`
local function forget(name)
	local size, owner = string.match(redis.call("HGET", KEYS[3], name) or "", "^(%d+) (.*)$")
	redis.call("ZREM", KEYS[2], name)
	redis.call("DEL", ARGV[8] .. name)
	if not size then return end
	redis.call("HDEL", KEYS[3], name)
	redis.call("HINCRBY", KEYS[3], "", -size)
	redis.call("ZREM", ARGV[9] .. owner, name)
end
forget(ARGV[1])
for _, name in ipairs(redis.call("ZRANGEBYSCORE", KEYS[2], "-inf", ARGV[4], "LIMIT", 0, 1000)) do forget(name) end
local ends = ARGV[4] + ARGV[3]
redis.call("ZADD", KEYS[2], ends, ARGV[1])
redis.call("ZADD", KEYS[4], ends, ARGV[1])
redis.call("HSET", KEYS[3], ARGV[1], #ARGV[2] .. " " .. ARGV[7])
local sum = redis.call("HINCRBY", KEYS[3], "", #ARGV[2])
redis.call("SET", KEYS[1], ARGV[2], "PX", ARGV[3])
for _, key in ipairs({KEYS[2], KEYS[3], KEYS[4]}) do
	if redis.call("PTTL", key) < tonumber(ARGV[3]) then redis.call("PEXPIRE", key, ARGV[3]) end
end
local own = redis.call("ZCARD", KEYS[4]) - ARGV[5]
if own > 0 then
	for _, name in ipairs(redis.call("ZRANGE", KEYS[4], 0, own - 1)) do forget(name) end
end
while tonumber(redis.call("HGET", KEYS[3], "")) > tonumber(ARGV[6]) do
	local oldest = redis.call("ZRANGE", KEYS[2], 0, 0)[1]
	if not oldest then break end
	forget(oldest)
end
return tonumber(redis.call("HGET", KEYS[3], ""))`)

// Keep stores something small under a name for a time.
func (q *Queue) Keep(ctx context.Context, name string, data []byte, keepFor time.Duration) error {
	if err := q.redis.Set(ctx, keptKey(name), data, keepFor).Err(); err != nil {
		return fmt.Errorf("jobs: keep: %w", err)
	}
	return nil
}

// KeepEvidence stores what lies behind an answer under a name for a time, on behalf of an owner, within the bounds of
// all that is stored so. The error is ErrLarge or ErrMemoryShort where there is no room for it.
func (q *Queue) KeepEvidence(ctx context.Context, owner, name string, data []byte, keepFor time.Duration) error {
	switch {
	case len(data) > MaxKept:
		return ErrLarge
	case q.MemoryShort():
		return ErrMemoryShort
	}
	keys := []string{keptKey(name), keptOrderKey, keptSizesKey, keptOwnerKey(owner)}
	err := keepScript.Run(ctx, q.redis, keys, name, data, keepFor.Milliseconds(), time.Now().UnixMilli(), keptOfOne,
		q.mostKept, owner, keptKey(""), keptOwnerKey("")).Err()
	if err != nil {
		return fmt.Errorf("jobs: keep evidence: %w", err)
	}
	return nil
}

// Kept gives what Keep or KeepEvidence stored; ErrGone where its time is over, or other things took its place.
func (q *Queue) Kept(ctx context.Context, name string) ([]byte, error) {
	b, err := q.redis.Get(ctx, keptKey(name)).Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		return nil, ErrGone
	case err != nil:
		return nil, fmt.Errorf("jobs: kept: %w", err)
	}
	return b, nil
}

// MemoryShort reports whether Redis uses more than four fifths of the memory that it may use: what can be had anew is
// then not made, so that what cannot has room. False where it has no bound, or tells none.
func (q *Queue) MemoryShort() bool { return q.memoryShort.Load() }

// checkMemory looks how much of its memory Redis uses.
func (q *Queue) checkMemory(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	nodes, err := q.Memory(ctx)
	if err != nil {
		return
	}
	short := false
	for _, m := range nodes {
		short = short || m.Max > 0 && float64(m.Used) > crowded*float64(m.Max)
	}
	q.memoryShort.Store(short)
}
