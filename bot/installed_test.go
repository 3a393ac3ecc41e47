package bot

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signpost/bot/install"
	"signpost/bot/internal/slackfake"
	"signpost/commands/chat"
	"signpost/internal/redistest"

	"golang.org/x/text/language"
)

// manyURL is where people would reach the pages; the tests ask the bot itself.
const manyURL = "http://127.0.0.1:1"

var manyPages = install.Config{ClientID: slackfake.ClientID, ClientSecret: slackfake.ClientSecret, URL: manyURL}

var tokenKey = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))

func ring(t testing.TB) *install.Ring {
	t.Helper()
	r, err := install.ParseRing(tokenKey)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// installs goes through the pages of the bot at base, as somebody of a workspace.
func installs(t testing.TB, s *slackfake.Slack, base, team, enterprise string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.Get(base + "/slack/install")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	back := url.Values{"state": {to.Query().Get("state")},
		"code": {s.Agree(team, enterprise, manyURL+"/slack/oauth_redirect")}}
	if resp, err = browser.Get(base + "/slack/oauth_redirect?" + back.Encode()); err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s is not installed: %d", team, resp.StatusCode)
	}
}

// asks delivers a command of a workspace's person in its own channel, signed.
func asks(t testing.TB, s *slackfake.Slack, base, team, enterprise, command, text string) string {
	t.Helper()
	d := s.Command("U"+team+"_1", "C"+team+"_1", command, text).Of(team, enterprise)
	status, body, _, err := s.PostSigned(t.Context(), base, d)
	if err != nil || status != http.StatusOK {
		t.Fatal(team, status, err)
	}
	return string(body)
}

// TestManyWorkspaces: each workspace is answered with its own token, what it keeps is its own, and one that has left is
// served no more and leaves no token behind.
func TestManyWorkspaces(t *testing.T) {
	t.Parallel()
	r := start(t, settings{noSocket: true, many: true})
	for _, id := range []string{"T7", "T8", "TORG1"} {
		r.Join("C" + id + "_1")
	}
	installs(t, r.Slack, r.url(), "T7", "")
	installs(t, r.Slack, r.url(), "T8", "")
	installs(t, r.Slack, r.url(), "", "EORG")
	for _, c := range []struct{ team, enterprise string }{{"T7", ""}, {"T8", ""}, {"TORG1", "EORG"}} {
		asks(t, r.Slack, r.url(), c.team, c.enterprise, "/mailcase", "open trouble of "+c.team)
		r.final(1, "trouble of "+c.team)
	}
	asks(t, r.Slack, r.url(), "T7", "", "/mailcase", "list")
	for _, m := range r.final(1, "trouble of T7") {
		if strings.Contains(slackfake.AllText(m.Blocks), "trouble of T8") {
			t.Errorf("T7 reads of T8: %s", slackfake.AllText(m.Blocks))
		}
	}
	// Where it is not installed the way to install it is told.
	asks(t, r.Slack, r.url(), "T9", "", "/mailhelp", "help")
	r.final(1, chat.Text(language.English, "slack.other-workspace", nil))
	r.final(1, manyURL+"/slack/install")

	event := func(kind string, at time.Time, of ...string) {
		t.Helper()
		inner := map[string]any{"type": kind}
		if kind == "tokens_revoked" {
			inner["tokens"] = map[string]any{"bot": []string{slackfake.BotUser}}
		}
		d := r.Event(inner).Of(of[0], of[1])
		d.Payload["event_time"] = at.Unix()
		if status, _, _, err := r.PostSigned(t.Context(), r.url(), d); err != nil || status != 200 {
			t.Fatal(status, err)
		}
	}
	ids := func(want string) {
		t.Helper()
		var got []string
		if !poll(10*time.Second, func() bool {
			got, _ = r.bot.Installs.IDs(t.Context())
			return fmt.Sprint(got) == want
		}) {
			t.Errorf("installed in %v, want %s", got, want)
		}
	}
	event("app_uninstalled", time.Now().Add(-time.Hour), "T8", "") // of an installation before
	event("app_uninstalled", time.Now(), "T7", "")
	ids("[EORG T8]")
	event("tokens_revoked", time.Now(), "T8", "")
	ids("[EORG]")
	n := r.Calls("chat.postMessage")
	asks(t, r.Slack, r.url(), "T7", "", "/mailhelp", "help")
	r.final(2, manyURL+"/slack/install")
	// A token that Slack refuses is not kept either.
	r.Uninstall("EORG")
	asks(t, r.Slack, r.url(), "TORG1", "EORG", "/mailcase", "note 1 what becomes of it")
	ids("[]")
	installs(t, r.Slack, r.url(), "", "EORG")
	r.final(1, "what becomes of it")
	if r.Calls("chat.postMessage") < n {
		t.Error("nothing was posted")
	}
}

