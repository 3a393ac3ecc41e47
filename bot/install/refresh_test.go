package install

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/internal/redistest"

	"github.com/redis/go-redis/v9"
)

// rotating is a site whose app has token rotation switched on, and the installation of T1.
func rotating(t *testing.T, client redis.UniversalClient) (*site, Installation) {
	t.Helper()
	s := open(t, client)
	s.Rotate()
	b := s.browser()
	if status, body := s.back(b, s.begin(b).Get("state"), s.Agree("T1", "", s.base+backPath)); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	i, err := s.store.Get(t.Context(), "T1", "")
	if err != nil || i.Token != "xoxe.xoxb-T1-1" || i.Refresh == "" ||
		i.Expires.Sub(s.now).Round(time.Hour) != 12*time.Hour {
		t.Fatalf("%+v, %v", i, err)
	}
	return s, i
}

// fresh is what a token's use gives some time after its installation; the calls are those for a further token.
func (s *site) fresh(i Installation, after time.Duration) (got Installation, calls int, err error) {
	s.now = i.At.Add(after)
	before := s.Calls("oauth.v2.access")
	got, err = s.pages.Fresh(s.t.Context(), i)
	return got, s.Calls("oauth.v2.access") - before, err
}

// TestRefresh: a token is renewed before its end, once however many processes use it, and Redis shows neither it nor
// what it is renewed with.
func TestRefresh(t *testing.T) {
	stores(t, func(t *testing.T, client redis.UniversalClient) {
		s, i := rotating(t, client)
		if got, calls, err := s.fresh(i, 7*time.Hour); got.Token != i.Token || calls != 0 || err != nil {
			t.Errorf("early: %+v, %d, %v", got, calls, err)
		}
		s.now = i.At.Add(11 * time.Hour)
		before := s.Calls("oauth.v2.access")
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				got, err := s.pages.Fresh(t.Context(), i)
				if err != nil || got.Token != i.Token && got.Token != "xoxe.xoxb-T1-2" {
					t.Errorf("%q, %v", got.Token, err)
				}
			})
		}
		all.Wait()
		if n := s.Calls("oauth.v2.access") - before; n != 1 {
			t.Errorf("renewed %d times", n)
		}
		kept, err := s.store.Get(t.Context(), "T1", "")
		if err != nil || kept.Token != "xoxe.xoxb-T1-2" || kept.Refresh == i.Refresh || kept.By != i.By ||
			!kept.At.Equal(i.At) || !kept.Expires.Equal(s.now.UTC().Add(12*time.Hour)) {
			t.Errorf("%+v, %v", kept, err)
		}
		// Who still has the token before gets the further one, and Slack is not asked for another.
		if got, calls, err := s.fresh(i, 13*time.Hour); got.Token != kept.Token || calls != 0 || err != nil {
			t.Errorf("%+v, %d, %v", got, calls, err)
		}
		for _, name := range client.Keys(t.Context(), "*").Val() {
			if v := client.Get(t.Context(), name).Val(); strings.Contains(v, "xoxe") {
				t.Errorf("%s: %s", name, v)
			}
		}
	})
}

// TestRefreshFails: while Slack does not renew a token it serves to its end and no longer; what is lost on the way is
// not taken for a revocation before that.
func TestRefreshFails(t *testing.T) {
	client := redistest.Embedded(t)
	s, i := rotating(t, client)
	again := func() { client.Del(t.Context(), refreshKey("T1")) } // as its time runs out
	s.Fail("oauth.v2.access", slackfake.Failure{Status: http.StatusInternalServerError})
	if got, calls, err := s.fresh(i, 11*time.Hour); got.Token != i.Token || calls != 1 || err != nil {
		t.Errorf("Slack is in trouble: %+v, %d, %v", got, calls, err)
	}
	if got, calls, err := s.fresh(i, 11*time.Hour); got.Token != i.Token || calls != 0 || err != nil {
		t.Errorf("and is asked again at once: %+v, %d, %v", got, calls, err)
	}
	if _, calls, err := s.fresh(i, 12*time.Hour); calls != 0 || !errors.Is(err, ErrExpired) {
		t.Errorf("it has expired: %d, %v", calls, err)
	}
	again()
	s.Fail("oauth.v2.access", slackfake.Failure{Drop: true}) // the further token is lost
	if got, _, err := s.fresh(i, 11*time.Hour); got.Token != i.Token || err != nil {
		t.Errorf("the answer is lost: %+v, %v", got, err)
	}
	again()
	if got, _, err := s.fresh(i, 11*time.Hour); got.Token != i.Token || err != nil {
		t.Errorf("refused, but still good: %+v, %v", got, err)
	}
	again()
	if _, _, err := s.fresh(i, 12*time.Hour); !errors.Is(err, ErrNone) {
		t.Errorf("refused and expired: %v", err)
	}
	if ids, err := s.store.IDs(t.Context()); len(ids) > 0 || err != nil {
		t.Errorf("what serves nobody is kept: %v, %v", ids, err)
	}
	if _, err := s.store.Get(t.Context(), "T1", ""); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
}

