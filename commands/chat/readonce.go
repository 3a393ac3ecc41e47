package chat

import (
	"bytes"
	"context"
	"io"
)

// ReadOnce is a file that may be opened again without being fetched again, as long as no more than its first octets are
// wanted then: so many of them are kept of the first reading. It is not safe for concurrent use.
func ReadOnce(f File, most int64) File {
	var kept *keptReader
	fetch := f.Open
	f.Open = func(ctx context.Context) (io.ReadCloser, error) {
		if kept != nil && kept.enough() {
			return io.NopCloser(bytes.NewReader(kept.octets)), nil
		}
		in, err := fetch(ctx)
		if err != nil {
			return nil, err
		}
		kept = &keptReader{ReadCloser: in, most: most}
		return kept, nil
	}
	return f
}

// keptReader keeps the first octets of what is read from it.
type keptReader struct {
	io.ReadCloser
	most   int64
	octets []byte
	ended  bool
}

func (k *keptReader) Read(p []byte) (int, error) {
	n, err := k.ReadCloser.Read(p)
	k.octets = append(k.octets, p[:min(int64(n), k.most-int64(len(k.octets)))]...)
	k.ended = k.ended || err == io.EOF
	return n, err
}

// enough reports that a second reading finds all that it may want.
func (k *keptReader) enough() bool { return k.ended || int64(len(k.octets)) >= k.most }

// Close reads what is wanted of a file that was left before: closing is the last chance for it.
func (k *keptReader) Close() error {
	if !k.enough() {
		_, _ = io.Copy(io.Discard, io.LimitReader(k, k.most-int64(len(k.octets))))
	}
	return k.ReadCloser.Close()
}
