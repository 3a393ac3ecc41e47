package bounce

import (
	"encoding/base64"
	"mime"
	"strings"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
)

// The bounds of what is read of one mail.
const (
	maxParts  = 60
	maxDepth  = 8
	maxPart   = 256 << 10 // octets of one part, decoded
	maxHeader = 256 << 10 // octets of one header block
	maxFields = 500
)

// field is one field of a header block, unfolded.
type field struct{ name, value string } // name in lower case

// header is the fields of a header block, in their order.
type header []field

// get is the first field of that name; name in lower case.
func (h header) get(name string) string {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// text is get with encoded words undone (RFC 2047).
func (h header) text(name string) string { return decodeWords(h.get(name)) }

// part is one leaf of a mail.
type part struct {
	kind string // "text/plain"
	body string // decoded; of a mail within a mail: as it is
}

// mail is a header with the parts below it.
type mailParts struct {
	header header
	parts  []part
}

// cutHeader reads a header block leniently: a line that is no field and no continuation ends it. Rest is what follows.
func cutHeader(text string) (h header, rest string) {
	at := 0
	for at < len(text) && at < maxHeader {
		line, next := lineAt(text, at)
		if line == "" {
			return h, text[next:]
		}
		if (line[0] == ' ' || line[0] == '\t') && len(h) > 0 {
			if v := h[len(h)-1].value; len(v) < 16<<10 {
				h[len(h)-1].value = v + " " + strings.TrimSpace(line)
			}
			at = next
			continue
		}
		name, value, ok := cutField(line)
		if !ok {
			if len(h) == 0 && (strings.HasPrefix(line, "From ") || strings.HasPrefix(line, ">From ")) { // an mbox begins so
				at = next
				continue
			}
			return h, text[at:]
		}
		if len(h) < maxFields {
			h = append(h, field{strings.ToLower(name), strings.TrimSpace(value)})
		}
		at = next
	}
	return h, text[min(at, len(text)):]
}

// lineAt is the line that begins at an index, without its end, and where the next one begins.
func lineAt(text string, at int) (line string, next int) {
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		return strings.TrimSuffix(text[at:at+i], "\r"), at + i + 1
	}
	return strings.TrimSuffix(text[at:], "\r"), len(text)
}

// cutField parts "Name: value". The name has no space in it (RFC 5322 2.2).
func cutField(line string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(line, ":")
	if !ok || name == "" || len(name) > 76 {
		return "", "", false
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c >= 0x7f {
			return "", "", false
		}
	}
	return name, value, true
}

// readMail reads a mail into its leaves, however deep they are.
func readMail(text string) mailParts {
	h, body := cutHeader(text)
	m := mailParts{header: h}
	left := maxParts
	m.walk(h, body, 0, &left)
	return m
}

// walk reads an entity's parts, or its body.
func (m *mailParts) walk(h header, body string, depth int, left *int) {
	if *left <= 0 || depth > maxDepth {
		return
	}
	*left--
	kind, params := contentType(h.get("content-type"))
	if boundary := params["boundary"]; strings.HasPrefix(kind, "multipart/") {
		if parts := splitParts(body, boundary); len(parts) > 0 {
			for _, p := range parts {
				ph, pb := cutHeader(p)
				if ph == nil && kind == "multipart/digest" {
					ph = header{{"content-type", "message/rfc822"}}
				}
				// The letter, put in as it is.
				if ph.get("content-type") == "" && ph.get("received") != "" || ph.get("from") != "" && ph.get("subject") != "" {
					ph, pb = header{{"content-type", "message/rfc822"}}, p
				}
				m.walk(ph, pb, depth+1, left)
			}
			return
		}
		kind = "text/plain" // its parts are not there: somebody pasted what a program showed
	}
	raw := decodeTransfer(body, h.get("content-transfer-encoding"))
	switch {
	case isMail(kind):
	case strings.HasPrefix(kind, "text/"), strings.HasPrefix(kind, "message/"):
		raw = decodeCharset(raw, params["charset"])
	case kind == "application/octet-stream", kind == "application/ms-tnef":
		if !strings.Contains(raw[:min(len(raw), 4096)], "ecipient:") { // some systems attach the report as a file
			return
		}
		kind = "text/plain"
	default:
		return
	}
	m.parts = append(m.parts, part{kind: kind, body: raw})
}

// isMail reports a part that is a mail, or the header of one.
func isMail(kind string) bool {
	switch kind {
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers", "message/rfc822-headers",
		"text/rfc822", "message/partial":
		return true
	}
	return false
}

func isStatus(kind string) bool {
	return kind == "message/delivery-status" || kind == "message/global-delivery-status" || kind == "text/delivery-status"
}

