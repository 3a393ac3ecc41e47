package bot

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/bot/install"
	"signpost/bot/internal/slackfake"
	"signpost/bot/jobs"
	"signpost/bot/tracing"
	"signpost/cases"
	"signpost/commands/answers"
	"signpost/diag/lab"
	"signpost/kb"

	"github.com/redis/go-redis/v9"
	"golang.org/x/text/language"
)

// loadKB is the knowledge base, read once for all tests: none of them changes it.
var loadKB = sync.OnceValues(kb.Load)

// unknownKinds is what all bots of these tests log of events that ask nothing or are not known.
var unknownKinds = &filtered{word: "kind"}

// filtered keeps the lines that hold a word.
type filtered struct {
	safeBuffer
	word string
}

func (f *filtered) Write(line []byte) (int, error) {
	if strings.Contains(string(line), f.word) {
		return f.safeBuffer.Write(line)
	}
	return len(line), nil
}

func TestMain(m *testing.M) {
	var w io.Writer = unknownKinds
	if os.Getenv("SIGNPOST_TEST_LOG") != "" {
		w = io.MultiWriter(w, os.Stderr)
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})))
	flag.Parse()
	if p := flag.Lookup("test.parallel"); p.Value.String() == p.DefValue { // these tests wait more than they work
		if err := p.Value.Set("2"); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if wasBuilt.Load() {
		if path, _ := built(); path != "" {
			_ = os.RemoveAll(filepath.Dir(path))
		}
	}
	os.Exit(code)
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
	history    bool   // the app may read what is said in channels
	many       bool   // workspaces install the app; there is no bot token
	measured   bool   // metrics are told, and the program can be profiled
	tracing    *tracing.Tracing
	clock      func() time.Time // by which tokens expire; nil: the true one
}

func start(t testing.TB, o settings) *rig {
	t.Helper()
	r := &rig{Slack: o.slack, t: t}
	if r.Slack == nil {
		r.Slack = slackfake.New()
		t.Cleanup(r.Slack.Close)
	}
	if o.history {
		r.Grant("channels:history")
		r.Grant("groups:history")
	}
	manifest, err := Manifest(language.English, "")
	if err == nil {
		err = r.Install(manifest)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r.lab, err = lab.Start(o.lab...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.lab.Close() })
	base, err := loadKB()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	config := Config{
		BotToken: slackfake.BotToken, AppToken: slackfake.AppToken, APIURL: r.APIURL(), Lang: language.English,
		Grace: 2 * time.Second, Tracing: o.tracing,
		Deps: answers.Deps{KB: base, Net: r.lab.Net(), Now: time.Now, Handover: o.handover},
	}
	o.listen(&config)
	client := store(t, o.redis)
	if o.many {
		config.BotToken, config.AppToken = "", ""
		config.Install, config.Installs = manyPages, install.NewStore(client, ring(t))
		config.Install.Now = o.clock
	}
	config.Queue, config.Deps.Book = jobs.New(client, max(o.workers, 4)), cases.OpenBook(client, time.Now)
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
		if !o.withFaults {
			r.faultless()
		}
	})
	up := r.Wait(10*time.Second, func() bool { return o.noSocket || r.Sockets() > 0 })
	up = up && poll(5*time.Second, func() bool {
		return (o.many || r.bot.only.self.Load() != nil) && (!o.noSocket || r.bot.Addr() != "")
	})
	if !up {
		t.Fatal("the bot does not come up")
	}
	return r
}

// listen is where Slack and the operator come in.
func (o settings) listen(config *Config) {
	if o.noSocket {
		config.AppToken = ""
	}
	if o.http || o.noSocket {
		config.SigningSecret, config.Listen = slackfake.SigningSecret, "127.0.0.1:0"
	}
	if o.measured {
		config.MetricsListen, config.DebugListen = "127.0.0.1:0", "127.0.0.1:0"
	}
}

// store is the Redis at a URL, or one inside the test where that is empty.
func store(t testing.TB, url string) redis.UniversalClient {
	t.Helper()
	if url == "" {
		client, stop, err := jobs.Embedded()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		return client
	}
	client, err := jobs.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	cases.WaitForReplicas(client)
	return client
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

// faultless holds that Slack found nothing wrong with what it was sent.
func (r *rig) faultless() {
	r.t.Helper()
	if faults := r.Faults(); len(faults) > 0 {
		r.t.Errorf("faults:\n%s", strings.Join(faults, "\n"))
	}
}
