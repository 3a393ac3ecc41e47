package dkim

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"slices"
	"strings"

	"signpost/diag/pattern"
	"signpost/diag/plain"
	"signpost/diag/protocol/taglist"
)

// Types of keys (RFC 6376 3.6.1, RFC 8463 3).
const (
	RSA     = "rsa"
	Ed25519 = "ed25519"
)

// Key is a key record.
type Key struct {
	Tags     taglist.List
	Type     string   // tag k, lower case; rsa where there is none
	Hashes   []string // tag h, lower case; empty: any
	Services []string // tag s, lower case; empty: any
	Flags    []string // tag t, lower case
	Bits     int      // of the RSA modulus, 256 for Ed25519; 0 where the key is revoked or bad
	Revoked  bool     // tag p is there and empty (RFC 6376 3.6.1)
	// Bad says why the key cannot be used: pem, not-base64, truncated, not-a-key, other-type, wrapped, bad-length,
	// bad-exponent, unknown-type. Empty: it can, or it is revoked, or there is none.
	Bad string
	// Meant is the record that holds a bad key as it must be, where the key itself is whole; empty otherwise.
	Meant string
	// Faults is what is wrong with the record's text: the faults of its tag list, and quoted, pasted-line, bare-key,
	// bad-version, no-semicolon, version-not-first, bad-case, no-key, bad-hash. Where the whole record is spoilt in one
	// way, it is one fault, whose suggestion is the record as it must be. A harmless one leaves the key in use.
	Faults []taglist.Fault
}

const (
	space     = " \t\r\n"
	quotes    = "\"'“”‘’"
	maxValues = 20 // of one tag that are kept
)

// IsKey reports whether a text was meant to be a key record, well-formed or not. Other texts at a selector's name are
// somebody else's.
func IsKey(text string) bool {
	if record, pasted := plain.Pasted(text, "v=DKIM1"); pasted {
		text = record
	}
	text, _ = unquote(text)
	list, _ := taglist.Parse(text)
	for _, t := range list {
		if strings.EqualFold(t.Name, "v") {
			return strings.HasPrefix(strings.ToLower(t.Value), "dkim") || taglist.Resembles(text, "DKIM1")
		}
	}
	_, p := list.Get("p")
	_, k := list.Get("k")
	return p || k || isBare(text)
}

// isBare reports that a text is an RSA key alone, without its tag: the base64 of a DER sequence.
func isBare(text string) bool {
	if strings.ContainsAny(text, "; ") || len(text) < 60 {
		return false
	}
	der, err := decode(text)
	return err == nil && der[0] == asn1.TagSequence|0x20
}

// unquote takes off quotation marks that were published as a part of the text. Taken is how many octets went from its
// start.
func unquote(text string) (rest string, taken int) {
	rest = strings.TrimLeft(text, quotes)
	return strings.TrimRight(strings.TrimRight(rest, space), quotes), len(text) - len(rest)
}

var names = []string{"v", "h", "k", "n", "p", "s", "t"}

// Parse reads a key record.
func Parse(text string) *Key {
	k := &Key{Type: RSA}
	rest, taken := k.plain(text)
	if isBare(rest) {
		k.fault(taglist.Fault{Term: taglist.Clip(rest), Pos: taken, Reason: "bare-key",
			Suggestion: "v=DKIM1; k=rsa; p=" + rest})
		k.Tags = taglist.List{{Name: "p", Value: rest}}
	} else {
		list, faults := taglist.Parse(rest)
		for i := range list {
			list[i].Pos += taken
		}
		for _, f := range faults {
			f.Pos += taken
			f.Harmless = f.Harmless || f.Reason == "bad-character" && f.Tag == "n" // a note to people
			k.fault(f)
		}
		k.Tags = list
		k.checkNames()
	}
	if t, ok := k.Tags.Get("k"); ok {
		k.Type = strings.ToLower(t.Value)
	}
	k.Hashes, k.Services, k.Flags = k.values("h"), k.values("s"), k.values("t")
	if t, ok := k.Tags.Get("h"); ok && !slices.Contains(k.Hashes, "sha1") && !slices.Contains(k.Hashes, "sha256") {
		k.fault(taglist.Fault{Term: t.String(), Pos: t.Pos, Reason: "bad-hash", Suggestion: "h=sha256"})
	}
	p, ok := k.Tags.Get("p")
	switch {
	case !ok:
		if !slices.ContainsFunc(k.Faults, func(f taglist.Fault) bool { return strings.HasPrefix(f.Suggestion, "p=") }) {
			k.fault(taglist.Fault{Term: "p=", Pos: len(text), Reason: "no-key"})
		}
	case p.Value == "":
		k.Revoked = true
	default:
		if k.Bits, k.Bad = measure(k.Type, p.Value); k.Bad != "" {
			k.Meant = meant(k.Bad, p.Value)
		}
	}
	return k
}

