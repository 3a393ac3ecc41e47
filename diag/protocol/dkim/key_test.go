package dkim

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// number is an odd number of so many bits: what a key's length is measured by.
func number(bits int) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	return n.SetBit(n, 0, 1)
}

func spki(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

func TestKeyLengths(t *testing.T) {
	for _, bits := range []int{512, 768, 1023, 1024, 2047, 2048, 4096} {
		pub := &rsa.PublicKey{N: number(bits), E: 65537}
		if k := Parse("v=DKIM1; k=rsa; p=" + spki(t, pub)); k.Bits != bits || k.Bad != "" || len(k.Faults) > 0 {
			t.Errorf("%d: %+v", bits, k)
		}
		bare := base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(pub))
		if k := Parse("p=" + bare); k.Bits != bits || k.Bad != "" || len(k.Faults) > 0 {
			t.Errorf("%d, PKCS #1: %+v", bits, k)
		}
	}
	// RFC 8463 A.2
	if k := Parse("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="); k.Bits != 256 || k.Bad != "" ||
		!k.Usable() {
		t.Errorf("Ed25519: %+v", k)
	}
}

func TestBadKeys(t *testing.T) {
	good := spki(t, &rsa.PublicKey{N: number(2048), E: 65537})
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	hexKey := hex.EncodeToString(ed)
	for text, want := range map[string]string{
		"k=rsa; p=-----BEGIN PUBLIC KEY-----" + good: "pem",
		"p=" + good[:100]:                            "truncated",
		"p=MIGfMA0GCSqGSIb3DQ":                       "truncated",
		"p=" + good[:40] + "*" + good[41:]:           "not-base64",
		"p=" + good + "AAAA":                         "not-a-key", // octets after the key
		"p=aGVsbG8gd29ybGQ=":                         "not-a-key",
		"p=" + spki(t, ed):                           "other-type",
		"p=" + base64.StdEncoding.EncodeToString(ed): "other-type",
		"k=ed25519; p=" + spki(t, ed):                "wrapped",
		"k=ed25519; p=" + good:                       "other-type",
		"k=ed25519; p=" + base64.StdEncoding.EncodeToString(ed[:31]):                "bad-length",
		"k=ed25519; p=" + hexKey:                                                    "bad-length",
		"k=dsa; p=" + good:                                                          "unknown-type",
		"p=" + spki(t, &rsa.PublicKey{N: number(2048), E: 1}):                       "bad-exponent",
		"p=" + strings.TrimRight(good, "="):                                         "",
		"p=" + good[:64] + " \t" + good[64:]:                                        "",
		"p=" + base64.StdEncoding.EncodeToString([]byte{0x30, 0x82, 0xff}):          "not-a-key",
		"p=" + base64.StdEncoding.EncodeToString([]byte{0x30, 0x84, 1, 1, 1, 1, 1}): "not-a-key",
	} {
		k := Parse(text)
		if k.Bad != want || (want != "" && (k.Bits != 0 || k.Usable())) {
			t.Errorf("%.60s: %q (%d bits), want %q", text, k.Bad, k.Bits, want)
		}
	}
}

