package commands

import (
	"strings"
	"testing"

	"signpost/commands/intent"
	"signpost/diag"

	"golang.org/x/text/language"
)

// TestMailcheckThrough has a zone examined through a server that the delegation does not lead to: the answer says so,
// and its buttons make the same examination again.
func TestMailcheckThrough(t *testing.T) {
	d := deps(t)
	for lang, want := range map[language.Tag]string{language.English: "Seen through", language.Chinese: "经由"} {
		r, _ := ask(t, d, "mailcheck", "other-parent.example ns=ns2.other-parent.example=198.51.100.25", lang)
		if got := words(r); !strings.Contains(got, want) ||
			!strings.Contains(got, "ns2.other-parent.example (198.51.100.25)") {
			t.Errorf("%s: the answer does not say through what it was seen:\n%s", lang, got)
		}
		report, ok := r.Data.(*diag.Report)
		if !ok || len(report.Through) != 1 {
			t.Errorf("%s: the report does not: %v", lang, r.Data)
		}
		for _, a := range r.Actions {
			if a.Command != "mailcheck" {
				continue
			}
			q, wrong := intent.ReadQuestion(a.Text, lang)
			if wrong != "" || len(q.Options.Through) != 1 || q.Options.Through[0].Name != "ns2.other-parent.example." ||
				len(q.Options.Through[0].Glue) != 1 {
				t.Errorf("%s: the button %s asks %q: %v %s", lang, a.ID, a.Text, q.Options.Through, wrong)
			}
		}
	}
	if r, _ := ask(t, d, "mailcheck", "other-parent.example", language.English); strings.Contains(words(r),
		"Seen through") {
		t.Error("a plain check is said to be one through servers")
	}
	for text, want := range map[string]string{
		"shop.example ns=ns1.new.example=10.0.0.1": "private", "shop.example ns=": "needs a value",
		"shop.example ns=ns1": "no name server",
		"shop.example ns=" + strings.Repeat("a.example,b.example,c.example,", 3) +
			"d.example,e.example,f.example,g.example,h.example,i.example": "At most 8",
	} {
		if _, wrong := intent.ReadQuestion(text, language.English); !strings.Contains(wrong, want) {
			t.Errorf("%s: %q, want %q", text, wrong, want)
		}
	}
}
