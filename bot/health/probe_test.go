package health_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"signpost/bot/health"
)

// serve listens on loopback and answers /readyz with the given status, anything else with 404.
func serve(t *testing.T, status int) (port string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if status == http.StatusFound {
			http.Redirect(w, r, "/elsewhere", status)
			return
		}
		w.WriteHeader(status)
	})
	mux.HandleFunc("GET /elsewhere", func(http.ResponseWriter, *http.Request) {})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestProbeWell(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://192.0.2.1:3128") // must not be asked
	port := serve(t, http.StatusOK)
	for _, host := range []string{"", "127.0.0.1", "0.0.0.0", "localhost"} {
		if err := health.Probe(t.Context(), net.JoinHostPort(host, port)); err != nil {
			t.Errorf("host %q: %v", host, err)
		}
	}
}

func TestProbeUnwell(t *testing.T) {
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusNotFound, http.StatusNoContent,
		http.StatusFound} {
		err := health.Probe(t.Context(), ":"+serve(t, status))
		if !errors.Is(err, health.ErrUnwell) {
			t.Errorf("status %d: %v, want ErrUnwell", status, err)
		}
	}
}

func TestProbeNoAnswer(t *testing.T) {
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := ln.Addr().String()
	ln.Close()
	for _, listen := range []string{free, "8080", "", "127.0.0.1:port", "a b:80"} {
		if err := health.Probe(t.Context(), listen); err == nil || errors.Is(err, health.ErrUnwell) {
			t.Errorf("listen %q: %v, want an error other than ErrUnwell", listen, err)
		}
	}
}

func TestProbeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	t.Cleanup(srv.Close)
	go func() { <-asked; cancel() }()
	if err := health.Probe(ctx, srv.Listener.Addr().String()); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}
