package cases

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/cases/index"
	"signpost/internal/redistest"
)

// foundAsScanned looks whether every question finds just the cases that it means.
func foundAsScanned(t *testing.T, b *Book, team string) {
	t.Helper()
	ctx := t.Context()
	last, err := b.Last(ctx, team)
	if err != nil {
		t.Fatal(err)
	}
	all, err := b.Cases(ctx, team, span(1, last))
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(all)
	for name, q := range map[string]struct {
		Query
		is func(*Case) bool
	}{
		"all":  {Query{}, func(*Case) bool { return true }},
		"open": {Query{Open: true}, func(c *Case) bool { return c.State.Open() }},
		"mine": {Query{Open: true, Assignee: "U1"},
			func(c *Case) bool { return c.State.Open() && c.Assignee == "U1" }},
		"was U2": {Query{Assignee: "U2"}, func(c *Case) bool { return c.Assignee == "U2" }},
		"domain": {Query{Domain: "b.example", State: Closed},
			func(c *Case) bool { return c.Domain == "b.example" && c.State == Closed }},
		"words": {Query{Text: "rare thing"},
			func(c *Case) bool { return strings.Contains(c.Title, "rare thing") }},
	} {
		var want []int64
		for _, c := range all {
			if q.is(c) {
				want = append(want, c.Number)
			}
		}
		var got []int64
		for below, pages := int64(0), 0; ; pages++ {
			found, next, err := b.Find(ctx, team, q.Query, below, 5)
			if err != nil || pages > 100 {
				t.Fatal(pages, err)
			}
			got = append(got, numbers(found)...)
			if below = next; next == 0 {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s in %s: %v, want %v", name, team, got, want)
		}
	}
}

// TestIndex opens, changes, deletes, imports and forgets at random in blocks of three cases and superblocks of three
// blocks, and looks after each step whether every question finds just the cases that it means.
func TestIndex(t *testing.T) {
	client := redistest.Start(t).Client()
	b := OpenBook(client, time.Now)
	b.index.Size = 3
	ctx, dice := t.Context(), rand.New(rand.NewPCG(1, 2))
	users, domains := []string{"", "U1", "U2"}, []string{"a.example", "b.example", "c.example"}
	for i := range 250 {
		last, err := b.Last(ctx, "T1")
		if err != nil {
			t.Fatal(err)
		}
		n := 1 + dice.Int64N(last+1)
		switch dice.IntN(6) {
		case 0, 1, 2:
			title := fmt.Sprint("matter ", i)
			if dice.IntN(9) == 0 {
				title += " rare thing"
			}
			open(t, b, fmt.Sprint("r", i), domains[dice.IntN(3)], title)
		case 3, 4:
			_, _, err = b.Change(ctx, "T1", n, fmt.Sprint("c", i), func(c *Case) (Edit, error) {
				c.Assignee = users[dice.IntN(3)]
				c.SetState(States[dice.IntN(len(States))], time.Now(), BusinessHours{})
				return Edit{Entries: []Entry{{Kind: "note", By: "U1", Text: "a word"}}}, nil
			})
		default:
			err = b.Delete(ctx, "T1", n, "U1")
		}
		if err != nil && !strings.Contains(err.Error(), ErrNone.Error()) {
			t.Fatal(err)
		}
		if i%10 == 9 {
			foundAsScanned(t, b, "T1")
		}
	}
	out, err := b.Export(ctx, "T1", "json", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.Import(ctx, "T2", strings.NewReader(string(out)), nil); err != nil || got.Refused > 0 {
		t.Fatal(err)
	}
	foundAsScanned(t, b, "T2")
	if _, err := b.Forget(ctx, "T2", "U2", "U1", "f"); err != nil {
		t.Fatal(err)
	}
	foundAsScanned(t, b, "T2")
	// An index of the version before: no superblocks, no terms that say two things.
	for _, key := range client.Keys(ctx, "signpost:{T1}:floor:*").Val() {
		client.Del(ctx, key)
	}
	for _, key := range client.Keys(ctx, "signpost:{T1}:shelf:*").Val() {
		client.HDel(ctx, key, "oa:u1", "oa:u2")
	}
	client.Del(ctx, indexKey("T1"))
	foundAsScanned(t, b, "T1")
	open(t, b, "meanwhile", "b.example", "rare thing")
	if err := b.Reindex(ctx, "T1"); err != nil {
		t.Fatal(err)
	}
	if v := client.Get(ctx, indexKey("T1")).Val(); v != fmt.Sprint(index.Version) {
		t.Errorf("version %q", v)
	}
	foundAsScanned(t, b, "T1")
	open(t, b, "after", "b.example", "rare thing")
	foundAsScanned(t, b, "T1")
	for n := range int64(400) { // nothing stays of what is gone
		if err := b.Delete(ctx, "T1", n+1, "U1"); err != nil && !strings.Contains(err.Error(), ErrNone.Error()) {
			t.Fatal(err)
		}
	}
	if left := append(client.Keys(ctx, "signpost:{T1}:floor:*").Val(),
		client.Keys(ctx, "signpost:{T1}:shelf:*").Val()...); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestFind finds cases by every field and by words, newest first, over blocks, and page by page.
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
			c.Assignee, c.Resolution, c.Tickets, c.Tags = "U7", "published the record", []string{"0003Y5YJCP"},
				[]string{"vip"}
			return Edit{}, nil
		}); err != nil {
			t.Fatal(err)
		}
		day := time.Now().UTC().Truncate(24 * time.Hour)
		for name, c := range map[string]struct {
			q    Query
			want []int64
		}{
			"words zh":       {Query{Text: "收不到"}, []int64{3, 1}},
			"words en":       {Query{Text: "gmail"}, []int64{last.Number, 2}},
			"both":           {Query{Text: "Gmail 退信"}, []int64{last.Number}},
			"resolution":     {Query{Text: "published"}, []int64{2}},
			"domain":         {Query{Domain: "a.example"}, []int64{3, 1}},
			"code":           {Query{Code: "spf.none"}, []int64{last.Number, 2}},
			"code and state": {Query{Code: "spf.none", State: Solved}, []int64{2}},
			"assignee":       {Query{Assignee: "U7"}, []int64{2}},
			"ticket":         {Query{Ticket: "0003Y5YJCP"}, []int64{2}},
			"tag":            {Query{Tag: "vip"}, []int64{2}},
			"open":           {Query{Open: true, Text: "gmail"}, []int64{last.Number}},
			"day":            {Query{From: day, Till: day.AddDate(0, 0, 1), Domain: "b.example"}, []int64{2}},
			"another day":    {Query{From: day.AddDate(-25, 0, 0), Till: day.AddDate(-24, 0, 0)}, nil},
			"nothing":        {Query{Text: "zeppelin"}, nil},
			"provider":       {Query{Provider: "nobody"}, nil},
			"hostile":        {Query{Text: `"]) os.exit() -- {}`, Domain: "*"}, nil},
			"who may see": {Query{Domain: "a.example", Seen: func(c *Case) bool { return c.Number == 1 }},
				[]int64{1}},
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

// TestLessons finds what was learned by a question that shares words with it, not with every word.
func TestLessons(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		for i, lesson := range []string{"After a move to Alibaba Mail add spf.qiye.aliyun.com to the SPF record",
			"迁移后先检查 DKIM 密钥", ""} {
			c := open(t, b, fmt.Sprint(i), fmt.Sprintf("d%d.example", i), "mail bounces after the SPF move")
			if _, _, err := b.Change(ctx, "T1", c.Number, "l",
				func(c *Case) (Edit, error) { c.Lesson = lesson; return Edit{}, nil }); err != nil {
				t.Fatal(err)
			}
		}
		for question, want := range map[string][]int64{
			"what about SPF after a move to Alibaba": {1, 2}, "DKIM 密钥怎么检查": {2}, "spf": {2, 1},
			"weather in Hangzhou after lunch": nil, "": nil,
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
			return Edit{Entries: []Entry{{Kind: "note", By: "U9", Text: "the firewall of U9 in Hangzhou 防火墙"},
				{Kind: "state", Text: "zebra"}}, Contact: &Contact{ID: 1, At: time.Now(),
				Gist: "asked about greylisting"}}, nil
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
		if n, err := b.Forget(ctx, "T1", "U9", "U1", "f"); len(n) != 1 || err != nil {
			t.Error(n, err)
		}
		finds("u9")
		finds("firewall", 1)
		before := int64(0)
		if before = redisOf(b).HLen(ctx, blockKey("T1", b.index.Place(1))).Val(); before == 0 {
			t.Error("the block is empty")
		}
		if err := b.Delete(ctx, "T1", 1, "U1"); err != nil {
			t.Fatal(err)
		}
		finds("firewall")
		if n := redisOf(b).HLen(ctx, blockKey("T1", b.index.Place(1))).Val(); n != 0 {
			t.Errorf("%d of %d terms stay in the block: %v", n, before,
				redisOf(b).HKeys(ctx, blockKey("T1", b.index.Place(1))).Val())
		}
	})
}
