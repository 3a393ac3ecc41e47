package bot

import (
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/diag/lab"
)

// kindsOf is the types of a message's blocks.
func kindsOf(m slackfake.Message) string {
	var out []string
	for _, b := range m.Blocks {
		kind, _ := b["type"].(string)
		out = append(out, kind)
	}
	return strings.Join(out, " ")
}

// TestTables: a list of cases is a table for a workspace that takes tables. For one that does not it is the same in
// lines, said once; and the next list is not tried as a table again. It is so over the response_url, and in a message.
func TestTables(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name, method string
		refuse       []string
		calls        int // of the method, for two lists
	}{
		{"taken", "respond", nil, 2},
		{"refused", "respond", []string{"table"}, 3},
		{"taken in a message", "chat.postMessage", nil, 2},
		{"refused in a message", "chat.postMessage", []string{"table"}, 3},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := start(t, settings{})
			r.Join("C1")
			r.Send(r.Command("U1", "C1", "/mailcase", "open a.example mail bounces"))
			r.rootOf("C1", "mail bounces", 1)
			r.settle()
			r.Refuse(x.refuse...)
			lists := func() (out []slackfake.Message) {
				for _, m := range r.Messages() {
					if (m.User == "U2" || m.Channel == "DU2") && strings.Contains(slackfake.AllText(m.Blocks), "MAIL-1") {
						out = append(out, m)
					}
				}
				return out
			}
			before := r.Calls(x.method)
			for n := range 2 {
				if x.method == "respond" {
					r.Send(r.Command("U2", "C1", "/mailcase", "list"))
				} else {
					r.Send(r.Direct("U2", "DU2", "list cases"))
				}
				if !r.Wait(20*time.Second, func() bool { return len(lists()) == n+1 }) {
					t.Fatalf("%d lists", len(lists()))
				}
			}
			r.settle()
			for _, m := range lists() {
				if strings.Contains(kindsOf(m), "table") != (x.refuse == nil) {
					t.Errorf("blocks: %s", kindsOf(m))
				}
				if strings.Contains(m.Text, "MAIL-1 a.example: mail bounces") != (x.refuse == nil) {
					t.Errorf("for screen readers: %s", m.Text)
				}
			}
			if n := r.Calls(x.method) - before; n != x.calls {
				t.Errorf("%d calls, want %d", n, x.calls)
			}
		})
	}
}

// TestProgressIsAPlan: while a diagnosis runs its message shows a card for each check; a workspace that does not take
// such blocks has the lines instead, and is asked once. The answer takes the place of either.
func TestProgressIsAPlan(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name   string
		refuse []string
		want   string
		posts  int // of two diagnoses
	}{{"taken", nil, "plan", 2}, {"refused", []string{"plan"}, "section context", 3}} {
		t.Run(x.name, func(t *testing.T) {
			r := start(t, settings{history: true, lab: []lab.Option{lab.Latency(150 * time.Millisecond)}})
			r.Refuse(x.refuse...)
			for n, domain := range []string{"spf-no-provider.example", "missing-dot.example"} {
				r.Send(r.Command("U1", "C1", "/mailcheck", domain))
				if !r.Wait(20*time.Second, func() bool {
					all := r.Messages()
					return len(all) == n+1 && kindsOf(all[n]) == x.want && strings.Contains(all[n].Text, domain)
				}) {
					t.Fatalf("no progress of %s as %s: %+v", domain, x.want, r.Messages())
				}
				r.Wait(20*time.Second, func() bool { return strings.Contains(kindsOf(r.Messages()[n]), "actions") })
			}
			r.settle()
			if n := r.Calls("chat.postMessage"); n != x.posts {
				t.Errorf("%d posts, want %d", n, x.posts)
			}
			for _, m := range r.Messages() {
				if strings.Contains(kindsOf(m), "plan") || m.Edits < 1 {
					t.Errorf("the answer after %d edits: %s", m.Edits, kindsOf(m))
				}
			}
		})
	}
}
