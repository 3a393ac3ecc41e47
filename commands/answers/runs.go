package answers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/guarded"

	"golang.org/x/text/language"
)

const (
	// ChecksAnHour is how many diagnoses one person may ask for within an hour.
	ChecksAnHour = 60

	reportKept  = 30 * time.Second // how long a report serves whoever asks the same
	ReportsKept = 256              // reports that are kept for it
	PersonsKept = 10000            // persons whose diagnoses are counted at once
	perHour     = time.Hour
)

// SlowDown is why a diagnosis is not made: its person has asked for many, or memory is short. Wait is how long until
// the next one may be asked for.
type SlowDown struct {
	Limit       int
	Wait        time.Duration
	MemoryShort bool // nobody's diagnosis is made
}

func (e *SlowDown) Error() string {
	if e.MemoryShort {
		return "commands: no check while memory is short"
	}
	return fmt.Sprintf("commands: more than %d checks within an hour, the next in %s", e.Limit, e.Wait)
}

// Runs is the diagnoses under way and just made. Who asks for what is being examined joins in, and who asks for what
// was examined a moment ago is given that report: so many askers are one visit to a domain's servers. Of one domain one
// diagnosis is made at a time. It also counts what each person asks for. Its methods are safe for concurrent use.
type Runs struct {
	now   func() time.Time
	limit int
	pause func() bool // nil: never

	Mu      sync.Mutex
	Known   map[string]*run          // by what is asked
	Busy    map[string]chan struct{} // by domain: closed when the diagnosis under way has ended
	Persons map[string][]asked       // by person, the oldest first
}

// asked is one diagnosis that was asked for.
type asked struct {
	at      time.Time
	request string // a request that is carried out again is counted once
}

// NewRuns shares diagnoses, and allows each person so many within an hour; 0: any number.
func NewRuns(now func() time.Time, limit int) *Runs {
	return &Runs{now: now, limit: limit, Known: map[string]*run{}, Busy: map[string]chan struct{}{},
		Persons: map[string][]asked{}}
}

// PauseWhile makes no diagnosis that a person asks for while a condition holds: memory is short. It is called before
// the first diagnosis.
func (s *Runs) PauseWhile(memoryShort func() bool) { s.pause = memoryShort }

// memoryWait is when somebody is told to come back while memory is short.
const memoryWait = 5 * time.Minute

// run is one diagnosis. What stands below mu is written while it is under way; report and err may be read when done is
// closed.
type run struct {
	done   chan struct{}
	cancel context.CancelFunc
	report *diag.Report
	err    error
	ended  time.Time

	mu       sync.Mutex
	past     []diag.Progress
	watchers []chan diag.Progress
	waiting  int
	left     bool // all who waited have gone: it ends early, and is nobody's report
}

// Count counts a diagnosis that somebody asks for. The error is a *SlowDown.
func (s *Runs) Count(person, request string) error {
	if s.pause != nil && s.pause() {
		return &SlowDown{Wait: memoryWait, MemoryShort: true}
	}
	if s.limit == 0 || person == "" {
		return nil
	}
	s.Mu.Lock()
	defer s.Mu.Unlock()
	now := s.now()
	recent := s.Persons[person]
	for len(recent) > 0 && now.Sub(recent[0].at) >= perHour {
		recent = recent[1:]
	}
	for _, a := range recent {
		if request != "" && a.request == request {
			return nil
		}
	}
	if len(recent) >= s.limit {
		s.Persons[person] = recent
		return &SlowDown{Limit: s.limit, Wait: recent[len(recent)-s.limit].at.Add(perHour).Sub(now)}
	}
	if _, ok := s.Persons[person]; !ok && len(s.Persons) >= PersonsKept {
		for p, list := range s.Persons {
			if now.Sub(list[len(list)-1].at) >= perHour {
				delete(s.Persons, p)
			}
		}
		for p := range s.Persons { // most were here within the hour: some are forgotten, many at once, so that this is rare
			if len(s.Persons) < PersonsKept*7/8 {
				break
			}
			delete(s.Persons, p)
		}
	}
	s.Persons[person] = append(recent, asked{now, request})
	return nil
}

// Forget makes the next diagnosis of anything a new one.
func (s *Runs) Forget() {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for key, r := range s.Known {
		if !r.ended.IsZero() {
			delete(s.Known, key)
		}
	}
}