// contentType reads a Content-Type that others would refuse.
func contentType(v string) (string, map[string]string) {
	kind, params, err := mime.ParseMediaType(v)
	if err == nil || kind != "" && params != nil {
		return kind, params
	}
	params = map[string]string{}
	fields := strings.Split(v, ";")
	kind = strings.ToLower(strings.TrimSpace(fields[0]))
	for _, f := range fields[1:] {
		if name, value, ok := strings.Cut(f, "="); ok {
			params[strings.ToLower(strings.TrimSpace(name))] = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	if !strings.Contains(kind, "/") {
		kind = "text/plain"
	}
	return kind, params
}

// splitParts parts a body at its boundary lines (RFC 2046 5.1.1). The last part may lack its end.
func splitParts(body, boundary string) []string {
	if boundary == "" {
		return nil
	}
	mark := "--" + boundary
	var out []string
	begin := -1
	for at := 0; at < len(body); {
		i := strings.Index(body[at:], mark)
		if i < 0 {
			break
		}
		i += at
		at = i + len(mark)
		if i > 0 && body[i-1] != '\n' {
			continue
		}
		line, next := lineAt(body, at)
		end := strings.HasPrefix(line, "--")
		if line = strings.TrimRight(line, " \t"); line != "" && line != "--" {
			continue // a longer boundary that begins like this one
		}
		if begin >= 0 && len(out) < maxParts {
			out = append(out, strings.TrimSuffix(strings.TrimSuffix(body[begin:i], "\n"), "\r"))
		}
		begin, at = next, next
		if end {
			begin = -1
			break
		}
	}
	if begin >= 0 && begin < len(body) && len(out) < maxParts {
		out = append(out, body[begin:])
	}
	return out
}

// decodeTransfer undoes a Content-Transfer-Encoding, as far as it can be.
func decodeTransfer(body, encoding string) string {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		var clean strings.Builder
		for i := 0; i < len(body) && clean.Len() < maxPart*4/3; i++ {
			switch c := body[i]; {
			case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
				clean.WriteByte(c)
			}
		}
		s := clean.String()
		out, err := base64.RawStdEncoding.DecodeString(s[:len(s)-len(s)%4])
		if err != nil {
			return clip(body)
		}
		if tail, err := base64.RawStdEncoding.DecodeString(s[len(s)-len(s)%4:]); err == nil {
			out = append(out, tail...)
		}
		return string(out)
	case "quoted-printable":
		return decodeQuoted(body)
	}
	return clip(body)
}

func clip(s string) string { return s[:min(len(s), maxPart)] }

// decodeQuoted undoes quoted-printable (RFC 2045 6.7); what is not encoded rightly stays.
func decodeQuoted(body string) string {
	var out strings.Builder
	for i := 0; i < len(body) && out.Len() < maxPart; i++ {
		c := body[i]
		if c != '=' {
			out.WriteByte(c)
			continue
		}
		rest := body[i+1:]
		switch {
		case len(rest) >= 2 && unhex(rest[0]) >= 0 && unhex(rest[1]) >= 0:
			out.WriteByte(byte(unhex(rest[0])<<4 | unhex(rest[1]))) //nolint:gosec // two digits of 4 bits
			i += 2
		case strings.HasPrefix(rest, "\n"):
			i++
		case strings.HasPrefix(rest, "\r\n"):
			i += 2
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// decodeCharset is a text in UTF-8. Without a charset, or with one that is not known, it is guessed.
func decodeCharset(raw, name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	switch name {
	case "", "us-ascii", "ascii", "utf-8", "utf8", "unknown-8bit", "unknown":
		return Guess(raw)
	case "gb2312", "gbk", "cp936":
		name = "gb18030"
	case "iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-3", "cp50220", "cp50221":
		name = "iso-2022-jp"
	case "cp932", "ms932":
		name = "shift_jis"
	}
	if strings.HasPrefix(name, "utf-16") || name == "unicode" || name == "ucs-2" {
		order := unicode.BigEndian
		if strings.HasSuffix(name, "le") {
			order = unicode.LittleEndian
		}
		out, err := unicode.UTF16(order, unicode.UseBOM).NewDecoder().String(raw)
		if err == nil {
			return out
		}
	}
	e, _ := charset.Lookup(name)
	if e == nil {
		return Guess(raw)
	}
	out, err := e.NewDecoder().String(raw)
	if err != nil {
		return Guess(raw)
	}
	return out
}

var words = mime.WordDecoder{CharsetReader: charset.NewReaderLabel}

// decodeWords undoes encoded words (RFC 2047).
func decodeWords(v string) string {
	if !strings.Contains(v, "=?") {
		return strings.ToValidUTF8(v, "?")
	}
	out, err := words.DecodeHeader(v[:min(len(v), 8<<10)])
	if err != nil {
		out = v
	}
	return strings.ToValidUTF8(out, "?")
}
