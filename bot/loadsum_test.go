package bot

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
)

// curve is times, each with the moment at which it began.
type curve struct {
	name string
	at0  []time.Duration // since the run began
	took []time.Duration
}

func (c *curve) add(at, took time.Duration) { c.at0, c.took = append(c.at0, at), append(c.took, took) }

// at is a quantile in ms.
func (c *curve) at(p float64) float64 { return quantile(c.took, p) }

func quantile(of []time.Duration, p float64) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	return float64(sorted[int(float64(len(sorted)-1)*p)].Microseconds()) / 1000
}

// result is how a run went.
type result struct {
	sent, acked, unacked, refused, quiet, answered int
	// Lost is acknowledged and never answered; doubled has more than one answer; stale has progress that stayed.
	lost, doubled, stale int
	kills                []time.Duration
	curves               []*curve
	missing              []string // the first of the lost: what was asked, and what stands where the answer should
}

const missingShown = 30

// sum holds what Slack shows against what was asked.
func (l *load) sum() result {
	shown := map[string][]slackfake.Message{}
	for _, m := range l.slack.Messages() {
		shown[m.Channel] = append(shown[m.Channel], m)
	}
	acks := map[string]slackfake.Ack{}
	for _, a := range l.slack.Acks() {
		acks[a.Envelope] = a
	}
	ack, first, answer := &curve{name: "ack"}, &curve{name: "first-message"}, &curve{name: "answer"}
	l.mu.Lock()
	defer l.mu.Unlock()
	told := l.notTaken(shown)
	r := result{sent: len(l.asked), kills: l.kills, curves: []*curve{ack, first, answer}}
	for _, a := range l.asked {
		at, acked, took := a.sent.Sub(l.began), a.acked, a.ack
		if got, ok := acks[a.envelope]; ok {
			acked, took = true, got.After
			text, _ := got.Payload["text"].(string)
			a.refused = a.refused || toldToWait(text)
		}
		answers, others := 0, 0
		var began, ended time.Time
		for _, m := range shown[a.channel] {
			if strings.Contains(slackfake.AllText(m.Blocks), a.want) {
				answers++
				ended = m.At
				if m.Edited.After(ended) {
					ended = m.Edited
				}
			} else {
				others++
			}
			if began.IsZero() || m.At.Before(began) {
				began = m.At
			}
		}
		just := func(at time.Time) bool { return a.sent.Sub(at).Abs() < noticeEvery }
		switch {
		case a.refused:
			r.refused++
			continue
		case len(shown[a.channel]) == 0 && a.kind != "command" && slices.ContainsFunc(told[a.user], just):
			r.quiet++
			continue
		case acked:
			r.acked++
			ack.add(at, took)
		default:
			r.unacked++
		}
		switch {
		case answers == 0 && acked:
			r.lost++
			if len(r.missing) < missingShown {
				r.missing = append(r.missing, fmt.Sprintf("%s %s for %q, sent after %v, by %s: %s", a.kind, a.channel, a.want,
					at.Round(time.Millisecond), a.way(), said(shown[a.channel])))
			}
		case answers > 1:
			r.doubled++
		}
		if others > 0 && !(answers == 0 && acked) {
			r.stale++
		}
		if answers > 0 {
			r.answered++
			first.add(at, began.Sub(a.sent))
			answer.add(at, ended.Sub(a.sent))
		}
	}
	// Of a person who had just been told, what was refused and what was lost look alike: the processes count what they
	// refuse.
	if over := min(r.quiet, r.quiet+r.refused-l.fleet.refusals()); over > 0 {
		r.quiet, r.lost = r.quiet-over, r.lost+over
		r.missing = append(r.missing, fmt.Sprintf("%d of the people who had been told to wait", over))
	}
	return r
}

// notTaken marks what messages say was not taken, and is when each person was told so.
func (l *load) notTaken(shown map[string][]slackfake.Message) (told map[string][]time.Time) {
	told = map[string][]time.Time{}
	for _, a := range l.asked {
		for _, m := range shown[a.channel] {
			if toldToWait(m.Text + slackfake.AllText(m.Blocks)) {
				a.refused = true
				told[a.user] = append(told[a.user], m.At)
			}
		}
	}
	return told
}

// way is how a request was delivered.
func (a *asked) way() string {
	if a.envelope != "" {
		return "socket"
	}
	return "HTTP"
}

// said is what messages say.
func said(messages []slackfake.Message) string {
	if len(messages) == 0 {
		return "nothing"
	}
	var all []string
	for _, m := range messages {
		all = append(all, fmt.Sprintf("%.200q", m.Text+" "+slackfake.AllText(m.Blocks)))
	}
	return strings.Join(all, "; ")
}

