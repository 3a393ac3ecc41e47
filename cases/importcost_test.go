package cases

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
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
		if n, err := b.Forget(ctx, "T1", "U9", "U1", "f"); len(n) != 0 || err != nil {
			t.Error(n, err)
		}
		if found, _, err := b.Find(ctx, "T1", Query{Text: "no mail"}, 0, 5); err != nil || len(found) != 5 ||
			found[0].Number != 99_000_001 {
			t.Errorf("%v, %v", numbers(found), err)
		}
		redisOf(b).Set(ctx, indexKey("T1"), index.Version-1, 0)
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

// TestImportBounds: a record of a megabyte is taken and one of an octet more is not, however long it goes on, and what
// follows is read.
func TestImportBounds(t *testing.T) {
	b, ctx := OpenBook(redistest.Embedded(t), time.Now), t.Context()
	sized := func(number int64, size int) string {
		l := strings.TrimSuffix(line(number, nil), "\n")
		return l[:len(l)-1] + strings.Repeat(" ", size-len(l)) + "}\n"
	}
	for size, refused := range map[int]int{maxRecord: 0, maxRecord + 1: 1, 2*maxRecord + 7: 1} {
		team := fmt.Sprint("T", size)
		got, err := b.Import(ctx, team, strings.NewReader(line(1, nil)+sized(2, size)+line(3, nil)), nil)
		if err != nil || got.Refused != refused || got.Taken != 3-refused {
			t.Errorf("a record of %d octets: %+v, %v", size, got, err)
		}
	}
	// Of a title of 60 MB no more is held than a record may have.
	long := &endless{head: `{"number":2,"case":{"title":"`, fill: 'y', left: 60 << 20, tail: `"}}` + "\n"}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := b.Import(ctx, "T60", io.MultiReader(strings.NewReader(line(1, nil)), long,
		strings.NewReader(line(3, nil))), nil)
	runtime.ReadMemStats(&after)
	if err != nil || got.Taken != 2 || got.Refused != 1 || got.Why[0].Kind != "big" || got.Why[0].Line != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 16 {
		t.Errorf("%d MB were taken for it", took)
	}
}

// endless is text of a length that nobody holds in memory.
type endless struct {
	head, tail string
	fill       byte
	left       int
}

func (e *endless) Read(p []byte) (n int, err error) {
	switch {
	case e.head != "":
		n = copy(p, e.head)
		e.head = e.head[n:]
	case e.left > 0:
		for n < len(p) && e.left > 0 {
			p[n] = e.fill
			n, e.left = n+1, e.left-1
		}
	case e.tail != "":
		n = copy(p, e.tail)
		e.tail = e.tail[n:]
	default:
		return 0, io.EOF
	}
	return n, nil
}

// TestPortions: one call of a script takes 2,000 entries or a megabyte of them, and at least one.
func TestPortions(t *testing.T) {
	list := func(n, size int) (out [][]string) {
		for range n {
			out = append(out, []string{"1", strings.Repeat("x", size)})
		}
		return out
	}
	for _, c := range []struct{ contacts, entries, size, wantContacts, wantEntries int }{
		{0, entriesAtOnce, 10, 0, entriesAtOnce}, {0, entriesAtOnce + 1, 10, 0, entriesAtOnce},
		{500, entriesAtOnce, 10, 500, entriesAtOnce - 500}, {entriesAtOnce + 5, 9, 10, entriesAtOnce, 0},
		{0, 3, octetsAtOnce, 0, 1}, {0, 3, octetsAtOnce / 2, 0, 2}, {1, 3, octetsAtOnce + 1, 1, 0},
		{0, 1, 32 * octetsAtOnce, 0, 1},
	} {
		n, m := portion(list(c.contacts, c.size), list(c.entries, c.size))
		if n != c.wantContacts || m != c.wantEntries {
			t.Errorf("%+v: %d contacts and %d entries", c, n, m)
		}
	}
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
		for i := range 10 {
			var more []Entry
			for j := range 250 {
				more = append(more, Entry{Kind: "note", By: "U7",
					Text: fmt.Sprintf("note %d word%dx%d %s", i, i, j, "长长"+strings.Repeat("o", 1900))})
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
		if n, err := b.Forget(ctx, "T2", "U7", "U1", "f"); len(n) != 1 || err != nil {
			t.Error(n, err)
		}
		r, err := b.record(ctx, "T2", 1)
		if err != nil || len(r.Timeline) != 2502 || r.Timeline[2000].By != Gone {
			t.Errorf("%d entries, %v", len(r.Timeline), err)
		}
		if err := b.Delete(ctx, "T2", 1, "U1"); err != nil {
			t.Error(err)
		}
		for _, kind := range []string{"shelf", "floor", "timeline", "contacts", "staged", "case"} {
			if left := redisOf(b).Keys(ctx, teamKey("T2", kind)+":*").Val(); len(left) > 0 {
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
