package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/checks/inbound"
	"signpost/diag/lab"
	"signpost/internal/redistest"

	"golang.org/x/text/language"
)

// clock is a time that tests turn on.
type handClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *handClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *handClock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newHandClock() *handClock { return &handClock{at: time.Unix(1_800_000_000, 0)} }

func TestRunsAreShared(t *testing.T) {
	clock := newHandClock()
	s := answers.NewRuns(clock.now, 0)
	var made atomic.Int32
	begun, finish := make(chan bool, 10), make(chan bool)
	examine := func(_ context.Context, observe func(diag.Progress)) *diag.Report {
		n := made.Add(1)
		observe(diag.Progress{Check: "first", Done: 1})
		begun <- true
		<-finish
		return &diag.Report{Domain: fmt.Sprint(n)}
	}
	const askers = 50
	got := make(chan string, askers)
	heard := make(chan bool, 2*askers) // who hears of progress has joined
	ask := func(key string) {
		r, err := s.Do(t.Context(), "a.test", key, func(diag.Progress) { heard <- true }, examine)
		if err != nil {
			t.Error(err)
			got <- ""
			return
		}
		got <- r.Domain
	}
	go ask("a.test")
	<-begun
	for range askers - 2 {
		go ask("a.test")
	}
	go ask("a.test why spf") // another question about the domain waits for its turn
	for range askers - 1 {
		<-heard
	}
	close(finish)
	count := map[string]int{}
	for range askers {
		count[<-got]++
	}
	if made.Load() != 2 || count["1"] != askers-1 || count["2"] != 1 {
		t.Errorf("%d diagnoses, shared by %v", made.Load(), count)
	}
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{29 * time.Second, "1"}, {time.Second, "3"}, {0, "3"}} {
		clock.turn(c.after)
		if ask("a.test"); true {
			if r := <-got; r != c.want {
				t.Errorf("%v later: report %s, want %s", c.after, r, c.want)
			}
		}
	}
	s.Forget()
	if ask("a.test"); <-got != "4" {
		t.Error("what was to be forgotten was given again")
	}
}

func TestRunNobodyWaitsFor(t *testing.T) {
	s := answers.NewRuns(time.Now, 0)
	begun := make(chan context.Context, 2)
	examine := func(ctx context.Context, _ func(diag.Progress)) *diag.Report {
		begun <- ctx
		<-ctx.Done()
		return &diag.Report{}
	}
	first, leave := context.WithCancel(t.Context())
	second, leaveToo := context.WithCancel(t.Context())
	errs := make(chan error, 2)
	go func() { _, err := s.Do(first, "a.test", "k", nil, examine); errs <- err }()
	own := <-begun
	joined := make(chan bool)
	go func() {
		s.Mu.Lock()
		r := s.Known["k"]
		watch := r.Join()
		s.Mu.Unlock()
		close(joined)
		_, err := r.Wait(second, watch, nil)
		errs <- err
	}()
	<-joined
	leave()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if own.Err() != nil {
		t.Fatal("the diagnosis ended although somebody waits for it")
	}
	leaveToo()
	<-errs
	<-own.Done()
	// Whoever comes now gets a whole one.
	whole := func(context.Context, func(diag.Progress)) *diag.Report { return &diag.Report{Domain: "whole"} }
	if r, err := s.Do(t.Context(), "a.test", "k", nil, whole); err != nil || r.Domain != "whole" {
		t.Errorf("%v, %v", r, err)
	}
}

func TestRunThatBreaks(t *testing.T) {
	s := answers.NewRuns(time.Now, 0)
	for range 2 { // and it is not kept
		_, err := s.Do(t.Context(), "a.test", "k", nil,
			func(context.Context, func(diag.Progress)) *diag.Report { panic("boom") })
		if err == nil || !strings.Contains(err.Error(), "boom") {
			t.Errorf("%v", err)
		}
	}
	if r, err := s.Do(t.Context(), "a.test", "k", nil,
		func(context.Context, func(diag.Progress)) *diag.Report { return &diag.Report{Domain: "x"} }); err != nil ||
		r.Domain != "x" {
		t.Errorf("%v, %v", r, err)
	}
}

func TestReportsKeptAreBounded(t *testing.T) {
	s := answers.NewRuns(newHandClock().now, 5)
	for i := range 3 * answers.ReportsKept {
		name := fmt.Sprintf("d%d.test", i)
		_, _ = s.Do(t.Context(), name, name, nil,
			func(context.Context, func(diag.Progress)) *diag.Report { return &diag.Report{} })
	}
	if len(s.Known) > answers.ReportsKept || len(s.Busy) > 0 {
		t.Errorf("%d reports kept, %d busy", len(s.Known), len(s.Busy))
	}
	for i := range 2 * answers.PersonsKept {
		_ = s.Count(fmt.Sprint(i), "")
	}
	if len(s.Persons) > answers.PersonsKept {
		t.Errorf("%d persons kept", len(s.Persons))
	}
}

