package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

var (
	// ErrURL says that a REDIS_URL cannot be read.
	ErrURL = errors.New("jobs: bad Redis URL")
	// ErrUnreachable says that no Redis answers there.
	ErrUnreachable = errors.New("jobs: Redis does not answer")
)

const (
	dialTimeout = 2 * time.Second
	// ioTimeout bounds one command: asynq's own commands have no context.
	ioTimeout = 3 * time.Second
	// patience is how long Connect waits for the first answer.
	patience = 5 * time.Second
)

// Connect opens the Redis that a URL names, and waits up to 5 s for its answer. The forms:
//
//	redis://[user:password@]host[:port][/db]          one server; rediss:// with TLS, unix:///path a socket
//	redis-sentinel://host:port,host:port/name[/db]    Sentinel, also ?master=name, or redis://host:port?master_name=name
//	redis-cluster://host:port,host:port               Cluster, also redis://host:port?addr=host:port
//
// rediss-sentinel:// and rediss-cluster:// use TLS. The errors are ErrURL and ErrUnreachable; neither names the
// password.
func Connect(ctx context.Context, text string) (redis.UniversalClient, error) {
	opts, err := parseURL(text)
	if err != nil {
		return nil, err
	}
	redis.SetLogger(redisLogger{})
	client := redis.NewUniversalClient(opts)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := client.Ping(ctx).Err(); err != nil {
		_ = client.Close()
		return nil, fmt.Errorf("%w at %s: %w", ErrUnreachable, strings.Join(opts.Addrs, ","), err)
	}
	return client, nil
}

// redisLogger passes the client's own words on; what fails is told where it fails.
type redisLogger struct{}

func (redisLogger) Printf(ctx context.Context, format string, args ...any) {
	slog.DebugContext(ctx, "redis client", "said", fmt.Sprintf(format, args...))
}

func parseURL(text string) (*redis.UniversalOptions, error) {
	bad := func(why string) error {
		return fmt.Errorf("%w: %s. For example: redis://localhost:6379/0, rediss://user:password@redis.example.com:6380/0, "+
			"redis-sentinel://s1:26379,s2:26379/mymaster, redis-cluster://n1:6379,n2:6379", ErrURL, why)
	}
	scheme, rest, ok := strings.Cut(strings.TrimSpace(text), "://")
	if !ok {
		return nil, bad("there is no scheme in it")
	}
	scheme = strings.ToLower(scheme)
	if scheme == "unix" {
		o, err := redis.ParseURL(text)
		if err != nil {
			return nil, bad("the socket's path cannot be read")
		}
		out := base()
		out.Addrs, out.DB, out.Username, out.Password = []string{o.Addr}, o.DB, o.Username, o.Password
		out.Dialer = func(ctx context.Context, _, addr string) (net.Conn, error) {
			d := net.Dialer{Timeout: dialTimeout}
			return d.DialContext(ctx, "unix", addr)
		}
		return out, nil
	}
	kind, secure := strings.CutPrefix(scheme, "rediss")
	if !secure {
		if kind, ok = strings.CutPrefix(scheme, "redis"); !ok {
			return nil, bad("its scheme is none of redis, rediss, redis-sentinel, redis-cluster, unix")
		}
	}
	kind = strings.Trim(kind, "-+")
	if kind != "" && kind != "sentinel" && kind != "cluster" {
		return nil, bad("its scheme is none of redis, rediss, redis-sentinel, redis-cluster, unix")
	}
	hosts, err := hostList(rest)
	if err != nil {
		return nil, bad(err.Error())
	}
	// net/url takes one host: the list was read above, its first stands for all.
	u, err := url.Parse("redis://" + withHost(rest, hosts[0]))
	if err != nil {
		return nil, bad("it is no URL")
	}
	return options(u, hosts, kind, secure, bad)
}

// options reads what stands around the hosts.
func options(u *url.URL, hosts []string, kind string, secure bool, bad func(string) error) (*redis.UniversalOptions,
	error) {
	query := u.Query()
	out := base()
	port := "6379"
	path := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	for _, key := range []string{"master_name", "master"} {
		if v := query.Get(key); v != "" {
			kind, out.MasterName = "sentinel", v
		}
		query.Del(key)
	}
	out.SentinelUsername, out.SentinelPassword = query.Get("sentinel_username"), query.Get("sentinel_password")
	query.Del("sentinel_username")
	query.Del("sentinel_password")
	if len(query["addr"]) > 0 {
		hosts = append(hosts, query["addr"]...)
		query.Del("addr")
		if kind == "" {
			kind = "cluster"
		}
	}
	switch {
	case kind == "sentinel":
		port = "26379"
		if out.MasterName == "" && len(path) > 0 {
			out.MasterName, path = path[0], path[1:]
		}
		if out.MasterName == "" {
			return nil, bad("Sentinel needs the name of the master")
		}
	case kind == "cluster" || len(hosts) > 1:
		kind, out.IsClusterMode = "cluster", true
	}
	// What is left is one server's URL, whose parameters the client's own parser knows.
	single := url.URL{Scheme: "redis", User: u.User, Host: withPort(hosts[0], port), RawQuery: query.Encode()}
	if secure {
		single.Scheme = "rediss"
	}
	if len(path) > 0 {
		single.Path = "/" + strings.Join(path, "/")
	}
	o, err := redis.ParseURL(single.String())
	if err != nil {
		return nil, bad(strings.TrimPrefix(err.Error(), "redis: "))
	}
	for _, h := range hosts {
		out.Addrs = append(out.Addrs, withPort(h, port))
	}
	out.DB, out.Username, out.Password, out.TLSConfig, out.ClientName = o.DB, o.Username, o.Password, o.TLSConfig,
		o.ClientName
	if kind == "cluster" && out.DB != 0 {
		return nil, bad("a cluster has database 0 only")
	}
	return out, nil
}

func base() *redis.UniversalOptions {
	return &redis.UniversalOptions{
		ContextTimeoutEnabled: true, DialTimeout: dialTimeout, DialerRetries: 1, ReadTimeout: ioTimeout,
		WriteTimeout: ioTimeout, MaxRetries: 1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// hostList takes the hosts, parted by commas, out of what follows the scheme.
func hostList(rest string) ([]string, error) {
	authority, _, _ := strings.Cut(rest, "/")
	authority, _, _ = strings.Cut(authority, "?")
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	hosts := strings.Split(authority, ",")
	for _, h := range hosts {
		if h == "" || strings.HasPrefix(h, ":") {
			return nil, errors.New("there is no host in it")
		}
	}
	return hosts, nil
}

// withHost puts one host in the place of the list.
func withHost(rest, host string) string {
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	user := ""
	if i := strings.LastIndexByte(rest[:end], '@'); i >= 0 {
		user = rest[:i+1]
	}
	return user + host + rest[end:]
}

func withPort(host, port string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), port)
}

// Embedded starts a Redis inside this process for a trial: it keeps nothing beyond the process's end. Its keys
// expire by the machine's clock.
func Embedded() (client redis.UniversalClient, stop func(), err error) {
	server := miniredis.NewMiniRedis()
	server.ClockTTL(true)
	if err := server.Start(); err != nil {
		return nil, nil, fmt.Errorf("jobs: embedded store: %w", err)
	}
	opts := base()
	opts.Addrs = []string{server.Addr()}
	client = redis.NewUniversalClient(opts)
	return client, func() { _ = client.Close(); server.Close() }, nil
}
