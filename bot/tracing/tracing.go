package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// name is of the tracer, and of the service where the environment gives no other.
const name = "signpost"

// Tracing begins traces.
type Tracing struct {
	provider *sdk.TracerProvider // nil: off
	tracer   trace.Tracer
}

// Off is tracing that does nothing.
func Off() *Tracing { return &Tracing{tracer: noop.NewTracerProvider().Tracer(name)} }

// Start switches tracing on where the environment wants it, and is Off otherwise. What the OpenTelemetry specification
// says of OTEL_EXPORTER_OTLP_*, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES holds. Source:
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/. What cannot be used is ErrConfig.
func Start(ctx context.Context, version string) (*Tracing, error) {
	if setting("ENDPOINT") == "" || strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") ||
		os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		return Off(), nil
	}
	to, err := newCollector()
	if err != nil {
		return nil, err
	}
	exporter, err := otlptrace.New(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	// The environment's own words go before ours.
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", name),
		attribute.String("service.version", version)), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("tracing: OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { slog.Warn("traces are not told", "error", err) }))
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about))
	return &Tracing{provider: provider, tracer: provider.Tracer(name)}, nil
}

// lastWords is how long what is not told yet may take at the end.
const lastWords = 3 * time.Second

// Stop tells what is not told yet.
func (t *Tracing) Stop(ctx context.Context) {
	if t.provider == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		slog.Warn("the latest traces are not told", "error", err)
	}
}

// Root begins a span under what another process carried here, or a trace of its own where that is empty. The pairs are
// names and values. The function that it gives ends the span; its error, if any, is noted by its kind alone.
func (t *Tracing) Root(ctx context.Context, what, carried string, pairs ...string) (context.Context, func(error)) {
	if t.provider == nil {
		return ctx, func(error) {}
	}
	if carried != "" {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": carried})
	}
	return begin(ctx, t.tracer, what, pairs)
}

// Begin begins a span below the one that a context has; it does nothing where the context has none.
func Begin(ctx context.Context, what string, pairs ...string) (context.Context, func(error)) {
	above := trace.SpanFromContext(ctx)
	if !above.IsRecording() {
		return ctx, func(error) {}
	}
	return begin(ctx, above.TracerProvider().Tracer(name), what, pairs)
}

// Set adds names and values to the span that a context has.
func Set(ctx context.Context, pairs ...string) {
	trace.SpanFromContext(ctx).SetAttributes(attributes(pairs)...)
}

// Carry is what another process needs to go on with a context's trace; empty where there is none.
func Carry(ctx context.Context) string {
	to := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, to)
	return to["traceparent"]
}

func begin(ctx context.Context, by trace.Tracer, what string, pairs []string) (context.Context, func(error)) {
	ctx, span := by.Start(ctx, what, trace.WithAttributes(attributes(pairs)...))
	return ctx, func(err error) {
		if err != nil { // its words may hold what a person wrote
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

func attributes(pairs []string) (out []attribute.KeyValue) {
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, attribute.String(pairs[i], clip(pairs[i+1])))
	}
	return out
}

// mostOctets is how long a value may be.
const mostOctets = 64

func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), mostOctets)], "") }
