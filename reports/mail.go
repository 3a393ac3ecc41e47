package reports

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"
)

const maxHeader = 256 << 10 // octets of one header block that are read

// fields is a header block: the last of each name, in lower case.
type fields map[string]string

func fieldName(s string) bool {
	return s != "" && len(s) < 77 && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }) < 0
}

// readMails reads a mail, or several in an mbox.
func (b *Batch) readMails(ctx context.Context, name string, raw []byte, depth int) {
	if !bytes.HasPrefix(raw, []byte("From ")) {
		b.readMail(ctx, name, raw, depth)
		return
	}
	for n := 1; len(raw) > 0; n++ {
		if b.members >= b.limits.Files || b.spent(ctx) {
			b.take(ctx, name, 0, depth)
			return
		}
		one := raw
		raw = nil
		if i := bytes.Index(one, []byte("\n\nFrom ")); i >= 0 {
			one, raw = one[:i+1], one[i+2:]
		} else if i := bytes.Index(one, []byte("\r\n\r\nFrom ")); i >= 0 {
			one, raw = one[:i+2], one[i+4:]
		}
		b.readMail(ctx, name, one, depth)
	}
}

// readMail reads the reports that are attached to a mail.
func (b *Batch) readMail(ctx context.Context, name string, raw []byte, depth int) {
	before, faults := len(b.Aggregates)+len(b.TLS), b.faultsSeen()
	b.part(ctx, name, raw, depth, "")
	if len(b.Aggregates)+len(b.TLS) == before && b.faultsSeen() == faults {
		b.fault(name, MailWithout, nil)
	}
}

func (b *Batch) faultsSeen() (n int) {
	for _, f := range b.Faults {
		n += f.Count
	}
	return n
}

// part reads an entity of a mail: its own parts, or what it holds. Outer is the kind of entity that it is a part of.
func (b *Batch) part(ctx context.Context, name string, raw []byte, depth int, outer string) {
	if depth > b.limits.Depth+4 {
		b.fault(name, TooDeep, map[string]any{"most": b.limits.Depth})
		return
	}
	if b.members++; b.members > b.limits.Files || b.spent(ctx) {
		b.take(ctx, name, 0, 0)
		return
	}
	h, body := cutFields(raw)
	kindOf, params := mediaType(h["content-type"])
	if strings.HasPrefix(kindOf, "multipart/") && params["boundary"] != "" {
		if kindOf == "multipart/report" &&
			(params["report-type"] == "feedback-report" || params["report-type"] == "delivery-status") {
			b.fault(name, FailureReport, map[string]any{"type": params["report-type"]})
			return
		}
		for _, p := range splitParts(body, params["boundary"]) {
			b.part(ctx, name, p, depth+1, kindOf)
		}
		return
	}
	text := transferred(body, h["content-transfer-encoding"])
	if kindOf == "message/rfc822" {
		b.part(ctx, name, text, depth+1, kindOf)
		return
	}
	_, disposition := mediaType(h["content-disposition"])
	file := disposition["filename"]
	if file == "" {
		file = params["name"]
	}
	k := kind(text)
	switch {
	case k == "text", k == "html", k == "empty", k == "mail" && file == "": // the words beside it
		if file != "" && k != "html" && reportName(file) {
			b.fault(name+"/"+word(file), NotReport, map[string]any{"found": k})
		}
		return
	case k == "xml" && strings.HasPrefix(kindOf, "text/html"):
		return
	case k == "binary" && !reportName(file): // a picture
		return
	case k == "xml" && file != "" && !reportName(file) && strings.HasPrefix(kindOf, "image/"):
		return
	}
	if file != "" {
		name += "/" + word(file)
	}
	b.read(ctx, name, text, depth+1)
}

// reportName reports that a file's name promises a report.
func reportName(file string) bool {
	lower := strings.ToLower(strings.TrimSpace(file))
	for _, end := range []string{".xml", ".json", ".gz", ".gzip", ".zip"} {
		if strings.HasSuffix(lower, end) {
			return true
		}
	}
	return false
}

// mediaType reads a Content-Type or a Content-Disposition that others would refuse.
func mediaType(v string) (string, map[string]string) {
	if k, params, err := mime.ParseMediaType(v); err == nil || params != nil && params["boundary"] != "" {
		if params == nil {
			params = map[string]string{}
		}
		return k, params
	}
	params := map[string]string{}
	all := strings.Split(v, ";")
	for _, f := range all[1:] {
		if name, value, ok := strings.Cut(f, "="); ok {
			params[strings.ToLower(strings.TrimSpace(name))] = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return strings.ToLower(strings.TrimSpace(all[0])), params
}

// splitParts parts a body at its boundary lines (RFC 2046 5.1.1). The last may lack its end.
func splitParts(body []byte, boundary string) (out [][]byte) {
	mark := []byte("--" + boundary)
	begin := -1
	for at := 0; at < len(body); {
		i := bytes.Index(body[at:], mark)
		if i < 0 {
			break
		}
		i += at
		at = i + len(mark)
		if i > 0 && body[i-1] != '\n' {
			continue
		}
		end := len(body)
		if n := bytes.IndexByte(body[at:], '\n'); n >= 0 {
			end = at + n
		}
		rest := strings.TrimSpace(string(body[at:min(end, at+80)]))
		if rest != "" && rest != "--" {
			continue // a longer boundary that begins alike
		}
		if begin >= 0 {
			out = append(out, bytes.TrimSuffix(bytes.TrimSuffix(body[begin:i], []byte("\n")), []byte("\r")))
		}
		begin, at = min(end+1, len(body)), min(end+1, len(body))
		if rest == "--" {
			return out
		}
	}
	if begin >= 0 && begin < len(body) {
		out = append(out, body[begin:])
	}
	return out
}

// transferred undoes a Content-Transfer-Encoding, as far as it can be.
func transferred(body []byte, how string) []byte {
	switch strings.ToLower(strings.TrimSpace(how)) {
	case "base64":
		clean := bytes.Map(func(r rune) rune {
			switch {
			case r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '+', r == '/':
				return r
			}
			return -1
		}, body)
		if len(clean)%4 == 1 {
			clean = clean[:len(clean)-1]
		}
		out := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
		n, _ := base64.RawStdEncoding.Decode(out, clean)
		return out[:n]
	case "quoted-printable":
		out, _ := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(body)))
		return out
	}
	return body
}
