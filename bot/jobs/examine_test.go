package jobs

import (
	"fmt"
	"strings"
	"testing"

	"signpost/internal/redistest"
)

// TestExamine finds what makes a real server unfit to keep a casebook, and nothing in one that is fit.
func TestExamine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"fit":           {nil, nil},
		"keeps nothing": {[]string{"--appendonly", "no"}, []string{"a restart loses every case"}},
		"keeps from time to time": {[]string{"--appendonly", "no", "--save", "900 1"},
			[]string{"loses the latest minutes"}},
		"evicts": {[]string{"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"},
			[]string{"maxmemory-policy is allkeys-lru"}},
		"would evict, once bounded": {[]string{"--maxmemory-policy", "allkeys-lru"},
			[]string{"maxmemory-policy is allkeys-lru"}},
		"both": {[]string{"--appendonly", "no", "--maxmemory", "100mb", "--maxmemory-policy",
			"volatile-ttl"}, []string{"loses every case", "volatile-ttl"}},
	} {
		client, err := Connect(t.Context(), redistest.StartWith(t, c.args...).URL())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		got := Examine(t.Context(), client)
		if len(got) != len(c.want) {
			t.Errorf("%s: %+v", name, got)
		}
		for _, w := range c.want {
			if !strings.Contains(fmt.Sprint(got), w) {
				t.Errorf("%s: %q is missing in %+v", name, w, got)
			}
		}
	}
	cluster, err := Connect(t.Context(), redistest.Cluster(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	if got := Examine(t.Context(), cluster); len(got) != 0 {
		t.Errorf("cluster: %+v", got)
	}
	for version, want := range map[string]bool{"5.0.14": true, "6.0.16": true, "6.2.0": false, "7.0.15": false,
		"8.2": false, "255.255.255": false, "x": false, "": false} {
		if older(version, oldestRedis) != want {
			t.Errorf("%s", version)
		}
	}
}