var (
	keyColon = pattern.New(`(?i)(?:^|;)\s*(p\s*:\s*)[A-Za-z0-9+/]{40}`)
	keySign  = pattern.New(`(?:^|;)\s*p\s*=`)
)

// halved is a record that was entered twice over in one text.
func halved(text string) (once string, twice bool) {
	at := strings.Index(strings.ToLower(text[min(1, len(text)):]), "v=dkim1") + 1
	if at < 1 {
		return "", false
	}
	first, second := strings.Trim(text[:at], space+";"), strings.Trim(text[at:], space+";")
	return first, first == second
}

// between is what stands between two strings of a zone file's record.
var between = pattern.New(`\\?"\s*\\?"`)

// plain is the record without what spoils it as a whole: quotation marks and backslashes that a zone file has around a
// text, something else than semicolons between the tags. Each is one fault, however often it shows.
func (k *Key) plain(text string) (rest string, taken int) {
	whole := func(reason, rest string) {
		term, _, _ := strings.Cut(text, ";")
		if before, _, ok := strings.Cut(term, "p="); reason == "quoted" {
			term = text
		} else if ok { // the key itself says nothing to people
			term = before + "p=…"
		}
		k.fault(taglist.Fault{Term: taglist.Clip(term), Reason: reason, Suggestion: rest})
	}
	at := strings.Index(strings.ToLower(text), "v=dkim1")
	if record, pasted := plain.Pasted(text, "v=DKIM1"); pasted && strings.Trim(text[:at], quotes+space) != "" {
		record = between.ReplaceAllString(record, "")
		whole("pasted-line", record)
		return record, at
	}
	if rest, taken = unquote(text); between.MatchString(rest) {
		rest = between.ReplaceAllString(rest, "")
	}
	if rest != strings.TrimRight(text, space) {
		whole("quoted", rest)
	}
	if clean := strings.ReplaceAll(rest, `\;`, ";"); clean != rest {
		whole("escaped-semicolon", clean)
		rest = clean
	}
	if once, twice := halved(rest); twice {
		whole("duplicate", once)
		rest = once
	}
	if loose := keyColon.FindStringSubmatchIndex(rest); loose != nil && !keySign.MatchString(rest) {
		rest = rest[:loose[2]] + "p=" + rest[loose[3]:]
		whole("no-equals", rest)
	}
	list, _ := taglist.Parse(rest)
	v, _ := list.Get("v")
	if _, p := list.Get("p"); !p || v.Value != "" && v.Value != "DKIM1" {
		if split := taglist.Separated(rest, names); split != "" {
			if list, _ = taglist.Parse(split); len(list) > 1 {
				whole("no-semicolon", split)
				rest = split
			}
		}
	}
	return rest, taken
}

func (k *Key) fault(f taglist.Fault) { k.Faults = append(k.Faults, f) }

// checkNames looks at the version, which comes first if at all, and at the case of names: tags mind it (RFC 6376 3.2).
func (k *Key) checkNames() {
	for i, t := range k.Tags {
		if t.Name == "v" {
			switch {
			case t.Value != "DKIM1":
				k.fault(taglist.Fault{Term: t.String(), Pos: t.Pos, Reason: "bad-version", Suggestion: "v=DKIM1"})
			case i > 0:
				// RFC 6376 3.6.1 wants it first; verifiers look whether it is DKIM1.
				first := append(taglist.List{t}, slices.Delete(slices.Clone(k.Tags), i, i+1)...)
				k.fault(taglist.Fault{Term: t.String(), Pos: t.Pos, Reason: "version-not-first", Suggestion: first.String(),
					Harmless: true})
			}
		}
		if lower := strings.ToLower(t.Name); lower != t.Name && slices.Contains(names, lower) {
			// To verifiers the tag is one that they do not know, which they ignore (RFC 6376 3.2). What they ignore matters only
			// where it says something else than its absence: p, a k that is not rsa.
			k.fault(taglist.Fault{
				Term: taglist.Clip(t.String()), Pos: t.Pos, Reason: "bad-case", Suggestion: taglist.Clip(lower + "=" + t.Value),
				Tag:      lower,
				Harmless: lower != "p" && (lower != "k" || strings.EqualFold(t.Value, RSA)),
			})
		}
	}
}

// values is a tag's list of words between colons.
func (k *Key) values(name string) []string {
	t, _ := k.Tags.Get(name)
	var out []string
	for v := range strings.SplitSeq(t.Value, ":") {
		if v = strings.ToLower(strings.Trim(v, space)); v != "" && len(out) < maxValues {
			out = append(out, v)
		}
	}
	return out
}

// Testing reports the flag y: verifiers treat the mail as unsigned.
func (k *Key) Testing() bool { return slices.Contains(k.Flags, "y") }

