package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/cases/redistest"
	"signpost/diag"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// books runs a test on the embedded store and on a real server.
func books(t *testing.T, test func(t *testing.T, b *Book)) {
	t.Run("embedded", func(t *testing.T) {
		client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
		t.Cleanup(func() { _ = client.Close() })
		test(t, OpenBook(client, time.Now))
	})
	t.Run("real", func(t *testing.T) {
		client := redis.NewClient(&redis.Options{Addr: redistest.Start(t).Addr})
		t.Cleanup(func() { _ = client.Close() })
		test(t, OpenBook(client, time.Now))
	})
}

func open(t testing.TB, b *Book, request, domain, title string, codes ...string) *Case {
	t.Helper()
	o, err := b.Open(context.Background(), "T1", Opening{
		Request: request, Second: true,
		Case: Case{Domain: domain, Title: title, Provider: "alimail", By: "U1", Channel: "C1", First: &Snapshot{Verdict: diag.Broken, Found: codes}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return o.Case
}

func numbers(list []*Case) (out []int64) {
	for _, c := range list {
		out = append(out, c.Number)
	}
	return out
}

// TestOpen opens a case once for a request, and offers the existing one of a domain.
func TestOpen(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		first, err := b.Open(ctx, "T1", Opening{Request: "r1", Case: Case{Domain: "a.example", Title: "收不到信", By: "U1"}, Said: "x"})
		if err != nil || first.Existing || first.Repeated || first.Case.Number != 1 || first.Case.Name() != "MAIL-1" || first.Case.State != New || first.Case.Rev != 1 {
			t.Fatalf("%+v %+v %v", first, first.Case, err)
		}
		again, err := b.Open(ctx, "T1", Opening{Request: "r1", Case: Case{Domain: "a.example", Title: "收不到信"}})
		if err != nil || !again.Repeated || again.Case.Number != 1 {
			t.Errorf("the same request opens %+v, %v", again, err)
		}
		other, err := b.Open(ctx, "T1", Opening{Request: "r2", Case: Case{Domain: "a.example", Title: "second"}})
		if err != nil || !other.Existing || other.Case.Number != 1 {
			t.Errorf("the domain has a case: %+v, %v", other, err)
		}
		second, err := b.Open(ctx, "T1", Opening{Request: "r3", Second: true, Case: Case{Domain: "a.example", Title: "second"}})
		if err != nil || second.Existing || second.Case.Number != 2 {
			t.Errorf("%+v, %v", second, err)
		}
		elsewhere, err := b.Open(ctx, "T2", Opening{Request: "r1", Case: Case{Domain: "a.example", Title: "another workspace"}})
		if err != nil || elsewhere.Existing || elsewhere.Case.Number != 1 {
			t.Errorf("another workspace: %+v, %v", elsewhere, err)
		}
		if _, err := b.Case(ctx, "T2", 2); !errors.Is(err, ErrNone) {
			t.Errorf("a case of another workspace: %v", err)
		}
		if n, err := b.OpenOf(ctx, "T1", "a.example"); n != 1 || err != nil {
			t.Error(n, err)
		}
		if list, err := b.Timeline(ctx, "T1", 1, "", 10); err != nil || len(list) != 1 || list[0].Text != "x" || list[0].By != "U1" || list[0].At.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// TestChange changes a case once for a request, keeps what others change at the same time, and lets go of the domain when it is solved.
func TestChange(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		c := open(t, b, "o", "a.example", "no mail", "spf.none a.example")
		for n := range 2 {
			got, repeated, err := b.Change(ctx, "T1", c.Number, "take", func(c *Case) (Edit, error) {
				c.Assignee = "U2"
				return Edit{Entries: []Entry{{Kind: "taken", By: "U2"}}}, nil
			})
			if err != nil || repeated != (n == 1) || got.Assignee != "U2" || got.Rev != 2 {
				t.Fatalf("%d: %+v %v %v", n, got, repeated, err)
			}
		}
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, _, err := b.Change(ctx, "T1", c.Number, fmt.Sprint("tag", i), func(c *Case) (Edit, error) {
					c.Tags = append(c.Tags, fmt.Sprint("t", i))
					c.Contacts++
					return Edit{Entries: []Entry{{Kind: "note", Text: fmt.Sprint(i)}}, Contact: &Contact{ID: int64(c.Contacts), Gist: fmt.Sprint(i)}}, nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		got, err := b.Case(ctx, "T1", c.Number)
		if err != nil || len(got.Tags) != 20 || got.Rev != 22 || got.Contacts != 20 {
			t.Errorf("changes are lost: %+v, %v", got, err)
		}
		contacts, err := b.Contacts(ctx, "T1", c.Number)
		if err != nil || len(contacts) != 20 || contacts[19].ID != 20 {
			t.Errorf("%d contacts, %v", len(contacts), err)
		}
		if list, err := b.Recent(ctx, "T1", c.Number, 100); err != nil || len(list) != 23 {
			t.Errorf("%d entries, %v", len(list), err)
		}
		refused := errors.New("no")
		if _, _, err := b.Change(ctx, "T1", c.Number, "x", func(*Case) (Edit, error) { return Edit{}, refused }); !errors.Is(err, refused) {
			t.Error(err)
		}
		if _, _, err := b.Change(ctx, "T1", 99, "x", func(*Case) (Edit, error) { return Edit{}, nil }); !errors.Is(err, ErrNone) {
			t.Error(err)
		}
		counts := func(want map[State]int64) {
			t.Helper()
			got, err := b.Counts(ctx, "T1")
			for _, s := range States {
				if got[s] != want[s] || err != nil {
					t.Errorf("%s: %d, want %d; %v", s, got[s], want[s], err)
				}
			}
		}
		counts(map[State]int64{New: 1})
		if _, _, err := b.Change(ctx, "T1", c.Number, "solve", func(c *Case) (Edit, error) {
			c.SetState(Solved, time.Now(), BusinessHours{})
			c.Resolution = "补上 include"
			return Edit{Measures: []Measure{{"solve:alimail", 60}, {"solve:alimail", 120}, {"answer:alimail:ticket", 30}}}, nil
		}); err != nil {
			t.Fatal(err)
		}
		counts(map[State]int64{Solved: 1})
		if _, err := b.OpenOf(ctx, "T1", "a.example"); !errors.Is(err, ErrNone) {
			t.Errorf("the solved case holds its domain: %v", err)
		}
		stats, err := b.Stats(ctx, "T1", "solve:")
		if err != nil || len(stats) != 1 || stats[0].Median != 90*time.Second || stats[0].Count != 2 {
			t.Errorf("%+v, %v", stats, err)
		}
		if _, _, err := b.Change(ctx, "T1", c.Number, "reopen", func(c *Case) (Edit, error) {
			c.SetState(WaitingUs, time.Now(), BusinessHours{})
			c.Thread = "1.5"
			return Edit{}, nil
		}); err != nil {
			t.Fatal(err)
		}
		if n, err := b.OpenOf(ctx, "T1", "a.example"); n != c.Number || err != nil {
			t.Error(n, err)
		}
		if n, err := b.InThread(ctx, "T1", "C1", "1.5"); n != c.Number || err != nil {
			t.Error(n, err)
		}
		if _, err := b.InThread(ctx, "T2", "C1", "1.5"); !errors.Is(err, ErrNone) {
			t.Error(err)
		}
	})
}

// TestFind finds cases by every field and by words, newest first, over shelves, and page by page.
func TestFind(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		open(t, b, "1", "a.example", "企业邮箱收不到信", "mx.none a.example")
		open(t, b, "2", "b.example", "Cannot send to Gmail", "spf.none b.example")
		open(t, b, "3", "a.example", "收不到外部邮件 again")
		for i := range 1100 {
			open(t, b, fmt.Sprint("more", i), fmt.Sprintf("d%d.example", i), fmt.Sprintf("Bulk problem %d", i))
		}
		last := open(t, b, "4", "c.example", "Gmail 退信", "spf.none c.example")
		if _, _, err := b.Change(ctx, "T1", 2, "s", func(c *Case) (Edit, error) {
			c.SetState(Solved, time.Now(), BusinessHours{})
			c.Assignee, c.Resolution, c.Tickets, c.Tags = "U7", "published the record", []string{"0003Y5YJCP"}, []string{"vip"}
			return Edit{}, nil
		}); err != nil {
			t.Fatal(err)
		}
		day := time.Now().UTC().Truncate(24 * time.Hour)
		for name, c := range map[string]struct {
			q    Query
			want []int64
		}{
			"words zh":        {Query{Text: "收不到"}, []int64{3, 1}},
			"words en":        {Query{Text: "gmail"}, []int64{last.Number, 2}},
			"both":            {Query{Text: "Gmail 退信"}, []int64{last.Number}},
			"resolution":      {Query{Text: "published"}, []int64{2}},
			"domain":          {Query{Domain: "a.example"}, []int64{3, 1}},
			"code":            {Query{Code: "spf.none"}, []int64{last.Number, 2}},
			"code and state":  {Query{Code: "spf.none", State: Solved}, []int64{2}},
			"assignee":        {Query{Assignee: "U7"}, []int64{2}},
			"ticket":          {Query{Ticket: "0003Y5YJCP"}, []int64{2}},
			"tag":             {Query{Tag: "vip"}, []int64{2}},
			"open":            {Query{Open: true, Text: "gmail"}, []int64{last.Number}},
			"day":             {Query{From: day, Till: day.AddDate(0, 0, 1), Domain: "b.example"}, []int64{2}},
			"another day":     {Query{From: day.AddDate(-25, 0, 0), Till: day.AddDate(-24, 0, 0)}, nil},
			"nothing":         {Query{Text: "zeppelin"}, nil},
			"provider":        {Query{Provider: "nobody"}, nil},
			"hostile":         {Query{Text: `"]) os.exit() -- {}`, Domain: "*"}, nil},
			"who may see":     {Query{Domain: "a.example", Seen: func(c *Case) bool { return c.Number == 1 }}, []int64{1}},
			"the middle ones": {Query{Text: "bulk problem 777"}, []int64{777 + 4}},
		} {
			found, next, err := b.Find(ctx, "T1", c.q, 0, 50)
			if err != nil || next != 0 || !slices.Equal(numbers(found), c.want) {
				t.Errorf("%s: %v, want %v; next %d, %v", name, numbers(found), c.want, next, err)
			}
		}
		seen := map[int64]bool{}
		for below, pages := int64(0), 0; ; pages++ {
			found, next, err := b.Find(ctx, "T1", Query{Text: "bulk"}, below, 50)
			if err != nil || pages > 30 {
				t.Fatal(pages, err)
			}
			for _, c := range found {
				if seen[c.Number] {
					t.Errorf("%d twice", c.Number)
				}
				seen[c.Number] = true
			}
			if below = next; next == 0 {
				break
			}
		}
		if len(seen) != 1100 {
			t.Errorf("%d of 1100 on all pages", len(seen))
		}
		if found, _, err := b.Find(ctx, "T2", Query{}, 0, 10); err != nil || len(found) != 0 {
			t.Errorf("another workspace sees %v, %v", numbers(found), err)
		}
		similar, err := b.Similar(ctx, "T1", last, 3, nil)
		if err != nil || !slices.Equal(numbers(similar), []int64{2}) {
			t.Errorf("similar: %v, %v", numbers(similar), err)
		}
	})
}

// TestOlderRecord reads a record from before shapes were written down, and refuses one of a later program without touching it.
func TestOlderRecord(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		b.redis.HSet(ctx, caseKey("T1", 5), "rev", 3, "data", `{"t":"old","s":"new","o":"2025-01-02T03:04:05Z","c":"2025-01-02T03:04:05Z"}`)
		b.redis.HSet(ctx, caseKey("T1", 6), "rev", 3, "data", `{"v":99,"t":"later","s":"new"}`)
		b.redis.HSet(ctx, caseKey("T1", 7), "rev", 3, "data", `{"t":`)
		c, err := b.Case(ctx, "T1", 5)
		if err != nil || c.Shape != shape || c.Priority != Normal || c.Rev != 3 || !c.Since.Equal(c.Opened) {
			t.Errorf("%+v, %v", c, err)
		}
		if _, _, err := b.Change(ctx, "T1", 5, "x", func(c *Case) (Edit, error) { c.Title = "newer"; return Edit{}, nil }); err != nil {
			t.Error(err)
		}
		if _, err := b.Case(ctx, "T1", 6); !errors.Is(err, ErrBook) || !strings.Contains(err.Error(), "update") {
			t.Error(err)
		}
		if _, err := b.Case(ctx, "T1", 7); !errors.Is(err, ErrBook) {
			t.Error(err)
		}
	})
}

