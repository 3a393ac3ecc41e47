package cases

import (
	"bytes"
	"testing"
	"time"

	"signpost/internal/redistest"

	"github.com/redis/go-redis/v9"
)

// TestBackup: a casebook that is restored from a dump into another server exports the same as at the time of the dump,
// whatever happened after it, finds what it found, and goes on.
func TestBackup(t *testing.T) {
	on := func(s *redistest.Server) *Book {
		client := redis.NewClient(&redis.Options{Addr: s.Addr})
		t.Cleanup(func() { _ = client.Close() })
		return OpenBook(client, time.Now)
	}
	export := func(b *Book) []byte {
		all, err := b.Export(t.Context(), "T1", "json", nil)
		if err != nil || len(all) < 1000 {
			t.Fatalf("%d octets, %v", len(all), err)
		}
		return all
	}
	server := redistest.Start(t)
	b := on(server)
	manyCases(t, b)
	audited, err := b.Audits(t.Context(), "T1", 100)
	if err != nil {
		t.Fatal(err)
	}
	before, dump := export(b), server.Backup()
	last := open(t, b, "after", "later.example", "a case that the dump does not have")
	if bytes.Equal(before, export(b)) {
		t.Fatal("nothing happened after the dump")
	}

	restored := on(redistest.Restore(t, dump))
	if got := export(restored); !bytes.Equal(got, before) {
		t.Errorf("the export differs: %d octets, %d before", len(got), len(before))
	}
	if audit, err := restored.Audits(t.Context(), "T1", 100); err != nil || len(audit) != len(audited) {
		t.Errorf("audit: %d lines of %d, %v", len(audit), len(audited), err)
	}
	counts, err := restored.Counts(t.Context(), "T1")
	if err != nil || counts[New] == 0 {
		t.Errorf("%v, %v", counts, err)
	}
	if c := open(t, restored, "again", "later.example", "goes on"); c.Number != last.Number {
		t.Errorf("the next case is %d, want %d", c.Number, last.Number)
	}
}
