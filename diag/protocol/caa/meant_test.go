package caa

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

var authorities = []Authority{
	{Called: []string{"Let's Encrypt", "Internet Security Research Group"}, Names: []string{"letsencrypt.org"}},
	{Called: []string{"DigiCert"}, Names: []string{"digicert.com", "www.digicert.com", "digicert.ne.jp", "amazon.com"}},
	{Called: []string{"Google Trust Services"}, Names: []string{"pki.goog"}},
}

func shown(all []Property) (out string) {
	for i, r := range all {
		if i > 0 {
			out += " + "
		}
		out += fmt.Sprintf("%d %s %q", r.Flags, r.Tag, r.Value)
	}
	return out
}

// TestMeant reads what people entered; "" where it cannot be told what they meant.
func TestMeant(t *testing.T) {
	for _, c := range []struct {
		flags            uint8
		tag, value, want string
	}{
		{0, "issue", "letsencrypt.org", `0 issue "letsencrypt.org"`},
		{0, "issue", ";", `0 issue ";"`},
		{0, "issue", `"letsencrypt.org"`, `0 issue "letsencrypt.org"`},
		{0, "issue", `\"letsencrypt.org\"`, `0 issue "letsencrypt.org"`},
		{0, "issue", `“letsencrypt.org”`, `0 issue "letsencrypt.org"`},
		{0, "issue", `0 issue "letsencrypt.org"`, `0 issue "letsencrypt.org"`},
		{0, "issue", `"0 issue letsencrypt.org"`, `0 issue "letsencrypt.org"`},
		{0, "issue", `issue "letsencrypt.org"`, `0 issue "letsencrypt.org"`},
		{0, "issue", "issue=letsencrypt.org", `0 issue "letsencrypt.org"`},
		{0, "issue", "issue: letsencrypt.org", `0 issue "letsencrypt.org"`},
		{0, "issuewild", "issuewild=letsencrypt.org", `0 issuewild "letsencrypt.org"`},
		{0, "issue", "issuewild=letsencrypt.org", ""},
		{0, "issue", `128 issuewild "letsencrypt.org"`, ""},
		{0, "issue", "https://letsencrypt.org/", `0 issue "letsencrypt.org"`},
		{0, "issue", "https://www.letsencrypt.org/docs/caa/", `0 issue "letsencrypt.org"`},
		{0, "issue", "http://www.digicert.com", `0 issue "www.digicert.com"`},
		{0, "issue", "https://ca.example/", `0 issue "ca.example"`},
		{0, "issue", "https://www.ca.example/", ""},
		{0, "issue", "https://ca.example/certificates", ""},
		{0, "issue", "ftp://ca.example/", ""},
		{0, "issue", "https://kim@ca.example/", ""},
		{0, "issue", "letsencrypt.org, digicert.com", `0 issue "letsencrypt.org" + 0 issue "digicert.com"`},
		{0, "issue", "letsencrypt.org digicert.com", `0 issue "letsencrypt.org" + 0 issue "digicert.com"`},
		{0, "issue", "letsencrypt.org; digicert.com", `0 issue "letsencrypt.org" + 0 issue "digicert.com"`},
		{0, "issue", `"letsencrypt.org" "digicert.com"`, `0 issue "letsencrypt.org" + 0 issue "digicert.com"`},
		{0, "issue", "issue=letsencrypt.org, issue=pki.goog", `0 issue "letsencrypt.org" + 0 issue "pki.goog"`},
		{0, "issue", "letsencrypt.org; validationmethods=dns-01, pki.goog",
			`0 issue "letsencrypt.org; validationmethods=dns-01" + 0 issue "pki.goog"`},
		{0, "issue", "letsencrypt.org,letsencrypt.org", `0 issue "letsencrypt.org"`},
		{0, "issue", "letsencrypt.org; accounturi=https://acme.example/1",
			`0 issue "letsencrypt.org; accounturi=https://acme.example/1"`},
		{0, "issue", "Let's Encrypt", `0 issue "letsencrypt.org"`},
		{0, "issue", "DigiCert", `0 issue "digicert.com"`},
		{0, "issue", "letsencrypt", `0 issue "letsencrypt.org"`},
		{0, "issue", "yes", ""},
		{0, "issue", "*.letsencrypt.org", ""},
		{0, "issue", "ca.example; %%%", ""},
		{0, "issue", "security@letsencrypt.org", ""},
		{0, "issue", "any authority", ""},
		{1, "issue", "letsencrypt.org", `0 issue "letsencrypt.org"`},
		{129, "issuewild", ";", `128 issuewild ";"`},
		{48, "issue", `"letsencrypt.org"`, `0 issue "letsencrypt.org"`},
		{0, "isue", "letsencrypt.org", `0 issue "letsencrypt.org"`},
		{0, "issue-wild", "letsencrypt.org", `0 issuewild "letsencrypt.org"`},
		{0, "issuwild", `"letsencrypt.org"`, `0 issuewild "letsencrypt.org"`},
		{0, `"issue"`, "letsencrypt.org", `0 issue "letsencrypt.org"`},
		{0, "tbs", "letsencrypt.org", ""},
		{0, "iodef", "security@shop.test", `0 iodef "mailto:security@shop.test"`},
		{0, "iodef", "mailto: security@shop.test", `0 iodef "mailto:security@shop.test"`},
		{0, "iodef", "mailto://security@shop.test", `0 iodef "mailto:security@shop.test"`},
		{0, "iodef", `"mailto:security@shop.test"`, `0 iodef "mailto:security@shop.test"`},
		{0, "iodef", "shop.test", ""},
		{0, "iodef", "a@b.test, c@d.test", ""},
		{0, "contactemail", "security@shop.test", `0 contactemail "security@shop.test"`},
	} {
		if got := shown(Parse(c.flags, c.tag, c.value).Meant(authorities)); got != c.want {
			t.Errorf("%d %s %q: %s, want %s", c.flags, c.tag, c.value, got, c.want)
		}
	}
}