func TestChecksAnHour(t *testing.T) {
	clock := newHandClock()
	s := answers.NewRuns(clock.now, 60)
	for i := range 60 {
		if err := s.Count("T/U", fmt.Sprint("r", i)); err != nil {
			t.Fatalf("check %d: %v", i+1, err)
		}
		if err := s.Count("T/U", fmt.Sprint("r", i)); err != nil {
			t.Fatalf("check %d, carried out again: %v", i+1, err)
		}
		clock.turn(30 * time.Second)
	}
	var slow *answers.SlowDown
	if err := s.Count("T/U", "r60"); !errors.As(err, &slow) || slow.Wait != 30*time.Minute || slow.Limit != 60 {
		t.Errorf("the 61st: %v", err)
	}
	if err := s.Count("T/V", "other"); err != nil {
		t.Errorf("another person: %v", err)
	}
	clock.turn(30 * time.Minute)
	if err := s.Count("T/U", "r61"); err != nil {
		t.Errorf("an hour after the first: %v", err)
	}
	if err := s.Count("T/U", "r62"); err == nil {
		t.Error("the second was not an hour ago")
	}
}

// TestSlowDown: who asks too much is told so, in their language; a case is opened and a bounce explained all the same.
func TestSlowDown(t *testing.T) {
	l, err := lab.Start(lab.Zones(map[string]string{"a.test": ";! with: mx spf dkim dmarc\n",
		"b.test": ";! with: mx spf dkim dmarc\n"}))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	base, err := loadKB()
	if err != nil {
		t.Fatal(err)
	}
	clock := newHandClock()
	d := answers.Deps{KB: base, Net: l.Net(), Now: clock.now, Runs: answers.NewRuns(clock.now, 1),
		Checks: []*diag.Check{inbound.MX}}
	ask := func(id, user, command, text string, lang language.Tag) chat.Reply {
		var last chat.Reply
		if err := Handle(t.Context(), d,
			chat.Request{ID: id, Team: "T", User: user, Command: command, Text: text, Lang: lang},
			func(r chat.Reply) { last = r }); err != nil {
			t.Fatal(err)
		}
		return last
	}
	if r := ask("1", "U", "mailcheck", "a.test", language.English); r.Tone == chat.Caution {
		t.Errorf("the first: %s", r.Title)
	}
	en, zh := ask("2", "U", "mailcheck", "b.test", language.English),
		ask("3", "U", "mailcheck", "b.test", language.Chinese)
	if !strings.Contains(en.Title, "slow down") || !strings.Contains(en.Title, "60 min") ||
		!strings.Contains(zh.Title, "放慢") || !zh.Final {
		t.Errorf("%q, %q", en.Title, zh.Title)
	}
	if data, ok := en.Data.(map[string]any); !ok || data["error"] != "slow-down" || data["retry_after_s"] != 3600 {
		t.Errorf("%v", en.Data)
	}
	if r := ask("4", "V", "mailcheck", "a.test", language.English); !strings.Contains(fmt.Sprint(r.Sections), "0 DNS") &&
		r.Data.(*diag.Report).Domain != "a.test" {
		t.Errorf("another person: %+v", r)
	}
	bounce := ask("5", "U", "mailbounce", "554 5.7.1 <x@b.test>: Relay access denied\nFrom: a@a.test", language.English)
	if bounce.Title == en.Title || !strings.Contains(fmt.Sprint(bounce.Sections), en.Title) {
		t.Errorf("the bounce: %+v", bounce)
	}
}

// TestMemoryShort: while memory is short no check is made that a person asks for, and they are told; a case is opened
// and a bounce explained all the same.
func TestMemoryShort(t *testing.T) {
	l, err := lab.Start(lab.Zones(map[string]string{"a.test": ";! with: mx spf dkim dmarc\n"}))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	base, err := loadKB()
	if err != nil {
		t.Fatal(err)
	}
	short := true
	clock := newHandClock()
	d := answers.Deps{KB: base, Net: l.Net(), Now: clock.now, Book: cases.OpenBook(redistest.Embedded(t), clock.now),
		Runs: answers.NewRuns(clock.now, 0), Checks: []*diag.Check{inbound.MX}}
	d.Runs.PauseWhile(func() bool { return short })
	ask := func(id, command, text string, lang language.Tag) chat.Reply {
		var last chat.Reply
		if err := Handle(t.Context(), d,
			chat.Request{ID: id, Team: "T", User: "U", Channel: "C", Command: command, Text: text, Lang: lang},
			func(r chat.Reply) { last = r }); err != nil {
			t.Fatal(err)
		}
		return last
	}
	en, zh := ask("1", "mailcheck", "a.test", language.English), ask("2", "mailcheck", "a.test", language.Chinese)
	if !strings.Contains(en.Title, "memory") || !strings.Contains(zh.Title, "存储空间") || en.Tone != chat.Caution ||
		!en.Final {
		t.Errorf("%q, %q", en.Title, zh.Title)
	}
	if data, ok := en.Data.(map[string]any); !ok || data["error"] != "memory-short" || data["retry_after_s"] == 0 {
		t.Errorf("%v", en.Data)
	}
	if r := ask("3", "mailbounce", "554 5.7.1 <x@a.test>: Relay access denied\nFrom: b@b.test",
		language.English); r.Title == en.Title || !strings.Contains(fmt.Sprint(r.Sections), en.Title) {
		t.Errorf("a bounce: %+v", r)
	}
	if r := ask("4", "mailcase", "open a.test no mail since noon", language.English); !strings.Contains(r.Title, "1") {
		t.Errorf("a case: %+v", r)
	}
	short = false
	if r := ask("5", "mailcheck", "a.test", language.English); r.Title == en.Title {
		t.Errorf("with memory again: %s", r.Title)
	}
}
