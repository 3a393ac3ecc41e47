package cases

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"signpost/cases/index"
	"signpost/internal/redistest"
)

// TestCostFollowsCases: one case with a high number makes nothing slow that goes through the whole casebook.
func TestCostFollowsCases(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		var file strings.Builder
		for n := int64(1); n < maxNumber; n += maxGap { // each as far above the one before as may be
			file.WriteString(line(n, nil))
		}
		begun := time.Now()
		got, err := b.Import(ctx, "T1", strings.NewReader(file.String()), nil)
		if err != nil || got.Taken != 100 || got.Refused != 0 {
			t.Fatalf("%+v, %v", got, err)
		}
		if out, err := b.Export(ctx, "T1", "json", nil); err != nil || strings.Count(string(out), "\n") != 100 {
			t.Error(strings.Count(string(out), "\n"), err)
		}
		if n, err := b.Forget(ctx, "T1", "U9", "U1"); n != 0 || err != nil {
			t.Error(n, err)
		}
		if found, _, err := b.Find(ctx, "T1", Query{Text: "no mail"}, 0, 5); err != nil || len(found) != 5 ||
			found[0].Number != 99_000_001 {
			t.Errorf("%v, %v", numbers(found), err)
		}
		b.redis.Set(ctx, indexKey("T1"), index.Version-1, 0)
		if err := b.Reindex(ctx, "T1"); err != nil {
			t.Error(err)
		}
		deleted, from := 0, int64(1)
		for rounds := 0; from > 0 && rounds < 100; rounds++ {
			n, next, err := b.Expired(ctx, "T1", time.Now(), from, 100)
			if err != nil {
				t.Fatal(err)
			}
			deleted, from = deleted+n, next
		}
		if deleted != 0 || from != 0 {
			t.Errorf("%d, from %d", deleted, from)
		}
		if took := time.Since(begun); took > 60*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// TestLargeCase: a case of many entries is exported in lines of a megabyte at most, read in over several calls as a
// whole, changed and deleted.
func TestLargeCase(t *testing.T) {
	if testing.Short() {
		t.Skip("left out: many entries")
	}
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		c := open(t, b, "1", "a.example", "the long one")
		for i := range 30 {
			var more []Entry
			for j := range 250 {
				more = append(more, Entry{Kind: "note", By: "U7",
					Text: fmt.Sprintf("note %d word%dx%d %s", i, i, j, strings.Repeat("长", 200))})
			}
			if _, _, err := b.Change(ctx, "T1", c.Number, "",
				func(*Case) (Edit, error) { return Edit{Entries: more}, nil }); err != nil {
				t.Fatal(err)
			}
		}
		out, err := b.Export(ctx, "T1", "json", nil)
		if err != nil || strings.Count(string(out), "\n") < 4 {
			t.Fatal(strings.Count(string(out), "\n"), err)
		}
		for l := range strings.Lines(string(out)) {
			if len(l) > maxRecord {
				t.Errorf("a line of %d octets", len(l))
			}
		}
		got, err := b.Import(ctx, "T2", strings.NewReader(string(out)), nil)
		if err != nil || got.Taken != 1 || got.Refused != 0 {
			t.Fatalf("%+v, %v", got, err)
		}
		if again, err := b.Export(ctx, "T2", "json", nil); err != nil || string(again) != string(out) {
			t.Errorf("the export of the import differs: %d octets, were %d, %v", len(again), len(out), err)
		}
		if n, err := b.Forget(ctx, "T2", "U7", "U1"); n != 1 || err != nil {
			t.Error(n, err)
		}
		r, err := b.record(ctx, "T2", 1)
		if err != nil || len(r.Timeline) != 7502 || r.Timeline[7000].By != Gone {
			t.Errorf("%d entries, %v", len(r.Timeline), err)
		}
		if err := b.Delete(ctx, "T2", 1, "U1"); err != nil {
			t.Error(err)
		}
		for _, kind := range []string{"shelf", "floor", "timeline", "contacts", "staged", "case"} {
			if left := b.redis.Keys(ctx, teamKey("T2", kind)+":*").Val(); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		}
	})
}

// TestImportLeavesRedisFree: while the worst of files is read in, others are answered.
func TestImportLeavesRedisFree(t *testing.T) {
	if testing.Short() {
		t.Skip("left out: large cases")
	}
	client := redistest.Start(t).Client()
	b, ctx := OpenBook(client, time.Now), t.Context()
	var file strings.Builder
	word := 0
	for n := range int64(4) {
		var list []any
		for range 900 { // no word twice
			text := ""
			for range 24 {
				word++
				text += fmt.Sprintf("w%x ", word)
			}
			list = append(list, map[string]any{"at": monday, "kind": "note", "text": text})
		}
		file.WriteString(line(n+1, func(_, r map[string]any) { r["timeline"] = list }))
		for range 8 {
			raw, _ := json.Marshal(map[string]any{"number": n + 1, "continued": true, "timeline": list})
			file.Write(append(raw, '\n'))
		}
	}
	done := make(chan error, 1)
	go func() {
		got, err := b.Import(ctx, "T1", strings.NewReader(file.String()), nil)
		if err == nil && (got.Taken != 4 || got.Refused != 0) {
			err = fmt.Errorf("%+v", got)
		}
		done <- err
	}()
	longest := time.Duration(0)
	for {
		select {
		case err := <-done:
			if err != nil || longest > time.Second {
				t.Errorf("%v, and somebody waited %v", err, longest)
			}
			t.Logf("%d MB; the longest wait %v", file.Len()>>20, longest)
			return
		default:
		}
		begun := time.Now()
		if err := client.Ping(ctx).Err(); err != nil {
			t.Fatal(err)
		}
		longest = max(longest, time.Since(begun))
	}
}
