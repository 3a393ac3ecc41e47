package asked

import (
	"bytes"
	"compress/gzip"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// stored is a model as a file keeps it.
type stored struct {
	Of       []byte // the digest of what it was learnt from
	Words    []string
	Labels   []string
	Features []string // in their order
	Rarity   []float32
	Scale    []float32
	Bias     []float32
	Weight   []int8
}

const maxStored = 64 << 20 // bytes of a model, unpacked

var errModel = errors.New("asked: no model")

// Write keeps a model, with the digest of what it was learnt from and the words that this told beside it.
func (m *Model) Write(w io.Writer, of []byte, words []string) error {
	s := stored{Of: of, Words: words, Labels: m.labels, Rarity: m.rarity, Scale: m.scale, Bias: m.bias, Weight: m.weight}
	s.Features = slices.SortedFunc(maps.Keys(m.feature), func(a, b string) int { return m.feature[a] - m.feature[b] })
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := gob.NewEncoder(z).Encode(s); err != nil {
		return err
	}
	return z.Close()
}

// Read gives back what Write kept. An error wraps that of the format, or says that the parts do not belong together, or
// that the model was learnt from something else.
func Read(raw, of []byte) (m *Model, words []string, err error) {
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errModel, err)
	}
	var s stored
	if err := gob.NewDecoder(io.LimitReader(z, maxStored)).Decode(&s); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errModel, err)
	}
	n := len(s.Features)
	if !bytes.Equal(s.Of, of) || len(s.Rarity) != n || len(s.Scale) != n || len(s.Bias) != len(s.Labels) ||
		len(s.Weight) != n*len(s.Labels) {
		return nil, nil, errModel
	}
	m = &Model{labels: s.Labels, feature: make(map[string]int, n), rarity: s.Rarity, scale: s.Scale, bias: s.Bias,
		weight: s.Weight}
	for i, f := range s.Features {
		m.feature[f] = i
	}
	return m, s.Words, nil
}
