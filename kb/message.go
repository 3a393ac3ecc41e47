package kb

import (
	"bytes"
	"errors"
	"io"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // GB18030 and the like
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// Message is what a pasted or attached mail tells: the text of all its parts that a bounce is read from, the results of authentication, and the
// way it took.
type Message struct {
	Text string
	// Results are those of Authentication-Results (RFC 8601): "spf=fail".
	Results []string
	Hops    []Hop
}

// Hop is one server on the way, with the time since the one before: by its own clock, so it may be negative.
type Hop struct {
	By    string
	At    time.Time
	Delay time.Duration
}

// MaxMessage is how many octets of a mail ReadMessage reads.
const MaxMessage = 4 << 20

const (
	maxParts = 50
	maxDepth = 8
	maxPart  = 256 << 10 // octets of one part that are read
	maxHops  = 50
)

var headerLine = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*:[ \t]`)

// ReadMessage reads a text as a mail (RFC 5322, MIME) where it begins with header lines; encoded words, transfer encodings and charsets are
// undone. Any other text stays as it is. Parts, depth and sizes are bounded.
func ReadMessage(text string) Message {
	text = strings.TrimLeft(text[:min(len(text), MaxMessage)], "\r\n \t")
	if !headerLine.MatchString(text) {
		return Message{Text: text}
	}
	var m Message
	var out strings.Builder
	left := maxParts
	readEntity(&m, &out, strings.NewReader(text), 0, &left)
	if out.Len() == 0 {
		return Message{Text: text}
	}
	m.Text = out.String()
	return m
}

// DecodeText is a file as text: UTF-8, UTF-16 with its mark, or GB18030. A mail has encodings of its own, and stays as it is where its header is
// plain. False: the file is no text.
func DecodeText(raw []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe}), bytes.HasPrefix(raw, []byte{0xfe, 0xff}):
		out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(raw)
		return string(out), err == nil
	case bytes.IndexByte(raw[:min(len(raw), 8192)], 0) >= 0:
		return "", false
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if utf8.Valid(raw) || headerLine.Match(bytes.TrimLeft(raw, "\r\n \t")) {
		return string(raw), true
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil || bytes.Count(out, []byte("�")) > len(out)/100 {
		return strings.ToValidUTF8(string(raw), "?"), true
	}
	return string(out), true
}

func readEntity(m *Message, out *strings.Builder, r io.Reader, depth int, left *int) {
	if depth > maxDepth || *left <= 0 {
		return
	}
	*left--
	e, err := message.Read(r)
	if e == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return
	}
	m.readHeader(&e.Header, out)
	m.readPart(e, out, depth, left)
}

// readPart reads an entity's parts, or its body.
func (m *Message) readPart(e *message.Entity, out *strings.Builder, depth int, left *int) {
	if depth > maxDepth {
		return
	}
	kind, _, err := e.Header.ContentType()
	if err != nil {
		kind = "text/plain"
	}
	if parts := e.MultipartReader(); parts != nil {
		for *left > 0 {
			p, err := parts.NextPart()
			if p == nil || errors.Is(err, io.EOF) {
				return
			}
			*left--
			m.readPart(p, out, depth+1, left)
		}
		return
	}
	m.readBody(kind, e.Body, out, depth, left)
}

func (m *Message) readBody(kind string, body io.Reader, out *strings.Builder, depth int, left *int) {
	raw, _ := io.ReadAll(io.LimitReader(body, maxPart)) // what came before a fault is read
	switch kind {
	case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
		readEntity(m, out, bytes.NewReader(raw), depth+1, left)
	case "text/plain", "message/delivery-status", "message/global-delivery-status":
		out.WriteString(strings.ToValidUTF8(string(raw), "?"))
		out.WriteString("\n")
	}
}

// readHeader takes what a bounce is read from out of a header, encoded words undone.
func (m *Message) readHeader(h *message.Header, out *strings.Builder) {
	for _, name := range []string{"From", "To", "Subject", "X-Failed-Recipients", "Return-Path"} {
		if v, err := h.Text(name); err == nil && v != "" {
			out.WriteString(name + ": " + strings.Join(strings.Fields(v), " ") + "\n")
		}
	}
	for fields := h.FieldsByKey("Authentication-Results"); fields.Next(); {
		for _, r := range authResult.FindAllString(fields.Value(), 20) {
			if len(m.Results) < 20 {
				m.Results = append(m.Results, strings.ToLower(r))
			}
		}
	}
	var hops []Hop
	for fields := h.FieldsByKey("Received"); fields.Next() && len(hops) < maxHops; {
		if hop, ok := readHop(fields.Value()); ok {
			hops = append(hops, hop)
		}
	}
	if len(hops) < 2 || len(hops) < len(m.Hops) {
		return
	}
	for i, j := 0, len(hops)-1; i < j; i, j = i+1, j-1 { // the last server writes first
		hops[i], hops[j] = hops[j], hops[i]
	}
	for i := 1; i < len(hops); i++ {
		hops[i].Delay = hops[i].At.Sub(hops[i-1].At)
	}
	m.Hops = hops
}

var (
	authResult = regexp.MustCompile(`(?i)\b(?:spf|dkim|dmarc)=[a-z]+`)
	receivedBy = regexp.MustCompile(`(?i)\bby\s+([^\s;()]+)`)
)

// readHop reads one Received field (RFC 5321 4.4).
func readHop(v string) (Hop, bool) {
	i := strings.LastIndexByte(v, ';')
	if i < 0 {
		return Hop{}, false
	}
	at, err := mail.ParseDate(strings.TrimSpace(v[i+1:]))
	if err != nil {
		return Hop{}, false
	}
	h := Hop{At: at}
	if by := receivedBy.FindStringSubmatch(v); by != nil {
		h.By = by[1]
		if r := []rune(h.By); len(r) > 100 {
			h.By = string(r[:100])
		}
	}
	return h, true
}
