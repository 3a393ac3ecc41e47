package jobs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// LaneState is how a lane stands, in all processes together.
type LaneState struct {
	Lane Lane
	// Pending jobs wait for a worker, active ones have one; retry and scheduled ones wait for their time.
	Pending, Active, Retry, Scheduled int64
	// Oldest is for how long the pending job that waits longest has waited; zero where none waits.
	Oldest time.Duration
}

// measureScript counts a lane's jobs and finds the pending one that waits longest. It looks at the oldest job of each
// of 2,000 people at most.
//
// KEYS: pending list, active list, retry set, scheduled set, workspaces that wait, how many jobs wait of each. ARGV: as
// fairLua. Returns the numbers of pending, active, retry and scheduled jobs, and since when the oldest waits in ns, as
// text, empty where none does.
var measureScript = redis.NewScript(`
local pending, looked, oldest = redis.call("LLEN", KEYS[1]), 0, ""
local function look(id)
	local since = id and redis.call("HGET", ARGV[2] .. id, "pending_since")
	if since and (oldest == "" or tonumber(since) < tonumber(oldest)) then oldest = since end
end
look(redis.call("LINDEX", KEYS[1], -1))
for _, team in ipairs(redis.call("ZRANGE", KEYS[5], 0, 999)) do
	pending = pending + tonumber(redis.call("HGET", KEYS[6], "t" .. team) or "0")
	if looked < 2000 then
		for _, user in ipairs(redis.call("ZRANGE", ARGV[1] .. team, 0, 199)) do
			looked = looked + 1
			look(string.match(redis.call("LINDEX", ARGV[3] .. team .. "/" .. user, 0) or "", "^%x* (.*)$"))
		end
	end
end
return {pending, redis.call("LLEN", KEYS[2]), redis.call("ZCARD", KEYS[3]), redis.call("ZCARD", KEYS[4]), oldest}`)

// Lanes is how each lane stands.
func (q *Queue) Lanes(ctx context.Context) ([]LaneState, error) {
	var out []LaneState
	for _, l := range []Lane{Quick, Diagnosis, Background} {
		keys := []string{pendingKey(l), activeKey(l), retryKey(l), scheduledKey(l), fairTeamsKey(l), fairCountsKey(l)}
		row, err := measureScript.Run(ctx, q.redis, keys, fairPeopleKey(l, ""), taskKey(l, ""), fairJobsKey(l, "")).Slice()
		if err != nil || len(row) != 5 {
			return nil, fmt.Errorf("jobs: measure: %w", err)
		}
		s := LaneState{Lane: l}
		for i, to := range []*int64{&s.Pending, &s.Active, &s.Retry, &s.Scheduled} {
			*to, _ = row[i].(int64)
		}
		since, _ := row[4].(string)
		if ns, err := strconv.ParseInt(since, 10, 64); err == nil && ns > 0 {
			s.Oldest = max(time.Since(time.Unix(0, ns)), 0) // clocks of two machines may differ
		}
		out = append(out, s)
	}
	return out, nil
}

// Held is how many requests are held in memory while Redis is away.
func (q *Queue) Held() int { return q.held() }

// Memory is how much of its memory a Redis uses, in octets; Max is 0 where it has no bound.
type Memory struct {
	Node      string
	Used, Max int64
}

// Memory asks every Redis that takes what is written.
func (q *Queue) Memory(ctx context.Context) ([]Memory, error) {
	var mu sync.Mutex
	var out []Memory
	look := func(ctx context.Context, node *redis.Client) error {
		raw, err := node.Info(ctx, "memory").Result()
		if err != nil {
			return fmt.Errorf("jobs: measure: %w", err)
		}
		info := readInfo(raw)
		m := Memory{Node: node.Options().Addr}
		if m.Used, err = strconv.ParseInt(info["used_memory"], 10, 64); err != nil {
			return fmt.Errorf("jobs: measure: %w", err)
		}
		m.Max, _ = strconv.ParseInt(info["maxmemory"], 10, 64)
		mu.Lock()
		defer mu.Unlock()
		out = append(out, m)
		return nil
	}
	var err error
	switch c := q.redis.(type) {
	case *redis.ClusterClient:
		err = c.ForEachMaster(ctx, look)
	case *redis.Client:
		err = look(ctx, c)
	}
	slices.SortFunc(out, func(x, y Memory) int { return strings.Compare(x.Node, y.Node) })
	return out, err
}
