package kb

import (
	"strings"
	"testing"

	"signpost/diag"
	"signpost/diag/lab"

	"golang.org/x/text/language"
)

func TestBothForms(t *testing.T) {
	for name, want := range map[string]string{
		"xn--fiq228c.example":               "中文.example (xn--fiq228c.example)",
		"_dmarc.xn--bcher-kva.xn--fiqs8s":   "_dmarc.bücher.中国 (_dmarc.xn--bcher-kva.xn--fiqs8s)",
		"XN--FIQ228C.example":               "中文.example (XN--FIQ228C.example)",
		"example.com":                       "example.com",
		"include:xn--fiq228c.example":       "include:xn--fiq228c.example",
		"xn--.example":                      "xn--.example",
		"xn--99999999999.example":           "xn--99999999999.example",
		"v=spf1 include:xn--fiq228c.c -all": "v=spf1 include:xn--fiq228c.c -all",
		"xn--a" + strings.Repeat("a", 300):  "xn--a" + strings.Repeat("a", 300),
	} {
		if got := bothForms(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestTitlesInBothForms: each title of an internationalised domain that names it names it both ways; what is to be
// published is as DNS has it.
func TestTitlesInBothForms(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	m, err := lab.NewMemory(map[string]string{"xn--bcher-kva.example": ";! with: mx\n"})
	if err != nil {
		t.Fatal(err)
	}
	r := offline(t, b, m, "xn--bcher-kva.example")
	named := 0
	for _, f := range r.Findings() {
		if f.Severity == diag.Info {
			continue
		}
		for _, lang := range []language.Tag{language.English, language.Chinese} {
			for _, title := range []string{b.Advise(lang, r, f).Title, b.Title(lang, f)} {
				if strings.Contains(title, "xn--bcher-kva") {
					named++
					if !strings.Contains(title, "bücher.example (") {
						t.Errorf("%s", title)
					}
				}
			}
		}
		for _, rec := range f.Records {
			if strings.ContainsRune(rec.Name+rec.Value, 'ü') {
				t.Errorf("a record with U-labels: %v", rec)
			}
		}
	}
	if named < 4 {
		t.Errorf("%d titles name the domain", named)
	}
}
