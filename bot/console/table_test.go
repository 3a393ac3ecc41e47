package console

import (
	"strings"
	"testing"

	"signpost/commands/chat"

	"github.com/charmbracelet/x/ansi"
)

// TestTable: columns stand under each other by what characters take on the screen; what is too wide is broken within
// its column; and what has no room for columns is said in lines.
func TestTable(t *testing.T) {
	s := chat.Section{Table: chat.NewTable("域名 | #Count | Said")}
	for _, row := range [][]string{{"例子.example", "7", "x"}, {"a.example", "1200", ""},
		{"b.example", "3", strings.Repeat("word ", 30)}} {
		s.Items = append(s.Items, strings.Join(row, "; "))
		s.Table.Add(row...)
	}
	s.Items = append(s.Items, "2 more")
	show := func(width int, s chat.Section) string {
		return strings.TrimSuffix(Face{Width: width}.Text(chat.Reply{Title: "T", Sections: []chat.Section{s}}), "\n")
	}
	lines := strings.Split(show(60, s), "\n")[2:]
	for i, want := range []string{"域名          Count  Said", "例子.example      7  x", "a.example      1200  –",
		"b.example         3  word"} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d: %q, want %q", i, lines[i], want)
		}
	}
	if last := lines[len(lines)-1]; last != "- 2 more" {
		t.Errorf("last: %q", last)
	}
	for _, l := range lines {
		if ansi.StringWidth(l) > 60 {
			t.Errorf("too wide: %q", l)
		}
	}
	long := chat.Section{Table: chat.NewTable("A | B | C"), Items: []string{"all in a line"}}
	long.Table.Add(strings.Repeat("x", 40), strings.Repeat("y", 40), strings.Repeat("z", 40))
	if got := show(60, long); !strings.HasSuffix(got, "- all in a line") || strings.Contains(got, "xxx") {
		t.Errorf("without room: %s", got)
	}
	s.Table.Rows[0][2] = "\x1b[31mred\nline"
	if got := show(60, s); strings.ContainsRune(got, 0x1b) || !strings.Contains(got, "red line") {
		t.Errorf("%q", got)
	}
}
