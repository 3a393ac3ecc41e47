package answers

import (
	"strings"
	"testing"

	"signpost/diag/cause"

	"golang.org/x/text/language"
)

// TestUnknownsOfOneCause: checks that failed for one cause share a line, whatever they asked; others keep their own.
func TestUnknownsOfOneCause(t *testing.T) {
	asked := func(code cause.Code, question string) *cause.Cause {
		return &cause.Cause{Code: code, Args: map[string]any{"question": question}}
	}
	var u unknowns
	u = u.add("kept by an older version", nil)
	u = u.add("MX", asked(cause.Unreachable, "shop.example. MX"))
	u = u.add("SPF", asked(cause.Unreachable, "shop.example. TXT"))
	u = u.add("registration", &cause.Cause{Code: cause.Registry})
	u = u.add("DKIM", asked(cause.Unreachable, "shop.example. MX"))
	u = u.add("CAA", asked(cause.Unreachable, "shop.example. CAA"))
	u = u.add("DMARC", asked(cause.ServFail, "_dmarc.shop.example. TXT"))
	u = u.add("first", &cause.Cause{Code: cause.Undecided, Args: map[string]any{"ip": "192.0.2.1", "because": "a"}})
	u = u.add("second", &cause.Cause{Code: cause.Undecided, Args: map[string]any{"ip": "192.0.2.2", "because": "a"}})
	for lang, sep := range map[language.Tag]string{language.English: ": ", language.SimplifiedChinese: "："} {
		lines := u.items(lang)
		if len(lines) != 6 {
			t.Fatalf("%d lines: %q", len(lines), lines)
		}
		which, whatFor, _ := strings.Cut(lines[1], sep)
		for _, title := range []string{"MX", "SPF", "DKIM", "CAA"} {
			if !strings.Contains(which, title) {
				t.Errorf("%s: %s is missing in %q", lang, title, lines[1])
			}
		}
		if !strings.Contains(whatFor, "shop.example. MX, shop.example. TXT, …") || strings.Contains(whatFor, "CAA") {
			t.Errorf("%s: %q", lang, lines[1])
		}
		if !strings.Contains(lines[3], "_dmarc.shop.example. TXT") || !strings.Contains(lines[5], "192.0.2.2") {
			t.Errorf("%s: %q", lang, lines)
		}
	}
}
