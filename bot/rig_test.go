package bot

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/bot/jobs"
	"signpost/cases"
	"signpost/commands/answers"
	"signpost/diag/lab"
	"signpost/kb"

	"golang.org/x/text/language"
)

func TestMain(m *testing.M) {
	w := io.Discard
	if os.Getenv("SIGNPOST_TEST_LOG") != "" {
		w = os.Stderr
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})))
	os.Exit(m.Run())
}

// rig is a bot between a fake Slack and the lab.
type rig struct {
	*slackfake.Slack
	t    testing.TB
	bot  *Bot
	lab  *lab.Lab
	stop func() error
	// ended gives what Run returned.
	ended chan error
}

type settings struct {
	redis string // URL; empty: embedded
	lab   []lab.Option
	http  bool // signed HTTP beside the socket
	// noSocket leaves Socket Mode out.
	noSocket bool
	// withFaults says that the test causes faults on purpose.
	withFaults bool
	slack      *slackfake.Slack
	workers    int
	handover   string // channel where people take over
}

func start(t testing.TB, o settings) *rig {
	t.Helper()
	r := &rig{Slack: o.slack, t: t}
	if r.Slack == nil {
		r.Slack = slackfake.New()
		t.Cleanup(r.Slack.Close)
	}
	manifest, err := Manifest(language.English, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Install(manifest); err != nil {
		t.Fatal(err)
	}
	if r.lab, err = lab.Start(o.lab...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.lab.Close() })
	base, err := kb.Load()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	config := Config{
		BotToken: slackfake.BotToken, AppToken: slackfake.AppToken, APIURL: r.APIURL(), Lang: language.English, Grace: 2 * time.Second,
		Deps: answers.Deps{KB: base, Net: r.lab.Net(), Now: time.Now},
	}
	if o.noSocket {
		config.AppToken = ""
	}
	if o.http || o.noSocket {
		config.SigningSecret, config.Listen = slackfake.SigningSecret, "127.0.0.1:0"
	}
	config.Deps.Handover = o.handover
	if o.redis == "" {
		client, stop, err := jobs.Embedded(ctx)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		config.Queue, config.Deps.Book = jobs.New(client, max(o.workers, 4)), cases.OpenBook(client, time.Now)
	} else {
		client, err := jobs.Connect(ctx, o.redis)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		cases.WaitForReplicas(client)
		config.Queue, config.Deps.Book = jobs.New(client, max(o.workers, 4)), cases.OpenBook(client, time.Now)
	}
	if r.bot, err = New(config); err != nil {
		t.Fatal(err)
	}
	r.ended = make(chan error, 1)
	go func() { r.ended <- r.bot.Run(ctx) }()
	stopped := false
	r.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		select {
		case err := <-r.ended:
			return err
		case <-time.After(20 * time.Second):
			return errors.New("the bot does not end")
		}
	}
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if faults := r.Faults(); len(faults) > 0 && !o.withFaults {
			t.Errorf("faults:\n%s", strings.Join(faults, "\n"))
		}
	})
	up := r.Wait(10*time.Second, func() bool { return o.noSocket || r.Sockets() > 0 })
	up = up && poll(5*time.Second, func() bool { return r.bot.self.Load() != nil && (!o.noSocket || r.bot.Addr() != "") })
	if !up {
		t.Fatal("the bot does not come up")
	}
	return r
}

func (r *rig) url() string { return "http://" + r.bot.Addr() }

// final waits until so many messages hold a text, and gives them.
func (r *rig) final(n int, text string) []slackfake.Message {
	r.t.Helper()
	var got []slackfake.Message
	if !r.Wait(30*time.Second, func() bool {
		got = nil
		for _, m := range r.Messages() {
			if strings.Contains(slackfake.AllText(m.Blocks), text) {
				got = append(got, m)
			}
		}
		return len(got) >= n
	}) {
		var all []string
		for _, m := range r.Messages() {
			all = append(all, m.Channel+": "+m.Text+"\n"+slackfake.AllText(m.Blocks))
		}
		r.t.Fatalf("%d messages with %q, want %d, among\n%s", len(got), text, n, strings.Join(all, "\n---\n"))
	}
	return got
}

// settle waits until the bot has called nothing for a while.
func (r *rig) settle() {
	calls := func() int { return r.Calls("chat.postMessage") + r.Calls("chat.update") + r.Calls("respond") }
	for n := calls(); r.Wait(1500*time.Millisecond, func() bool { return calls() != n }); n = calls() {
	}
}

// poll looks every few milliseconds whether cond holds, at most for d.
func poll(d time.Duration, cond func() bool) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(d)
	for !cond() {
		select {
		case <-tick.C:
		case <-timeout:
			return cond()
		}
	}
	return true
}

func button(t testing.TB, blocks []map[string]any, id string) slackfake.Button {
	t.Helper()
	for _, b := range slackfake.Buttons(blocks) {
		if strings.HasSuffix(b.ActionID, id) {
			return b
		}
	}
	t.Fatalf("no button %s among %v", id, slackfake.Buttons(blocks))
	return slackfake.Button{}
}
