package bot

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/bot/blockkit"
	"signpost/bot/internal/slackfake"
	"signpost/bot/jobs"
	"signpost/commands/chat"
	"signpost/internal/redistest"

	"golang.org/x/text/language"
)

var (
	loadFor    = flag.Duration("load.for", 10*time.Second, "for how long BenchmarkLoad sends requests")
	loadRate   = flag.Int("load.rate", 20, "how many requests a second it sends")
	loadKill   = flag.Duration("load.kill", 20*time.Second, "how often it kills a process; 0: never")
	loadFails  = flag.Int("load.fails", 1, "how many of 100 calls of Slack fail")
	loadReport = flag.String("load.report", "", "folder into which it writes load.md and load.svg")
)

// replicas is how many processes share the Redis.
const replicas = 3

// asked is one request under load, in a conversation of its own.
type asked struct {
	kind, user, channel, want string
	sent                      time.Time
	ack                       time.Duration
	acked, refused            bool // by HTTP; a socket's acknowledgement is told by its envelope
	envelope                  string
}

// fleet is the processes, behind what spreads requests among them.
type fleet struct {
	all  []*program
	addr []string
	mu   sync.Mutex
	next int
}

// BenchmarkLoad sends slash commands, clicks and messages, half over signed HTTP and half over Socket Mode, to three
// processes that share a Redis which syncs every write, while some calls of Slack fail and every so often a process is
// killed and started anew. `make load` runs it for longer.
func BenchmarkLoad(b *testing.B) {
	for range b.N {
		b.StopTimer()
		s, f, domains := field(b)
		b.StartTimer()
		run := &load{slack: s, fleet: f, domains: domains}
		run.send(b)
		b.StopTimer()
		run.settle()
		r := run.sum()
		b.ReportMetric(float64(r.lost), "lost")
		b.ReportMetric(float64(r.doubled), "doubled")
		b.ReportMetric(float64(r.stale), "stale")
		for _, c := range r.curves {
			b.ReportMetric(c.at(0.5), c.name+"-p50-ms")
			b.ReportMetric(c.at(0.99), c.name+"-p99-ms")
		}
		b.Log("\n" + r.table())
		if *loadReport != "" {
			r.write(b, *loadReport)
		}
		if r.lost+r.doubled+r.stale > 0 {
			b.Errorf("%d lost, %d doubled, %d stale\n%s", r.lost, r.doubled, r.stale, strings.Join(r.missing, "\n"))
		}
	}
}

// field is a Slack, a Redis, a small internet, and the processes.
func field(b *testing.B) (*slackfake.Slack, *fleet, []string) {
	b.Helper()
	s := slackfake.New()
	b.Cleanup(s.Close)
	f := &fleet{}
	run := programs(b, s, redistest.Start(b).URL())
	for range replicas {
		addr := free(b)
		p := run("SLACK_SIGNING_SECRET="+slackfake.SigningSecret, "SIGNPOST_LISTEN="+addr)
		f.all, f.addr = append(f.all, p), append(f.addr, addr)
	}
	if !s.Wait(30*time.Second, func() bool { return s.Sockets() == replicas }) {
		b.Fatalf("not all connect\n%s", f.all[0].log)
	}
	s.Trouble(*loadFails)
	// Domains that a diagnosis finds broken without visiting anybody: their answers are known by their first words.
	return s, f, []string{"spf-none.example", "spf-open.example", "spf-twice.example", "spf-loop.example"}
}

