package cases

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	replicaWithin = 500 * time.Millisecond // how long a write waits for a replica
	replicasKnown = 2 * time.Second        // how long it is taken as known whether there is one
)

// WaitForReplicas makes a client wait after each write until a replica has it, if its server has replicas: Redis
// answers before that, and a fail-over would lose the latest answers. It waits half a second at most and then logs
// a warning.
// Source: https://redis.io/docs/latest/commands/wait/.
func WaitForReplicas(client redis.UniversalClient) {
	client.AddHook(&replicaWait{client: client, nodes: map[string]replicas{}})
}

// replicaWait is the hook. A write is confirmed by another one after it: a replica gets them in their order.
type replicaWait struct {
	client redis.UniversalClient
	mu     sync.Mutex
	nodes  map[string]replicas // by address
	// refused makes the log say once that this user may not wait.
	refused sync.Once
}

// replicas is how many follow a server, and when it said so.
type replicas struct {
	count int
	asked time.Time
}

type unconfirmed struct{}

// reading marks a call that only reads, which Redis cannot tell of a script.
func reading(ctx context.Context) context.Context { return context.WithValue(ctx, unconfirmed{}, true) }

// DialHook changes nothing.
func (*replicaWait) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

// ProcessHook confirms a command that writes.
func (c *replicaWait) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if err := next(ctx, cmd); err != nil {
			return err
		}
		err := c.wait(ctx, []redis.Cmder{cmd})
		if err != nil {
			cmd.SetErr(err)
		}
		return err
	}
}

// ProcessPipelineHook confirms commands of which some write.
func (c *replicaWait) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if err := next(ctx, cmds); err != nil {
			return err
		}
		err := c.wait(ctx, cmds)
		if err != nil {
			for _, cmd := range cmds {
				cmd.SetErr(err)
			}
		}
		return err
	}
}

// writes is the commands that write, of those that are in use.
var writes = map[string]bool{
	"eval": true, "evalsha": true, "set": true, "setnx": true, "hset": true, "hdel": true, "hincrby": true,
	"xadd": true, "del": true, "unlink": true, "expire": true, "lpush": true, "rpush": true,
	"sadd": true, "zadd": true, "zrem": true, "incr": true,
}

// tagOf is the hash tag of the first key that a command writes, with its braces; "" where it writes none.
func tagOf(cmd redis.Cmder) string {
	if !writes[cmd.Name()] || cmd.Err() != nil {
		return ""
	}
	at := 1
	if strings.HasPrefix(cmd.Name(), "eval") {
		at = 3
	}
	if at >= len(cmd.Args()) {
		return ""
	}
	key := fmt.Sprint(cmd.Args()[at])
	if i := strings.IndexByte(key, '{'); i >= 0 {
		if j := strings.IndexByte(key[i:], '}'); j > 1 {
			return key[i : i+j+1]
		}
	}
	return ""
}

// wait waits until a replica has what the commands wrote.
func (c *replicaWait) wait(ctx context.Context, cmds []redis.Cmder) error {
	if ctx.Value(unconfirmed{}) != nil {
		return nil
	}
	done := map[string]bool{}
	for _, cmd := range cmds {
		tag := tagOf(cmd)
		if tag == "" || done[tag] {
			continue
		}
		done[tag] = true
		if err := c.waitFor(reading(ctx), "signpost:"+tag+":written"); err != nil {
			return err
		}
	}
	return nil
}

// waitFor writes a key that lies with what was written, and waits for it.
func (c *replicaWait) waitFor(ctx context.Context, key string) error {
	node, ok := c.client.(*redis.Client)
	if cluster, is := c.client.(*redis.ClusterClient); is {
		var err error
		if node, err = cluster.MasterForKey(ctx, key); err != nil {
			return fmt.Errorf("%w: confirm: %w", ErrBook, err)
		}
		ok = true
	}
	if !ok || c.replicas(ctx, node) == 0 {
		return nil
	}
	var have *redis.Cmd
	_, err := node.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, key, "1", time.Minute)
		have = p.Do(ctx, "wait", 1, replicaWithin.Milliseconds())
		return nil
	})
	switch {
	case redis.HasErrorPrefix(err, "MOVED"), redis.HasErrorPrefix(err, "ASK"): // the slot moved with all that is in it
		return nil
	case redis.HasErrorPrefix(err, "NOPERM"), redis.HasErrorPrefix(err, "ERR unknown command"):
		c.refused.Do(func() {
			slog.Warn("redis does not let us wait for its replicas: a fail-over may lose the latest change", "error",
				err)
		})
		return nil
	case err != nil:
		return fmt.Errorf("%w: confirm: %w", ErrBook, err)
	case have.Val() == int64(0):
		c.mu.Lock()
		delete(c.nodes, node.Options().Addr)
		c.mu.Unlock()
		if c.replicas(ctx, node) > 0 {
			slog.Warn("no replica has the latest change yet: a fail-over now would lose it", "node",
				node.Options().Addr)
		}
	}
	return nil
}

// replicas is how many replicas a server has that follow it.
func (c *replicaWait) replicas(ctx context.Context, node *redis.Client) int {
	addr := node.Options().Addr
	c.mu.Lock()
	known, ok := c.nodes[addr]
	c.mu.Unlock()
	if ok && time.Since(known.asked) < replicasKnown {
		return known.count
	}
	info, err := node.Info(ctx, "replication").Result()
	if err != nil {
		return known.count
	}
	known = replicas{strings.Count(info, "state=online"), time.Now()}
	c.mu.Lock()
	c.nodes[addr] = known
	c.mu.Unlock()
	return known.count
}
