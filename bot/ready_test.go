package bot

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"signpost/bot/health"
	"signpost/bot/internal/slackfake"
	"signpost/internal/redistest"
)

// TestHealthAgrees: `signpost health` says what /readyz says, whichever of Redis and the socket is away, and why.
func TestHealthAgrees(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := start(t, settings{redis: server.URL(), http: true, withFaults: true})
	agree := func(status int, why string) {
		t.Helper()
		var said error
		if !poll(15*time.Second, func() bool {
			resp, err := http.Get(r.url() + "/readyz")
			if err != nil {
				return false
			}
			_ = resp.Body.Close()
			said = health.Probe(t.Context(), r.bot.Addr())
			return resp.StatusCode == status && (said == nil) == (status == http.StatusOK)
		}) {
			t.Fatalf("not %d: %v", status, said)
		}
		if status != http.StatusOK && (!errors.Is(said, health.ErrUnwell) || !strings.Contains(said.Error(), why)) {
			t.Errorf("%v, want %s", said, why)
		}
	}
	agree(http.StatusOK, "")
	server.Kill()
	agree(http.StatusServiceUnavailable, "redis does not answer")
	server.Start()
	agree(http.StatusOK, "")
	r.Fail("apps.connections.open", slackfake.Failure{Status: http.StatusServiceUnavailable},
		slackfake.Failure{Status: http.StatusServiceUnavailable})
	r.Disconnect()
	agree(http.StatusServiceUnavailable, "the socket is not connected")
}
