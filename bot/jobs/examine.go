package jobs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// oldestRedis is the oldest version whose commands suffice: XRANGE with an exclusive start came with it. Source:
// https://redis.io/docs/latest/commands/xrange/.
var oldestRedis = []int{6, 2, 0}

// Warning is what makes a Redis unfit to keep a casebook: a code and its value, and words for the log.
type Warning struct{ Node, Code, Value, Fault, Remedy string }

// The codes of warnings. Value is the version, the policy or the share of memory in per cent, and empty otherwise.
const (
	WarnVersion = "version"
	WarnPolicy  = "policy"
	WarnNothing = "keeps-nothing" // written to disk
	WarnSeldom  = "keeps-seldom"
	WarnMemory  = "memory"
	WarnSilent  = "untold" // the server says nothing of itself, so it cannot be told
)

// fullAt is the share of maxmemory, in per cent, over which checks are refused, so that cases go on.
const fullAt = 80

// Examine looks at how every Redis behind a client keeps what it is given: whether it writes to disk, whether it may
// evict keys, how full it is, and its version.
func Examine(ctx context.Context, client redis.UniversalClient) []Warning {
	var mu sync.Mutex
	var out []Warning
	look := func(ctx context.Context, node *redis.Client) error {
		found := examineNode(ctx, node)
		mu.Lock()
		defer mu.Unlock()
		out = append(out, found...)
		return nil
	}
	switch c := client.(type) {
	case *redis.ClusterClient:
		_ = c.ForEachMaster(ctx, look) // a node that does not answer tells nothing of itself
	case *redis.Client:
		_ = look(ctx, c)
	}
	slices.SortFunc(out, func(x, y Warning) int { return strings.Compare(x.Node+x.Fault, y.Node+y.Fault) })
	return out
}

func examineNode(ctx context.Context, node *redis.Client) (out []Warning) {
	warn := func(code, value, fault, remedy string) {
		out = append(out, Warning{node.Options().Addr, code, value, fault, remedy})
	}
	raw, err := node.Info(ctx, "everything").Result()
	if err != nil {
		warn(WarnSilent, "", "it tells nothing of itself: "+err.Error(),
			"allow INFO, or see to appendonly, maxmemory-policy and the version yourself")
		return out
	}
	info := readInfo(raw)
	if v := info["redis_version"]; v != "" && older(v, oldestRedis) {
		warn(WarnVersion, v, fmt.Sprintf("its version is %s, and 6.2 or later is needed", v),
			"upgrade it: lists and reviews of cases fail on it")
	}
	if policy := info["maxmemory_policy"]; policy != "" && policy != "noeviction" {
		warn(WarnPolicy, policy, "maxmemory-policy is "+policy+": cases may be evicted when memory runs short",
			"set maxmemory-policy noeviction")
	}
	if info["aof_enabled"] == "0" {
		save, err := node.ConfigGet(ctx, "save").Result()
		switch {
		case err == nil && save["save"] == "":
			warn(WarnNothing, "", "it writes nothing to disk: a restart loses every case", "set appendonly yes")
		case err == nil:
			warn(WarnSeldom, "", "it writes to disk from time to time only: a crash loses the latest minutes",
				"set appendonly yes")
		}
	}
	used, _ := strconv.ParseFloat(info["used_memory"], 64)
	if most, _ := strconv.ParseFloat(info["maxmemory"], 64); most > 0 && used*100 > fullAt*most {
		share := strconv.Itoa(int(used * 100 / most))
		warn(WarnMemory, share, share+" % of maxmemory is in use: checks are refused, so that cases go on",
			"raise maxmemory, or delete old cases (retention)")
	}
	return out
}

// readInfo reads what INFO answers.
func readInfo(raw string) map[string]string {
	info := map[string]string{}
	for line := range strings.Lines(raw) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	return info
}

// older reports whether a version such as 6.0.16 is older than another; one that cannot be read is not.
func older(version string, than []int) bool {
	for i, part := range strings.SplitN(version, ".", 3) {
		n, err := strconv.Atoi(part)
		if err != nil || i >= len(than) {
			return false
		}
		if n != than[i] {
			return n < than[i]
		}
	}
	return false
}