// TestCasesOfAllCounted: the metric counts the cases of every workspace that has the app, those of organisations too.
func TestCasesOfAllCounted(t *testing.T) {
	t.Parallel()
	r := start(t, settings{noSocket: true, many: true, measured: true})
	installs(t, r.Slack, r.url(), "T7", "")
	installs(t, r.Slack, r.url(), "T8", "")
	installs(t, r.Slack, r.url(), "", "EORG")
	for _, c := range []struct{ team, enterprise string }{{"T7", ""}, {"T8", ""}, {"TORG1", "EORG"}, {"TORG2", "EORG"}} {
		r.Join("C" + c.team + "_1")
		asks(t, r.Slack, r.url(), c.team, c.enterprise, "/mailcase", "open trouble of "+c.team)
		r.final(1, "trouble of "+c.team)
	}
	var got map[string]float64
	if !r.Wait(10*time.Second, func() bool { got = r.scrape(); return got[`signpost_cases{state="new"}`] == 4 }) {
		t.Errorf("%v cases, source up %v", got[`signpost_cases{state="new"}`], got[`signpost_source_up{source="cases"}`])
	}
}

// TestTokensExpire: where token rotation is switched on a token is renewed in time, and one whose time has run out
// while nobody asked is renewed before the next answer; nothing is said twice, and nothing is lost.
func TestTokensExpire(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	r := start(t, settings{noSocket: true, many: true, clock: func() time.Time {
		return time.Now().Add(time.Duration(ahead.Load()))
	}})
	r.Rotate()
	r.Join("CT7_1")
	installs(t, r.Slack, r.url(), "T7", "")
	asks(t, r.Slack, r.url(), "T7", "", "/mailcase", "open the first trouble")
	r.final(1, "the first trouble")
	r.settle()
	each := len(r.final(1, "the first trouble"))
	for i, word := range []string{"second", "third"} {
		ahead.Add(int64(13 * time.Hour))
		r.Expire()
		asks(t, r.Slack, r.url(), "T7", "", "/mailcase", "open the "+word+" trouble")
		if !r.Wait(20*time.Second, func() bool { return r.Calls("oauth.v2.access") == i+2 }) {
			t.Errorf("%s: Slack was asked for a token %d times", word, r.Calls("oauth.v2.access"))
		}
		r.settle()
		if got := r.final(each, "the "+word+" trouble"); len(got) != each {
			t.Errorf("%s: %d messages, want %d", word, len(got), each)
		}
	}
}

// TestTokenUnrenewed: where Slack gives no further token, whoever installed the app is told while the one that there is
// serves, once, and where to install it again.
func TestTokenUnrenewed(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	r := start(t, settings{noSocket: true, many: true, clock: func() time.Time {
		return time.Now().Add(time.Duration(ahead.Load()))
	}})
	r.Rotate()
	r.Join("CT7_1")
	installs(t, r.Slack, r.url(), "T7", "")
	ahead.Add(int64(9 * time.Hour))
	r.Fail("oauth.v2.access", slackfake.Failure{Error: "invalid_refresh_token"})
	asks(t, r.Slack, r.url(), "T7", "", "/mailcase", "open the first trouble")
	told := func() (n int) {
		for _, m := range r.Messages() {
			if m.Channel == "UT7_1" && strings.Contains(slackfake.AllText(m.Blocks), manyURL+"/slack/install") {
				n++
			}
		}
		return n
	}
	r.final(1, "the first trouble")
	if !r.Wait(20*time.Second, func() bool { return told() == 1 }) {
		t.Errorf("told %d times", told())
	}
	i, err := r.bot.Installs.Get(t.Context(), "T7", "")
	if err != nil {
		t.Fatal(err)
	}
	r.bot.unrenewed(t.Context(), i)
	r.settle()
	if told() != 1 {
		t.Errorf("told %d times", told())
	}
}

