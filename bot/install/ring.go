package install

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrKey says that a key cannot be used.
	ErrKey = errors.New("install: a key is 32 octets in base64, several are parted by commas")
	// ErrSealed says that something was not sealed with any of the keys, or not for this place.
	ErrSealed = errors.New("install: not sealed with one of the keys given")
)

const (
	keySize = 32
	maxKeys = 10
	version = "1"
)

// Ring is the keys that seal and open. The first seals, all of them open, so that a new key is put before the old one,
// and the old one taken away once nothing is sealed with it any more.
type Ring struct{ keys []ringKey }

type ringKey struct {
	id   string // tells which key something was sealed with
	aead cipher.AEAD
	mac  []byte // a key of its own for what is signed
}

// ParseRing reads keys: 32 octets each in base64, parted by commas.
func ParseRing(text string) (*Ring, error) {
	r := &Ring{}
	for _, word := range strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' || c == '\n' }) {
		key, err := base64.StdEncoding.DecodeString(word)
		if err != nil || len(key) != keySize || len(r.keys) == maxKeys {
			return nil, fmt.Errorf("%w: number %d is not", ErrKey, len(r.keys)+1)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrKey, err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrKey, err)
		}
		r.keys = append(r.keys, ringKey{id: hex.EncodeToString(derived(key, "id")[:4]), aead: aead, mac: derived(key, "mac")})
	}
	if len(r.keys) == 0 {
		return nil, fmt.Errorf("%w: there is none", ErrKey)
	}
	return r, nil
}

// derived is a key for another purpose, from which the first cannot be told.
func derived(key []byte, purpose string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("signpost install " + purpose))
	return m.Sum(nil)
}

// Seal seals a text for one place: it cannot be opened for another.
func (r *Ring) Seal(place string, text []byte) string {
	k := r.keys[0]
	nonce := make([]byte, k.aead.NonceSize())
	_, _ = rand.Read(nonce) // it never fails
	sealed := k.aead.Seal(nonce, nonce, text, []byte(place))
	return version + "." + k.id + "." + base64.RawStdEncoding.EncodeToString(sealed)
}

// Open opens what was sealed for a place. Stale says that it was not sealed with the first key.
func (r *Ring) Open(place, sealed string) (text []byte, stale bool, err error) {
	parts := strings.Split(sealed, ".")
	if len(parts) != 3 || parts[0] != version {
		return nil, false, ErrSealed
	}
	raw, err := base64.RawStdEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, false, ErrSealed
	}
	for i, k := range r.keys {
		if n := k.aead.NonceSize(); k.id == parts[1] && len(raw) > n {
			if text, err := k.aead.Open(nil, raw[:n], raw[n:], []byte(place)); err == nil {
				return text, i > 0, nil
			}
		}
	}
	return nil, false, ErrSealed
}

// sign is a signature under the first key.
func (r *Ring) sign(text string) []byte { return signature(r.keys[0], text) }

// signed reports whether one of the keys has signed the text so.
func (r *Ring) signed(text string, by []byte) bool {
	ok := false
	for _, k := range r.keys {
		ok = hmac.Equal(signature(k, text), by) || ok
	}
	return ok
}

func signature(k ringKey, text string) []byte {
	m := hmac.New(sha256.New, k.mac)
	m.Write([]byte(text))
	return m.Sum(nil)
}
