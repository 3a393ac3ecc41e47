package bot

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"signpost/bot/metrics"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
)

const (
	// maxBody is how many octets a request's body may have; Slack's have far fewer.
	maxBody = 256 << 10
	// bodyWithin is how long a body may take to come, and slotWithin how long a request waits until it may send one.
	bodyWithin = 3 * time.Second
	slotWithin = 500 * time.Millisecond
)

// listen starts the HTTP servers that the settings name; stop ends them in order, however many have begun.
func (b *Bot) listen(ctx context.Context) (stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, s := range stops {
			s()
		}
	}
	for _, s := range []struct {
		address, setting, example string
		handler                   http.Handler
		at                        *atomic.Pointer[string]
		longest                   time.Duration // of an answer
	}{
		{b.Listen, "SIGNPOST_LISTEN", ":8081", b.handler(), &b.listening, 10 * time.Second},
		{b.MetricsListen, "SIGNPOST_METRICS", ":9465", b.metricsHandler(), &b.measuring, 10 * time.Second},
		{b.DebugListen, "SIGNPOST_DEBUG", "127.0.0.1:6061", debugHandler(), &b.debugging, 2 * time.Minute},
	} {
		if s.address == "" {
			continue
		}
		var lc net.ListenConfig
		ln, err := lc.Listen(ctx, "tcp", s.address)
		if err != nil {
			return stop, fmt.Errorf("bot: cannot listen at %s: %w. Set %s to a free address, such as %s", s.address, err,
				s.setting, s.example)
		}
		addr := ln.Addr().String()
		s.at.Store(&addr)
		slog.Info("listening", "address", addr, "setting", s.setting, "signed_http", b.SigningSecret != "")
		stops = append(stops, b.serve(ctx, ln, s.handler, s.longest))
	}
	return stop, nil
}

// serve answers requests until stop is called.
func (b *Bot) serve(ctx context.Context, ln net.Listener, h http.Handler, longest time.Duration) (stop func()) {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: longest, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			b.fail(fmt.Errorf("bot: http: %w", err))
		}
	}()
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
		<-done
	}
}

// Addr is where the bot listens, empty before it does.
func (b *Bot) Addr() string { return text(b.listening.Load()) }

// MetricsAddr is where metrics are told, empty before they are.
func (b *Bot) MetricsAddr() string { return text(b.measuring.Load()) }

// DebugAddr is where the program can be profiled, empty before it can.
func (b *Bot) DebugAddr() string { return text(b.debugging.Load()) }

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

func (b *Bot) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", b.ready)
	if b.SigningSecret != "" {
		mux.HandleFunc("POST /slack/commands", b.signed(b.httpCommand))
		mux.HandleFunc("POST /slack/interactions", b.signed(b.httpInteraction))
		mux.HandleFunc("POST /slack/events", b.signed(b.httpEvent))
	}
	if b.pages != nil {
		b.pages.Handle(mux)
	}
	return mux
}

