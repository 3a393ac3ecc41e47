package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
)

// maxBody is how many octets a request's body may have.
const maxBody = 1 << 20

// listen starts the HTTP server; stop ends it in order.
func (b *Bot) listen(ctx context.Context) (stop func(), err error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", b.Listen)
	if err != nil {
		return nil, fmt.Errorf("bot: cannot listen at %s: %w. Set SIGNPOST_LISTEN to a free address, such as :8081", b.Listen, err)
	}
	addr := ln.Addr().String()
	b.listening.Store(&addr)
	slog.Info("listening", "address", addr, "signed_http", b.SigningSecret != "")
	server := &http.Server{
		Handler: b.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
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
		_ = server.Shutdown(ctx)
		<-done
	}, nil
}

// Addr is where the bot listens, empty before it does.
func (b *Bot) Addr() string {
	if p := b.listening.Load(); p != nil {
		return *p
	}
	return ""
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
	return mux
}

// ready says whether requests are answered at once: Redis answers, Slack knows us, and the socket stands where there is one.
func (b *Bot) ready(w http.ResponseWriter, _ *http.Request) {
	switch {
	case b.Queue.Down() != nil:
		http.Error(w, "redis does not answer", http.StatusServiceUnavailable)
	case b.self.Load() == nil:
		http.Error(w, "slack does not answer", http.StatusServiceUnavailable)
	case b.AppToken != "" && !b.connected.Load():
		http.Error(w, "the socket is not connected", http.StatusServiceUnavailable)
	default:
		fmt.Fprintln(w, "ok")
	}
}

// signed lets through what Slack signed within the last five minutes, with its body read.
// Source: https://docs.slack.dev/authentication/verifying-requests-from-slack.
func (b *Bot) signed(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large):
			http.Error(w, "the body is too large", http.StatusRequestEntityTooLarge)
			return
		case err != nil:
			http.Error(w, "the body cannot be read", http.StatusBadRequest)
			return
		}
		v, err := slack.NewSecretsVerifier(r.Header, b.SigningSecret)
		if err == nil {
			_, _ = v.Write(body)
			err = v.Ensure()
		}
		if err != nil {
			slog.Warn("request without a valid signature", "path", r.URL.Path, "error", err)
			http.Error(w, "the signature is missing, wrong or over five minutes old", http.StatusUnauthorized)
			return
		}
		if n := r.Header.Get("X-Slack-Retry-Num"); n != "" {
			slog.Info("slack delivers again", "retry", n, "reason", r.Header.Get("X-Slack-Retry-Reason"))
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next(w, r)
	}
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
		slog.Info("event of an unknown kind", "error", err)
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

// ephemeral is an acknowledgement that the asker alone reads.
func ephemeral(text string) map[string]any {
	return map[string]any{"response_type": "ephemeral", "text": text}
}