// free is an address that nobody listens at.
func free(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// load is one run.
type load struct {
	slack   *slackfake.Slack
	fleet   *fleet
	domains []string
	began   time.Time
	kills   []time.Duration // since it began
	mu      sync.Mutex
	asked   []*asked
}

// send sends requests at an even rate, and kills processes.
func (l *load) send(b *testing.B) {
	l.began = time.Now()
	var all sync.WaitGroup
	tick := time.NewTicker(time.Second / time.Duration(*loadRate))
	defer tick.Stop()
	n, killed := int(loadFor.Seconds()*float64(*loadRate)), 0
	for i := range n {
		<-tick.C
		all.Go(func() { l.ask(b, i) })
		if due := int(time.Since(l.began) / max(*loadKill, time.Millisecond)); *loadKill > 0 && due > killed {
			killed = due
			l.kills = append(l.kills, time.Since(l.began))
			all.Go(func() { l.fleet.restart(due % replicas) })
		}
	}
	all.Wait()
}

// restart kills a process with SIGKILL, and starts it anew.
func (f *fleet) restart(i int) {
	f.all[i].kill()
	f.all[i].start()
}

// ask sends the request of that number.
func (l *load) ask(b *testing.B, i int) {
	user, domain := fmt.Sprintf("U%d", i/25), l.domains[i%len(l.domains)] // 60 checks an hour are allowed to each
	a := &asked{user: user, channel: fmt.Sprintf("D%d", i), want: domain + ": "}
	var d slackfake.Delivery
	switch i % 5 {
	case 0, 1:
		a.kind, d = "command", l.slack.Command(user, a.channel, "/mailcheck", domain)
	case 2:
		a.kind, a.want = "command", "/mailcheck"
		d = l.slack.Command(user, a.channel, "/mailhelp", "help")
	case 3:
		a.kind, d = "message", l.slack.Direct(user, a.channel, "check "+domain)
	default:
		value, err := json.Marshal(blockkit.Click{Command: chat.Check, Text: domain})
		if err != nil {
			b.Error(err)
		}
		a.kind = "click"
		d = l.slack.Click(user, slackfake.Message{Channel: a.channel, TS: fmt.Sprintf("1700000000.%06d", i)}, "",
			slackfake.Button{ActionID: "do:recheck", Value: string(value), Label: "Check again"})
	}
	l.mu.Lock()
	l.asked = append(l.asked, a)
	l.mu.Unlock()
	a.sent = time.Now()
	if i%2 == 0 {
		a.envelope = l.slack.Send(d)
		return
	}
	l.post(b, a, d)
}

// post delivers over HTTP. A process that does not listen is passed over, as a load balancer does; where an
// acknowledgement breaks off, Slack delivers what is not a command again, and tells whoever typed a command.
func (l *load) post(b *testing.B, a *asked, d slackfake.Delivery) {
	for range 4 {
		status, body, took, err := l.slack.PostSigned(b.Context(), "http://"+l.fleet.pick(), d)
		var op *net.OpError
		switch {
		case errors.As(err, &op) && op.Op == "dial":
			continue
		case err == nil && status == http.StatusOK:
			a.acked, a.ack = true, took
			a.refused = toldToWait(string(body))
			return
		case a.kind == "command":
			return
		}
		time.Sleep(time.Second) //nolint:forbidigo // as Slack does
	}
}

// toldToWait reports whether the text says that the request was not taken, since too many wait already.
func toldToWait(text string) bool {
	return slices.ContainsFunc([]jobs.Limit{jobs.LimitPerson, jobs.LimitChannel, jobs.LimitTeam}, func(l jobs.Limit) bool {
		return strings.Contains(text, chat.Text(language.English, "slack.slow-"+string(l), nil))
	})
}

// refusals is how many requests the processes say they did not take.
func (f *fleet) refusals() (n int) {
	for _, p := range f.all {
		n += strings.Count(p.log.String(), "refused: too many wait")
	}
	return n
}

// pick is the address of the next process in turn.
func (f *fleet) pick() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	return f.addr[f.next%replicas]
}

// patienceAfter is how long answers are waited for when no more requests come.
const patienceAfter = 90 * time.Second

// settle waits for the answers that are still to come.
func (l *load) settle() {
	l.slack.Trouble(0)
	poll := time.NewTicker(time.Second)
	defer poll.Stop()
	for until := time.Now().Add(patienceAfter); time.Now().Before(until); <-poll.C {
		if l.sum().lost == 0 {
			break
		}
	}
	for range 3 { // what is said twice is said soon
		<-poll.C
	}
}
