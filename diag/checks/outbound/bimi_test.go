package outbound

import (
	"bytes"
	"testing"
)

// FuzzLogo judges files from anywhere: it ends, and what it takes is an SVG.
func FuzzLogo(f *testing.F) {
	f.Add([]byte(`<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps"><title>x</title></svg>`))
	f.Add([]byte(`<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if logoFault(data) == "" && !bytes.Contains(data, []byte("tiny-ps")) {
			t.Errorf("%q is taken for a logo", data)
		}
	})
}
