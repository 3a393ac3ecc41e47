package install

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/internal/redistest"

	"github.com/redis/go-redis/v9"
	"golang.org/x/text/language"
)

func key(b byte) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(b), keySize)))
}

func ring(t testing.TB, keys ...string) *Ring {
	t.Helper()
	r, err := ParseRing(strings.Join(keys, ","))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRing: what one key has sealed for one place opens with that key, among others, and for that place alone.
func TestRing(t *testing.T) {
	old, fresh := ring(t, key('a')), ring(t, key('b'), key('a'))
	sealed := old.Seal("T1", []byte("xoxb-1"))
	if strings.Contains(sealed, "xoxb") || sealed == old.Seal("T1", []byte("xoxb-1")) {
		t.Error(sealed)
	}
	if got, stale, err := old.Open("T1", sealed); string(got) != "xoxb-1" || stale || err != nil {
		t.Errorf("%s %v %v", got, stale, err)
	}
	if got, stale, err := fresh.Open("T1", sealed); string(got) != "xoxb-1" || !stale || err != nil {
		t.Errorf("%s %v %v", got, stale, err)
	}
	newer := fresh.Seal("T1", []byte("x"))
	for name, open := range map[string]func() ([]byte, bool, error){
		"another place":  func() ([]byte, bool, error) { return old.Open("T2", sealed) },
		"another key":    func() ([]byte, bool, error) { return ring(t, key('c')).Open("T1", sealed) },
		"before the new": func() ([]byte, bool, error) { return old.Open("T1", newer) },
		"cut":            func() ([]byte, bool, error) { return old.Open("T1", sealed[:len(sealed)-2]) },
		"nothing":        func() ([]byte, bool, error) { return old.Open("T1", "") },
		"short":          func() ([]byte, bool, error) { return old.Open("T1", sealed[:len("1.00000000.")]+"AAAA") },
		"of later":       func() ([]byte, bool, error) { return old.Open("T1", "2"+sealed[1:]) },
	} {
		if got, _, err := open(); got != nil || !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, text := range []string{"", ",", "short", key('a')[1:], key('a') + "," + "x",
		base64.StdEncoding.EncodeToString(make([]byte, 31)), strings.Repeat(key('a')+",", maxKeys+1)} {
		if _, err := ParseRing(text); !errors.Is(err, ErrKey) || strings.Contains(err.Error(), key('a')) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	r, err := ParseRing(key('a'))
	if err != nil {
		f.Fatal(err)
	}
	sealed := r.Seal("T1", []byte("x"))
	f.Add(sealed)
	f.Add("1..")
	f.Fuzz(func(t *testing.T, text string) {
		if got, _, err := r.Open("T1", text); err == nil && (string(got) != "x" || text != sealed) {
			// Base64 has unused bits at its end: such a text is the same.
			a, _ := base64.RawStdEncoding.DecodeString(text[strings.LastIndexByte(text, '.')+1:])
			b, _ := base64.RawStdEncoding.DecodeString(sealed[strings.LastIndexByte(sealed, '.')+1:])
			if !slices.Equal(a, b) {
				t.Errorf("%q opens", text)
			}
		}
	})
}

// stores runs a test on a Redis in the process and on a real one.
func stores(t *testing.T, test func(*testing.T, redis.UniversalClient)) {
	t.Run("embedded", func(t *testing.T) { test(t, redistest.Embedded(t)) })
	t.Run("redis", func(t *testing.T) { test(t, redistest.Start(t).Client()) })
}

// TestStore: each workspace has its own token, an organisation's stands for workspaces without one, and what Redis
// holds shows none and cannot be put to another's place.
func TestStore(t *testing.T) {
	stores(t, func(t *testing.T, client redis.UniversalClient) {
		ctx, s := t.Context(), NewStore(client, ring(t, key('a')))
		at := time.Date(2026, 11, 27, 3, 0, 0, 500, time.UTC)
		for _, i := range []Installation{{Team: "T1", Token: "xoxb-1", At: at},
			{Team: "T2", Enterprise: "E1", Token: "xoxb-2", At: at},
			{Enterprise: "E1", Token: "xoxb-e", At: at}} {
			if err := s.Put(ctx, i); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct{ team, enterprise, want string }{
			{"T1", "", "xoxb-1"}, {"T2", "E1", "xoxb-2"}, {"T3", "E1", "xoxb-e"}, {"E1", "E1", "xoxb-e"}, {"T3", "", ""},
			{"T3", "E2", ""}, {"", "", ""},
		} {
			got, err := s.Get(ctx, c.team, c.enterprise)
			if got.Token != c.want || (c.want == "") != errors.Is(err, ErrNone) {
				t.Errorf("%+v: %q, %v", c, got.Token, err)
			}
		}
		for _, name := range client.Keys(ctx, "*").Val() {
			if v := client.Get(ctx, name).Val(); strings.Contains(v, "xoxb") {
				t.Errorf("%s: %s", name, v)
			}
		}
		if err := client.Set(ctx, tokenKey("T9"), client.Get(ctx, tokenKey("T1")).Val(), 0).Err(); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(ctx, "T9", ""); !errors.Is(err, ErrSealed) {
			t.Errorf("the token of another serves: %+v, %v", got, err)
		}
		// News of an uninstallation from before the installation deletes nothing.
		if done, err := s.DeleteUntil(ctx, "T1", at.Add(-2*time.Second)); done || err != nil {
			t.Error(done, err)
		}
		if done, err := s.DeleteToken(ctx, "T1", "xoxb-0"); done || err != nil {
			t.Error(done, err)
		}
		if done, err := s.DeleteUntil(ctx, "T1", at.Truncate(time.Second)); !done || err != nil {
			t.Error(done, err)
		}
		if done, err := s.DeleteToken(ctx, "T2", "xoxb-2"); !done || err != nil {
			t.Error(done, err)
		}
		if ids, err := s.IDs(ctx); !slices.Equal(ids, []string{"E1"}) || err != nil {
			t.Error(ids, err)
		}
		if got, err := s.Get(ctx, "T2", "E1"); got.Token != "xoxb-e" || err != nil {
			t.Error(got.Token, err)
		}
	})
}

// TestRotation: with a new key before the old one everything is read, and after one pass the old key is not needed any
// more, however many do it at once and whoever installs meanwhile.
func TestRotation(t *testing.T) {
	stores(t, func(t *testing.T, client redis.UniversalClient) {
		ctx, old := t.Context(), NewStore(client, ring(t, key('a')))
		both, fresh := NewStore(client, ring(t, key('b'), key('a'))), NewStore(client, ring(t, key('b')))
		ids := []string{"T1", "T2", "T3", "T4", "T5"}
		for _, id := range ids {
			if err := old.Put(ctx, Installation{Team: id, Token: "xoxb-" + id}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := fresh.Get(ctx, "T1", ""); !errors.Is(err, ErrSealed) {
			t.Error(err)
		}
		if n, closed, err := both.Count(ctx); n != len(ids) || closed != 0 || err != nil {
			t.Error(n, closed, err)
		}
		if n, closed, err := fresh.Count(ctx); n != 0 || closed != len(ids) || err != nil {
			t.Error(n, closed, err)
		}
		if closed, err := fresh.Reseal(ctx); closed != len(ids) || err != nil {
			t.Error(closed, err)
		}
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if closed, err := both.Reseal(ctx); closed != 0 || err != nil {
					t.Error(closed, err)
				}
			})
		}
		all.Go(func() {
			if err := both.Put(ctx, Installation{Team: "T3", Token: "xoxb-new"}); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		for _, id := range ids {
			want := "xoxb-" + id
			if id == "T3" {
				want = "xoxb-new"
			}
			if got, err := fresh.Get(ctx, id, ""); got.Token != want || err != nil {
				t.Errorf("%s: %q, %v", id, got.Token, err)
			}
		}
	})
}

// site is the pages between a browser and a fake Slack.
type site struct {
	*slackfake.Slack
	t     *testing.T
	store *Store
	pages *Pages
	now   time.Time
	base  string
	kept  []string
}

func open(t *testing.T, client redis.UniversalClient) *site {
	t.Helper()
	s := &site{Slack: slackfake.New(), t: t, store: NewStore(client, ring(t, key('a'))), now: time.Now()}
	t.Cleanup(s.Close)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	var err error
	s.base = server.URL
	s.pages, err = NewPages(s.store, Config{ClientID: slackfake.ClientID, ClientSecret: slackfake.ClientSecret,
		URL: s.base, APIURL: s.APIURL(), Scopes: []string{"chat:write", "commands"}, Lang: language.English,
		Now:       func() time.Time { return s.now },
		Installed: func(_ context.Context, i Installation) { s.kept = append(s.kept, i.ID()) }})
	if err != nil {
		t.Fatal(err)
	}
	s.pages.Handle(mux)
	return s
}

// browser is one with cookies of its own, which follows no redirect.
func (s *site) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &http.Client{Jar: jar, CheckRedirect: stay}
}

// begin opens the first page, and gives what Slack is told.
func (s *site) begin(b *http.Client) url.Values {
	s.t.Helper()
	resp, err := b.Get(s.base + "/slack/install")
	if err != nil {
		s.t.Fatal(err)
	}
	_ = resp.Body.Close()
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.StatusCode != http.StatusFound || !strings.HasSuffix(to.Path, "/oauth/v2/authorize") {
		s.t.Fatal(resp.StatusCode, to, err)
	}
	return to.Query()
}

func (s *site) back(b *http.Client, state, code string, more ...string) (status int, body string) {
	s.t.Helper()
	q := url.Values{"state": {state}, "code": {code}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	resp, err := b.Get(s.base + "/slack/oauth_redirect?" + q.Encode())
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		s.t.Fatal(err, resp.Header)
	}
	return resp.StatusCode, string(raw)
}

// TestInstall goes the way of a person who installs the app: in a workspace, anew, and in an organisation.
func TestInstall(t *testing.T) {
	s := open(t, redistest.Embedded(t))
	redirect := s.base + "/slack/oauth_redirect"
	for _, c := range []struct{ team, enterprise string }{{"T1", ""}, {"T2", "E1"}, {"", "E1"}, {"T1", ""}} {
		b := s.browser()
		asked := s.begin(b)
		if asked.Get("client_id") != slackfake.ClientID || asked.Get("scope") != "chat:write,commands" ||
			asked.Get("redirect_uri") != redirect {
			t.Errorf("%v", asked)
		}
		status, body := s.back(b, asked.Get("state"), s.Agree(c.team, c.enterprise, redirect))
		if status != 200 || !strings.Contains(body, "is installed in") {
			t.Fatalf("%d %s", status, body)
		}
		if strings.Contains(body, "xoxb") {
			t.Error(body)
		}
	}
	first, err := s.store.Get(t.Context(), "T1", "")
	wide, err2 := s.store.Get(t.Context(), "T77", "E1")
	if err != nil || err2 != nil || first.Token != "xoxb-T1-4" || first.By != "UT1_1" ||
		first.BotUser != slackfake.BotUser ||
		wide.Team != "" || wide.Token != "xoxb-E1-3" || !slices.Equal(s.kept, []string{"T1", "T2", "E1", "T1"}) {
		t.Errorf("%+v, %+v, %v, %v, %v", first, wide, err, err2, s.kept)
	}
}

// TestInstallRefused: a state is good in the browser that it was made for, once, for ten minutes; nothing that somebody
// else sends ends in an installation.
func TestInstallRefused(t *testing.T) {
	client := redistest.Embedded(t)
	s := open(t, client)
	redirect := s.base + "/slack/oauth_redirect"
	code := func() string { return s.Agree("T1", "", redirect) }
	b := s.browser()
	state := s.begin(b).Get("state")
	for name, tried := range map[string]func() (int, string){
		"another browser": func() (int, string) { return s.back(s.browser(), state, code()) },
		"a browser with a state of its own": func() (int, string) {
			other := s.browser()
			s.begin(other)
			return s.back(other, state, code())
		},
		"no state":        func() (int, string) { return s.back(b, "", code()) },
		"a changed state": func() (int, string) { return s.back(b, "A"+state[1:]+"", code()) },
		"a longer time": func() (int, string) {
			raw, _ := base64.RawURLEncoding.DecodeString(state)
			raw[nonceSize+7]++
			return s.back(b, base64.RawURLEncoding.EncodeToString(raw), code())
		},
		"junk":        func() (int, string) { return s.back(b, strings.Repeat("x", 1000), code()) },
		"a long text": func() (int, string) { return s.back(b, state, strings.Repeat("c", 5000)) },
		"too late": func() (int, string) {
			s.now = s.now.Add(stateFor + time.Second)
			defer func() { s.now = s.now.Add(-stateFor - time.Second) }()
			return s.back(b, state, code())
		},
	} {
		if status, body := tried(); status != 400 || !strings.Contains(body, "used already") {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if s.Calls("oauth.v2.access") > 0 {
		t.Error("Slack was asked")
	}
	if status, body := s.back(b, state, "", "error", "access_denied"); status != 200 ||
		!strings.Contains(body, "Nothing was") {
		t.Errorf("declined: %d %s", status, body)
	}
	if status, _ := s.back(b, state, code()); status != 400 {
		t.Errorf("a second time: %d", status)
	}
	if status, body := s.back(b, s.begin(b).Get("state"), "<script>alert(1)</script>"); status != 502 ||
		strings.Contains(body, "<script>") {
		t.Errorf("a code of nobody: %d %s", status, body)
	}
	s.Fail("oauth.v2.access", slackfake.Failure{Drop: true})
	if status, _ := s.back(b, s.begin(b).Get("state"), code()); status != 502 {
		t.Errorf("the answer is lost: %d", status)
	}
	state = s.begin(b).Get("state")
	_ = client.Close()
	if status, body := s.back(b, state, code()); status != 503 || !strings.Contains(body, "at the moment") {
		t.Errorf("without a store: %d %s", status, body)
	}
	if len(s.kept) > 0 {
		t.Errorf("installed: %v", s.kept)
	}
	for _, c := range []Config{{}, {URL: "http://signpost.example.com", ClientID: "1", ClientSecret: "x"},
		{URL: "https://signpost.example.com", ClientID: "1"}, {URL: "https://", ClientID: "1", ClientSecret: "x"},
		{URL: "https://signpost.example.com/?a", ClientID: "1", ClientSecret: "x"}} {
		if _, err := NewPages(s.store, c); !errors.Is(err, ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