// TestCompare tells what was fixed from what could not be looked at.
func TestCompare(t *testing.T) {
	first := &Snapshot{Found: []string{"spf.none a", "dkim.none-found a", "mx.none a"}}
	later := &Snapshot{Found: []string{"mx.none a", "dmarc.none a"}, Unknown: []string{"dkim"}}
	d := first.Compare(later)
	if !slices.Equal(d.Fixed, []string{"spf.none a"}) || !slices.Equal(d.Unsure, []string{"dkim.none-found a"}) || !slices.Equal(d.Still, []string{"mx.none a"}) || !slices.Equal(d.New, []string{"dmarc.none a"}) {
		t.Errorf("%+v", d)
	}
	for in, want := range map[string]int64{"MAIL-42": 42, "mail-42": 42, "#42": 42, "42": 42, "0": 0, "x": 0, "MAIL-": 0, "9999999999999999": 0, "-1": 0} {
		if n, ok := ParseName(in); n != want && ok || ok != (want > 0) {
			t.Errorf("%s: %d %v", in, n, ok)
		}
	}
}

// TestLessons finds what was learned by a question that shares words with it, not with every word.
func TestLessons(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		for i, lesson := range []string{"After a move to Alibaba Mail add spf.qiye.aliyun.com to the SPF record", "迁移后先检查 DKIM 密钥", ""} {
			c := open(t, b, fmt.Sprint(i), fmt.Sprintf("d%d.example", i), "mail bounces after the SPF move")
			if _, _, err := b.Change(ctx, "T1", c.Number, "l", func(c *Case) (Edit, error) { c.Lesson = lesson; return Edit{}, nil }); err != nil {
				t.Fatal(err)
			}
		}
		for question, want := range map[string][]int64{
			"what about SPF after a move to Alibaba": {1, 2}, "DKIM 密钥怎么检查": {2}, "spf": {2, 1}, "weather in Hangzhou after lunch": nil, "": nil,
		} {
			found, err := b.Lessons(ctx, "T1", question, 3, nil)
			if err != nil || !slices.Equal(numbers(found), want) {
				t.Errorf("%s: %v, want %v, %v", question, numbers(found), want, err)
			}
		}
		if found, err := b.Lessons(ctx, "T2", "spf move", 3, nil); err != nil || len(found) != 0 {
			t.Errorf("another workspace learns %v, %v", numbers(found), err)
		}
	})
}