// Do gives the report on what key names: of the diagnosis under way, of one made within the last half minute, or of a
// new one. One ends early when nobody waits for it any more. The error is ctx's, or that of a diagnosis that broke.
func (s *Runs) Do(ctx context.Context, domain, key string, observe func(diag.Progress),
	examine func(context.Context, func(diag.Progress)) *diag.Report) (*diag.Report, error) {
	for {
		s.Mu.Lock()
		r := s.Known[key]
		if r != nil && !r.ended.IsZero() && s.now().Sub(r.ended) >= reportKept {
			delete(s.Known, key)
			r = nil
		}
		var watch <-chan diag.Progress
		if r != nil {
			watch = r.Join()
		}
		other := s.Busy[domain]
		if watch == nil && other == nil {
			r = s.begin(ctx, domain, key, examine)
			watch = r.Join()
		}
		s.Mu.Unlock()
		if watch != nil {
			return r.Wait(ctx, watch, observe)
		}
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// begin starts a diagnosis. The caller holds the lock.
func (s *Runs) begin(ctx context.Context, domain, key string,
	examine func(context.Context, func(diag.Progress)) *diag.Report) *run {
	most := diag.DefaultTimeout
	if deadline, ok := ctx.Deadline(); ok {
		most = min(most, time.Until(deadline))
	}
	// Others may wait for it when the first asker has gone.
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	r := &run{done: make(chan struct{}), cancel: cancel}
	if len(s.Known) >= ReportsKept {
		s.drop()
	}
	free := make(chan struct{})
	s.Known[key], s.Busy[domain] = r, free
	end := func(err error) {
		cancel()
		s.Mu.Lock()
		defer s.Mu.Unlock()
		r.err, r.ended = err, s.now()
		r.mu.Lock()
		left := r.left
		r.mu.Unlock()
		if (err != nil || left) && s.Known[key] == r {
			delete(s.Known, key)
		}
		delete(s.Busy, domain)
		close(r.done)
		close(free)
	}
	guarded.Go(func() {
		r.report = examine(own, r.progress)
		end(nil)
	}, end)
	return r
}

// drop makes room: the oldest of the reports that are kept goes. The caller holds the lock.
func (s *Runs) drop() {
	oldest := ""
	for key, r := range s.Known {
		if !r.ended.IsZero() && (oldest == "" || r.ended.Before(s.Known[oldest].ended)) {
			oldest = key
		}
	}
	delete(s.Known, oldest)
}

// Join has a further asker told what happens, from the beginning; nil where it is too late for that.
func (r *run) Join() <-chan diag.Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left {
		return nil
	}
	watch := make(chan diag.Progress, len(r.past)+200)
	for _, p := range r.past {
		watch <- p
	}
	r.watchers = append(r.watchers, watch)
	r.waiting++
	return watch
}

// progress passes on what happens. Who is slow to hear it misses some: the report has it all.
func (r *run) progress(p diag.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.past = append(r.past, p)
	for _, w := range r.watchers {
		select {
		case w <- p:
		default:
		}
	}
}

// Wait waits for the report. Whoever leaves last ends the diagnosis.
func (r *run) Wait(ctx context.Context, watch <-chan diag.Progress, observe func(diag.Progress)) (*diag.Report, error) {
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.waiting--
		select {
		case <-r.done:
		default:
			if r.left = r.waiting == 0; r.left {
				r.cancel()
			}
		}
	}()
	for {
		select {
		case p := <-watch:
			if observe != nil {
				observe(p)
			}
		case <-r.done:
			return r.report, r.err
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				select {
				case <-r.done: // it had the same deadline
					return r.report, r.err
				case <-time.After(time.Second):
				}
			}
			return nil, ctx.Err()
		}
	}
}

// SlowReply tells somebody that it is enough for now.
func SlowReply(lang language.Tag, err *SlowDown) chat.Reply {
	if err.MemoryShort {
		return chat.Reply{
			Tone: chat.Caution, Title: chat.Text(lang, "memory-short", nil), Final: true,
			Data: map[string]any{"error": "memory-short", "retry_after_s": int(err.Wait.Seconds())},
		}
	}
	minutes := int((err.Wait + time.Minute - 1) / time.Minute)
	return chat.Reply{
		Tone: chat.Caution, Title: chat.Text(lang, "slow-down", map[string]any{"limit": err.Limit, "minutes": minutes}),
		Final: true,
		Data:  map[string]any{"error": "slow-down", "limit": err.Limit, "retry_after_s": int(err.Wait.Seconds() + 0.999)},
	}
}

// AsSlowDown is the *SlowDown in an error; nil where there is none.
func AsSlowDown(err error) *SlowDown {
	var slow *SlowDown
	if errors.As(err, &slow) {
		return slow
	}
	return nil
}
