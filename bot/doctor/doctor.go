// Package doctor examines what the bot stands on: its tokens and scopes in Slack, the manifest of its app, its Redis,
// its clock, and whatever else it is given to try. It says what is wrong as codes with arguments; the words for them
// are in the catalogues of commands/chat.
//
// What may enter: an examination of what the bot stands on that ends in a code. Its words stand in the catalogue.
package doctor

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Status is how one examination ended.
type Status string

const (
	OK      Status = "ok"
	Warning Status = "warning" // it works, and something will be lacking or lost
	Failed  Status = "failed"
	Unknown Status = "unknown" // it could not be told
)

// Finding is what one examination found. Code has a sentence in the catalogues, "doctor.CODE", and one that says what
// to do, "doctor.CODE.do", where there is something to do. Args fills both.
type Finding struct {
	Check  string         `json:"check"`
	Status Status         `json:"status"`
	Code   string         `json:"code"`
	Args   map[string]any `json:"args,omitempty"`
}

// Examination is one thing to look at. Look ends when its context does.
type Examination struct {
	Name string
	Look func(ctx context.Context) []Finding
}

// Patience is how long one examination may take.
const Patience = 10 * time.Second

// Examine makes all examinations at once. The findings are in the order of the examinations, whichever ends first; one
// that does not end in time, or panics, is unknown.
func Examine(ctx context.Context, all []Examination) (out []Finding) {
	found := make([][]Finding, len(all))
	var wg sync.WaitGroup
	for i, x := range all {
		wg.Go(func() { found[i] = look(ctx, x) })
	}
	wg.Wait()
	for _, f := range found {
		out = append(out, f...)
	}
	return out
}

func look(ctx context.Context, x Examination) (out []Finding) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	done := make(chan []Finding, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- []Finding{{x.Name, Unknown, "broke", map[string]any{"error": fmt.Sprint(v)}}}
			}
		}()
		done <- x.Look(ctx)
	}()
	select {
	case out = <-done:
	case <-ctx.Done():
		out = []Finding{{x.Name, Unknown, "late", map[string]any{"seconds": int(Patience / time.Second)}}}
	}
	for i := range out {
		out[i].Check = x.Name
	}
	return out
}

// Worst is the status of all findings together: a failure before a warning, a warning before what could not be told.
func Worst(all []Finding) Status {
	rank := map[Status]int{OK: 0, Unknown: 1, Warning: 2, Failed: 3}
	worst := OK
	for _, f := range all {
		if rank[f.Status] > rank[worst] {
			worst = f.Status
		}
	}
	return worst
}
