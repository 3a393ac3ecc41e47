package kb

import (
	"strings"
	"testing"

	"signpost/diag"

	"golang.org/x/text/language"
)

// TestEntry tells how records are entered where a console has a field of its own for each part, and nothing of any
// other console.
func TestEntry(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	record := func(name, kind, value string) Record { return Record{Name: name, Type: kind, Value: value} }
	for _, c := range []struct {
		domain, operator string
		records          []Record
		want             []string
		not              string
	}{
		{"shop.example.com", "alibaba-alidns", []Record{record("_dmarc.shop.example.com", "TXT", "v=DMARC1; p=none")},
			[]string{"_dmarc.shop", "TXT"}, "example.com"},
		{"example.com.cn", "dnspod", []Record{record("example.com.cn", "TXT", "v=spf1 -all")}, []string{"@", "TXT"},
			"com.cn"},
		{"example.com", "alibaba-hichina", []Record{record("example.com", "MX", "5 mx1.qiye.aliyun.com.")},
			[]string{"@", "5", "mx1.qiye.aliyun.com"}, "example"},
		{"example.com", "alibaba-hichina", []Record{record("example.com", "MX", "0 .")}, []string{"@", "0"}, "example"},
		{"example.com", "alibaba-hichina", []Record{{Name: "example.com", Type: "TXT", Value: "v=spf1", Remove: true}}, nil,
			""},
		{"example.com", "alibaba-hichina", []Record{record("elsewhere.net", "TXT", "v=DMARC1")}, nil, ""},
		{"example.com", "cloudflare", []Record{record("example.com", "TXT", "v=spf1 -all")}, nil, ""},
		{"example.com", "", []Record{record("example.com", "TXT", "v=spf1 -all")}, nil, ""},
	} {
		r := &diag.Report{Domain: c.domain, Operator: diag.OperatorSeen{ID: c.operator}}
		for _, lang := range []language.Tag{language.English, language.Chinese} {
			got := strings.Join(b.entry(lang, r, diag.Finding{Records: c.records}), "\n")
			if (got == "") != (c.want == nil) {
				t.Errorf("%s at %s: %q", c.domain, c.operator, got)
			}
			for _, w := range c.want {
				if !strings.Contains(got, w) {
					t.Errorf("%s at %s: %q lacks %q", c.domain, c.operator, got, w)
				}
			}
			if c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("%s at %s: %q holds %q", c.domain, c.operator, got, c.not)
			}
		}
	}
}