// TestSpokenWords finds a case by what was said in it, until it is deleted or who said it is forgotten.
func TestSpokenWords(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		c := open(t, b, "1", "a.example", "no mail")
		if _, _, err := b.Change(ctx, "T1", c.Number, "n", func(c *Case) (Edit, error) {
			c.Contacts = 1
			return Edit{Entries: []Entry{{Kind: "note", By: "U9", Text: "the firewall of U9 in Hangzhou 防火墙"}, {Kind: "state", Text: "zebra"}}, Contact: &Contact{ID: 1, At: time.Now(), Gist: "asked about greylisting"}}, nil
		}); err != nil {
			t.Fatal(err)
		}
		finds := func(text string, want ...int64) {
			t.Helper()
			found, _, err := b.Find(ctx, "T1", Query{Text: text}, 0, 9)
			if err != nil || !slices.Equal(numbers(found), want) {
				t.Errorf("%s finds %v, want %v, %v", text, numbers(found), want, err)
			}
		}
		finds("firewall Hangzhou", 1)
		finds("防火墙", 1)
		finds("greylisting", 1)
		finds("zebra")
		finds("u9", 1)
		if n, err := b.Forget(ctx, "T1", "U9", "U1"); n != 1 || err != nil {
			t.Error(n, err)
		}
		finds("u9")
		finds("firewall", 1)
		before := int64(0)
		if before = b.redis.HLen(ctx, blockKey("T1", b.index.Place(1))).Val(); before == 0 {
			t.Error("the shelf is empty")
		}
		if err := b.Delete(ctx, "T1", 1, "U1"); err != nil {
			t.Fatal(err)
		}
		finds("firewall")
		if n := b.redis.HLen(ctx, blockKey("T1", b.index.Place(1))).Val(); n != 0 {
			t.Errorf("%d of %d terms stay on the shelf: %v", n, before, b.redis.HKeys(ctx, blockKey("T1", b.index.Place(1))).Val())
		}
	})
}

