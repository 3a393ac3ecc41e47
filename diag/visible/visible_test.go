package visible

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"v=spf1 include:a.example -all":    "v=spf1 include:a.example -all",
		"a\nWhat to do: call":              `a\010What to do: call`,
		"a\r\n\tb":                         `a\013\010\009b`,
		"a\u00a0b":                         `a\194\160b`,
		"a\u3000b":                         `a\227\128\128b`,
		"a\u2003b\u202fc\u205f":            `a\226\128\131b\226\128\175c\226\129\159`,
		"a\u2028b\u2029":                   `a\226\128\168b\226\128\169`,
		"\u202eelpmaxe":                    `\226\128\174elpmaxe`,
		"\u2066x\u2069\u200f\u061c":        `\226\129\166x\226\129\169\226\128\143\216\156`,
		"a\u200bb\u200d\u2060\ufeff\u00ad": `a\226\128\139b\226\128\141\226\129\160\239\187\191\194\173`,
		"\x1b[31mred\x7f\u0085\u009b":      `\027[31mred\127\194\133\194\155`,
		"\x00":                             `\000`,
		"\xff\xfe\xc3":                     `\255\254\195`,
		"\ufffd":                           "\ufffd", // the sign itself was sent
		"\u115f\u3164\uffa0\u034f\u2800":   `\225\133\159\227\133\164\239\190\160\205\143\226\160\128`,
		"x\ufe0f\U000e0041\U000e0100":      `x\239\184\143\243\160\129\129\243\160\132\128`,
		"\ue000\U0010fffd\u0378":           `\238\128\128\244\143\191\189\205\184`,
		"域名 пример é ü ß ñ 例え ไทย שלום":   "域名 пример é ü ß ñ 例え ไทย שלום",
		"“quoted” – dash · ＝ € 🙂 e\u0301": "“quoted” – dash · ＝ € 🙂 e\u0301",
		`already \194\160 and \\ and \`:   `already \194\160 and \\ and \`,
	} {
		got := Text(in)
		if got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
		if Text(got) != got || !Is(got) || Is(in) != (in == want) {
			t.Errorf("%q: twice is %q, Is %v", in, Text(got), Is(in))
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\u00a0b\xff\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		got := Text(s)
		if !utf8.ValidString(got) || Text(got) != got || len(got) > 4*len(s) {
			t.Errorf("%q becomes %q", s, got)
		}
		if i := strings.IndexFunc(got, func(r rune) bool {
			return r != ' ' && (unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) ||
				unicode.Is(unicode.Z, r))
		}); i >= 0 {
			t.Errorf("%q keeps %q", s, got[i:])
		}
	})
}
