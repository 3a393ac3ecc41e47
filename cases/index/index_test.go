package index

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// writeScript is the owner's part, as small as can be: it puts terms on a record or takes them off.
var writeScript = redis.NewScript(Postings + `
if ARGV[1] == "add" then add_terms(KEYS[1], KEYS[2], ARGV[2], ARGV[3], cjson.decode(ARGV[4])) end
if ARGV[1] == "remove" then remove_terms(KEYS[1], KEYS[2], ARGV[2], ARGV[3], cjson.decode(ARGV[4])) end
if tonumber(redis.call("GET", KEYS[3]) or "0") < tonumber(ARGV[5]) then redis.call("SET", KEYS[3], ARGV[5]) end
return 1`)

var keys = Keys{Last: "{t}:last", Version: "{t}:version", Block: "{t}:b:", Superblock: "{t}:s:"}

func start(t *testing.T, size int64) Index {
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = client.Close() })
	client.Set(t.Context(), keys.Version, Version, 0)
	return Index{Redis: client, Size: size}
}

func (x Index) write(ctx context.Context, t *testing.T, what string, n int64, terms ...string) {
	t.Helper()
	p := x.Place(n)
	err := writeScript.Run(ctx, x.Redis, []string{fmt.Sprint(keys.Block, p.Block),
		fmt.Sprint(keys.Superblock, p.Superblock), keys.Last}, what, p.At, p.BlockAt, List(terms), n).Err()
	if err != nil {
		t.Fatal(err)
	}
}

// TestPostings puts terms on records and takes them off at random, in small blocks, and compares what is found and
// listed with a plain map.
func TestPostings(t *testing.T) {
	x, ctx, dice := start(t, 4), t.Context(), rand.New(rand.NewPCG(7, 7))
	model, terms := map[int64]map[string]bool{}, []string{"a", "b", "c", "d"}
	for range 600 {
		n, term := 1+dice.Int64N(200), terms[dice.IntN(len(terms))]
		if model[n] == nil {
			model[n] = map[string]bool{}
		}
		if model[n][term] = dice.IntN(3) > 0; model[n][term] {
			x.write(ctx, t, "add", n, term, term)
		} else {
			x.write(ctx, t, "remove", n, term)
		}
	}
	for _, want := range [][]string{{"a"}, {"a", "b"}, {"b", "c", "d"}, {"a", "none"}, {"none"}} {
		var all []int64
		for n, has := range model {
			if !slices.ContainsFunc(want, func(term string) bool { return !has[term] }) {
				all = append(all, n)
			}
		}
		slices.Sort(all)
		var listed, found []int64
		for next := int64(1); next > 0 && len(want) == 1; {
			some, on, err := x.List(ctx, keys, want[0], next, 7)
			if err != nil || len(some) > 7 {
				t.Fatal(some, err)
			}
			listed, next = append(listed, some...), on
		}
		for below, first := int64(0), true; first || below > 0; first = false {
			some, on, err := x.Find(ctx, keys, Query{Terms: want, Below: below, Most: 5})
			if err != nil || len(some) > 5 {
				t.Fatal(some, err)
			}
			found, below = append(found, some...), on
		}
		slices.Reverse(found)
		if !slices.Equal(found, all) || len(want) == 1 && !slices.Equal(listed, all) {
			t.Errorf("%v: found %v, listed %v, want %v", want, found, listed, all)
		}
	}
	for n := range int64(201) {
		x.write(ctx, t, "remove", n, terms...)
	}
	if left := x.Redis.(*redis.Client).Keys(ctx, "{t}:[bs]:*").Val(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestHighNumber: what a question costs follows how many records there are, not how high their numbers are.
func TestHighNumber(t *testing.T) {
	x, ctx := start(t, BlockSize), t.Context()
	x.write(ctx, t, "add", 3, "a")
	x.write(ctx, t, "add", 900_000_000, "a")
	if got, next, err := x.List(ctx, keys, "a", 1, 10); err != nil || next != 0 ||
		!slices.Equal(got, []int64{3, 900_000_000}) {
		t.Error(got, next, err)
	}
	if got, below, err := x.Find(ctx, keys, Query{Terms: []string{"a"}, Most: 10}); err != nil || below != 0 ||
		!slices.Equal(got, []int64{900_000_000, 3}) {
		t.Error(got, below, err)
	}
}

// TestWords: Latin words and pairs of Chinese characters, each once.
func TestWords(t *testing.T) {
	want := []string{"no", "mail", "收不", "不到", "到信"}
	if got := Words("No mail, no MAIL 收不到信"); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := Words(string(make([]byte, 1<<20))); len(got) > maxText {
		t.Errorf("%d words", len(got))
	}
}
