package bot

import (
	"context"
	"log/slog"
)

// requestKey is where a context has the id of the request that it serves.
type requestKey struct{}

// withRequest is a context whose log lines carry a request's id.
func withRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// LogHandler adds the id of the request that a context serves, as request_id, to lines that do not have it.
func LogHandler(next slog.Handler) slog.Handler { return requestHandler{Handler: next} }

type requestHandler struct {
	slog.Handler
	named bool // every line has it
}

func (h requestHandler) Handle(ctx context.Context, r slog.Record) error {
	id, ok := ctx.Value(requestKey{}).(string)
	has := h.named
	r.Attrs(func(a slog.Attr) bool {
		has = has || a.Key == "request_id"
		return !has
	})
	if ok && !has {
		r = r.Clone()
		r.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h requestHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		h.named = h.named || a.Key == "request_id"
	}
	h.Handler = h.Handler.WithAttrs(attrs)
	return h
}

func (h requestHandler) WithGroup(name string) slog.Handler {
	return requestHandler{h.Handler.WithGroup(name), h.named}
}