// ready answers whether requests are answered at once.
func (b *Bot) ready(w http.ResponseWriter, _ *http.Request) {
	if why := b.unready(); why != "" {
		http.Error(w, why, http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// signed lets through what Slack signed within the last five minutes, with its body read.
// Source: https://docs.slack.dev/authentication/verifying-requests-from-slack.
func (b *Bot) signed(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		// What cannot be Slack's by its headers is not read.
		v, err := slack.NewSecretsVerifier(r.Header, b.SigningSecret)
		if err != nil {
			b.unsigned(w, r, err)
			return
		}
		if r.ContentLength > maxBody {
			b.tooLarge(w)
			return
		}
		body, err := b.read(w, r)
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large):
			b.tooLarge(w)
			return
		case errors.Is(err, errBusy):
			b.Metrics.Reached(metrics.LimitBodies)
			w.Header().Set("Connection", "close")
			w.Header().Set("Retry-After", "1")
			http.Error(w, "too many requests are being read", http.StatusServiceUnavailable)
			return
		case err != nil:
			w.Header().Set("Connection", "close")
			http.Error(w, "the body cannot be read", http.StatusBadRequest)
			return
		}
		_, _ = v.Write(body)
		if err := v.Ensure(); err != nil {
			b.unsigned(w, r, err)
			return
		}
		if n := r.Header.Get("X-Slack-Retry-Num"); n != "" {
			slog.Info("slack delivers again", "retry", n, "reason", r.Header.Get("X-Slack-Retry-Reason"))
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next(w, r)
		b.Metrics.Acked(metrics.HTTP, time.Since(began))
	}
}

func (b *Bot) unsigned(w http.ResponseWriter, r *http.Request, err error) {
	b.Metrics.Reached(metrics.LimitSignature)
	slog.Warn("request without a valid signature", "path", r.URL.Path, "error", err)
	w.Header().Set("Connection", "close")
	http.Error(w, "the signature is missing, wrong or over five minutes old", http.StatusUnauthorized)
}

func (b *Bot) tooLarge(w http.ResponseWriter) {
	b.Metrics.Reached(metrics.LimitBody)
	w.Header().Set("Connection", "close")
	http.Error(w, "the body is too large", http.StatusRequestEntityTooLarge)
}

var errBusy = errors.New("bot: too many bodies at once")

// read reads a body, when few enough others are being read.
func (b *Bot) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	wait := time.NewTimer(slotWithin)
	defer wait.Stop()
	select {
	case b.bodies <- struct{}{}:
		defer func() { <-b.bodies }()
	case <-wait.C:
		return nil, errBusy
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyWithin)) // where it cannot be set, the server's own holds
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		_ = control.SetReadDeadline(time.Time{})
	}
	return body, err
}

func (b *Bot) httpCommand(w http.ResponseWriter, r *http.Request) {
	c, err := slack.SlashCommandParse(r)
	if err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	if r.PostForm.Get("ssl_check") == "1" {
		return
	}
	if c.Command == "" || c.UserID == "" {
		http.Error(w, "no command in the form", http.StatusBadRequest)
		return
	}
	d := b.fromSlash(c, r.Header.Get("X-Slack-Signature"))
	fresh, notice := b.accept(r.Context(), d)
	switch {
	case notice != "":
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(ephemeral(notice))
	case fresh && d.request.Modal != "":
		go b.after(r.Context(), d, "")
	}
}

func (b *Bot) httpInteraction(w http.ResponseWriter, r *http.Request) {
	c, err := slack.InteractionCallbackParse(r)
	if err != nil {
		http.Error(w, "the payload cannot be read", http.StatusBadRequest)
		return
	}
	d, ok := b.fromInteraction(c)
	switch {
	case ok:
		b.acceptQuietly(r.Context(), d)
	case d.refusal != nil:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(d.refusal)
	}
}

func (b *Bot) httpEvent(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || !json.Valid(body) {
		http.Error(w, "the event cannot be read", http.StatusBadRequest)
		return
	}
	event, err := slackevents.ParseEvent(body, slackevents.OptionNoVerifyToken())
	if err != nil { // of a kind that the library does not know: Slack shall not send it again
		var kind struct {
			Type  string `json:"type"`
			Event struct {
				Type string `json:"type"`
			} `json:"event"`
		}
		_ = json.Unmarshal(body, &kind)
		logUnknown(cmp.Or(kind.Event.Type, kind.Type), err)
		return
	}
	if event.Type == slackevents.URLVerification {
		if v, ok := event.Data.(*slackevents.EventsAPIURLVerificationEvent); ok {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, v.Challenge)
		}
		return
	}
	if d, ok := b.fromEvent(event); ok {
		b.acceptQuietly(r.Context(), d)
	}
}

// acceptQuietly accepts what has no room for words in its acknowledgement: they follow on their own.
func (b *Bot) acceptQuietly(ctx context.Context, d delivery) {
	fresh, notice := b.accept(ctx, d)
	if fresh && (notice != "" || d.request.Modal != "") {
		go b.after(ctx, d, notice)
	}
}
