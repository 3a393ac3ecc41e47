package taglist

import "testing"

func TestResembles(t *testing.T) {
	for text, want := range map[string]bool{
		"v=DMARC1; p=none": true, "v=DMARC1, p=reject": true, "v=DMRAC1; p=none": true, "DMARC1; p=none": true,
		"v:dmarc1 p=none": true, "V = DMARC; p=none": true,
		"v=DMARC2": true, "ｖ＝ＤＭＡＲＣ１；": true, "v=DMAC1; p=none": true, "v=spf1 -all": false, "v=DKIM1; p=": false,
		"p=none": false, "": false, "v": false,
		"google-site-verification=dmarc1": false, "v=STSv1; id=1": false, "vendor=1": false,
	} {
		if got := Resembles(text, "DMARC1"); got != want {
			t.Errorf("%q resembles DMARC1: %v", text, got)
		}
	}
	for text, version := range map[string]string{"v=STSv1, id=1": "STSv1", "v=STS1; id=1": "STSv1",
		"v=TLSRPT1;rua=x": "TLSRPTv1", "v=TLSRPv1; rua": "TLSRPTv1", "v=BIMI; l=": "BIMI1", "v=BMI1; l=": "BIMI1"} {
		if !Resembles(text, version) {
			t.Errorf("%q does not resemble %s", text, version)
		}
	}
	for text, version := range map[string]string{"v=spf1 -all": "STSv1", "v=spf1 mx": "BIMI1",
		"v=STSv1; id=1": "TLSRPTv1"} {
		if Resembles(text, version) {
			t.Errorf("%q resembles %s", text, version)
		}
	}
}

func TestSeparated(t *testing.T) {
	names := []string{"v", "p", "sp", "rua", "pct", "k"}
	for text, want := range map[string]string{
		"v=DMARC1; p=none; rua=mailto:a@x.test,mailto:b@x.test":            "",
		"v=DMARC1, p=reject, rua=mailto:a@x.test,mailto:b@x.test, pct=100": "v=DMARC1; p=reject; rua=mailto:a@x.test,mailto:b@x.test; pct=100",
		"v=DMARC1; p=reject, sp=none":                                      "v=DMARC1; p=reject; sp=none",
		"v=DKIM1 k=rsa p=MIIB AAA=":                                        "v=DKIM1; k=rsa; p=MIIB AAA=",
		"v=DMARC1 | p=none\nrua=mailto:a@x.test":                           "v=DMARC1; p=none; rua=mailto:a@x.test",
		"v=DMARC1; p=none; rua=mailto:a@x.test?subject=x, mailto:b@x.test": "",
		"p=none p=none p=none":                                             "p=none; p=none; p=none",
	} {
		if got := Separated(text, names); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
