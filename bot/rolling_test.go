package bot

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/diag/lab"
	"signpost/internal/redistest"
)

// TestRollingRestart replaces two processes one after the other, each by SIGTERM in the midst of work, as an upgrade
// does: each ends by itself and in order, and every request is answered once, without a trace of progress.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	s := slackfake.New()
	t.Cleanup(s.Close)
	run := programs(t, s, redistest.Start(t).URL(), lab.Latency(100*time.Millisecond))
	both := []*program{run(), run()}
	domains := []string{"spf-none", "spf-open", "spf-twice", "spf-loop"}
	asked := 0
	for i, p := range both {
		if !s.Wait(30*time.Second, func() bool { return s.Sockets() == 2 }) {
			t.Fatalf("%d: they do not connect\n%s", i, p.log)
		}
		ask := func() {
			d := domains[asked%len(domains)] + ".example"
			s.Send(s.Command(fmt.Sprintf("U%d", asked), fmt.Sprintf("D%d", asked), "/mailcheck", d))
			asked++
		}
		for range 6 {
			ask()
		}
		if !s.Wait(20*time.Second, func() bool { return s.Calls("users.info") > asked-6 }) { // workers have begun
			t.Fatalf("%d: nothing begins\n%s", i, p.log)
		}
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		for range 4 { // while it ends
			ask()
		}
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("%d ends with %v\n%s", i, err, p.log)
		}
		p.start()
	}
	answers := func() (n int) {
		for _, m := range s.Messages() {
			if strings.Contains(m.Text, ".example: broken") {
				n++
			}
		}
		return n
	}
	if !s.Wait(60*time.Second, func() bool { return answers() >= asked }) {
		t.Errorf("%d of %d are answered\n%s", answers(), asked, both[0].log)
	}
	(&rig{Slack: s, t: t}).settle()
	if n := len(s.Messages()); n != asked || answers() != asked {
		t.Errorf("%d messages and %d answers for %d requests", n, answers(), asked)
	}
	for _, a := range s.Acks() {
		if a.After > 3*time.Second {
			t.Errorf("acknowledged after %v", a.After)
		}
	}
}