// TestExportImport reads an export into another workspace and into another store: the export of that is the same, and so are searches and statistics.
func TestExportImport(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		for i := range 30 {
			c := open(t, b, fmt.Sprint(i), fmt.Sprintf("d%d.example", i%10), fmt.Sprintf("=problem %d 收不到信 <b>", i), "spf.none d.example")
			if _, _, err := b.Change(ctx, "T1", c.Number, "x", func(c *Case) (Edit, error) {
				c.Contacts, c.Tickets, c.Thread, c.Assignee = 1, []string{fmt.Sprint("0003Y", i)}, fmt.Sprint("1.", i), "U2"
				e := Edit{
					Entries: []Entry{{Kind: "note", By: "U2", Text: "line one\nline two"}},
					Contact: &Contact{ID: 1, At: c.Opened, By: "U2", Channel: "ticket", Ticket: c.Tickets[0], Gist: "g|g", Answered: c.Opened.Add(time.Duration(i) * time.Minute), Provider: c.Provider},
				}
				e.Measures = []Measure{AnswerMeasure(c.Provider, "ticket", time.Duration(i)*time.Minute)}
				if i%3 == 0 {
					c.SetState(Solved, c.Opened.Add(time.Hour), BusinessHours{})
					c.Resolution, c.Lesson, c.Measured = "published", "look at SPF first", true
					e.Measures = append(e.Measures, c.SolveMeasures(time.Hour, []Contact{*e.Contact})...)
				}
				return e, nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		open(t, b, "gone", "gone.example", "never mind")
		open(t, b, "last", "last.example", "the last")
		if err := b.Delete(ctx, "T1", 31, "U1"); err != nil {
			t.Fatal(err)
		}
		first, err := b.Export(ctx, "T1", "json", nil)
		if err != nil || strings.Count(string(first), "\n") != 31 {
			t.Fatalf("%d lines, %v", strings.Count(string(first), "\n"), err)
		}
		if got, err := b.Import(ctx, "T2", strings.NewReader(string(first)), nil); got.Taken != 31 || got.Left+got.Refused != 0 || err != nil {
			t.Fatal(got, err)
		}
		second, err := b.Export(ctx, "T2", "json", nil)
		if err != nil || string(second) != string(first) {
			t.Errorf("the export of the import differs: %v\n%s\n%s", err, first[:600], second[:600])
		}
		if got, err := b.Import(ctx, "T2", strings.NewReader(string(first)), nil); got.Taken != 0 || got.Left != 31 || err != nil {
			t.Error("again:", got, err)
		}
		for _, q := range []Query{{}, {Text: "收不到"}, {Open: true}, {Ticket: "0003y5"}, {Code: "spf.none", State: Solved}, {Lesson: true}, {Text: "line two"}} {
			x, _, err1 := b.Find(ctx, "T1", q, 0, 50)
			y, _, err2 := b.Find(ctx, "T2", q, 0, 50)
			if err1 != nil || err2 != nil || !slices.Equal(numbers(x), numbers(y)) || len(x) == 0 {
				t.Errorf("%+v: %v and %v, %v %v", q, numbers(x), numbers(y), err1, err2)
			}
		}
		x, _ := b.Stats(ctx, "T1", "")
		y, _ := b.Stats(ctx, "T2", "")
		if !slices.Equal(x, y) || len(x) < 4 {
			t.Errorf("statistics:\n%+v\n%+v", x, y)
		}
		cx, _ := b.Counts(ctx, "T1")
		cy, _ := b.Counts(ctx, "T2")
		if cx[Solved] != cy[Solved] || cx[New] != cy[New] || cy[Solved] != 10 {
			t.Errorf("%v %v", cx, cy)
		}
		if n, err := b.InThread(ctx, "T2", "C1", "1.4"); n != 5 || err != nil {
			t.Error(n, err)
		}
		if c := open(t, b, "next", "new.example", "x"); c.Number != 33 {
			t.Error(c.Number)
		}
		table, err := b.Export(ctx, "T1", "csv", nil)
		if err != nil || !strings.Contains(string(table), ",'=problem 1 ") || strings.Contains(string(table), ",=") {
			t.Errorf("%v %.300s", err, table)
		}
		if page, err := b.Export(ctx, "T1", "md", nil); err != nil || strings.Contains(string(page), "<b>") || !strings.Contains(string(page), "g\\|g") {
			t.Errorf("%v %.300s", err, page)
		}
		for name, text := range map[string]string{
			"no JSON": "hello", "no case": `{"number":1}`, "no number": `{"case":{"t":"x","s":"new"}}`, "a strange state": `{"number":9,"case":{"v":1,"t":"x","s":"flying"}}`,
			"a huge number": `{"number":9000000000000000000,"case":{"v":1,"t":"x","s":"new"}}`, "of a later program": `{"number":9,"case":{"v":99,"t":"x","s":"new"}}`,
		} {
			if got, err := b.Import(ctx, "T3", strings.NewReader(text), nil); err == nil && got.Refused != 1 || got.Taken != 0 {
				t.Errorf("%s is taken", name)
			}
		}
		if _, err := b.Export(ctx, "T1", "exe", nil); !errors.Is(err, ErrFormat) {
			t.Error(err)
		}
	})
}

// TestForgetMeanwhile takes a person out while others go on writing: nothing of theirs is lost, and who is called alike stays.
func TestForgetMeanwhile(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		c := open(t, b, "1", "a.example", "asked by U7 and U77\nU7")
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				for j := range 25 {
					if _, _, err := b.Change(ctx, "T1", c.Number, fmt.Sprint(i, " ", j), func(c *Case) (Edit, error) {
						c.Followers = append(c.Followers, fmt.Sprintf("U8%d%d", i, j))
						return Edit{Entries: []Entry{{Kind: "note", By: "U77", Text: fmt.Sprintf("note %d %d", i, j)}}}, nil
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for range 5 {
			if _, err := b.Forget(ctx, "T1", "U7", "U1"); err != nil {
				t.Error(err)
			}
		}
		all.Wait()
		r, err := b.record(ctx, "T1", c.Number)
		if err != nil || len(r.Timeline) != 102 || len(r.Case.Followers) != 100 || r.Case.Title != "asked by gone and U77 gone" || r.Timeline[50].By != "U77" {
			t.Errorf("%d entries, %d followers, %q, %v", len(r.Timeline), len(r.Case.Followers), r.Case.Title, err)
		}
	})
}

// TestExpired deletes what was ended long ago, and nothing else, however far it gets at once.
func TestExpired(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		now := time.Now()
		b.now = func() time.Time { return now.Add(-100 * 24 * time.Hour) }
		for i := range 120 {
			c := open(t, b, fmt.Sprint(i), "", fmt.Sprint("problem ", i))
			if i%2 == 0 {
				if i == 50 {
					b.now = func() time.Time { return now }
				}
				if _, _, err := b.Change(ctx, "T1", c.Number, "s", func(c *Case) (Edit, error) { c.SetState(Closed, now, BusinessHours{}); return Edit{}, nil }); err != nil {
					t.Fatal(err)
				}
			}
		}
		total, from := 0, int64(0)
		for {
			n, next, err := b.Expired(ctx, "T1", now.Add(-30*24*time.Hour), from, 70)
			if err != nil {
				t.Fatal(err)
			}
			total += n
			if from = next; next == 0 {
				break
			}
		}
		if total != 25 {
			t.Errorf("%d deleted, want 25", total)
		}
		if list, err := b.Audits(ctx, "T1", 100); err != nil || len(list) != 25 || list[0].By != "retention" {
			t.Errorf("%d audited, %v", len(list), err)
		}
	})
}
