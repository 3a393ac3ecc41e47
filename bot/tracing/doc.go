// Package tracing tells an OpenTelemetry collector how long each part of a request takes: its acceptance, its job, the
// diagnosis with its checks, each call of Slack. It is off unless OTEL_EXPORTER_OTLP_ENDPOINT (or
// OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) names a collector that takes OTLP over HTTP.
//
// Spans hold the request's id, the command's name, a check's name and status, and how it ended. They hold no text, no
// domain and no person.
//
// What may enter: a span, and the bounds of what stands in it.
package tracing
