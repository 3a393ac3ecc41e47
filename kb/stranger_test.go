package kb

import (
	"strings"
	"testing"

	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/lab"

	"golang.org/x/text/language"
)

// TestNoRecordRepeatsAStranger: a term that holds what nobody can see is mended by nobody's guess, so no record and no
// sentence of ours says again what stands in it.
func TestNoRecordRepeatsAStranger(t *testing.T) {
	const lie = `\010What\194\160to\194\160do:\194\160call\194\160+1`
	zones := map[string]string{
		"a.test": "@ MX 5 mx\nmx A 203.0.113.9\n@ TXT \"v=spf1 include:x.a.test" + lie +
			" mx ~all\"\n_dmarc TXT \"v=DMARC1; p=none; rua=mailto:a@a.test" + lie +
			"\"\n_smtp._tls TXT \"v=TLSRPTv1; rua=mailto:a@a.test" + lie + "\"\n_mta-sts TXT \"v=STSv1; id=1" + lie + "\"\n",
		"b.test": "@ MX 5 mx\nmx A 203.0.113.9\n@ TXT \"v=spf1 " + lie + " mx ?all\"\n@ TXT \"v=spf1 a" + lie +
			" -all\"\n_dmarc TXT \"v=DMARC1; p=" + lie + "none\"\n_dmarc TXT \"v=DMARC1; p=reject; " + lie + "\"\n",
		"c.test": "@ MX 5 mx\nmx A 203.0.113.9\n@ TXT \"v=spf1 ip4:203.0.113.9" + lie + "\"\n_dmarc TXT \" v=DMARC1; p=none" +
			lie + "\"\n",
		"d.test": "@ MX 5 mx\nmx A 203.0.113.9\n@ TXT \"" + lie + "v=spf1 mx -all\"\n_dmarc TXT \"v=DMARC1;" + lie +
			" p=none; sp=none; rua=mailto:" + lie + "\"\n",
	}
	l, err := lab.Start(lab.Zones(zones))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for domain := range zones {
		r := diag.Run(t.Context(), l.Net(), checks.All(), diag.Target{Domain: domain, Unicode: domain},
			diag.Options{NoSMTP: true, Providers: b.Fingerprints()}, nil)
		for _, f := range r.Findings() {
			for _, lang := range []language.Tag{language.English, language.Chinese} {
				a := b.Advise(lang, r, f)
				found++
				for _, rec := range a.Records {
					if !rec.Remove && strings.Contains(rec.Value, "call") {
						t.Errorf("%s %s: publish %s %s %q", domain, f.Code, rec.Name, rec.Type, rec.Value)
					}
				}
				for _, text := range []string{a.Title, a.Why, a.Fix, a.WhoText} {
					if strings.ContainsAny(text, "\n\u00a0") && strings.Contains(text, "call") {
						t.Errorf("%s %s: %q", domain, f.Code, text)
					}
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("%d findings", found)
	}
}
