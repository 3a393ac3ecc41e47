package dkim_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"testing"

	"signpost/diag/protocol/dkim"
)

// TestWhole: a key whose strings became records of their own is put together in the one order that makes a key; where a
// part is missing, or is a key by itself, nothing is made up. A private key in a record is told from a public one.
func TestWhole(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	p := base64.StdEncoding.EncodeToString(public)
	begun, second, third := "v=DKIM1; k=rsa; p="+p[:120], p[120:250], p[250:]
	for _, texts := range [][]string{{begun, second, third}, {third, begun, second}, {second, " " + third, begun}} {
		if got := dkim.Whole(texts); got != begun+second+third {
			t.Errorf("%q: %q", texts, got)
		}
	}
	for name, texts := range map[string][]string{
		"a part is missing": {begun, third}, "one alone": {begun}, "two beginnings": {begun, begun, second},
		"whole already": {begun + second + third, second}, "too many": {begun, second, third, "AAAA", "BBBB"},
		"another text": {begun, "site verification"}, "no beginning": {second, third},
	} {
		if got := dkim.Whole(texts); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"v=DKIM1; p=" + base64.StdEncoding.EncodeToString(private):                                    true,
		"v=DKIM1; p=" + base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PrivateKey(key))[:40]:      true,
		"-----BEGIN RSA PRIVATE KEY-----":                                                             true,
		begun + second + third:                                                                        false,
		"v=DKIM1; p=" + base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(&key.PublicKey)): false,
		"v=DKIM1; p=": false, "v=DKIM1": false,
	} {
		if got := dkim.HoldsPrivateKey(text); got != want {
			t.Errorf("%.40s: %v", text, got)
		}
	}
}
