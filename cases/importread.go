package cases

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	maxRecord  = 1 << 20 // octets of one record of an export
	maxRefused = 20      // records of an import of which is told what was wrong
)

// BadExport says what is wrong with a file that was to be read in. Kind is empty, csv, md or other for the whole
// file; json, nothing, big, far, later, state, value or full for a record, which begins on Line and is the one of
// that count (both from one); What is the part of it that is wrong. It wraps ErrFormat.
type BadExport struct {
	Record, Line int
	Kind, What   string
}

func (e *BadExport) Error() string {
	if e.Record == 0 {
		return "cases: import: no export in JSON: " + e.Kind
	}
	return strings.TrimSpace(fmt.Sprintf("cases: import: line %d, record %d: %s %s", e.Line, e.Record, e.Kind, e.What))
}

func (*BadExport) Unwrap() error { return ErrFormat }

// kindOf is what kind of file this is that is no export in JSON; "" where it may be one.
func kindOf(in *bufio.Reader) string {
	head, _ := in.Peek(512)
	switch head = bytes.TrimSpace(bytes.TrimPrefix(head, bom)); {
	case len(head) == 0:
		return "empty"
	case head[0] == '{':
		return ""
	case bytes.HasPrefix(head, []byte("number,")):
		return "csv"
	case head[0] == '#':
		return "md"
	}
	return "other"
}

var bom = []byte("\xef\xbb\xbf")

// recordReader parts a file into its records, each a JSON object, in one line or in several. After one that is none
// it goes on with the next line that begins with an object.
type recordReader struct {
	in     *bufio.Reader
	line   int // of what is read next, from zero
	record int
}

// next is the octets of the next record. Bad says what was wrong with it; the error is io.EOF at the end.
func (r *recordReader) next() (raw []byte, begins int, bad *BadExport, err error) {
	var first byte
	for first != '{' {
		if first, err = r.in.ReadByte(); err != nil {
			return nil, 0, nil, err
		}
		switch first {
		case '\n':
			r.line++
		case ' ', '\t', '\r', '{', bom[0], bom[1], bom[2]:
		default:
			r.record++
			begins = r.line + 1
			return nil, begins, &BadExport{Record: r.record, Line: begins, Kind: "json"}, r.resume()
		}
	}
	r.record++
	begins = r.line + 1
	raw, kind, err := r.object()
	switch {
	case errors.Is(err, io.EOF): // not whole
		return nil, begins, &BadExport{Record: r.record, Line: begins, Kind: "json"}, nil
	case err != nil:
		return nil, begins, nil, err
	case kind != "":
		return nil, begins, &BadExport{Record: r.record, Line: begins, Kind: kind}, r.resume()
	}
	return raw, begins, nil, nil
}

// object reads the rest of an object whose brace was read. Kind is json or big where it is none, or too big a one.
func (r *recordReader) object() (raw []byte, kind string, err error) {
	raw = []byte{'{'}
	depth, within, escaped := 1, false, false
	for depth > 0 {
		c, err := r.in.ReadByte()
		if err != nil {
			return nil, "", err
		}
		if len(raw) >= maxRecord {
			return nil, "big", r.in.UnreadByte()
		}
		raw = append(raw, c)
		switch {
		case c == '\n' && within: // JSON has no line break within a text
			return nil, "json", r.in.UnreadByte()
		case c == '\n':
			r.line++
		case escaped:
			escaped = false
		case within && c == '\\':
			escaped = true
		case c == '"':
			within = !within
		case within:
		case c == '{':
			depth++
		case c == '}':
			depth--
		}
	}
	return raw, "", nil
}

// resume goes on to the next line that begins with an object.
func (r *recordReader) resume() error {
	for {
		c, err := r.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if c != '\n' {
			continue
		}
		r.line++
		if next, _ := r.in.Peek(1); len(next) == 0 || next[0] == '{' {
			return nil
		}
	}
}

// ErrFormat says that there is no such form of an export.
var ErrFormat = errors.New("cases: no such format")
