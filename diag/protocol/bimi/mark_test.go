package bimi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// TestRoots: the authorities that are trusted, by the SHA-256 of their roots. Whoever adds one adds a line here.
func TestRoots(t *testing.T) {
	want := map[string]string{
		"504386c9ee8932fecc95fade427f69c3e2534b7310489e300fee448e33c46b42": "DigiCert Verified Mark Root CA",
		"cd122cb877c6928b9017b0f0b80dbd508196300bbd03cd7356c3beef524e7e0b": "GlobalSign Verified Mark Root R42",
		"1b82e7f4910b51e3e802a493acdc17ff58eac8b9eb7c09b52ac6cd2efb83598c": "SSL.com VMC ECC Root CA 2024",
		"8f9d1b7698886782a599b48510651c66a1aa0c5ca3192097bdc68534154bd30d": "SSL.com VMC RSA Root CA 2024",
	}
	n, rest := 0, rootsPEM
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(c.Raw)
		if name := want[hex.EncodeToString(sum[:])]; name != c.Subject.CommonName {
			t.Errorf("%x is of %s, not of %q", sum, c.Subject.CommonName, name)
		}
		if !c.IsCA || c.CheckSignatureFrom(c) != nil || time.Now().After(c.NotAfter) {
			t.Errorf("%s: no root that is valid now", c.Subject.CommonName)
		}
		n++
	}
	if n != len(want) {
		t.Errorf("%d roots, want %d", n, len(want))
	}
	if _, ok := WithRoots([]byte("nothing")); ok {
		t.Error("a file without a certificate adds roots")
	}
	if pool, ok := WithRoots(rootsPEM); !ok || !pool.Equal(Roots()) {
		t.Error("the same roots again are not the same roots")
	}
}

func TestFor(t *testing.T) {
	for _, c := range []struct {
		names   []string
		domains []string
		want    bool
	}{
		{[]string{"shop.test"}, []string{"shop.test."}, true},
		{[]string{"SHOP.test"}, []string{"news.shop.test.", "shop.test."}, true},
		{[]string{"default._bimi.shop.test"}, []string{"shop.test"}, true},
		{[]string{"other._bimi.shop.test"}, []string{"shop.test"}, false},
		{[]string{"news.shop.test"}, []string{"shop.test"}, false},
		{[]string{"*.shop.test"}, []string{"news.shop.test"}, false},
		{[]string{"evilshop.test"}, []string{"shop.test"}, false},
		{nil, []string{"shop.test"}, false},
		{[]string{""}, []string{""}, false},
	} {
		if got := (&Mark{Names: c.names}).For("default", c.domains...); got != c.want {
			t.Errorf("%v for %v: %v", c.names, c.domains, got)
		}
	}
}

func TestSameLogo(t *testing.T) {
	if !SameLogo([]byte("\ufeff<svg>\r\n</svg>\n"), []byte("<svg>\n</svg>")) {
		t.Error("line ends make a difference")
	}
	if SameLogo([]byte("<svg></svg>"), []byte("<svg> </svg>")) {
		t.Error("another file is the same")
	}
}

// TestReadData: what a data: address holds (RFC 2397).
func TestReadData(t *testing.T) {
	for address, want := range map[string]string{
		"data:image/svg+xml;base64,PHN2Zy8+":               "<svg/>",
		"DATA:image/svg+xml;charset=utf-8;BASE64,PHN2Zy8+": "<svg/>",
		"data:image/svg+xml,%3Csvg/%3E":                    "<svg/>",
		"https://shop.test/logo.svg":                       "",
		"data:image/svg+xml;base64,###":                    "",
		"data:":                                            "",
	} {
		if got, _ := readData(address); string(got) != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}

// FuzzParse: whatever file is served, it is read within bounds, and a logo that is called good fits its hash.
func FuzzParse(f *testing.F) {
	f.Add(rootsPEM)
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		if m.Chain(Roots(), time.Now()) == "" || len(m.Logo) > maxLogo {
			t.Errorf("%+v", m)
		}
	})
}

