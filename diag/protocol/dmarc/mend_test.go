package dmarc

import "testing"

// TestMendRecord reads texts as they were meant.
func TestMendRecord(t *testing.T) {
	for text, want := range map[string]string{
		"v=DMARC1; p=reject; rua=mailto:a@d.example":                       "v=DMARC1; p=reject; rua=mailto:a@d.example",
		"v=DMARC1; p=reject; pp=mailto:a@d.example":                        "", // whether rua or ruf was meant
		"v=DMARC1; p=reject; x=hello":                                      "v=DMARC1; p=reject; x=hello",
		"\ufeffv=DMARC1; p=reject; rua=mailto:a@d.example":                 "v=DMARC1; p=reject; rua=mailto:a@d.example",
		"\u201cv=DMARC1; p=reject\u201d":                                   "v=DMARC1; p=reject",
		`"v=DMARC1; p=none;"`:                                              "v=DMARC1; p=none",
		`v=DMARC1\; p=none\; rua=mailto:a@d.example`:                       "v=DMARC1; p=none; rua=mailto:a@d.example",
		"v=DMARC1；ｐ＝ｒｅｊｅｃｔ":                                                "v=DMARC1; p=reject",
		"v=DMARC1, p=reject, rua=mailto:a@d.example,mailto:b@d.example":    "v=DMARC1; p=reject; rua=mailto:a@d.example,mailto:b@d.example",
		"v=DMARC1 p=reject rua=mailto:a@d.example":                         "v=DMARC1; p=reject; rua=mailto:a@d.example",
		"v=DMARC1p=reject":                                                 "v=DMARC1; p=reject",
		"v=DMARC1; p=rejectrua=mailto:a@d.example":                         "v=DMARC1; p=reject; rua=mailto:a@d.example",
		"V=dmarc1; P=Reject; RUA=mailto:A@d.example":                       "v=DMARC1; P=Reject; RUA=mailto:A@d.example",
		"p=reject; v=DMARC1; sp=none":                                      "v=DMARC1; p=reject; sp=none",
		"v=DMARC1; rua=mailto:a@d.example; p=none":                         "v=DMARC1; p=none; rua=mailto:a@d.example",
		"v=DMARC1;p=none;rf:afrf;ri=86400;sp=none":                         "v=DMARC1; p=none; rf=afrf; ri=86400; sp=none",
		"v=DMARC1; p=none; rua=a@d.example":                                "v=DMARC1; p=none; rua=mailto:a@d.example",
		"v=DMARC1; p=none; rua=mailto:a@d.example; mailto:b@d.example":     "v=DMARC1; p=none; rua=mailto:a@d.example,mailto:b@d.example",
		"v=DMARC1; p=none; rua=mailto: a@d.example":                        "v=DMARC1; p=none; rua=mailto:a@d.example",
		"v=DMARC1; p=none; rua=mailto:a@d.example; rua=mailto:b@d.example": "v=DMARC1; p=none; rua=mailto:a@d.example,mailto:b@d.example",
		"v=DMARC1; p=none; rua=; ruf=;":                                    "v=DMARC1; p=none",
		"v=DMARC1; p=none; rau=mailto:a@d.example":                         "v=DMARC1; p=none; rua=mailto:a@d.example",
		"v=DMARC1; p=rejct":                                                "v=DMARC1; p=reject",
		"v=DMARC1; p=reject; p=reject":                                     "v=DMARC1; p=reject",
		"v=DMARC1; p=reject; adkim=strict; aspf=x":                         "v=DMARC1; p=reject; adkim=s",
		"v=DMARC1; p=reject; pct=100%":                                     "v=DMARC1; p=reject; pct=100",
		"v=DMARC1; p=reject; note=hello":                                   "v=DMARC1; p=reject; note=hello",
		"v=DMARC1; rua=mailto:a@d.example":                                 "v=DMARC1; p=none; rua=mailto:a@d.example",
		"p=reject; rua=mailto:a@d.example":                                 "v=DMARC1; p=reject; rua=mailto:a@d.example",
		// What was meant cannot be told.
		"v=DMARC1; p=reject; p=none":          "",
		"v=DMARC1; p=monitor":                 "",
		"v=DMARC1; p=":                        "",
		"v=DMARC1; pz=reject; sp=none; p=":    "",
		"v=DMARC1; p=none; rua=mailto:nobody": "",
		"v=DMARC1; p=none\r\nCall +1 555":     "",
		"v=DMARC1; p=reject; hello":           "v=DMARC1; p=reject",
		"v=DMARC1; p=reject; 0; p; rua":       "v=DMARC1; p=reject", "v=DMARC1; p; rua=mailto:a@d.example; sp=none": "",
		"v=DMARC1; p=reject; what is this": "",
		"hello=world; some=thing":          "",
		"v=spf1 -all":                      "",
	} {
		m := MendRecord(text)
		if m.Record != want {
			t.Errorf("%q: %+v, want %q", text, m, want)
		}
		if again := MendRecord(m.Record); m.Record != "" && again.Record != m.Record {
			t.Errorf("%q: mended again: %+v", text, again)
		}
	}
}