// TestNear tells names of authorities that were misspelt from those of authorities that are not known.
func TestNear(t *testing.T) {
	for issuer, want := range map[string]string{
		"letsencrypt.org": "", "letsencrypt.com": "letsencrypt.org", "www.letsencrypt.org": "letsencrypt.org",
		"letsencypt.org": "letsencrypt.org", "digicert.org": "digicert.com", "www.digicert.com": "", "digicert.ne.jp": "",
		"pki.google": "", "ca.example": "", "encrypt.org": "", "": "", "amazon.co.jp": "amazon.com",
	} {
		if got := Near(issuer, authorities); got != want {
			t.Errorf("%q: %q, want %q", issuer, got, want)
		}
	}
}

// TestFromText tells texts that are CAA records in all but their type.
func TestFromText(t *testing.T) {
	for text, want := range map[string]string{
		`0 issue "letsencrypt.org"`:            `0 issue "letsencrypt.org"`,
		`0 issue letsencrypt.org`:              `0 issue "letsencrypt.org"`,
		`"0 issue \"letsencrypt.org\""`:        `0 issue "letsencrypt.org"`,
		`CAA 0 issuewild ";"`:                  `0 issuewild ";"`,
		`0 iodef "mailto:a@shop.test"`:         `0 iodef "mailto:a@shop.test"`,
		`128 issue "letsencrypt.org"`:          `128 issue "letsencrypt.org"`,
		`0 isue "letsencrypt.org"`:             `0 issue "letsencrypt.org"`,
		`0 isue whoever`:                       "none",
		`0 issue whoever`:                      "",
		`10 mail.shop.test`:                    "none",
		`0 issues are open today`:              "none",
		`v=spf1 include:issue.example -all`:    "none",
		`issue letsencrypt.org`:                "none",
		`3 words here`:                         "none",
		`google-site-verification=0 issue "a"`: "none",
	} {
		all, is := FromText(text, authorities)
		got := shown(all)
		if !is {
			got = "none"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// FuzzMeant: what is meant is without fault, allows nobody but names that stand in the text, and means itself.
func FuzzMeant(f *testing.F) {
	f.Add(uint8(0), "issue", `0 issue "letsencrypt.org"`)
	f.Add(uint8(1), "isue", "https://ca.example/, other.example")
	f.Fuzz(func(t *testing.T, flags uint8, tag, value string) {
		for _, r := range Parse(flags, tag, value).Meant(nil) {
			if len(r.Faults) > 0 {
				t.Errorf("%+v", r)
			}
			if r.Issuer != "" && !strings.Contains(strings.ToLower(folded(value)), r.Issuer) {
				t.Errorf("%q allows %s", value, r.Issuer)
			}
			if again := r.Meant(nil); !slices.EqualFunc(again, []Property{r},
				func(a, b Property) bool { return a.Value == b.Value && a.Tag == b.Tag }) {
				t.Errorf("%+v is meant as %+v", r, again)
			}
		}
	})
}
