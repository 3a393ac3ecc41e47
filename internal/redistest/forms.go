package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Sentinel starts a server with a replica under a Sentinel, and gives its REDIS_URL and the server. When the server
// is killed the replica takes its place, within some seconds.
func Sentinel(t testing.TB) (url string, main *Server) {
	t.Helper()
	main = Start(t)
	host, port, _ := net.SplitHostPort(main.Addr)
	replica := StartWith(t, "--replicaof", host+" "+port)
	s := &Server{Addr: freeAddr(t), t: t, dir: t.TempDir()}
	_, own, _ := net.SplitHostPort(s.Addr)
	config := filepath.Join(s.dir, "sentinel.conf") // a Sentinel writes into it
	text := fmt.Sprintf("port %s\nbind 127.0.0.1\nsentinel monitor main %s %s 1\n"+
		"sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n", own, host, port)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(config, "--sentinel")
	t.Cleanup(s.End)
	follows := redis.NewClient(&redis.Options{Addr: replica.Addr, DialerRetries: 1})
	defer follows.Close()
	watches := redis.NewClient(&redis.Options{Addr: s.Addr, DialerRetries: 1})
	defer watches.Close()
	until(t, "the replica does not follow", func(ctx context.Context) bool {
		return strings.Contains(follows.Info(ctx, "replication").Val(), "master_link_status:up") &&
			strings.Contains(watches.Info(ctx, "sentinel").Val(), "slaves=1")
	})
	return "redis-sentinel://" + s.Addr + "/main", main
}

// until waits for something that is to come, at most for half a minute.
func until(t testing.TB, otherwise string, come func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for !come(ctx) {
		select {
		case <-ctx.Done():
			t.Fatal(otherwise)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Nodes is a Cluster of three servers.
type Nodes struct {
	URL   string
	t     testing.TB
	addrs []string
}

// Cluster starts a Cluster of three servers.
func Cluster(t testing.TB) *Nodes {
	t.Helper()
	need(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var addrs []string
	var nodes []*redis.Client
	for i := range 3 {
		s := &Server{Addr: freeAddr(t), t: t, dir: t.TempDir()}
		s.args = []string{"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout",
			"2000"}
		s.Start()
		t.Cleanup(s.End)
		c := redis.NewClient(&redis.Options{Addr: s.Addr, DialerRetries: 1})
		defer c.Close()
		addrs, nodes = append(addrs, s.Addr), append(nodes, c)
		slots := []int{0, 5461, 10923, 16384}
		if err := c.ClusterAddSlotsRange(ctx, slots[i], slots[i+1]-1).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, addr := range addrs[1:] {
		host, port, _ := net.SplitHostPort(addr)
		if err := nodes[0].ClusterMeet(ctx, host, port).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range nodes {
		until(t, "the cluster does not form",
			func(ctx context.Context) bool { return strings.Contains(c.ClusterInfo(ctx).Val(), "cluster_state:ok") })
	}
	return &Nodes{URL: "redis-cluster://" + strings.Join(addrs, ","), t: t, addrs: addrs}
}

// Replica starts a server that follows the one which has a key's slot, and waits until it does.
func (n *Nodes) Replica(key string) *Server {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	s := &Server{Addr: freeAddr(n.t), t: n.t, dir: n.t.TempDir()}
	s.args = []string{"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout",
		"2000"}
	s.Start()
	n.t.Cleanup(s.End)
	follows := redis.NewClient(&redis.Options{Addr: s.Addr, DialerRetries: 1})
	defer follows.Close()
	first := redis.NewClient(&redis.Options{Addr: n.addrs[0], DialerRetries: 1})
	defer first.Close()
	host, port, _ := net.SplitHostPort(s.Addr)
	if err := first.ClusterMeet(ctx, host, port).Err(); err != nil {
		n.t.Fatal(err)
	}
	cluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: n.addrs})
	defer cluster.Close()
	main, err := cluster.MasterForKey(ctx, key)
	if err != nil {
		n.t.Fatal(err)
	}
	id, err := main.Do(ctx, "CLUSTER", "MYID").Text()
	if err != nil {
		n.t.Fatal(err)
	}
	until(n.t, "the replica hears of nobody",
		func(ctx context.Context) bool { return follows.ClusterReplicate(ctx, id).Err() == nil })
	until(n.t, "the replica does not follow", func(ctx context.Context) bool {
		return strings.Contains(main.Info(ctx, "replication").Val(), "state=online")
	})
	return s
}

// Move moves the slot of a key to the next server while it is in use, one key at a time, as a rebalancing does. It
// gives how many keys went along.
func (n *Nodes) Move(key string) (moved int) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	var clients []*redis.Client
	var ids []string
	for _, a := range n.addrs {
		c := redis.NewClient(&redis.Options{Addr: a, DialerRetries: 1})
		defer c.Close()
		clients = append(clients, c)
		id, err := c.Do(ctx, "CLUSTER", "MYID").Text()
		if err != nil {
			n.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	slot := int(clients[0].ClusterKeySlot(ctx, key).Val())
	from := -1
	for i, c := range clients {
		for _, shard := range c.ClusterShards(ctx).Val() {
			for _, s := range shard.Slots {
				if int64(slot) >= s.Start && int64(slot) <= s.End && shard.Nodes[0].ID == ids[i] {
					from = i
				}
			}
		}
	}
	if from < 0 {
		n.t.Fatal("nobody has the slot")
	}
	to := (from + 1) % len(clients)
	do := func(c *redis.Client, args ...any) {
		n.t.Helper()
		if err := c.Do(ctx, args...).Err(); err != nil {
			n.t.Fatalf("%v: %v", args, err)
		}
	}
	do(clients[to], "CLUSTER", "SETSLOT", slot, "IMPORTING", ids[from])
	do(clients[from], "CLUSTER", "SETSLOT", slot, "MIGRATING", ids[to])
	host, port, _ := net.SplitHostPort(n.addrs[to])
	for {
		keys := clients[from].ClusterGetKeysInSlot(ctx, slot, 1).Val()
		if len(keys) == 0 {
			break
		}
		do(clients[from], "MIGRATE", host, port, keys[0], 0, 5000)
		moved++
	}
	for _, i := range []int{to, from, 3 - to - from} {
		do(clients[i], "CLUSTER", "SETSLOT", slot, "NODE", ids[to])
	}
	return moved
}
