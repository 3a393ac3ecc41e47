package tracing

import (
	"errors"
	"net/http"
)

// Client makes a span of each call of Slack that belongs to a request.
type Client struct {
	Method func(*http.Request) string // what is called
	Next   http.RoundTripper
}

// errStatus says that Slack answered with an error.
var errStatus = errors.New("tracing: an answer of trouble")

// RoundTrip carries a call out.
func (c Client) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, end := Begin(r.Context(), "slack "+c.Method(r))
	resp, err := c.Next.RoundTrip(r.WithContext(ctx))
	switch {
	case err != nil:
		end(err)
	case resp.StatusCode >= http.StatusBadRequest:
		end(errStatus)
	default:
		end(nil)
	}
	return resp, err
}
