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

// Sentinel starts a server under a Sentinel, and gives its REDIS_URL.
func Sentinel(t testing.TB) string {
	t.Helper()
	main := Start(t)
	host, port, _ := net.SplitHostPort(main.Addr)
	s := &Server{Addr: freeAddr(t), t: t, dir: t.TempDir()}
	_, own, _ := net.SplitHostPort(s.Addr)
	config := filepath.Join(s.dir, "sentinel.conf") // a Sentinel writes into it
	text := fmt.Sprintf("port %s\nbind 127.0.0.1\nsentinel monitor main %s %s 1\nsentinel down-after-milliseconds main 1000\n", own, host, port)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(config, "--sentinel")
	t.Cleanup(s.Kill)
	return "redis-sentinel://" + s.Addr + "/main"
}

// Cluster starts a Cluster of three servers, and gives its REDIS_URL.
func Cluster(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var addrs []string
	var nodes []*redis.Client
	for i := range 3 {
		s := &Server{Addr: freeAddr(t), t: t, dir: t.TempDir()}
		s.args = []string{"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "2000"}
		s.Start()
		t.Cleanup(s.Kill)
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
		for !strings.Contains(c.ClusterInfo(ctx).Val(), "cluster_state:ok") {
			select {
			case <-ctx.Done():
				t.Fatal("the cluster does not form")
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	return "redis-cluster://" + strings.Join(addrs, ",")
}
