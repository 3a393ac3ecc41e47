package cases

import (
	"context"
	"embed"

	"signpost/cases/index"

	"github.com/redis/go-redis/v9"
)

//go:embed scripts/*.lua
var scripts embed.FS

// Each script does what must not be half done. Its head says what it takes and gives, by number.
var (
	openScript    = script("open")
	changeScript  = script("change")
	removeScript  = script("remove")
	stageScript   = script("stage")
	importScript  = script("import")
	rewriteScript = script("rewrite")
	termsScript   = script("terms")
	reindexScript = script("reindex")
	auditScript   = script("audit")
	reportScript  = script("report")
	watchScript   = script("watch")
)

// script is a script of that name, behind the functions that keep the index and those that scripts share.
func script(name string) *redis.Script {
	text := index.Postings
	for _, n := range []string{"common", name} {
		part, err := scripts.ReadFile("scripts/" + n + ".lua")
		if err != nil {
			panic(err) // it is part of the program
		}
		text += string(part)
	}
	return redis.NewScript(text)
}

// call is what a script is called with.
type call struct {
	keys []string
	args []any
}

// runEach runs a script for each call, in one round trip; each answer tells what went wrong with it.
func (b *Book) runEach(ctx context.Context, script *redis.Script, calls []call) []*redis.Cmd {
	answers := make([]*redis.Cmd, len(calls))
	_, _ = redisOf(b).Pipelined(ctx, func(p redis.Pipeliner) error { // each answer has its error
		for i, c := range calls {
			answers[i] = script.EvalSha(ctx, p, c.keys, c.args...)
		}
		return nil
	})
	for i, c := range calls {
		if redis.HasErrorPrefix(answers[i].Err(), "NOSCRIPT") { // the server does not know it yet
			answers[i] = script.Run(ctx, redisOf(b), c.keys, c.args...)
		}
	}
	return answers
}
