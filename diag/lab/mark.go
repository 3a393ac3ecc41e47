package lab

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"
)

func (m markWords) has(w string) bool { return slices.Contains(m, w) }

// serveMark serves the mark certificate of a zone and the one that issued it.
func (l *Lab) serveMark(w http.ResponseWriter, z *zone) {
	file, err := l.ca.mark(z)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/pem-certificate-chain")
	_, _ = io.WriteString(w, file)
}

const markAuthority = "the lab's mark authority"

// mark issues a mark certificate (draft-fetch-validation-vmc-wchuang).
func (a *authority) mark(z *zone) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.init(); err != nil {
		return "", err
	}
	switch {
	case z.mark.has("text"):
		return "<html>not here</html>", nil
	case z.mark.has("huge"):
		return strings.Repeat("#\n", 1<<20), nil
	}
	root, rootKey := a.cert, a.key
	if z.mark.has("unknown-authority") {
		var err error
		if rootKey, err = keyOf("nobody's mark authority"); err != nil {
			return "", err
		}
		if root, err = newAuthority(rootKey); err != nil {
			return "", err
		}
	}
	key, err := keyOf(markAuthority)
	if err != nil {
		return "", err
	}
	issuer := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Lab Mark CA", Organization: []string{"Lab Marks"}},
		IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(5, 0, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, issuer, root, &key.PublicKey, rootKey)
	if err != nil {
		return "", err
	}
	if issuer, err = x509.ParseCertificate(der); err != nil {
		return "", err
	}
	own, err := keyOf("the mark of " + z.about.Name)
	if err != nil {
		return "", err
	}
	leaf, err := markTemplate(z)
	if err != nil {
		return "", err
	}
	if z.mark.has("self-signed") {
		issuer, key = leaf, own
	}
	mark, err := x509.CreateCertificate(rand.Reader, leaf, issuer, &own.PublicKey, key)
	if err != nil {
		return "", err
	}
	return markFile(z.mark, mark, der, root.Raw, own)
}

func markFile(words markWords, mark, issuer, root []byte, key *ecdsa.PrivateKey) (string, error) {
	file := [][]byte{mark, issuer}
	switch {
	case words.has("no-chain"), words.has("self-signed"):
		file = file[:1]
	case words.has("unknown-authority"):
		file = append(file, root)
	case words.has("late"):
		slices.Reverse(file)
	}
	var out bytes.Buffer
	for _, der := range file {
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	if words.has("key") {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return "", err
		}
		_ = pem.Encode(&out, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	}
	return out.String(), nil
}

// markTemplate is what a mark certificate says.
func markTemplate(z *zone) (*x509.Certificate, error) {
	c := &x509.Certificate{
		SerialNumber: big.NewInt(3), NotBefore: time.Now().AddDate(0, -6, 0), NotAfter: time.Now().AddDate(0, 6, 0),
		DNSNames: []string{z.about.Name},
		Subject: pkix.Name{Organization: []string{"Lab Shop"}, ExtraNames: []pkix.AttributeTypeAndValue{
			{Type: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 53087, 1, 13}, Value: "Registered Mark"},
		}},
		BasicConstraintsValid: true, UnknownExtKeyUsage: []asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 31}},
	}
	for _, w := range z.mark {
		switch w {
		case "expired":
			c.NotAfter = time.Now().AddDate(0, 0, -3)
		case "expiring":
			c.NotAfter = time.Now().AddDate(0, 0, 5).Add(12 * time.Hour) // five whole days, however slow the machine is
		case "early":
			c.NotBefore = time.Now().AddDate(0, 0, 1)
		case "other-name":
			c.DNSNames = []string{"other.invalid"}
		case "record-name":
			c.DNSNames = []string{"default._bimi." + z.about.Name}
		case "no-usage":
			c.UnknownExtKeyUsage, c.ExtKeyUsage = nil, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		case "no-logo":
			return c, nil
		}
	}
	logo, err := logotype(z)
	c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 12}, Value: logo}}
	return c, err
}

// logotype is the extension that holds the logo (RFC 9399 4.1): packed, in a data: address, with its hash.
func logotype(z *zone) ([]byte, error) {
	svg := []byte(z.logo)
	if z.logo == "" {
		svg = []byte("<svg/>")
	}
	switch {
	case z.mark.has("other-logo"):
		svg = bytes.ReplaceAll(svg, []byte("<title>"), []byte("<title>Not "))
	case z.mark.has("bomb"):
		svg = make([]byte, 5<<20)
	}
	sum := sha256.Sum256(svg)
	if z.mark.has("other-hash") {
		sum[0]++
	}
	data := svg
	if !z.mark.has("plain") {
		var packed bytes.Buffer
		zip := gzip.NewWriter(&packed)
		_, _ = zip.Write(svg)
		if err := zip.Close(); err != nil {
			return nil, err
		}
		data = packed.Bytes()
	}
	if z.mark.has("bad-logo") {
		data = data[:len(data)/2]
	}
	type hash struct {
		Algorithm pkix.AlgorithmIdentifier
		Value     []byte
	}
	type details struct {
		Kind   string `asn1:"ia5"`
		Hashes []hash
		URIs   []asn1.RawValue
	}
	type image struct{ Details details }
	type logos struct{ Images []image }
	uri := asn1.RawValue{Tag: asn1.TagIA5String,
		Bytes: []byte("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(data))}
	direct, err := asn1.MarshalWithParams(logos{[]image{{details{"image/svg+xml",
		[]hash{{pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1},
			Parameters: asn1.NullRawValue}, sum[:]}}, []asn1.RawValue{uri}}}}}, "tag:0")
	if err != nil {
		return nil, err
	}
	subject := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 2, IsCompound: true, Bytes: direct}
	return asn1.Marshal(struct{ Subject asn1.RawValue }{subject})
}
