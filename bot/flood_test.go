package bot

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/bot/jobs"
	"signpost/commands/chat"
	"signpost/diag/lab"
	"signpost/internal/redistest"
)

// flood sends one person's commands, and counts those that are refused at once.
func (r *rig) flood(n int, command func(i int) slackfake.Delivery) (refused int) {
	r.t.Helper()
	for i := range n {
		status, body, _, err := r.PostSigned(r.t.Context(), r.url(), command(i))
		if err != nil || status != http.StatusOK {
			r.t.Fatal(status, err)
		}
		if strings.Contains(string(body), "Too many of your requests wait") {
			refused++
		}
	}
	return refused
}

// TestFlood: one person sends 300 commands into one channel. Who asks elsewhere is answered as if nothing were; the
// flooding person is told at once what is not taken, and what was taken is answered.
func TestFlood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, command, text string }{
		{"diagnoses", "/mailcheck", "spf-none.example"}, {"quick commands", "/mailhelp", "help"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, settings{redis: redistest.Start(t).URL(), noSocket: true, workers: 8, withFaults: true,
				lab: []lab.Option{lab.Latency(30 * time.Millisecond)}})
			r.Join("C2")
			n := asMany(120, 300)
			refused := r.flood(n, func(i int) slackfake.Delivery {
				return r.Command("U1", "C1", c.command, fmt.Sprint(c.text, strings.Repeat(" ", i%7)))
			})
			if c.name == "diagnoses" && refused < n-jobs.WaitingOfPerson-n/5 {
				t.Errorf("%d of %d are refused", refused, n)
			}
			for _, ask := range []struct {
				command, text, want string
				within              time.Duration
			}{{"/mailset", "", "C2", time.Second}, {"/mailcheck", "healthy.example", "mail is set up well", 3 * time.Second}} {
				before := len(r.Messages())
				began := time.Now()
				r.flood(1, func(int) slackfake.Delivery { return r.Command("U2", "C2", ask.command, ask.text) })
				if !r.Wait(20*time.Second, func() bool {
					for _, m := range r.Messages()[min(before, len(r.Messages())):] {
						if m.Channel == "C2" && (ask.command == "/mailset" || strings.Contains(slackfake.AllText(m.Blocks), ask.want)) {
							return true
						}
					}
					return false
				}) {
					t.Fatalf("%s is not answered", ask.command)
				}
				took := time.Since(began)
				t.Logf("%s beside %d of %s: %v, %d refused", ask.command, n, c.command, took, refused)
				if took > ask.within {
					t.Errorf("%s took %v", ask.command, took)
				}
			}
		})
	}
}

// TestToldOnce: what has no room for words in its acknowledgement is told by a message, in the person's language, and
// not each time. It is told as surely as answers are: Slack fails at first.
func TestToldOnce(t *testing.T) {
	t.Parallel()
	r := start(t, settings{http: true, lab: []lab.Option{lab.Latency(100 * time.Millisecond)}})
	r.SetLocale("U1", "zh-CN")
	r.Send(r.Direct("U1", "D1", "check healthy.example"))
	r.final(1, "healthy.example")
	down := slackfake.Failure{Status: http.StatusServiceUnavailable}
	r.Fail("chat.postEphemeral", down, down, down, down)
	for range 40 {
		if status, _, _, err := r.PostSigned(
			t.Context(),
			r.url(),
			r.Mention("U1", "C1", "check spf-none.example"),
		); err != nil ||
			status != http.StatusOK {
			t.Fatal(status, err)
		}
	}
	told := func() (n int) {
		for _, m := range r.Messages() {
			if m.User == "U1" && strings.Contains(slackfake.AllText(m.Blocks), "这一条没有受理") {
				n++
			}
		}
		return n
	}
	if !r.Wait(30*time.Second, func() bool { return told() > 0 }) {
		t.Fatal("not told")
	}
	poll(time.Second, func() bool { return told() > 1 })
	if n := told(); n != 1 {
		t.Errorf("told %d times", n)
	}
}

// TestLanes: what asks servers has another lane than what does not, whichever way it is asked.
func TestLanes(t *testing.T) {
	for _, c := range []struct {
		r    request
		want jobs.Lane
	}{
		{request{Command: "mailcheck", Text: "example.com"}, jobs.Diagnosis},
		{request{Text: "check example.com"}, jobs.Diagnosis},
		{request{Text: "检查 例子。中国"}, jobs.Diagnosis},
		{request{Command: "mailset"}, jobs.Quick},
		{request{Command: "mailcase", Text: "note 1 they called back."}, jobs.Quick},
		{request{Command: "mailcase", Text: "open no mail for example.org"}, jobs.Diagnosis},
		{request{Command: "mailhelp", Text: "help"}, jobs.Quick},
		{request{Command: "mailhelp", Text: "example.org login"}, jobs.Diagnosis},
		{request{Command: "mailcase", Text: "export json"}, jobs.Background},
		{request{Command: "mailcase", Inside: &chat.Inside{Kind: chat.HomePage}, Home: true}, jobs.Quick},
		{request{Command: "mailcase", Inside: &chat.Inside{Kind: chat.ThreadReply, Words: "example.com"}, Silent: true}, jobs.Background},
	} {
		if got := laneOf(c.r); got != c.want {
			t.Errorf("%+v: %s, want %s", c.r, got, c.want)
		}
	}
}
