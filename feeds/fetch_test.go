package feeds

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"signpost/diag/lab"
	"signpost/diag/resolve"
)

// site is a web server of the lab with everything that may go wrong.
func site(t *testing.T, asked *[]*http.Request) lab.Option {
	mux := http.NewServeMux()
	give := func(path, kind string, body []byte) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			*asked = append(*asked, r)
			w.Header().Set("Content-Type", kind)
			w.Header().Set("ETag", `"1"`)
			if r.Header.Get("If-None-Match") == `"1"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			_, _ = w.Write(body)
		})
	}
	give("/feed", "application/rss+xml", example(t, "news.rss"))
	give("/summary.json", "application/json", example(t, "summary.json"))
	give("/{$}", "text/html", []byte(`<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head><body>Hello</body></html>`))
	give("/page", "text/html", example(t, "page.html"))
	mux.Handle("/moved", http.RedirectHandler("/feed", http.StatusFound))
	mux.Handle("/round", http.RedirectHandler("/round", http.StatusFound))
	mux.Handle("/plain", http.RedirectHandler("http://news.test/feed", http.StatusFound))
	mux.Handle("/inside", http.RedirectHandler("https://inside.test/", http.StatusFound))
	mux.HandleFunc("/busy", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	mux.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.Copy(w, io.LimitReader(zeros{}, MaxBody+100))
	})
	return lab.Site("news.test", mux)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestLook fetches feeds by every way, once, and learns when to come again.
func TestLook(t *testing.T) {
	var asked []*http.Request
	l, err := lab.Start(lab.Zones(map[string]string{
		"news.test": "@ A " + lab.WebAddress + "\n", "inside.test": "@ A 10.0.0.1\n",
	}), site(t, &asked))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	now := time.Now()
	looker := &Looker{Net: l.Net(), Now: func() time.Time { return now }}
	for _, address := range []string{"news.test/feed", "https://news.test/moved", "https://news.test/"} {
		told, f, m, err := looker.Look(t.Context(), address, Memory{Seen: map[string]Mark{}})
		if err != nil || f.Format != RSS || len(told) != 2 || m.ETag == "" {
			t.Fatalf("%s: %d told of %+v, %v", address, len(told), f, err)
		}
		told, _, _, err = looker.Look(t.Context(), address, m)
		if err != nil || len(told) != 0 || asked[len(asked)-1].Header.Get("If-None-Match") != `"1"` {
			t.Errorf("%s again: %v, %v", address, told, err)
		}
	}
	told, _, _, err := looker.Look(t.Context(), "https://news.test/summary.json", Memory{})
	if err != nil || len(told) != 2 || told[0].Item.ID != "i1" {
		t.Errorf("%+v, %v", told, err)
	}
	for address, want := range map[string]error{
		"https://news.test/round": ErrRedirect, "https://news.test/plain": ErrRedirect,
		"https://news.test/inside": resolve.ErrPrivate,
		"https://news.test/none":   ErrStatus, "https://news.test/huge": ErrTooLarge, "http://news.test/feed": ErrAddress,
		"https://192.0.2.90/": ErrAddress, "https://u:p@news.test/": ErrAddress, "https://news.test:8443/": ErrAddress,
		"": ErrAddress,
	} {
		if _, _, m, err := looker.Look(t.Context(), address, Memory{}); !errors.Is(err, want) || m.Failures != 1 {
			t.Errorf("%s: %v after %d failures, want %v", address, err, m.Failures, want)
		}
	}
	_, _, m, err := looker.Look(t.Context(), "https://news.test/busy", Memory{})
	if !errors.Is(err, ErrStatus) || m.NotUntil.Sub(now) != 2*time.Hour {
		t.Errorf("%v, not until %v", err, m.NotUntil.Sub(now))
	}
	if _, _, _, err := looker.Look(t.Context(), "https://news.test/busy", m); !errors.Is(err, ErrTooSoon) {
		t.Error(err)
	}
	now = now.Add(2*time.Hour + time.Second)
	if _, _, again, err := looker.Look(t.Context(), "https://news.test/busy", m); !errors.Is(err, ErrStatus) ||
		again.Failures != 2 {
		t.Error(again, err)
	}
}

func ExampleFresh() {
	feed, err := Read([]byte(`{"page":{"name":"Mail Co","url":"https://status.test"},"incidents":[
		{"id":"1","name":"Delayed delivery","status":"investigating"}]}`), "application/json", "")
	if err != nil {
		return
	}
	told, memory := Fresh(Memory{}, feed, time.Now())
	again, _ := Fresh(memory, feed, time.Now())
	fmt.Println(told[0].Change, strings.ToLower(told[0].Item.Title), len(again))
	// Output: new delayed delivery 0
}

// TestSummaryBehindPage: a page that names its history of incidents is read by the interface beside it, where there is
// one, for the history does not tell what goes on.
func TestSummaryBehindPage(t *testing.T) {
	for _, has := range []bool{true, false} {
		mux := http.NewServeMux()
		mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, `<html><head><link rel="alternate" type="application/atom+xml" `+
				`href="https://news.test/history.atom"></head><body></body></html>`)
		})
		mux.HandleFunc("/history.atom", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(example(t, "history.atom"))
		})
		mux.HandleFunc("/api/v2/summary.json", func(w http.ResponseWriter, r *http.Request) {
			if !has { // as sites do whose pages are drawn by scripts
				w.Header().Set("Content-Type", "text/html")
				_, _ = io.WriteString(w, "<html></html>")
				return
			}
			_, _ = w.Write(example(t, "summary.json"))
		})
		zones := map[string]string{"news.test": "@ A " + lab.WebAddress + "\n"}
		l, err := lab.Start(lab.Zones(zones), lab.Site("news.test", mux))
		if err != nil {
			t.Fatal(err)
		}
		looker := &Looker{Net: l.Net(), Now: time.Now}
		want := map[bool]Format{true: StatusPage, false: Atom}[has]
		if _, f, _, err := looker.Look(t.Context(), "https://news.test/", Memory{}); err != nil || f.Format != want {
			t.Errorf("%s, want %s: %v", f.Format, want, err)
		}
		_ = l.Close()
	}
}

// TestStillPage: a page that has not changed for long names a feed that does. Validators are those of the feed, and are
// not sent to the page.
func TestStillPage(t *testing.T) {
	body := string(example(t, "news.rss"))
	mux := http.NewServeMux()
	still := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "page.html", still, strings.NewReader(
			`<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head><body>Hello</body></html>`))
	})
	written := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	mux.HandleFunc("/feed", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml")
		http.ServeContent(w, r, "", written, strings.NewReader(body))
	})
	zones := map[string]string{"news.test": "@ A " + lab.WebAddress + "\n"}
	l, err := lab.Start(lab.Zones(zones), lab.Site("news.test", mux))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	looker := &Looker{Net: l.Net(), Now: time.Now}
	_, _, m, err := looker.Look(t.Context(), "https://news.test/", Memory{})
	if err != nil {
		t.Fatal(err)
	}
	body = strings.Replace(body, "</channel>", "<item><title>Outage</title><guid>o</guid></item></channel>", 1)
	written = written.Add(time.Hour)
	told, _, _, err := looker.Look(t.Context(), "https://news.test/", m)
	if err != nil || len(told) != 1 || told[0].Item.Title != "Outage" {
		t.Errorf("%+v, %v", told, err)
	}
}
