package jobs

import (
	"context"
	"testing"
	"time"

	"signpost/internal/redistest"
)

// TestForms runs a job on each form of Redis: one server, with a password, over Sentinel, on a Cluster.
func TestForms(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{
		"one server": func(t testing.TB) string { return redistest.Start(t).URL() },
		"sentinel":   func(t testing.TB) string { url, _ := redistest.Sentinel(t); return url },
		"cluster":    func(t testing.TB) string { return redistest.Cluster(t).URL },
	} {
		t.Run(name, func(t *testing.T) {
			client, err := Connect(t.Context(), url(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = client.Close() })
			q := New(client, 2)
			got := make(chan string, 1)
			serve(t, q, func(ctx context.Context, j Job) error {
				if err := q.Note(ctx, j.ID, "a", "b"); err != nil {
					t.Error(err)
				}
				got <- string(j.Payload)
				return nil
			})
			if fresh, err := q.Put(t.Context(), Request{ID: "j", Payload: []byte("hello")}); err != nil || !fresh {
				t.Fatal(fresh, err)
			}
			select {
			case s := <-got:
				if s != "hello" {
					t.Error(s)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("the job is not done")
			}
		})
	}
}
