package console

import (
	"fmt"
	"strings"
	"testing"
)

func label(number, lines int) string { return fmt.Sprintf("[%d: %d]", number, lines) }

// TestPastes feeds what terminals send, whole and octet by octet.
func TestPastes(t *testing.T) {
	for _, x := range []struct{ name, sent, typed, line string }{
		{"typed alone", "ab\x1b[Ac\r", "ab\x1b[Ac\r", ""},
		{"one line", "a \x1b[200~b c\x1b[201~ d", "a b c d", "a b c d"},
		{"a line with its end", "\x1b[200~/demo\r\n\x1b[201~", "/demo", "/demo"},
		{"several lines", "x \x1b[200~one\rtwo\r\n\nthree\n\x1b[201~\r", "x [1: 4]\r", "x one\ntwo\n\nthree\r"},
		{"two pastes", "\x1b[200~a\nb\x1b[201~ \x1b[200~c\nd\x1b[201~", "[1: 2] [2: 2]", "a\nb c\nd"},
		{"keys inside are no keys", "\x1b[200~a\tb\x03\x04\x1b[Ac\x1b[201~", "a b   [Ac", ""},
		{"octets that are no text", "\x1b[200~a\xff\xfeb\x1b[201~", "ab", ""},
		{"a beginning inside", "\x1b[200~a\x1b[200~b\x1b[201~c", "a [200~bc", ""},
		{"an end outside", "a\x1b[201~b", "a\x1b[201~b", ""},
		{"nothing", "\x1b[200~\x1b[201~", "", ""},
	} {
		for _, step := range []int{len(x.sent), 1, 3} {
			p := &pastes{label: label}
			var typed strings.Builder
			for rest := x.sent; rest != ""; {
				n := min(step, len(rest))
				typed.Write(p.feed([]byte(rest[:n])))
				rest = rest[n:]
			}
			if typed.String() != x.typed {
				t.Errorf("%s, %d at a time: %q typed, want %q", x.name, step, &typed, x.typed)
			}
			if got := p.expand(typed.String()); x.line != "" && got != x.line {
				t.Errorf("%s: %q, want %q", x.name, got, x.line)
			}
		}
	}
}

// TestPastesAreBounded: a paste without end and pastes without number cost no more than a line and a handful of them.
func TestPastesAreBounded(t *testing.T) {
	p := &pastes{label: label}
	p.feed([]byte("\x1b[200~"))
	for range 100 {
		p.feed([]byte(strings.Repeat("long\n", 10_000)))
	}
	if len(p.body) > maxPasteSize {
		t.Errorf("%d octets are kept", len(p.body))
	}
	p.feed([]byte("\x1b[201~"))
	for range 50 {
		p.feed([]byte("\x1b[200~a\nb\x1b[201~"))
	}
	if len(p.kept) != maxPastes || len(p.labels) != maxPastes {
		t.Errorf("%d pastes are kept", len(p.kept))
	}
	if got := p.expand("[1: 2] [51: 2]"); got != "[1: 2] a\nb" {
		t.Errorf("%q", got)
	}
}

func FuzzPastes(f *testing.F) {
	f.Add("a\x1b[200~b\nc\x1b[201~d\r", 3)
	f.Fuzz(func(t *testing.T, sent string, at int) {
		whole, parted := &pastes{label: label}, &pastes{label: label}
		at = min(max(at, 0), len(sent))
		one := string(whole.feed([]byte(sent)))
		two := string(parted.feed([]byte(sent[:at]))) + string(parted.feed([]byte(sent[at:])))
		if one != two || whole.expand(one) != parted.expand(two) {
			t.Errorf("%q: %q whole, %q parted at %d", sent, one, two, at)
		}
	})
}