// table is the result in Markdown.
func (r result) table() string {
	var out strings.Builder
	fmt.Fprintf(&out, "| what | |\n|---|---|\n")
	for _, row := range []struct {
		name string
		n    int
	}{{"requests sent", r.sent}, {"processes killed", len(r.kills)}, {"acknowledged", r.acked},
		{"not taken, and told at once that too many wait", r.refused},
		{"not taken either, of a person who had been told so less than 20 s ago", r.quiet},
		{"not acknowledged, because the process was killed over it: Slack tells whoever typed the command", r.unacked},
		{"answered", r.answered}, {"**lost**: acknowledged and not answered", r.lost},
		{"**doubled**: answered twice", r.doubled}, {"**stale**: progress that stayed beside or for the answer", r.stale}} {
		fmt.Fprintf(&out, "| %s | %d |\n", row.name, row.n)
	}
	fmt.Fprintf(&out, "\n| ms from the delivery to | p50 | p90 | p99 | slowest |\n|---|---|---|---|---|\n")
	for _, c := range r.curves {
		name := map[string]string{"ack": "its acknowledgement", "first-message": "the first message", "answer": "the answer"}
		fmt.Fprintf(&out, "| %s | %.0f | %.0f | %.0f | %.0f |\n", name[c.name], c.at(0.5), c.at(0.9), c.at(0.99), c.at(1))
	}
	return out.String()
}

// write writes the page and its chart.
func (r result) write(t testing.TB, dir string) {
	t.Helper()
	page := fmt.Sprintf(`# Under load

`+"`make load`"+` sends slash commands, clicks and messages, half over Socket Mode and half over signed HTTP, to three
processes that share one Redis which syncs every write. The Slack is a strict fake on the same machine, and so is the
small internet that is diagnosed; all of it has %s processor cores together. This run: %d requests a second for %v;
%d %% of the calls of Slack failed, half of them without a reply after they were carried out; every %v a process was
killed with SIGKILL and started anew.

%s
![Times over the run](load.svg)

The upright lines are kills. What a killed process had under way is taken up by another after about ten seconds: those
are the slowest answers.
`, fmt.Sprint(runtime.NumCPU()), *loadRate, *loadFor, *loadFails, *loadKill, r.table())
	for name, text := range map[string]string{"load.md": page, "load.svg": r.chart()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// The chart's size, and where its axes cross.
const (
	chartWidth, chartHeight = 860, 420
	chartLeft, chartBottom  = 70, 370
	chartTop, chartRight    = 30, 840
)

// chart is the times over the run as SVG: p50 and p99 of each slice of it, on a logarithmic scale.
func (r result) chart() string {
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+
		"\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", chartWidth, chartHeight)
	length := max(*loadFor, time.Second)
	x := func(at time.Duration) float64 {
		return chartLeft + float64(chartRight-chartLeft)*min(at.Seconds()/length.Seconds(), 1)
	}
	y := func(ms float64) float64 { // from 0.1 ms to 100 s
		return chartBottom - float64(chartBottom-chartTop)*(math.Log10(max(ms, 0.1))+1)/6
	}
	for i, label := range []string{"0.1 ms", "1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s"} {
		at := y(math.Pow10(i - 1))
		fmt.Fprintf(&out, `<line x1="%d" x2="%d" y1="%.0f" y2="%.0f" stroke="#ddd"/><text x="%d" y="%.0f" text-anchor="end">%s</text>`+
			"\n", chartLeft, chartRight, at, at, chartLeft-6, at+4, label)
	}
	for i := range 6 {
		at := length * time.Duration(i) / 5
		fmt.Fprintf(&out, `<text x="%.0f" y="%d" text-anchor="middle">%.0f s</text>`+"\n", x(at), chartBottom+18, at.Seconds())
	}
	for _, at := range r.kills {
		fmt.Fprintf(&out, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#c33" stroke-dasharray="3 3"/>`+"\n", x(at), x(at),
			chartTop, chartBottom)
	}
	for i, c := range r.curves {
		colour := []string{"#2a7", "#37c", "#b60"}[i%3]
		for _, p := range []float64{0.5, 0.99} {
			dash := ""
			if p > 0.5 {
				dash = ` stroke-dasharray="5 3"`
			}
			fmt.Fprintf(&out, `<polyline fill="none" stroke="%s" stroke-width="1.6"%s points="%s"/>`+"\n", colour, dash,
				strings.Join(c.points(length, p, x, y), " "))
			fmt.Fprintf(&out, `<text x="%d" y="%d" fill="%s">%s p%g</text>`+"\n", chartLeft+10+i*250+int(p*150)-75, chartTop-12,
				colour, c.name, p*100)
		}
	}
	return out.String() + "</svg>\n"
}

// points is a quantile in each of sixty slices of the run.
func (c *curve) points(length time.Duration, p float64, x func(time.Duration) float64,
	y func(float64) float64) []string {
	const slices = 60
	var of [slices][]time.Duration
	for i, at := range c.at0 {
		n := min(int(at*slices/length), slices-1)
		of[n] = append(of[n], c.took[i])
	}
	var out []string
	for n, took := range of {
		if len(took) > 0 {
			out = append(out, fmt.Sprintf("%.1f,%.1f", x(length*time.Duration(2*n+1)/(2*slices)), y(quantile(took, p))))
		}
	}
	return out
}
