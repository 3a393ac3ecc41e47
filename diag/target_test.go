package diag

import (
	"errors"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	for in, want := range map[string]string{
		"example.com": "example.com", " Example.COM. ": "example.com", "user@example.com": "example.com",
		"https://www.example.com:8443/a?b=c@d#e": "www.example.com", "http://u:p@example.com/": "example.com",
		"<http://example.com|example.com>": "example.com", "<https://example.com>": "example.com",
		"<mailto:a@example.com|a@example.com>": "example.com", "mailto:a@example.com?subject=x": "example.com",
		"Anna <anna@example.com>": "example.com", "\"example.com\",": "example.com", "（example.com）": "example.com",
		"ｅｘａｍｐｌｅ．ｃｏｍ": "example.com", "example。com": "example.com", "中文.com": "xn--fiq228c.com", "中文。com": "xn--fiq228c.com",
		"bücher.example": "xn--bcher-kva.example", "xn--fiq228c.com": "xn--fiq228c.com", "_dmarc.example.com": "example.com",
		"sel._domainkey.example.com": "example.com", "_25._tcp.mx.example.com": "mx.example.com",
		"_smtp._tls.example.com": "example.com",
		"*.example.com":          "example.com", "*example.com*": "example.com", ".example.com": "example.com",
		"//example.com/x": "example.com",
		"example.com。":    "example.com", "“example.com”。": "example.com", "【中文.com】": "xn--fiq228c.com",
		"『example.com』": "example.com", "«example.com»": "example.com", "〔example.com〕、": "example.com",
		"\u200eexample.com\u202c": "example.com",
		"user＠example．com":        "example.com", "ｈｔｔｐ：／／example.com／x": "example.com",
		"ab--cd.example.com": "ab--cd.example.com",
		"a.b/c@example.com":  "a.b", "example.com/@user": "example.com", "\"a@b\"@example.com": "example.com",
		"faß.de":                               "xn--fa-hia.de",
		"<MAILTO:a@example.com?subject=b@c|x>": "example.com", "ftp://example.com:2121/": "example.com",
		"EXAMPLE.COM.": "example.com",
		"1234.example": "1234.example", "@example.com": "example.com", "example.com:25": "example.com",
	} {
		got, err := ParseTarget(in)
		if err != nil || got.Domain != want {
			t.Errorf("%q: %q, %v; want %q", in, got.Domain, err, want)
		}
	}
	if got, _ := ParseTarget("XN--FIQ228C.com"); got.Unicode != "中文.com" {
		t.Errorf("U-labels: %q", got.Unicode)
	}
	for in, want := range map[string]string{
		"": "empty", "   ": "empty", "<>": "empty", ".": "empty", "localhost": "single-label", "192.0.2.1": "address-literal",
		"[192.0.2.1]":      "address-literal",
		"user@[192.0.2.1]": "address-literal", "2001:db8::1": "address-literal", "http://192.0.2.1/": "address-literal",
		"http://[2001:db8::1]/": "address-literal",
		"user@":                 "bad-address", "a..com": "bad-label", "-a.com": "bad-label", "a-.com": "bad-label",
		"under_score.com": "bad-character", "exa mple.com": "bad-character",
		strings.Repeat("a", 64) + ".com": "bad-label", strings.Repeat("a.", 130) + "com": "too-long",
		strings.Repeat("x", 5000): "too-long",
		"a\x00b.com":              "control", "1.2.3.4.5": "address-literal", "a\nb.com": "control",
		"user@[IPv6:2001:db8::1]": "address-literal",
		"192.0.2.1:25":            "address-literal", "2001:db8::1/64": "address-literal", "fe80::1%eth0": "address-literal",
		"１９２.0.2.1":        "address-literal",
		"a@x.com, b@y.com": "bad-address", "a@x.com b@y.com": "bad-address", "example.com example.org": "bad-character",
		"\xff.com": "bad-character",
		"<@U123>":  "single-label", "_dmarc": "empty", "xn--a.com": "bad-label", "http://": "empty", "\"": "empty",
		"exa_mple.com": "bad-character",
		"<http://a.com|a.com> <http://b.com|b.com>": "bad-character",
	} {
		got, err := ParseTarget(in)
		var bad *InputError
		if !errors.As(err, &bad) || bad.Reason != want {
			t.Errorf("%q: %+v, %v; want %s", in, got, err, want)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"example.com", "<mailto:a@中文.com|x>", "https://a.b:1/c", "ｅ。com", "_25._tcp.a.b",
		"*.faß.de", "[::1]:53", "//a.b", "“a.b”。"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := ParseTarget(in)
		if err != nil {
			return
		}
		if len(got.Domain) > 253 || strings.ContainsAny(got.Domain, " <>|@/_") {
			t.Errorf("%q gave %q", in, got.Domain)
		}
		again, err := ParseTarget(got.Domain)
		if err != nil || again != got {
			t.Errorf("%q gave %+v, which gave %+v, %v", in, got, again, err)
		}
	})
}