func TestRecordFaults(t *testing.T) {
	const key = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAM4rZGzlg2Bogdke5il8RvB6UlshwaokYEA5g7FnZIe3DB+n8VMZIqMTv8j0pvwJt0QcijghfE4L9zRDNtmnepUCAwEAAQ=="
	for _, c := range []struct {
		text, reason, suggestion string
		pos                      int
	}{
		{"v=DKIM1; k=rsa; p=" + key, "", "", 0},
		{"v=DKIM1; k=rsa; n=a note; x=unknown; p=" + key + ";", "", "", 0},
		{"v=DKIM2; p=" + key, "bad-version", "v=DKIM1", 0},
		{"v=dkim1; p=" + key, "bad-version", "v=DKIM1", 0},
		{"k=rsa; v=DKIM1; p=" + key, "version-not-first", "v=DKIM1; k=rsa; p=" + key, 7},
		{"k=rsa; p=" + key + "; v=DKIM1", "version-not-first", "v=DKIM1; k=rsa; p=" + key, 139},
		{"v=DKIM1; k=rsa", "no-key", "", 14},
		{"v=DKIM1; K=rsa; p=" + key, "bad-case", "k=rsa", 9},
		{"v=DKIM1; h=md5; p=" + key, "bad-hash", "h=sha256", 9},
		{"v=DKIM1; k=rsa; p=" + key + "; p=" + key, "duplicate", "", 148},
		{`v=DKIM1\; p=` + key, "escaped-semicolon", "v=DKIM1; p=" + key, 0},
		{`v=DKIM1\; h=sha256\; k=rsa\; p=` + key, "escaped-semicolon", "v=DKIM1; h=sha256; k=rsa; p=" + key, 0},
		{"v=DKIM1, k=rsa, p=" + key, "no-semicolon", "v=DKIM1; k=rsa; p=" + key, 0},
		{"v=DKIM1 k=rsa p=" + key, "no-semicolon", "v=DKIM1; k=rsa; p=" + key, 0},
		{"k=rsa, p=" + key, "no-semicolon", "k=rsa; p=" + key, 0},
		{"v=DKMI1; p=" + key, "bad-version", "v=DKIM1", 0},
		{"V=DKIM1; k=rsa; p=" + key, "bad-case", "v=DKIM1", 0},
		{`"v=DKIM1; p=` + key + `"`, "quoted", "v=DKIM1; p=" + key, 0},
		{key, "bare-key", "v=DKIM1; k=rsa; p=" + key, 0},
		{"v=DKIM1: k=rsa; p=" + key, "no-semicolon", "v=DKIM1; k=rsa; p=" + key, 0},
	} {
		k := Parse(c.text)
		if !IsKey(c.text) {
			t.Errorf("%.40s is not seen as a key", c.text)
		}
		switch {
		case c.reason == "" && len(k.Faults) > 0:
			t.Errorf("%.40s: %v", c.text, k.Faults)
		case c.reason != "" && (len(k.Faults) != 1 || k.Faults[0].Reason != c.reason ||
			k.Faults[0].Suggestion != c.suggestion || k.Faults[0].Pos != c.pos):
			t.Errorf("%.40s: %+v, want %s at %d, %q", c.text, k.Faults, c.reason, c.pos, c.suggestion)
		}
		if c.reason != "no-key" && k.Bits != 512 {
			t.Errorf("%.40s: %d bits, %s", c.text, k.Bits, k.Bad)
		}
	}
}

// TestHarmlessFaults tells slips that verifiers pass over from those that cost the key (RFC 6376 3.2, 3.6.1).
func TestHarmlessFaults(t *testing.T) {
	const key = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAM4rZGzlg2Bogdke5il8RvB6UlshwaokYEA5g7FnZIe3DB+n8VMZIqMTv8j0pvwJt0QcijghfE4L9zRDNtmnepUCAwEAAQ=="
	for text, works := range map[string]bool{
		"V=DKIM1; k=rsa; p=" + key: true, "v=DKIM1; K=rsa; p=" + key: true, "k=rsa; v=DKIM1; p=" + key: true,
		"v=DKIM1;; p=" + key: true, "v=DKIM1; n=é; p=" + key: true,
		"v=DKIM1; K=ed25519; p=" + key: false, "v=DKIM1; P=" + key: false, "v=dkim1; p=" + key: false,
		"v=DKIM1; p=" + key + "; p=" + key: false, `v=DKIM1\; p=` + key: false,
	} {
		if k := Parse(text); len(k.Faults) == 0 || k.Usable() != works {
			t.Errorf("%.40s: works %v, want %v: %v", text, k.Usable(), works, k.Faults)
		}
	}
}

