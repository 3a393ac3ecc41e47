package batch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/watching"
	"signpost/diag"
	"signpost/diag/guarded"
	"signpost/diag/visible"
	"signpost/watch"

	"golang.org/x/text/language"
)

// Watch is one look at many domains, held against the state that the look before left.
type Watch struct {
	File     string // the domains, one a line; "-": In
	State    string // file of the state
	In       io.Reader
	Out, Err io.Writer
	JSON     bool
	Text     func(chat.Reply) string
	Lang     language.Tag
	Timeout  time.Duration // of one diagnosis
	Parallel int
	Deps     answers.Deps
}

const (
	maxWatched    = 20_000    // domains of one file
	maxWatchState = 256 << 20 // octets of the state
	watchVersion  = 1
	looksAtOnce   = 3 // at a domain where something is new
)

// watchState is the state as the file has it.
type watchState struct {
	Version int                     `json:"version"`
	Watches map[string]*watch.Watch `json:"watches"`
}

// Run looks at each domain, again where something is new, and prints what differs. It gives the exit code: 1 where
// something changed, 3 where nothing did and a domain could not be looked at.
func (c *Watch) Run(ctx context.Context) int {
	domains, err := c.domains()
	var state *watchState
	if err == nil {
		state, err = c.read()
	}
	if err != nil {
		fmt.Fprintf(c.Err, "signpost: %s. For example: signpost watch --once domains.txt\n", visible.Text(err.Error()))
		return ExitUsage
	}
	looked := make([]*watch.Watch, len(domains))
	var all guarded.Group
	places := make(chan struct{}, max(c.Parallel, 1))
	for i, t := range domains {
		w := state.Watches[t.Domain]
		if w == nil {
			w = watch.New(t.Domain, "", "", watch.Daily, c.Deps.Now())
		}
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			looked[i] = c.look(ctx, w, t)
		})
	}
	all.Wait()
	changed, blind := 0, 0
	for _, w := range looked {
		if w == nil {
			blind++
			continue
		}
		state.Watches[w.Domain] = w
		if w.Blind > 0 {
			blind++
		}
		if len(w.Told) > 0 {
			changed++
			c.print(w)
		}
	}
	if err := writeState(c.State, state); err != nil {
		fmt.Fprintln(c.Err, "signpost:", visible.Text(err.Error()))
		return ExitUsage
	}
	fmt.Fprintln(c.Err, chat.Text(c.Lang, "watch.once",
		map[string]any{"count": len(domains), "changed": changed, "blind": blind}))
	switch {
	case changed > 0:
		return ExitFound
	case blind > 0:
		return ExitUnknown
	}
	return ExitOK
}

// look looks at a domain, and at once again where something is new: it may be a passing trouble.
func (c *Watch) look(ctx context.Context, w *watch.Watch, t diag.Target) *watch.Watch {
	rules := watch.Rules{Team: "cron"}
	var told []watch.Change
	for range looksAtOnce {
		ctx, cancel := context.WithTimeout(ctx, c.Timeout)
		report, err := answers.Diagnose(ctx, c.Deps, chat.Request{Internal: true, Lang: c.Lang}, intent.Question{Target: t},
			nil)
		cancel()
		if err != nil {
			return nil
		}
		now := c.Deps.Now()
		told = append(told, w.See(watch.Look{Due: now, At: now, Report: report}, rules)...)
		if !w.Unsettled(rules) {
			break
		}
	}
	w.Told = told
	return w
}

func (c *Watch) print(w *watch.Watch) {
	post := watching.Post(c.Deps.KB, c.Lang, w)
	post.Actions = nil
	if c.JSON {
		_ = visible.Encode(c.Out, post.Data)
		return
	}
	fmt.Fprintln(c.Out, c.Text(post))
}

// domains reads the list: what stands first on each line; # begins a remark.
func (c *Watch) domains() (out []diag.Target, err error) {
	in := c.In
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	lines := bufio.NewScanner(in)
	for number := 1; lines.Scan(); number++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		word, _ := chat.CutWord(text)
		if word == "" {
			continue
		}
		t, err := diag.ParseTarget(word)
		if err != nil {
			return nil, fmt.Errorf("line %d is no domain: %s", number, chat.Clip(word, 60))
		}
		if slices.ContainsFunc(out, func(x diag.Target) bool { return x.Domain == t.Domain }) {
			continue
		}
		if len(out) == maxWatched {
			return nil, fmt.Errorf("more than %d domains", maxWatched)
		}
		out = append(out, t)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, errors.New("no domain to look at")
	}
	return out, nil
}

// read reads the state of the look before; an empty one where there was none.
func (c *Watch) read() (*watchState, error) {
	state := &watchState{Version: watchVersion, Watches: map[string]*watch.Watch{}}
	err := readState(c.State, maxWatchState, state)
	if errors.Is(err, errNotState) || err == nil && state.Version != watchVersion {
		return nil, fmt.Errorf("%s is no state of signpost watch", c.State)
	}
	if err != nil {
		return nil, err
	}
	if state.Watches == nil {
		state.Watches = map[string]*watch.Watch{}
	}
	return state, nil
}