// part is one image of a logotype, as it is written.
type part struct {
	kind    string
	address string
	hashOf  []byte
	sha1    bool
}

// written is a logotype extension (RFC 9399 4.1) with these images of the subject.
func written(parts ...part) []byte {
	var b cryptobyte.Builder
	context := func(n uint8) asn1.Tag { return asn1.Tag(n).Constructed().ContextSpecific() }
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		// Of a community.
		b.AddASN1(context(0), func(b *cryptobyte.Builder) { b.AddASN1(asn1.SEQUENCE, func(*cryptobyte.Builder) {}) })
		b.AddASN1(context(2), func(b *cryptobyte.Builder) {
			b.AddASN1(context(0), func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					for _, p := range parts {
						b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1(asn1.SEQUENCE, p.write) })
					}
				})
			})
		})
	})
	return b.BytesOrPanic()
}

func (p part) write(b *cryptobyte.Builder) {
	b.AddASN1(asn1.IA5String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(p.kind)) })
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			id, sum := oidSHA256, sha256.Sum256(p.hashOf)
			value := sum[:]
			if p.sha1 {
				old := sha1.Sum(p.hashOf)
				id, value = oidSHA1, old[:]
			}
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(id) })
			b.AddASN1OctetString(value)
		})
	})
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.IA5String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(p.address)) })
	})
}

func TestReadLogotype(t *testing.T) {
	svg := []byte("<svg/>")
	const plain, kind = "data:image/svg+xml;base64,PHN2Zy8+", "image/svg+xml"
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write(svg)
	_ = z.Close()
	packed := "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(zipped.Bytes())
	for _, c := range []struct {
		name string
		der  []byte
		logo string
		want Fault
	}{
		{"plain", written(part{kind, plain, svg, false}), "<svg/>", ""},
		{"packed, hash of the logo", written(part{kind, packed, svg, false}), "<svg/>", ""},
		{"packed, hash of the packed one", written(part{kind, packed, zipped.Bytes(), false}), "<svg/>", ""},
		{"SHA-1 alone", written(part{kind, packed, svg, true}), "<svg/>", ""},
		{"a picture before it", written(part{"image/png", "data:image/png;base64,AAAA", []byte{0, 0, 0}, false},
			part{kind, plain, svg, false}), "<svg/>", ""},
		{"a picture alone", written(part{"image/png", "data:image/png;base64,AAAA", []byte{0, 0, 0}, false}), "", NoLogo},
		{"elsewhere", written(part{kind, "https://shop.test/logo.svg", svg, false}), "", NoLogo},
		{"another hash", written(part{kind, plain, []byte("other"), false}), "", LogoHash},
		{"no image", written(), "", NoLogo},
		{"something behind it", append(written(part{kind, plain, svg, false}), 0), "", BadLogo},
		{"its half", written(part{kind, plain, svg, false})[:40], "", BadLogo},
		{"nothing", nil, "", BadLogo},
	} {
		logo, fault := readLogotype(c.der)
		if string(logo) != c.logo || fault != c.want {
			t.Errorf("%s: %q, %q; want %q, %q", c.name, logo, fault, c.logo, c.want)
		}
	}
}

// FuzzLogotype: whatever the extension is, a logo is read within bounds, and there is one exactly where there is no
// fault.
func FuzzLogotype(f *testing.F) {
	f.Add(written(part{"image/svg+xml", "data:image/svg+xml;base64,PHN2Zy8+", []byte("<svg/>"), false}))
	f.Add(written(part{"image/svg+xml", "data:image/svg+xml,%3Csvg/%3E", []byte("<svg/>"), true}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if logo, fault := readLogotype(b); len(logo) > maxLogo || (fault == "") != (logo != nil) {
			t.Errorf("%d octets, fault %q", len(logo), fault)
		}
	})
}

// TestUnpack: what unpacks to more than a logo may have is not unpacked to its end.
func TestUnpack(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 100 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	if out, err := Unpack(bomb.Bytes()); err == nil || out != nil {
		t.Errorf("%d octets, %v", len(out), err)
	}
}
