package index

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Version is that of the index. While a workspace has an older one, each of its blocks is looked at; its owner makes
// it anew.
const Version = 2

// BlockSize is how many records lie in a block, and blocks in a superblock.
const BlockSize = 512

// maxBlocks is how many blocks one call looks at: a million records.
const maxBlocks = 2000

var (
	// Postings is Lua functions for scripts that change a record: add_terms and remove_terms, each of (block's key,
	// superblock's key, position in the block, the block's position in the superblock, terms).
	//
	//go:embed postings.lua
	Postings string
	//go:embed find.lua
	findLua string
	//go:embed list.lua
	listLua string

	findScript = redis.NewScript(findLua)
	listScript = redis.NewScript(listLua)
)

// Index looks records up.
type Index struct {
	Redis redis.Scripter
	Size  int64 // of a block and a superblock: BlockSize, unless a test has few records
}

// Keys is where a workspace's index stands. All of them share a hash tag.
type Keys struct {
	Last, Version     string // of the last number, and of the version
	Block, Superblock string // what the keys of blocks and superblocks begin with; their numbers follow
}

// Place is where a record lies: its block and superblock, by their numbers, and the positions in them.
type Place struct {
	Block, Superblock int64
	At, BlockAt       int64 // of the record in its block, and of the block in its superblock
}

// Place is where the record of a number lies.
func (x Index) Place(number int64) Place {
	block := number / x.Size
	return Place{Block: block, Superblock: block / x.Size, At: number % x.Size, BlockAt: block % x.Size}
}

// Query is what is looked for: every term must be there, of which there is at least one. Also is terms that say
// together what some of the others say: an index of this version has them, so that fewer records need to be looked
// at.
type Query struct {
	Terms, Also []string
	Below       int64 // only numbers below it; 0: any
	Most        int
}

// Find gives the numbers that fit, the newest first, and below which to go on (0: that is all).
func (x Index) Find(ctx context.Context, k Keys, q Query) (numbers []int64, below int64, err error) {
	return answer(findScript.Run(ctx, x.Redis, []string{k.Last, k.Version}, k.Block, k.Superblock, List(q.Terms),
		List(q.Also), q.Most, q.Below, x.Size, maxBlocks, Version))
}

// List gives the numbers that have a term, ascending, from one on, at most so many, and from which to go on (0: that
// is all). What it costs follows how many there are, not how high their numbers are.
func (x Index) List(ctx context.Context, k Keys, term string, from int64, most int) (numbers []int64, next int64,
	err error) {
	for next = max(from, 1); next > 0 && len(numbers) < most; {
		args := []any{k.Block, k.Superblock, term, next, most - len(numbers), x.Size, maxBlocks, Version}
		some, on, err := answer(listScript.Run(ctx, x.Redis, []string{k.Last, k.Version}, args...))
		if err != nil {
			return nil, 0, err
		}
		numbers, next = append(numbers, some...), on
	}
	return numbers, next, nil
}

// answer is a script's answer: numbers, and where to go on.
func answer(cmd *redis.Cmd) (numbers []int64, next int64, err error) {
	res, err := cmd.Slice()
	if err != nil {
		return nil, 0, err
	}
	if len(res) != 2 {
		return nil, 0, fmt.Errorf("index: %d values", len(res))
	}
	got, _ := res[0].([]any)
	for _, x := range got {
		n, _ := x.(int64)
		numbers = append(numbers, n)
	}
	next, _ = res[1].(int64)
	return numbers, next, nil
}

// List is terms as the scripts take them: a JSON list, never null.
func List(terms []string) string {
	if len(terms) == 0 {
		return "[]"
	}
	raw, _ := json.Marshal(terms)
	return string(raw)
}
