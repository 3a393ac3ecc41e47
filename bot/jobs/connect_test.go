package jobs

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	for text, want := range map[string]string{
		"redis://localhost": "[localhost:6379] db 0 user  pass  tls false master  cluster false",
		"redis://:p%40ss@r.example.com:6380/3": "[r.example.com:6380] db 3 user  pass p@ss tls false master " +
			" cluster false",
		"rediss://u:p@r.example.com/1": "[r.example.com:6379] db 1 user u pass p tls true master  " +
			"cluster false",
		"redis://[2001:db8::1]:6379/0": "[[2001:db8::1]:6379] db 0 user  pass  tls false master  " +
			"cluster false",
		"unix:///run/redis.sock?db=2": "[/run/redis.sock] db 2 user  pass  tls false master  " +
			"cluster false",
		"redis-sentinel://s1,s2:26380/main": "[s1:26379 s2:26380] db 0 user  pass  tls false master main " +
			"cluster false",
		"redis-sentinel://u:p@s1:26379/main/2": "[s1:26379] db 2 user u pass p tls false master main cluster false",
		"redis-sentinel://s1:26379,s2:26379?master=m": "[s1:26379 s2:26379] db 0 user  pass  tls false master m " +
			"cluster false",
		"redis://s1:26379/1?master_name=m&addr=s2:26379": "[s1:26379 s2:26379] db 1 user  pass  tls false master m " +
			"cluster false",
		"rediss+sentinel://s1/m":          "[s1:26379] db 0 user  pass  tls true master m cluster false",
		"redis-cluster://n1:7000,n2:7001": "[n1:7000 n2:7001] db 0 user  pass  tls false master  cluster true",
		"redis://n1:7000?addr=n2:7001":    "[n1:7000 n2:7001] db 0 user  pass  tls false master  cluster true",
		"redis://:p@n1:7000,n2:7001": "[n1:7000 n2:7001] db 0 user  pass p tls false master  " +
			"cluster true",
		"rediss-cluster://n1": "[n1:6379] db 0 user  pass  tls true master  cluster true",
	} {
		o, err := parseURL(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := fmt.Sprintf("%v db %d user %s pass %s tls %v master %s cluster %v", o.Addrs, o.DB, o.Username, o.Password,
			o.TLSConfig != nil, o.MasterName, o.IsClusterMode); got != want {
			t.Errorf("%s:\n%s, want\n%s", text, got, want)
		}
	}
	for _, text := range []string{"", "localhost:6379", "http://x", "redis://", "redis://:6379", "redis-sentinel://s1",
		"redis-other://x", "redis://h/zero", "redis-cluster://h/1", "redis://h?nonsense=1"} {
		if _, err := parseURL(text); !errors.Is(err, ErrURL) || !strings.Contains(err.Error(), "redis://localhost:6379/0") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := Connect(t.Context(), "redis://:secret-word@127.0.0.1:1"); !errors.Is(err, ErrUnreachable) ||
		strings.Contains(err.Error(), "secret-word") {
		t.Errorf("nobody there: %v", err)
	}
}
