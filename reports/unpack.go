package reports

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strings"

	"signpost/diag/guarded"
)

// Read reads a file, whatever it is: a report, an archive, a mail, a folder of mails in one file. Name tells it apart
// from others, and may say what the report itself does not. The batch has what was found, and what was wrong. It
// never panics.
func (b *Batch) Read(ctx context.Context, name string, in io.Reader) {
	b.Files++
	name = word(name)
	raw, err := io.ReadAll(io.LimitReader(in, b.limits.Bytes+1))
	switch {
	case int64(len(raw)) > b.limits.Bytes:
		b.fault(name, TooLarge, map[string]any{"most": b.limits.Bytes})
		return
	case err != nil:
		b.fault(name, Unreadable, nil)
		return
	}
	if err := guarded.Try(func() { b.read(ctx, name, raw, 0) }); err != nil {
		b.fault(name, Broken, map[string]any{"form": "file", "at": int64(0)})
	}
}

// TooLarge notes a file that is not even opened.
func (b *Batch) TooLarge(name string, most int64) {
	b.Files++
	b.fault(word(name), TooLarge, map[string]any{"most": most})
}

// Unreadable notes a file that could not even be opened.
func (b *Batch) Unreadable(name string) {
	b.Files++
	b.fault(word(name), Unreadable, nil)
}

// kind is what octets begin like.
func kind(raw []byte) string {
	head := bytes.TrimLeft(bytes.TrimPrefix(raw[:min(len(raw), 4096)], []byte("\xef\xbb\xbf")), " \t\r\n\x00")
	switch {
	case len(head) == 0:
		return "empty"
	case bytes.HasPrefix(raw, []byte("PK\x03\x04")), bytes.HasPrefix(raw, []byte("PK\x05\x06")):
		return "zip"
	case bytes.HasPrefix(raw, []byte{0x1f, 0x8b}):
		return "gzip"
	case bytes.HasPrefix(raw, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		return "msg"
	case bytes.HasPrefix(raw, []byte("%PDF-")):
		return "pdf"
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe}),
		bytes.HasPrefix(raw, []byte{0xfe, 0xff}),
		len(raw) > 3 && (raw[0] == 0) != (raw[1] == 0):
		raw = plain(raw[:min(len(raw)&^1, 4096)])
		if len(raw) > 0 && raw[0] != 0 && raw[0] != 0xff && raw[0] != 0xfe {
			return kind(raw)
		}
		return "binary"
	}
	lower := bytes.ToLower(head[:min(len(head), 2048)])
	switch {
	case head[0] == '{' || head[0] == '[' && bytes.IndexByte(head, '{') >= 0:
		return "json"
	case bytes.HasPrefix(lower, []byte("<!doctype html")), bytes.HasPrefix(lower, []byte("<html")):
		return "html"
	case head[0] == '<':
		return "xml"
	case bytes.HasPrefix(head, []byte("From ")), looksLikeMail(head):
		return "mail"
	case bytes.Contains(lower, []byte("<feedback")): // something stands before it
		return "xml"
	case bytes.IndexByte(head, 0) >= 0:
		return "binary"
	}
	return "text"
}

// read reads what a file, a member or a part holds. It reports whether there was a report, or something that was told
// to be wrong with one.
func (b *Batch) read(ctx context.Context, name string, raw []byte, depth int) {
	if !b.take(ctx, name, int64(len(raw)), depth) {
		return
	}
	switch k := kind(raw); k {
	case "zip":
		b.unzip(ctx, name, raw, depth)
	case "gzip":
		b.gunzip(ctx, name, raw, depth)
	case "mail":
		b.readMails(ctx, name, raw, depth)
	case "xml":
		text := plain(raw)
		if i := bytes.IndexByte(text, '<'); i > 0 {
			text = text[i:]
		}
		b.readXML(ctx, name, text)
	case "json":
		b.readJSON(ctx, name, bytes.TrimLeft(plain(raw), " \t\r\n["))
	default:
		b.fault(name, NotReport, map[string]any{"found": k})
	}
}

// take counts what is about to be read against the bounds.
func (b *Batch) take(ctx context.Context, name string, n int64, depth int) bool {
	b.members++
	b.bytes += n
	switch {
	case b.spent(ctx):
		b.fault(name, TooLong, nil)
	case depth > b.limits.Depth:
		b.fault(name, TooDeep, map[string]any{"most": b.limits.Depth})
	case b.members > b.limits.Files:
		b.fault(name, TooMany, map[string]any{"most": b.limits.Files, "of": "files"})
	case b.bytes > b.limits.Total:
		b.fault(name, TooLarge, map[string]any{"most": b.limits.Total})
	default:
		return true
	}
	return false
}

var errDense, errLarge = errors.New("reports: too dense"), errors.New("reports: too large")

// dense is where the ratio of compression begins to count.
const dense = 1 << 20