// TestRefreshAnswerLost: an answer that is lost is asked for again with what the token was renewed with, which is kept
// until the further one is; where Slack takes that once alone, whoever installed the app is to be told, while the token
// serves.
func TestRefreshAnswerLost(t *testing.T) {
	for _, again := range []bool{true, false} {
		client := redistest.Embedded(t)
		s, i := rotating(t, client)
		var told []Installation
		s.pages.Unrenewed = func(_ context.Context, i Installation) { told = append(told, i) }
		if again {
			s.RenewAgain()
		}
		s.Fail("oauth.v2.access", slackfake.Failure{Drop: true})
		if got, _, err := s.fresh(i, 9*time.Hour); got.Token != i.Token || err != nil || len(told) > 0 {
			t.Errorf("the answer is lost: %+v, %v, %v", got, err, told)
		}
		client.Del(t.Context(), refreshKey("T1")) // as its time runs out
		got, calls, err := s.fresh(i, 9*time.Hour)
		if calls != 1 || err != nil {
			t.Errorf("%d, %v", calls, err)
		}
		if again && (got.Token != "xoxe.xoxb-T1-3" || len(told) > 0) {
			t.Errorf("%+v, %v", got, told)
		}
		if !again && (got.Token != i.Token || len(told) != 1 || told[0].By != i.By) {
			t.Errorf("%+v, %v", got, told)
		}
	}
}

// hooked does something before a request goes out; an answer in place of Slack's may come of it.
type hooked func(*http.Request) *http.Response

func (h hooked) RoundTrip(r *http.Request) (*http.Response, error) {
	if resp := h(r); resp != nil {
		return resp, nil
	}
	return http.DefaultTransport.RoundTrip(r)
}

// TestRefreshMeanwhile: a workspace that leaves or installs anew while its token is renewed is not brought back, and
// the token of another workspace is not taken.
func TestRefreshMeanwhile(t *testing.T) {
	client := redistest.Embedded(t)
	s, i := rotating(t, client)
	through := func(h hooked) { s.pages.HTTP = &http.Client{Transport: h} }
	for name, said := range map[string]string{
		"another":       `{"ok":true,"access_token":"xoxe.xoxb-T2-9","token_type":"bot","refresh_token":"r","expires_in":43200,"team":{"id":"T2"}}`,
		"no refreshing": `{"ok":true,"access_token":"xoxe.xoxb-T1-9","token_type":"bot","expires_in":43200,"team":{"id":"T1"}}`,
		"of a person":   `{"ok":true,"access_token":"xoxe.xoxp-T1-9","refresh_token":"r","expires_in":43200,"team":{"id":"T1"}}`,
	} {
		through(func(*http.Request) *http.Response {
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
				Body: io.NopCloser(strings.NewReader(said))}
		})
		client.Del(t.Context(), refreshKey("T1"))
		if got, _, err := s.fresh(i, 11*time.Hour); got.Token != i.Token || err != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if kept, err := s.store.Get(t.Context(), "T1", ""); kept.Token != i.Token || err != nil {
			t.Errorf("%s: %+v, %v", name, kept, err)
		}
	}
	client.Del(t.Context(), refreshKey("T1"))
	through(func(*http.Request) *http.Response {
		if err := s.store.Put(t.Context(), Installation{Team: "T1", Token: "xoxb-anew"}); err != nil {
			t.Error(err)
		}
		return nil
	})
	if got, _, err := s.fresh(i, 11*time.Hour); got.Token != "xoxb-anew" || err != nil {
		t.Errorf("installed anew: %+v, %v", got, err)
	}
	if err := s.store.Put(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	through(func(*http.Request) *http.Response {
		if done, err := s.store.DeleteToken(t.Context(), "T1", i.Token); !done || err != nil {
			t.Error(done, err)
		}
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(`{"ok":true,"access_token":"xoxe.xoxb-T1-9","token_type":"bot",` +
				`"refresh_token":"r","expires_in":43200,"team":{"id":"T1"}}`))}
	})
	if _, _, err := s.fresh(i, 11*time.Hour); !errors.Is(err, ErrNone) {
		t.Errorf("uninstalled: %v", err)
	}
	if ids, err := s.store.IDs(t.Context()); len(ids) > 0 || err != nil {
		t.Errorf("brought back: %v, %v", ids, err)
	}
}
