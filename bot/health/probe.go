package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// ErrUnwell says that the bot answered, but not that it is well.
var ErrUnwell = errors.New("health: unwell")

// patience is how long one probe waits in all: less than the container's own timeout of 5 s, so that the reason is
// told.
const patience = 3 * time.Second

// mostSaid is how much of the reason is told.
const mostSaid = 200

// Probe asks /readyz of the bot that listens at listen, an address as `serve` takes it (":8080", "127.0.0.1:8080",
// "[::]:8080"); a wildcard is asked on loopback. Nil means a 200 within 3 s; any other status is ErrUnwell, with the
// reason that the bot gives; no answer, or an address that cannot be read, is an error of its own.
func Probe(ctx context.Context, listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("health: listen address: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet,
		"http://"+net.JoinHostPort(reachable(host), port)+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("health: listen address: %w", err)
	}
	// A transport of its own: a proxy of the environment would be asked about its own loopback.
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		why, err := io.ReadAll(io.LimitReader(resp.Body, mostSaid))
		if err != nil || len(why) == 0 {
			return fmt.Errorf("%w: %s", ErrUnwell, resp.Status)
		}
		return fmt.Errorf("%w: %s: %q", ErrUnwell, resp.Status, strings.TrimSpace(string(why)))
	}
	return nil
}

// reachable turns the wildcard addresses, which can be listened at but not called, into loopback.
func reachable(host string) string {
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "", err == nil && ip.IsUnspecified() && ip.Is4():
		return "127.0.0.1"
	case err == nil && ip.IsUnspecified():
		return "::1"
	}
	return host
}