// inflate reads what was packed into so many octets.
func (b *Batch) inflate(ctx context.Context, in io.Reader, packed int64) ([]byte, error) {
	most := min(b.limits.Bytes, b.limits.Total-b.bytes)
	var out bytes.Buffer
	for {
		if b.spent(ctx) {
			return nil, context.DeadlineExceeded
		}
		n, err := io.CopyN(&out, in, 256<<10)
		switch size := int64(out.Len()); {
		case size > dense && size > packed*b.limits.Ratio:
			return nil, errDense
		case size > most:
			return nil, errLarge
		case errors.Is(err, io.EOF):
			return out.Bytes(), nil
		case err != nil:
			return out.Bytes(), err
		case n == 0:
			return out.Bytes(), io.ErrNoProgress
		}
	}
}

// refused tells why something could not be unpacked. False: there is nothing to read.
func (b *Batch) refused(name, form string, err error, got []byte) bool {
	switch {
	case err == nil:
		return false
	case errors.Is(err, errDense):
		b.fault(name, TooDense, map[string]any{"ratio": b.limits.Ratio})
	case errors.Is(err, errLarge):
		b.fault(name, TooLarge, map[string]any{"most": b.limits.Bytes})
	case errors.Is(err, context.DeadlineExceeded):
		b.fault(name, TooLong, nil)
	case len(got) > 0: // what came before the damage is read
		return false
	default:
		b.fault(name, Unpackable, map[string]any{"form": form})
	}
	return true
}

func (b *Batch) gunzip(ctx context.Context, name string, raw []byte, depth int) {
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		b.fault(name, Unpackable, map[string]any{"form": "gzip"})
		return
	}
	defer z.Close()
	z.Multistream(false) // some append what is no gzip
	text, err := b.inflate(ctx, z, int64(len(raw)))
	if b.refused(name, "gzip", err, text) {
		return
	}
	b.read(ctx, strings.TrimSuffix(name, ".gz"), text, depth+1)
}

func (b *Batch) unzip(ctx context.Context, name string, raw []byte, depth int) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		b.fault(name, Unpackable, map[string]any{"form": "zip"})
		return
	}
	for i, f := range z.File {
		if f.FileInfo().IsDir() || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue
		}
		if b.members >= b.limits.Files || b.spent(ctx) {
			b.take(ctx, name, 0, depth)
			return
		}
		member := name + "/" + word(f.Name)
		if f.Flags&1 != 0 {
			b.members++
			b.fault(member, Encrypted, nil)
			continue
		}
		in, err := f.Open()
		if err != nil {
			b.members++
			b.fault(member, Unpackable, map[string]any{"form": "zip"})
			continue
		}
		text, err := b.inflate(ctx, in, packed(f.CompressedSize64))
		_ = in.Close()
		if b.refused(member, "zip", err, text) {
			b.members++
			b.bytes += dense // work was done, whatever came of it
			continue
		}
		if i == 0 && len(z.File) == 1 && len(text) == 0 {
			b.fault(member, NotReport, map[string]any{"found": "empty"})
			continue
		}
		b.read(ctx, member, text, depth+1)
	}
	if len(z.File) == 0 {
		b.fault(name, NotReport, map[string]any{"found": "empty"})
	}
}

// packed is how many octets a member says that it has packed, from 1 to more than any file that is read: what it says
// may be any number.
func packed(said uint64) int64 { return int64(min(max(said, 1), 1<<40)) }

// looksLikeMail reports a beginning of fields that mails have.
func looksLikeMail(head []byte) bool {
	h, _ := cutFields(head)
	n := 0
	for _, name := range []string{
		"from", "to", "subject", "date", "received", "message-id", "mime-version", "content-type",
		"return-path", "delivered-to",
	} {
		if _, ok := h[name]; ok {
			n++
		}
	}
	return n > 1 || n == 1 && h["content-type"] != "" && len(h) < 5
}

// cutFields parts a header block from what follows, leniently: a line that is no field and continues none ends it.
func cutFields(raw []byte) (fields, []byte) {
	h := fields{}
	last, at := "", 0
	for at < len(raw) && at < maxHeader {
		end := len(raw)
		if i := bytes.IndexByte(raw[at:], '\n'); i >= 0 {
			end = at + i
		}
		line := strings.TrimSuffix(string(raw[at:end]), "\r")
		next := min(end+1, len(raw))
		name, value, ok := strings.Cut(line, ":")
		switch {
		case line == "":
			return h, raw[next:]
		case (line[0] == ' ' || line[0] == '\t') && last != "":
			if len(h[last]) < 16<<10 {
				h[last] += " " + strings.TrimSpace(line)
			}
		case ok && fieldName(name):
			last = strings.ToLower(name)
			h[last] = strings.TrimSpace(value)
		case at == 0 && strings.HasPrefix(line, "From "): // an mbox begins so
		default:
			return h, raw[at:]
		}
		at = next
	}
	return h, raw[at:]
}
