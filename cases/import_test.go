package cases

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"signpost/diag/checks"
	"signpost/kb"
)

// line is a record of an export as somebody may have written it.
func line(number int64, change func(c, record map[string]any)) string {
	stamp := monday.Format(time.RFC3339)
	c := map[string]any{"version": 1, "title": "no mail", "state": "new", "opened": stamp, "changed": stamp,
		"in_state_since": stamp}
	record := map[string]any{"number": number, "case": c}
	if change != nil {
		change(c, record)
	}
	raw, err := json.Marshal(record)
	if err != nil {
		panic(err)
	}
	return string(raw) + "\n"
}

var long = strings.Repeat("x", 200_000)

func many(n int, v any) (out []any) {
	for range n {
		out = append(out, v)
	}
	return out
}

func contact(change func(map[string]any)) func(c, r map[string]any) {
	return func(_, r map[string]any) {
		x := map[string]any{"id": 1, "at": monday, "by": "U1", "channel": "ticket"}
		change(x)
		r["contacts"] = []any{x}
	}
}

func entry(change func(map[string]any)) func(c, r map[string]any) {
	return func(_, r map[string]any) {
		x := map[string]any{"at": monday, "kind": "note"}
		change(x)
		r["timeline"] = []any{x}
	}
}

func field(name string, v any) func(c, r map[string]any) {
	return func(c, _ map[string]any) { c[name] = v }
}

// hostile is second lines of an export that no command could have made, and why each is refused.
var hostile = map[string]struct {
	line string
	kind string
}{
	"a long title":            {line(2, field("title", long)), "value"},
	"a mention as domain":     {line(2, field("domain", "<!channel>")), "value"},
	"a mention among domains": {line(2, field("merged_domains", []string{"a.example", "<!here>"})), "value"},
	"a mention as author":     {line(2, field("opened_by", "<!channel>")), "value"},
	"200,000 followers":       {line(2, field("followers", many(200_000, "U1"))), "full"},
	"101 followers":           {line(2, field("followers", many(101, "U1"))), "full"},
	"a strange state":         {line(2, field("state", "flying")), "state"},
	"a strange priority":      {line(2, field("priority", "dire")), "value"},
	"a strange ticket":        {line(2, field("tickets", []string{"<@U2>"})), "value"},
	"a mention as tag":        {line(2, field("tags", []string{"<!here>"})), "value"},
	"a long resolution":       {line(2, field("resolution", long)), "value"},
	"a time of no clock":      {line(2, field("opened", "0001-01-01T00:00:00Z")), "value"},
	"a strange language":      {line(2, field("language", "<zh>")), "value"},
	"time that never was":     {line(2, field("nanoseconds_in_state", map[string]any{"new": -4})), "value"},
	"merged into itself":      {line(2, field("merged_into", 2)), "value"},
	"of a later program":      {line(2, field("version", 99)), "later"},
	"too many contacts":       {line(2, field("contacts", 2001)), "full"},
	"a reminder without a day": {line(2, field("reminders", []any{map[string]any{"id": "r", "by": "U1"}})),
		"value"},
	"a reminder of two words": {line(2, field("reminders",
		[]any{map[string]any{"id": "r off", "by": "U1", "at": monday}})), "value"},
	"a finding of no code": {line(2, func(_, r map[string]any) {
		r["diagnosis_at_opening"] = map[string]any{"at": monday, "found": []string{"<!channel>"}}
	}), "value"},
	"a channel of words":       {line(2, contact(func(x map[string]any) { x["channel"] = "by <!here>" })), "value"},
	"a contact without number": {line(2, contact(func(x map[string]any) { x["id"] = 0 })), "value"},
	"a long gist":              {line(2, contact(func(x map[string]any) { x["key_points"] = long })), "value"},
	"a strange partner": {line(2, contact(func(x map[string]any) { x["must_cooperate"] = "mayor" })),
		"value"},
	"a long note":            {line(2, entry(func(x map[string]any) { x["text"] = long })), "value"},
	"a kind of words":        {line(2, entry(func(x map[string]any) { x["kind"] = "by the way" })), "value"},
	"an id of the year 9999": {line(2, entry(func(x map[string]any) { x["id"] = "253402300799000-1" })), "value"},
	"a number far above":     {line(999_999_999, nil), "far"},
	"a number beyond any":    {`{"number":9000000000000000000,"case":{"title":"x","state":"new"}}` + "\n", "far"},
	"no number":              {line(0, nil), "nothing"},
	"no case":                {`{"number":2}` + "\n", "nothing"},
	"no JSON":                {`{"number":2,"case":{"title":"x` + "\n", "json"},
	"words between":          {"hello\n", "json"},
	"2 MB of one record": {`{"number":2,"case":{"title":"` + strings.Repeat("y", 2<<20) + `"}}` + "\n",
		"big"},
	"a rest of nothing": {`{"number":7,"continued":true,"timeline":[]}` + "\n", "nothing"},
}