// SHA1Only reports a key that allows no hash but SHA-1, which verifiers must not accept (RFC 8301 3.1).
func (k *Key) SHA1Only() bool {
	return slices.Contains(k.Hashes, "sha1") && !slices.Contains(k.Hashes, "sha256")
}

// ForEmail reports whether mail may be signed with the key (tag s).
func (k *Key) ForEmail() bool {
	return len(k.Services) == 0 || slices.Contains(k.Services, "*") || slices.Contains(k.Services, "email")
}

// Usable reports whether a verifier can check mail with the key.
func (k *Key) Usable() bool {
	if slices.ContainsFunc(k.Faults, func(f taglist.Fault) bool { return !f.Harmless }) {
		return false
	}
	return k.Bits > 0 && k.ForEmail()
}

// String is the record as it may be published.
func (k *Key) String() string { return k.Tags.String() }

// writtenOut is what programs write for line ends and marks of quotation within a text.
var writtenOut = pattern.New(`\\[nrt]|["'\\]`)

// tagAgain is the tag, and the type, as people enter them before a key where the console has put the tag already.
var tagAgain = pattern.New(`^(?:\s*k\s*=\s*rsa[\s;,]*)?(?:\s*p\s*[=:]\s*)+`)

// meant is the record of a key that is whole, but not in the form or under the type that it needs: an Ed25519 key in a
// SubjectPublicKeyInfo (RFC 8463 4 wants its 32 octets alone), or without its k; a key with the lines of a PEM file
// about it. Empty: there is none.
func meant(bad, p string) string {
	if bad == "pem" {
		lines := strings.FieldsFunc(strings.NewReplacer("-----BEGIN PUBLIC KEY-----", "", "-----END PUBLIC KEY-----",
			"").Replace(p), func(r rune) bool {
			return strings.ContainsRune(space+`\`, r)
		})
		p = strings.Join(lines, "")
	}
	if bad == "not-base64" { // line ends and quotation marks that were written out, the tag entered once more
		p = tagAgain.ReplaceAllString(writtenOut.ReplaceAllString(p, ""), "")
	}
	der, err := decode(p)
	if err != nil {
		return ""
	}
	raw := der
	if key, err := x509.ParsePKIXPublicKey(der); err == nil {
		switch key := key.(type) {
		case *rsa.PublicKey:
			return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
		case ed25519.PublicKey:
			raw = key
		}
	}
	if len(raw) == ed25519.PublicKeySize && (bad == "wrapped" || bad == "other-type" || bad == "pem") {
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(raw)
	}
	return ""
}

// HoldsPrivateKey reports that a text has a private key in it, whole or cut: the lines of a PEM file about one, or a p
// tag that begins as a PrivateKeyInfo (RFC 5208 5) or an RSAPrivateKey (RFC 8017 A.1.2) does, with the version 0 or 1,
// where public keys have an identifier or a modulus.
func HoldsPrivateKey(text string) bool {
	if strings.Contains(text, "PRIVATE KEY-----") {
		return true
	}
	_, p, found := strings.Cut(text, "p=")
	if !found {
		return false
	}
	p, _, _ = strings.Cut(p, ";")
	p = strings.Map(func(r rune) rune {
		if strings.ContainsRune(space, r) {
			return -1
		}
		return r
	}, p)
	der, err := base64.StdEncoding.DecodeString(p[:min(len(p), 16)&^3])
	if err != nil || len(der) < 7 || der[0] != asn1.TagSequence|0x20 {
		return false
	}
	head := 2
	if der[1] >= 0x80 {
		head += int(der[1] & 0x7f)
	}
	return head <= 4 && der[head] == asn1.TagInteger && der[head+1] == 1 && der[head+2] <= 1
}

// decode reads base64 with white space in it, its padding or not (RFC 6376 2.10).
func decode(s string) ([]byte, error) {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(space, r) {
			return -1
		}
		return r
	}, s)
	for range 2 {
		s = strings.TrimSuffix(s, "=")
	}
	return base64.RawStdEncoding.DecodeString(s)
}

// measure is the key's length in bits, or why it has none.
func measure(kind, p string) (bits int, bad string) {
	if kind != RSA && kind != Ed25519 {
		return 0, "unknown-type"
	}
	if strings.Contains(p, "-----") {
		return 0, "pem"
	}
	der, err := decode(p)
	if err != nil {
		return 0, "not-base64"
	}
	if kind == Ed25519 {
		switch key, _ := x509.ParsePKIXPublicKey(der); {
		case len(der) == ed25519.PublicKeySize:
			return 8 * ed25519.PublicKeySize, ""
		case key == nil:
			return 0, "bad-length"
		default:
			if _, ok := key.(ed25519.PublicKey); ok {
				return 0, "wrapped" // RFC 8463 4: the 32 octets alone
			}
			return 0, "other-type"
		}
	}
	return measureRSA(der)
}
