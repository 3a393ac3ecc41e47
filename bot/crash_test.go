package bot

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/diag/lab"
	"signpost/internal/redistest"
)

// program is the built program, and what it logs.
type program struct {
	t    testing.TB
	path string
	env  []string
	cmd  *exec.Cmd
	log  *safeBuffer
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// built is the program, built once for all tests, in a folder that TestMain removes.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "signpost")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "signpost")
	if said, err := exec.Command("go", "build", "-o", path, "signpost").CombinedOutput(); err != nil {
		return path, fmt.Errorf("%w\n%s", err, said)
	}
	return path, nil
})

// wasBuilt tells TestMain that there is something to remove.
var wasBuilt atomic.Bool

func build(t testing.TB) string {
	t.Helper()
	wasBuilt.Store(true)
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// programs is how processes of the program are made that serve a Slack from one Redis and diagnose one lab; more is
// what else their environment holds. They end with the test.
func programs(t testing.TB, s *slackfake.Slack, redisURL string, o ...lab.Option) (run func(more ...string) *program) {
	t.Helper()
	run, _ = programsAndLab(t, s, redisURL, o...)
	return run
}

// programsAndLab is programs, with the lab that they diagnose.
func programsAndLab(t testing.TB, s *slackfake.Slack, redisURL string, o ...lab.Option) (run func(...string) *program,
	l *lab.Lab) {
	t.Helper()
	path := build(t)
	l, err := lab.Start(o...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	resolver, err := l.Expose()
	if err != nil {
		t.Fatal(err)
	}
	return func(more ...string) *program {
		p := &program{t: t, path: path, log: &safeBuffer{}, env: append([]string{
			"SLACK_BOT_TOKEN=" + slackfake.BotToken, "SLACK_APP_TOKEN=" + slackfake.AppToken,
			"SLACK_API_URL=" + s.APIURL(), "REDIS_URL=" + redisURL, "SIGNPOST_RESOLVERS=" + resolver.String(),
			"SIGNPOST_ROOT_HINTS=", "SIGNPOST_LISTEN=", "SIGNPOST_LANG=en",
		}, more...)}
		p.start()
		t.Cleanup(func() { p.kill() })
		return p
	}, l
}

func (p *program) start() {
	p.t.Helper()
	p.cmd = exec.Command(p.path, "serve")
	p.cmd.Env = append(os.Environ(), p.env...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
}

func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// TestKilled kills the program with SIGKILL at many moments of a request's life and starts it again: the request is
// answered, and the reader sees one answer.
func TestKilled(t *testing.T) {
	t.Parallel()
	s := slackfake.New()
	t.Cleanup(s.Close)
	s.Grant("channels:history")
	s.Grant("groups:history")
	p := programs(t, s, redistest.Start(t).URL(), lab.Latency(150*time.Millisecond))()
	r := &rig{Slack: s, t: t}
	for _, moment := range []struct {
		name, domain string
		come         func() bool
	}{
		{"acknowledged", "spf-none.example", func() bool { return len(s.Acks()) == 1 }},
		// The hardest: Slack has the message, and we do not know it yet. Slack tells us where we may read.
		{"posted", "spf-open.example", func() bool { return posted(s, "spf-open.example") }},
		{"edited", "spf-twice.example", func() bool { return edited(s, "spf-twice.example", 1) }},
		{"answered", "spf-loop.example", func() bool { return edited(s, "spf-loop.example: broken", 1) }},
	} {
		if !s.Wait(15*time.Second, func() bool { return s.Sockets() > 0 }) {
			t.Fatalf("does not connect\n%s", p.log)
		}
		if moment.name == "posted" {
			s.Send(s.Direct("U1", "D1", "check "+moment.domain))
		} else {
			s.Send(s.Command("U1", "C1", "/mailcheck", moment.domain))
		}
		if !s.Wait(20*time.Second, moment.come) {
			t.Fatalf("%s: the moment does not come\n%s", moment.name, p.log)
		}
		p.kill()
		p.start()
		if !s.Wait(60*time.Second, func() bool { return posted(s, moment.domain+": broken") }) {
			t.Fatalf("%s: no answer after kill -9\n%s", moment.name, p.log)
		}
	}
	r.settle()
	for _, domain := range []string{"spf-none", "spf-open", "spf-twice", "spf-loop"} {
		answers, all := 0, 0
		for _, m := range s.Messages() {
			if strings.Contains(m.Text, domain+".example") {
				all++
			}
			if strings.Contains(m.Text, domain+".example: broken") {
				answers++
			}
		}
		if answers != 1 || all != 1 {
			t.Errorf("%s: %d answers, %d messages", domain, answers, all)
		}
	}
	r.faultless()
}

func posted(s *slackfake.Slack, text string) bool { return edited(s, text, 0) }

func edited(s *slackfake.Slack, text string, times int) bool {
	for _, m := range s.Messages() {
		if strings.Contains(m.Text, text) && m.Edits >= times {
			return true
		}
	}
	return false
}

// TestServeEnds is what `serve` says when it cannot begin: words that help, and the right exit code.
func TestServeEnds(t *testing.T) {
	t.Parallel()
	path := build(t)
	s := slackfake.New()
	t.Cleanup(s.Close)
	for _, c := range []struct {
		name string
		env  []string
		code int
		want string
	}{
		{"no token", nil, 2, "SLACK_BOT_TOKEN is missing"},
		{"no way in", []string{"SLACK_BOT_TOKEN=xoxb-1"}, 2, "SLACK_SIGNING_SECRET"},
		{"Redis absent", []string{"SLACK_BOT_TOKEN=xoxb-1", "SLACK_APP_TOKEN=xapp-1", "REDIS_URL=redis://127.0.0.1:1/0"}, 1,
			"Redis does not answer at 127.0.0.1:1"},
		{"a bad Redis URL", []string{"SLACK_BOT_TOKEN=xoxb-1", "SLACK_APP_TOKEN=xapp-1", "REDIS_URL=http://x"}, 2,
			"rediss://user:password@redis.example.com"},
		{"a token that Slack refuses",
			[]string{"SLACK_BOT_TOKEN=xoxb-wrong", "SLACK_APP_TOKEN=xapp-1", "SLACK_API_URL=" + s.APIURL()}, 1,
			"Slack refuses the token"},
		{"an address in use", []string{"SLACK_BOT_TOKEN=xoxb-1", "SLACK_SIGNING_SECRET=x",
			"SIGNPOST_LISTEN=" + strings.TrimSuffix(strings.TrimPrefix(s.APIURL(), "http://"), "/api/")}, 1,
			"Set SIGNPOST_LISTEN to a free address"},
	} {
		cmd := exec.CommandContext(t.Context(), path, "serve")
		cmd.Env = append([]string{"HOME=" + os.Getenv("HOME"), "PATH=" + os.Getenv("PATH")}, c.env...)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != c.code || !strings.Contains(string(out), c.want) ||
			strings.Contains(string(out), "panic") {
			t.Errorf("%s: exit %d\n%s", c.name, cmd.ProcessState.ExitCode(), out)
		}
		if len(c.env) > 0 && !strings.Contains(strings.Join(c.env, " "), "REDIS_URL") && c.code == 1 &&
			!strings.Contains(string(out), "keeps nothing") {
			t.Errorf("%s: the embedded store is not named\n%s", c.name, out)
		}
	}
}

// TestTerminated sends SIGTERM, as a container's end does: the program ends by itself with exit code 0, and soon.
func TestTerminated(t *testing.T) {
	t.Parallel()
	s := slackfake.New()
	t.Cleanup(s.Close)
	p := &program{t: t, path: build(t), log: &safeBuffer{}, env: []string{
		"SLACK_BOT_TOKEN=" + slackfake.BotToken, "SLACK_APP_TOKEN=" + slackfake.AppToken,
		"SLACK_SIGNING_SECRET=" + slackfake.SigningSecret,
		"SLACK_API_URL=" + s.APIURL(), "REDIS_URL=", "SIGNPOST_LISTEN=127.0.0.1:0",
	}}
	p.start()
	if !s.Wait(20*time.Second, func() bool { return s.Sockets() == 1 }) {
		p.kill()
		t.Fatalf("does not connect\n%s", p.log)
	}
	begin := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil || time.Since(begin) > 10*time.Second {
		t.Errorf("%v after %v\n%s", err, time.Since(begin), p.log)
	}
	if !strings.Contains(p.log.String(), "keeps nothing") || strings.Contains(p.log.String(), "xoxb-") ||
		strings.Contains(p.log.String(), "level=ERROR") {
		t.Errorf("%s", p.log)
	}
}
