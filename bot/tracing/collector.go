package tracing

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"golang.org/x/net/http/httpguts"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// collector sends spans to an OpenTelemetry collector by HTTP. It stands here because the exporter that belongs to the
// SDK links gRPC too, which is never used. Source: https://opentelemetry.io/docs/specs/otlp/ (OTLP/HTTP) and
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/ (the variables).
type collector struct {
	url     string
	headers http.Header
	gzip    bool
	timeout time.Duration // for one batch, its repetitions included
	client  *http.Client
}

// ErrConfig says that a variable of the environment holds what cannot be used.
var ErrConfig = errors.New("tracing: the environment is wrong")

// errAnswer says that a collector did not take spans.
var errAnswer = errors.New("tracing: the collector does not take them")

const (
	// patience is how long a batch may take where the environment does not say.
	patience = 10 * time.Second
	// mostAnswer is how many octets of an answer are read.
	mostAnswer = 64 << 10
)

// setting is a variable for traces, or else the one for all that is told.
func setting(name string) string {
	return cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_"+name), os.Getenv("OTEL_EXPORTER_OTLP_"+name))
}

// newCollector is the collector that the environment names; the error is ErrConfig.
func newCollector() (c *collector, err error) {
	c = &collector{timeout: patience, client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // headers may hold a password: they go where the operator said
	}}}
	if c.url, err = endpoint(); err != nil {
		return nil, err
	}
	if p := setting("PROTOCOL"); p != "" && p != "http/protobuf" {
		return nil, fmt.Errorf("%w: OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf", ErrConfig)
	}
	switch setting("COMPRESSION") {
	case "", "none":
	case "gzip":
		c.gzip = true
	default:
		return nil, fmt.Errorf("%w: OTEL_EXPORTER_OTLP_COMPRESSION must be gzip or none", ErrConfig)
	}
	if text := setting("TIMEOUT"); text != "" {
		ms, err := strconv.ParseUint(text, 10, 31)
		if err != nil || ms == 0 {
			return nil, fmt.Errorf("%w: OTEL_EXPORTER_OTLP_TIMEOUT must be a number of milliseconds", ErrConfig)
		}
		c.timeout = time.Duration(ms) * time.Millisecond
	}
	if c.headers, err = headers(setting("HEADERS")); err != nil {
		return nil, err
	}
	c.client.Transport, err = transport()
	return c, err
}

// endpoint is where traces are sent: the address for traces as it stands, that for everything with their path behind.
func endpoint() (string, error) {
	name, path := "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/"
	if os.Getenv(name) == "" {
		name, path = "OTEL_EXPORTER_OTLP_ENDPOINT", "v1/traces"
	}
	u, err := url.Parse(os.Getenv(name))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("%w: %s must be a URL, such as http://localhost:4318", ErrConfig, name)
	}
	if path != "/" || u.Path == "" {
		u = u.JoinPath(path)
	}
	return u.String(), nil
}

// headers reads "name=value,name=value", values with %XX. What they hold is no matter of the error: it may be secret.
func headers(text string) (http.Header, error) {
	out := http.Header{}
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, escaped, ok := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(escaped))
		if name = strings.TrimSpace(name); !ok || err != nil || !httpguts.ValidHeaderFieldName(name) ||
			!httpguts.ValidHeaderFieldValue(value) {
			return nil, fmt.Errorf("%w: OTEL_EXPORTER_OTLP_HEADERS must be name=value,name=value", ErrConfig)
		}
		out.Set(name, value)
	}
	return out, nil
}

// transport trusts, and shows, the certificates of the environment, beside what is usual.
func transport() (http.RoundTripper, error) {
	usual, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport, nil
	}
	to := usual.Clone()
	to.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if file := setting("CERTIFICATE"); file != "" {
		pem, err := os.ReadFile(file)
		to.TLSClientConfig.RootCAs = x509.NewCertPool()
		if err != nil || !to.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%w: OTEL_EXPORTER_OTLP_CERTIFICATE must be a file of certificates (PEM)", ErrConfig)
		}
	}
	if cert, key := setting("CLIENT_CERTIFICATE"), setting("CLIENT_KEY"); cert != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("%w: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and _CLIENT_KEY must be files of a "+
				"certificate and its key (PEM)", ErrConfig)
		}
		to.TLSClientConfig.Certificates = []tls.Certificate{pair}
	}
	return to, nil
}

// Start does nothing: connections begin with the first spans.
func (c *collector) Start(context.Context) error { return nil }

// Stop closes what is open.
func (c *collector) Stop(context.Context) error {
	c.client.CloseIdleConnections()
	return nil
}

// UploadTraces sends spans, again where the collector says that this may help.
func (c *collector) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	// On the wire this is what a request for export is: both have the spans as their field 1.
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return fmt.Errorf("tracing: %w", err)
	}
	if c.gzip {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err = w.Write(body)
		if err = errors.Join(err, w.Close()); err != nil {
			return fmt.Errorf("tracing: %w", err)
		}
		body = packed.Bytes()
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	_, err = backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, c.send(ctx, body) },
		backoff.WithMaxElapsedTime(c.timeout))
	return err
}

// send sends a batch once. An error that repeating would not mend is permanent.
func (c *collector) send(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return backoff.Permanent(fmt.Errorf("tracing: %w", err))
	}
	req.Header = c.headers.Clone()
	req.Header.Set("Content-Type", "application/x-protobuf")
	if c.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return fmt.Errorf("tracing: %w", err)
	}
	// Taken or not, its status says; what could be read of the answer tells more.
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	_ = resp.Body.Close()
	switch {
	case resp.StatusCode/100 == 2:
		return backoff.Permanent(refusedSpans(resp.Header.Get("Content-Type"), answer))
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusBadGateway,
		resp.StatusCode == http.StatusServiceUnavailable, resp.StatusCode == http.StatusGatewayTimeout:
		err = fmt.Errorf("%w: HTTP status %d", errAnswer, resp.StatusCode)
		if wait, ok := retryAfter(resp.Header.Get("Retry-After")); ok {
			return fmt.Errorf("%w (%w)", err, &backoff.RetryAfterError{Duration: wait})
		}
		return err
	default:
		return backoff.Permanent(fmt.Errorf("%w: HTTP status %d", errAnswer, resp.StatusCode))
	}
}

// retryAfter reads how long to wait: seconds, or a time (RFC 9110 10.2.3).
func retryAfter(text string) (time.Duration, bool) {
	if s, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(s) * time.Second, true
	}
	at, err := http.ParseTime(text)
	return max(time.Until(at), 0), err == nil
}

// refusedSpans reads of an answer how many spans the collector refused for good: field 1 of the message in field 1
// (ExportTracePartialSuccess.rejected_spans). Nil where none.
func refusedSpans(kind string, answer []byte) error {
	if kind != "application/x-protobuf" {
		return nil
	}
	inner, _ := protowire.ConsumeBytes(first(answer, protowire.BytesType))
	refused, _ := protowire.ConsumeVarint(first(inner, protowire.VarintType))
	if refused == 0 {
		return nil
	}
	return fmt.Errorf("%w: %d spans are refused", errAnswer, refused)
}

// first is the value of a message's field 1, nil where it has none of this type.
func first(message []byte, kind protowire.Type) []byte {
	for len(message) > 0 {
		number, t, head := protowire.ConsumeTag(message)
		if head < 0 {
			return nil
		}
		size := protowire.ConsumeFieldValue(number, t, message[head:])
		if size < 0 {
			return nil
		}
		if number == 1 && t == kind {
			return message[head : head+size]
		}
		message = message[head+size:]
	}
	return nil
}
