package metrics

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// mostRead is how much of an answer is looked at for whether Slack refused.
const mostRead = 1 << 20

// downloaded stands for a method where a file is read.
const downloaded = "file"

// Client counts the calls of Slack that pass through it.
type Client struct {
	Metrics *Metrics
	Host    string // of the Web API
	Next    http.RoundTripper
}

// RoundTrip carries a call out.
func (c Client) RoundTrip(r *http.Request) (*http.Response, error) {
	began, method := time.Now(), c.Method(r)
	resp, err := c.Next.RoundTrip(r)
	if err != nil {
		c.Metrics.Called(method, Lost, time.Since(began))
		return resp, err
	}
	outcome := byStatus(resp.StatusCode)
	if outcome == OK && method != downloaded && strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		outcome = said(resp)
	}
	c.Metrics.Called(method, outcome, time.Since(began))
	return resp, nil
}

// Method is what a call calls: a method of the Web API, a response_url, or a file.
func (c Client) Method(r *http.Request) string {
	if _, method, ok := strings.Cut(r.URL.Path, "/api/"); ok && r.URL.Hostname() == c.Host {
		if strings.Contains(method, "/") {
			return other
		}
		return method
	}
	switch {
	case r.Method == http.MethodGet:
		return downloaded
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		return "response_url"
	}
	return "upload"
}

func byStatus(status int) Outcome {
	switch {
	case status == http.StatusTooManyRequests:
		return Limited
	case status >= http.StatusInternalServerError:
		return Failed
	case status >= http.StatusBadRequest:
		return Refused
	}
	return OK
}

// said reads whether Slack's answer says that the call was carried out; the answer can be read once more.
func said(resp *http.Response) Outcome {
	head, err := io.ReadAll(io.LimitReader(resp.Body, mostRead))
	rest := io.Reader(resp.Body)
	if err != nil {
		rest = failing{err}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), rest), resp.Body}
	if err != nil {
		return Lost
	}
	var answer struct {
		OK    *bool  `json:"ok"`
		Error string `json:"error"`
	}
	if json.Unmarshal(head, &answer) != nil || answer.OK == nil || *answer.OK {
		return OK
	}
	switch answer.Error {
	case "ratelimited", "rate_limited":
		return Limited
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout":
		return Failed
	}
	return Refused
}

// failing gives the error that a reader ended with.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