// TestMeant gives the record of a key that is whole in the wrong form.
func TestMeant(t *testing.T) {
	raw, err := base64.StdEncoding.DecodeString("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
	if err != nil {
		t.Fatal(err)
	}
	ed := ed25519.PublicKey(raw)
	const want = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
	for _, text := range []string{
		"v=DKIM1; k=ed25519; p=" + spki(t, ed), "v=DKIM1; k=rsa; p=" + spki(t, ed),
		"p=" + base64.StdEncoding.EncodeToString(ed),
		"k=ed25519; p=-----BEGIN PUBLIC KEY----- " + spki(t, ed) + " -----END PUBLIC KEY-----",
	} {
		if k := Parse(text); k.Meant != want || !Parse(k.Meant).Usable() {
			t.Errorf("%s: %s: %q", text, k.Bad, k.Meant)
		}
	}
	for _, text := range []string{"p=aGVsbG8gd29ybGQ=", "k=ed25519; p=aGVsbG8=", "k=dsa; p=" + spki(t, ed), "p=*"} {
		if k := Parse(text); k.Bad == "" || k.Meant != "" {
			t.Errorf("%s: %s: %q", text, k.Bad, k.Meant)
		}
	}
}

func TestTags(t *testing.T) {
	k := Parse("v=DKIM1; h=SHA1; s=tlsrpt : other; t=y:s; p=")
	if !k.Revoked || !k.Testing() || !k.SHA1Only() || k.ForEmail() || k.Usable() ||
		!slices.Equal(k.Services, []string{"tlsrpt", "other"}) {
		t.Errorf("%+v", k)
	}
	k = Parse("h=sha1:sha256; s=*; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=; k=ed25519")
	if k.Revoked || k.Testing() || k.SHA1Only() || !k.ForEmail() || !k.Usable() {
		t.Errorf("%+v", k)
	}
	for _, text := range []string{"v=spf1 -all", "google-site-verification=abc", "v=DMARC1; p=none", "", "hello; world"} {
		if IsKey(text) {
			t.Errorf("%q is seen as a key", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"v=DKIM1; k=rsa; p=AB CD ;", "p=", "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", `"v=DKIM1; p=MDA"`,
		"p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAM4rZGzlg2Bogdke5il8RvB6UlshwaokYEA5g7FnZIe3DB+n8VMZIqMTv8j0pvwJt0QcijghfE4L9zRDNtmnepUCAwEAAQ==",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		IsKey(s)
		k := Parse(s)
		again := Parse(k.String())
		again.Faults, k.Faults = nil, nil
		for i := range k.Tags {
			k.Tags[i].Pos = 0
		}
		for i := range again.Tags {
			again.Tags[i].Pos = 0
		}
		if !reflect.DeepEqual(k, again) && !strings.ContainsAny(s, quotes) {
			t.Fatalf("%q became %+v became %+v", s, k, again)
		}
	})
}

// TestWholeForms reads records that were entered twice over, with line ends written out, or with a colon for the sign,
// as the record that was meant.
func TestWholeForms(t *testing.T) {
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	key := spki(t, &secret.PublicKey)
	small := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub)
	good := "v=DKIM1; k=rsa; p=" + key
	for text, want := range map[string]string{
		small + small:                                     small,
		good + "; " + good:                                good,
		good + " " + good + ";":                           good,
		"v=DKIM1; k=rsa; p:" + key:                        good,
		"v=DKIM1; k=rsa; p : " + key:                      good,
		"s1._domainkey IN TXT (\"" + good + "\")":         good,
		"记录值：" + good:                                     good,
		good[:90] + "\" \"" + good[90:]:                   good,
		"v=DKIM1; k=rsa; p=" + key[:64] + `\n` + key[64:]: good,
		small + good:                                      "", // two keys: which one is meant is not told
	} {
		k := Parse(text)
		got := k.Meant
		for _, f := range k.Faults {
			if got == "" && strings.HasPrefix(f.Suggestion, "v=DKIM1;") {
				got = f.Suggestion
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if want != "" && k.Usable() {
			t.Errorf("%q passes as it is", text)
		}
	}
}