// TestWorkspacesApart: fifty workspaces ask at once, of three replicas on a Redis Cluster of which two are killed
// (SIGKILL) in turn, while slots of the cluster move: each is answered once to everything that it asked, in its own
// channel, with its own token, and each casebook holds its own case alone, with all that was noted.
func TestWorkspacesApart(t *testing.T) { // not beside others: it takes the whole machine
	if testing.Short() {
		t.Skip("left out: the program is built and killed")
	}
	const workspaces = 50
	cluster := redistest.Cluster(t)
	r := start(t, settings{noSocket: true, many: true, redis: cluster.URL, workers: 16, history: true})
	var replicas []*program
	for range 2 {
		replicas = append(replicas, r.replica(t, cluster.URL))
	}
	team := func(i int) string { return fmt.Sprintf("T%02d", i) }
	for i := range workspaces {
		r.Join("C" + team(i) + "_1")
		installs(t, r.Slack, r.url(), team(i), "")
	}
	type say struct {
		line, word string
		kept, said int // how often it stands in the casebook, and in how many messages
	}
	all := []say{{"open secret matter of ", "secret matter", 2, 2}, {"1 note private remark of ", "private remark", 1, 2}}
	holds := func(s say) (n int) {
		said := r.said(s.word)
		for i := range workspaces {
			if said[team(i)] != s.said {
				continue
			}
			raw, err := r.bot.Deps.Book.Export(t.Context(), team(i), "json", nil)
			if err == nil && strings.Count(string(raw), s.word+" of "+team(i)) == s.kept {
				n++
			}
		}
		return n
	}
	for _, s := range all {
		var asked sync.WaitGroup
		for i := range workspaces {
			asked.Go(func() { asks(t, r.Slack, r.url(), team(i), "", "/mailcase", s.line+team(i)) })
			if i%10 == 9 {
				p := replicas[i/10%2]
				p.kill()
				cluster.Move("signpost:{" + team(i) + "}:last")
				p.start()
			}
		}
		asked.Wait()
		if !r.Wait(90*time.Second, func() bool { return len(r.said(s.word)) == workspaces && holds(s) == workspaces }) {
			for _, m := range r.Messages() {
				t.Log(m.Channel, m.User, slackfake.AllText(m.Blocks))
			}
			t.Fatalf("%s: %d of %d answered", s.line, holds(s), workspaces)
		}
	}
	r.settle()
	for i := range workspaces {
		if last, err := r.bot.Deps.Book.Last(t.Context(), team(i)); last != 1 || err != nil {
			t.Errorf("%s has %d cases, %v", team(i), last, err)
		}
	}
	for _, s := range all {
		if n := holds(s); n != workspaces {
			t.Errorf("%q: %d workspaces have it as often as they should", s.word, n)
		}
	}
	for _, m := range r.Messages() {
		of := strings.TrimSuffix(strings.TrimPrefix(m.Channel, "C"), "_1")
		text := m.Text + slackfake.AllText(m.Blocks)
		for i := range workspaces {
			if strings.Contains(text, " of "+team(i)) && of != team(i) {
				t.Errorf("%s reads of %s", of, team(i))
			}
		}
	}
}

// replica is the built program as one more replica for many workspaces, until the test ends.
func (r *rig) replica(t *testing.T, redis string) *program {
	p := &program{t: t, path: build(t), log: &safeBuffer{}, env: []string{
		"SLACK_BOT_TOKEN=", "SLACK_APP_TOKEN=", "SLACK_SIGNING_SECRET=" + slackfake.SigningSecret,
		"SLACK_API_URL=" + r.APIURL(), "REDIS_URL=" + redis, "SIGNPOST_LISTEN=127.0.0.1:0", "SIGNPOST_LANG=en",
		"SLACK_CLIENT_ID=" + slackfake.ClientID, "SLACK_CLIENT_SECRET=" + slackfake.ClientSecret,
		"SIGNPOST_TOKEN_KEY=" + tokenKey, "SIGNPOST_URL=" + manyURL,
	}}
	p.start()
	t.Cleanup(func() { p.kill() })
	return p
}

// said is in how many messages of its channel each workspace reads what it said.
func (r *rig) said(word string) map[string]int {
	out := map[string]int{}
	for _, m := range r.Messages() {
		team := strings.TrimSuffix(strings.TrimPrefix(m.Channel, "C"), "_1")
		if strings.Contains(slackfake.AllText(m.Blocks), word+" of "+team) {
			out[team]++
		}
	}
	return out
}
