package bimi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha1" //nolint:gosec // old certificates have no other hash of the logo
	"crypto/sha256"
	"crypto/sha512"
	stdasn1 "encoding/asn1"
	"encoding/base64"
	"io"
	"net/url"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

const (
	maxLogo   = 256 << 10 // octets of a logo, unpacked
	maxImages = 8         // of one logotype that are looked at
)

// readLogotype is the subject's logo in a logotype extension (RFC 9399 4.1). The fault is empty where there is one.
func readLogotype(der []byte) ([]byte, Fault) {
	in := cryptobyte.String(der)
	var extension, subject, direct, data, images cryptobyte.String
	if !in.ReadASN1(&extension, asn1.SEQUENCE) || !in.Empty() {
		return nil, BadLogo
	}
	// communityLogos [0] and issuerLogo [1] may stand before it.
	found := false
	for !extension.Empty() {
		var element cryptobyte.String
		var tag asn1.Tag
		if !extension.ReadAnyASN1(&element, &tag) {
			return nil, BadLogo
		}
		if tag == asn1.Tag(2).Constructed().ContextSpecific() {
			subject, found = element, true
		}
	}
	if !found || !subject.ReadASN1(&direct, asn1.Tag(0).Constructed().ContextSpecific()) {
		return nil, NoLogo // none of the subject, or only a reference to one elsewhere
	}
	data = direct
	if !data.ReadASN1(&images, asn1.SEQUENCE) {
		return nil, NoLogo
	}
	fault := NoLogo
	for range maxImages {
		var image, details cryptobyte.String
		if images.Empty() {
			break
		}
		if !images.ReadASN1(&image, asn1.SEQUENCE) || !image.ReadASN1(&details, asn1.SEQUENCE) {
			return nil, BadLogo
		}
		logo, f := readDetails(details)
		if f == "" {
			return logo, ""
		}
		if f != NoLogo {
			fault = f
		}
	}
	return nil, fault
}

// readDetails is one image: its media type, hashes and addresses. Only an SVG that stands in the certificate itself, in
// a data: address (RFC 2397), counts.
func readDetails(in cryptobyte.String) ([]byte, Fault) {
	var kind, hashes, addresses cryptobyte.String
	if !in.ReadASN1(&kind, asn1.IA5String) || !in.ReadASN1(&hashes, asn1.SEQUENCE) ||
		!in.ReadASN1(&addresses, asn1.SEQUENCE) {
		return nil, BadLogo
	}
	if !strings.HasPrefix(strings.ToLower(string(kind)), "image/svg+xml") {
		return nil, NoLogo
	}
	fault := NoLogo
	for range maxImages {
		var address cryptobyte.String
		if addresses.Empty() {
			break
		}
		if !addresses.ReadASN1(&address, asn1.IA5String) {
			return nil, BadLogo
		}
		packed, ok := readData(string(address))
		if !ok {
			continue
		}
		logo, err := Unpack(packed)
		if err != nil {
			fault = BadLogo
			continue
		}
		if !hashed(hashes, logo) && !hashed(hashes, packed) {
			return nil, LogoHash
		}
		return logo, ""
	}
	return nil, fault
}

// readData is what a data: address holds.
func readData(address string) ([]byte, bool) {
	if len(address) < 5 || !strings.EqualFold(address[:5], "data:") {
		return nil, false
	}
	about, data, ok := strings.Cut(address[5:], ",")
	if !ok || len(data) > 2*maxLogo {
		return nil, false
	}
	if strings.HasSuffix(strings.ToLower(about), ";base64") {
		raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(data, "%2B", "+"))
		return raw, err == nil
	}
	text, err := url.PathUnescape(data)
	return []byte(text), err == nil
}

// Unpack is a logo as it is, out of gzip (RFC 1952, RFC 6170 5.2) where it is packed so. The error means that it is
// none, or too large.
func Unpack(b []byte) ([]byte, error) {
	if len(b) > maxLogo || len(b) == 0 {
		return nil, BadLogo
	}
	if !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		return b, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, BadLogo
	}
	out, err := io.ReadAll(io.LimitReader(z, maxLogo+1))
	if err != nil || len(out) > maxLogo || len(out) == 0 {
		return nil, BadLogo
	}
	return out, nil
}

var (
	oidSHA1   = stdasn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidSHA256 = stdasn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384 = stdasn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidSHA512 = stdasn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
)

// hashed reports whether one of the hashes (HashAlgAndValue) is of the data. Old certificates have SHA-1 alone.
func hashed(hashes cryptobyte.String, data []byte) bool {
	for range maxImages {
		var one, algorithm, value cryptobyte.String
		var id stdasn1.ObjectIdentifier
		if hashes.Empty() || !hashes.ReadASN1(&one, asn1.SEQUENCE) || !one.ReadASN1(&algorithm, asn1.SEQUENCE) ||
			!algorithm.ReadASN1ObjectIdentifier(&id) || !one.ReadASN1(&value, asn1.OCTET_STRING) {
			return false
		}
		var sum []byte
		switch {
		case id.Equal(oidSHA1):
			s := sha1.Sum(data) //nolint:gosec // as above
			sum = s[:]
		case id.Equal(oidSHA256):
			s := sha256.Sum256(data)
			sum = s[:]
		case id.Equal(oidSHA384):
			s := sha512.Sum384(data)
			sum = s[:]
		case id.Equal(oidSHA512):
			s := sha512.Sum512(data)
			sum = s[:]
		default:
			continue
		}
		if bytes.Equal(sum, value) {
			return true
		}
	}
	return false
}

// SameLogo reports whether a logo that was served is the one in a certificate: the same octets, whatever the line ends,
// and whether packed or not.
func SameLogo(served, certified []byte) bool {
	plain := func(b []byte) []byte {
		b = bytes.TrimPrefix(b, []byte("\ufeff"))
		return bytes.TrimSpace(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")))
	}
	if unpacked, err := Unpack(served); err == nil {
		served = unpacked
	}
	return bytes.Equal(plain(served), plain(certified))
}