// TestImportHostile: what no command would have put into a case is refused, by its line, and what stands beside it is
// read.
func TestImportHostile(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		team := 0
		for name, x := range hostile {
			team++
			id := fmt.Sprint("T", team)
			got, err := b.Import(t.Context(), id, strings.NewReader(line(1, nil)+x.line+line(3, nil)), nil)
			if err != nil || got.Taken != 2 || got.Refused != 1 || got.Left != 0 {
				t.Fatalf("%s: %+v, %v", name, got, err)
			}
			if why := got.Why[0]; why.Kind != x.kind || why.Line != 2 || why.Record != 2 {
				t.Errorf("%s: %+v, want %s", name, *why, x.kind)
			}
			if last, err := b.Last(t.Context(), id); last != 3 || err != nil {
				t.Errorf("%s: the last number is %d, %v", name, last, err)
			}
		}
	})
}

// TestImportPretty: a record in several lines is one, and those refused are told by the line on which they begin.
func TestImportPretty(t *testing.T) {
	pretty := func(s string) string {
		var v any
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			t.Fatal(err)
		}
		raw, _ := json.MarshalIndent(v, "", "  ")
		return string(raw) + "\n"
	}
	books(t, func(t *testing.T, b *Book) {
		head := pretty(line(1, nil))
		text := "\ufeff\n" + head + pretty(line(2, func(c, _ map[string]any) { c["state"] = "lost" })) + "\r\n" +
			pretty(line(3, nil))
		got, err := b.Import(t.Context(), "T1", strings.NewReader(text), nil)
		if err != nil || got.Taken != 2 || got.Refused != 1 || got.Why[0].Line != 2+strings.Count(head, "\n") {
			t.Errorf("%+v %+v, %v", got, got.Why, err)
		}
		for i := range 30 { // more of them are counted, not told
			text += fmt.Sprintf("junk %d\n", i)
		}
		if got, err = b.Import(t.Context(), "T1", strings.NewReader(text), nil); err != nil || got.Left != 2 ||
			got.Refused < 2 || len(got.Why) > maxRefused {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// TestImportOwn: what a person reads in is their own: no thread, no reminder, no restriction and no name of another
// comes along.
func TestImportOwn(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		theirs := open(t, b, "1", "a.example", "theirs")
		if _, _, err := b.Change(ctx, "T1", theirs.Number, "",
			func(c *Case) (Edit, error) { return c.Posted("C1", "17.1") }); err != nil {
			t.Fatal(err)
		}
		mine := line(9, func(c, r map[string]any) {
			c["channel"], c["thread"], c["restricted"], c["opened_by"], c["assignee"] = "C1", "17.1", true, "U1", "U1"
			c["followers"], c["merged_into"], c["merged_from"] = []string{"U1"}, 1, []int{1}
			c["reminders"] = []any{map[string]any{"id": "r", "by": "U1", "at": monday.AddDate(10, 0, 0)}}
			r["contacts"] = []any{map[string]any{"id": 3, "at": monday, "by": "U1", "channel": "ticket",
				"origin": "MAIL-1 1"}}
			r["timeline"] = []any{map[string]any{"at": monday, "by": "U1", "kind": "note", "text": "said U1"}}
			r["revision"] = 77
		})
		mine += `{"number":9,"continued":true,"timeline":[` +
			`{"at":"2026-11-23T02:00:00Z","by":"U1","kind":"note","text":"more"}]}` + "\n"
		got, err := b.Import(ctx, "T1", strings.NewReader(mine), &Importer{By: "U66", Channel: "D66"})
		if err != nil || got.Taken != 1 || got.Refused != 0 {
			t.Fatalf("%+v, %v", got, err)
		}
		r, err := b.record(ctx, "T1", 9)
		if err != nil {
			t.Fatal(err)
		}
		c := r.Case
		if c.By != "U66" || c.Channel != "D66" || c.Thread+c.Assignee != "" || c.Restricted ||
			len(c.Followers)+len(c.Reminders)+len(c.From) > 0 || c.Merged != 0 || r.Rev != 1 || c.Contacts != 3 {
			t.Errorf("%+v", *c)
		}
		if len(r.Contacts) != 1 || r.Contacts[0].By != "U66" || r.Contacts[0].Origin != "" || len(r.Timeline) != 2 ||
			r.Timeline[0].By != "U66" || r.Timeline[1].By != "U66" {
			t.Errorf("%+v %+v", r.Contacts, r.Timeline)
		}
		if n, err := b.InThread(ctx, "T1", "C1", "17.1"); n != theirs.Number || err != nil {
			t.Errorf("the thread belongs to %d, %v", n, err)
		}
		// Nor does whoever runs the program take a thread that is in use.
		got, err = b.Import(ctx, "T1",
			strings.NewReader(line(10, func(c, _ map[string]any) { c["channel"], c["thread"] = "C1", "17.1" })), nil)
		if n, err2 := b.InThread(ctx, "T1", "C1", "17.1"); got.Taken != 1 || n != theirs.Number || err != nil ||
			err2 != nil {
			t.Errorf("the thread belongs to %d, %v, %v", n, err, err2)
		}
	})
}

// TestImportKnows: no name that the program itself gives is refused, nor a record from before shapes were written
// down.
func TestImportKnows(t *testing.T) {
	base, err := kb.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range base.Providers() {
		if !nameShape.MatchString(p.ID) {
			t.Errorf("the provider %q", p.ID)
		}
	}
	for _, c := range checks.All() {
		if !nameShape.MatchString(c.Name) {
			t.Errorf("the check %q", c.Name)
		}
		for _, k := range c.Codes {
			if !codeShape.MatchString(string(k.Code)) {
				t.Errorf("the code %q", k.Code)
			}
		}
	}
	old := &Record{Number: 1, Case: &Case{Title: "x", State: New, Opened: monday, Changed: monday}}
	if bad := old.check(0); bad != nil || old.Case.Priority != Normal || !old.Case.Since.Equal(monday) {
		t.Errorf("%v, %+v", bad, old.Case)
	}
}

// FuzzImport: whatever a file holds, nothing breaks, and what is taken is exported again.
func FuzzImport(f *testing.F) {
	f.Add(line(1, nil))
	f.Add(line(1, nil) + "{\"number\":1,\"continued\":true}\n{" + line(2, nil))
	f.Add("{\"a\":\"\n{}")
	f.Fuzz(func(t *testing.T, text string) {
		r := recordReader{in: newReader(text)}
		for range len(text) + 2 {
			raw, at, bad, err := r.next()
			if err != nil {
				return
			}
			if bad == nil && (len(raw) == 0 || raw[0] != '{' || at < 1) {
				t.Fatalf("%q on line %d", raw, at)
			}
			if bad == nil {
				if rec, _, bad := readRecord(raw); bad == nil {
					_ = rec.check(0)
				}
			}
		}
		t.Error("no end")
	})
}

func newReader(text string) *bufio.Reader { return bufio.NewReader(strings.NewReader(text)) }
