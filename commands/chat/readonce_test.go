package chat

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestReadOnce opens a file twice: it is fetched once where enough of it was kept, however little the first reader
// took, and again where the first reading failed.
func TestReadOnce(t *testing.T) {
	for _, c := range []struct {
		name, text string
		first      int64 // octets that the first reader takes
		want       string
		fetched    int
	}{
		{"short, read whole", "hello", 100, "hello", 1},
		{"long, read whole", "hello world", 100, "hello", 1},
		{"left after an octet", "hello world", 1, "hello", 1},
		{"short, left at once", "hi", 0, "hi", 1},
		{"broken", "", 100, "", 2},
	} {
		fetched := 0
		f := ReadOnce(File{Open: func(context.Context) (io.ReadCloser, error) {
			fetched++
			if c.text == "" {
				return io.NopCloser(iotest.ErrReader(errors.New("gone"))), nil
			}
			return io.NopCloser(strings.NewReader(c.text)), nil
		}}, 5)
		in, err := f.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(in, c.first))
		_ = in.Close()
		if in, err = f.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(io.LimitReader(in, 5))
		_ = in.Close()
		if string(got) != c.want || fetched != c.fetched {
			t.Errorf("%s: %q, fetched %d times", c.name, got, fetched)
		}
	}
}
