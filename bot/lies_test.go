package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/diag/lab"
	"signpost/internal/redistest"

	"github.com/slack-go/slack"
)

// asMany is what a test of many requests asks, by how much time there is.
func asMany(few, all int) int {
	if testing.Short() {
		return few
	}
	return all
}

// stands counts the messages of everybody and of single persons that hold a text, and those that say "Checking".
func (r *rig) stands(text string) (shared, alone, stale int) {
	for _, m := range r.Messages() {
		all := slackfake.AllText(m.Blocks)
		switch {
		case strings.Contains(all, "Checking "):
			stale++
		case !strings.Contains(all, text):
		case m.User == "":
			shared++
		default:
			alone++
		}
	}
	return shared, alone, stale
}

// askAll asks for a diagnosis in so many conversations of each kind: direct messages, channels by command, channels by
// mention. What is asked in the place of number i is about the domain of number i.
func (r *rig) askAll(n int, domain func(int) string) {
	for i := range n {
		channel := fmt.Sprintf("C%d", 100+i)
		r.Join(channel)
		user := fmt.Sprintf("U%d", 100+i)
		switch i % 3 {
		case 0:
			r.Send(r.Direct(user, fmt.Sprintf("D%d", 100+i), "check "+domain(i)))
		case 1:
			r.Send(r.Command(user, channel, "/mailcheck", domain(i)))
		default:
			r.Send(r.Mention(user, channel, "check "+domain(i)))
		}
	}
}

// zones is a zone for each number, without SPF.
func zones(n int) (map[string]string, func(int) string) {
	name := func(i int) string { return fmt.Sprintf("lost%d.example", i) }
	out := map[string]string{}
	for i := range n {
		out[name(i)] = "@ MX 10 mail\nmail A 192.0.2.80\n"
	}
	return out, name
}

// once looks at every answer: given, nowhere twice, and no progress left.
func (r *rig) once(n int, domain func(int) string) {
	r.t.Helper()
	heading := func(i int) string { return domain(i) + ": " }
	if !poll(120*time.Second, func() bool {
		for i := range n {
			if shared, alone, _ := r.stands(heading(i)); shared+alone == 0 {
				return false
			}
		}
		return true
	}) {
		r.t.Error("not all are answered")
	}
	r.settle()
	lost, doubled, stale := 0, 0, 0
	for i := range n {
		shared, alone, _ := r.stands(heading(i))
		if shared+alone == 0 {
			lost++
		}
		if shared > 1 || alone > 1 {
			doubled++
		}
	}
	_, _, stale = r.stands("")
	r.t.Logf("%d asked: %d lost, %d doubled, %d stale", n, lost, doubled, stale)
	if lost+doubled+stale > 0 {
		r.t.Errorf("%d lost, %d doubled, %d stale of %d", lost, doubled, stale, n)
	}
}

// losing is n domains to be asked about, and a rig whose calls are carried out while a share of their replies is lost.
func losing(t *testing.T, n, percent int, latency time.Duration) (*rig, func(int) string) {
	t.Helper()
	list, domain := zones(n)
	r := start(t, settings{redis: redistest.Start(t).URL(), workers: 32, withFaults: true,
		lab: []lab.Option{lab.Zones(list), lab.Latency(latency)}})
	r.Lose(percent)
	r.askAll(n, domain)
	return r, domain
}

// TestRepliesLost: for a while every call is carried out and its reply lost; the app has the default scopes. Nothing is
// said twice, no progress stays, and every answer comes.
func TestRepliesLost(t *testing.T) {
	t.Parallel()
	n := asMany(9, 60)
	r, domain := losing(t, n, 100, 60*time.Millisecond)
	poll(time.Duration(asMany(6, 60))*time.Second, func() bool { return false })
	r.Lose(0)
	r.once(n, domain)
}

// TestSomeRepliesLost is the same with one reply of five lost, all the time.
func TestSomeRepliesLost(t *testing.T) {
	t.Parallel()
	n := asMany(15, 60)
	r, domain := losing(t, n, 20, 200*time.Millisecond)
	r.once(n, domain)
}

// TestEditComesLate: Slack takes a progress edit only after the answer. The answer does not wait for it, and stands in
// the end.
func TestEditComesLate(t *testing.T) {
	t.Parallel()
	r := start(t, settings{withFaults: true, lab: []lab.Option{lab.Latency(400 * time.Millisecond)}})
	r.Fail("chat.update", slackfake.Failure{Delay: 8 * time.Second})
	r.Send(r.Direct("U1", "D1", "check spf-none.example"))
	r.final(1, "Checking spf-none.example")
	began := time.Now()
	r.final(1, "spf-none.example: broken")
	if r.Calls("chat.update") < 2 {
		t.Fatal("no progress edit was on its way")
	}
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("the answer waited %v for a progress edit", took)
	}
	poll(11*time.Second, func() bool { return false }) // the late edit comes
	if shared, _, stale := r.stands("spf-none.example: broken"); shared != 1 || stale != 0 {
		t.Errorf("%d answers, %d stale", shared, stale)
	}
}

// TestTooLong: what Slack finds too long is said again with less, and not given up.
func TestTooLong(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"msg_too_long", "msg_blocks_too_long"} {
		r := start(t, settings{})
		tooLong := slackfake.Failure{Error: word}
		r.Fail("chat.postMessage", tooLong, tooLong)
		r.Send(r.Direct("U1", "D1", "check spf-none.example"))
		r.final(1, "spf-none.example: broken")
		r.final(1, "do not fit")
		r.settle()
		if n := len(r.Messages()); n != 1 {
			t.Errorf("%s: %d messages", word, n)
		}
	}
}

// TestLimitedOddly: whatever a rate limit says of its end, the answer comes, once, and within a minute and a half.
func TestLimitedOddly(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]slackfake.Failure{
		"no header": {Status: 429, RetryHeader: "-"}, "zero": {Status: 429, RetryHeader: "0"},
		"negative": {Status: 429, RetryHeader: "-5"}, "a word": {Status: 429, RetryHeader: "soon"},
		"a date":             {Status: 429, RetryHeader: "Wed, 21 Oct 2026 07:28:00 GMT"},
		"a fraction":         {Status: 429, RetryHeader: "1.5"},
		"a number too large": {Status: 429, RetryHeader: "99999999999999999999"},
		"in the body":        {Error: "ratelimited"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, settings{})
			r.Fail("chat.postMessage", f, f, f, f)
			r.Send(r.Direct("U1", "D1", "check spf-none.example"))
			r.final(1, "spf-none.example: broken")
			r.settle()
			if n := len(r.Messages()); n != 1 {
				t.Errorf("%d messages", n)
			}
		})
	}
}

func TestLimitedFor(t *testing.T) {
	for _, c := range []struct {
		in, want time.Duration
	}{{0, time.Second}, {-time.Hour, time.Second}, {3 * time.Second, 3 * time.Second}, {24 * time.Hour, time.Minute}} {
		if got, ok := limitedFor(
			fmt.Errorf("bot: post: %w", &slack.RateLimitedError{RetryAfter: c.in}),
		); !ok ||
			got != c.want {
			t.Errorf("%v: %v, %v", c.in, got, ok)
		}
	}
	if _, ok := limitedFor(errNowhere); ok {
		t.Error("any error is a rate limit")
	}
}
