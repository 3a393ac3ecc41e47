package bounce

import (
	"slices"
	"strings"
	"unicode/utf8"

	"signpost/diag/pattern"
)

// The bounds of the text that is compared with wordings.
const (
	maxUnits  = 1000
	maxUnit   = 2400     // octets of one unit
	maxLines  = 1500     // lines of one text
	headText  = 16 << 10 // of a longer text its beginning
	tailText  = 8 << 10  // and its end are read
	maxQuote  = 400      // runes of what is quoted
	maxWindow = 12       // lines of a paragraph that are read as one
)

// Unit is a piece of text that is read as one: a line with its continuations, or a paragraph, which may be a reply that
// was wrapped anywhere.
type Unit struct {
	Text      string // as it is compared: see plain
	Paragraph bool
	lines     []string // as they stand
	starts    []int    // where in Text each line begins
}

// Quote is the lines that hold Text[from:to], as they stand.
func (u Unit) Quote(from, to int) string {
	var out []string
	for i, l := range u.lines {
		end := len(u.Text)
		if i+1 < len(u.starts) {
			end = u.starts[i+1]
		}
		if !u.Paragraph || u.starts[i] < to && end > from {
			out = append(out, strings.Join(strings.Fields(l), " "))
		}
	}
	s := strings.ToValidUTF8(strings.Join(out, " "), "?")
	if utf8.RuneCountInString(s) > maxQuote {
		s = around(u.Text, from, to)
	}
	return s
}

// around is a piece of a long text, whole runes.
func around(s string, from, to int) string {
	from, to = min(from, len(s)), min(to, len(s))
	begin, end := max(0, from-maxQuote/2), min(len(s), max(to, from+maxQuote/2))
	for begin > 0 && !utf8.RuneStart(s[begin]) {
		begin--
	}
	end = min(end, begin+2*maxQuote)
	for end < len(s) && !utf8.RuneStart(s[end]) {
		end++
	}
	return strings.TrimSpace(strings.ToValidUTF8(s[begin:end], "?"))
}

var (
	quoting   = pattern.New(`^(?:[ \t]*[>|](?:[ \t]|$))+|^>+`)
	firstCode = pattern.New(`(?:^|[^0-9.])([245]\d\d)(-| )(?:#?([245]\.\d{1,3}\.\d{1,3}))?`)
)

// unitsOf parts a text into units: every line with its continuations, and every paragraph of several such lines.
func unitsOf(text string) []Unit {
	var out, paragraphs []Unit
	var lines []string // of the paragraph
	flush := func() {
		logical := joinLines(lines)
		for _, l := range logical {
			out = append(out, newUnits(l, false)...)
		}
		if len(logical) > 1 {
			for i := 0; i < len(lines); i += maxWindow - 2 {
				paragraphs = append(paragraphs, newUnits(lines[i:min(len(lines), i+maxWindow)], true)...)
				if i+maxWindow >= len(lines) {
					break
				}
			}
		}
		lines = lines[:0]
	}
	for _, l := range linesOf(text) {
		if strings.TrimSpace(l) == "" {
			flush()
			continue
		}
		lines = append(lines, l)
	}
	flush()
	if n := len(out); n > maxUnits {
		out = append(out[:maxUnits/2:maxUnits/2], out[n-maxUnits/2:]...)
	}
	return append(out, paragraphs[:min(len(paragraphs), maxUnits/2)]...)
}

// linesOf is the lines of a text without marks of quoting; of a long text its beginning and its end.
func linesOf(text string) []string {
	if len(text) > headText+tailText {
		text = telling(text)
	}
	text = strings.ToValidUTF8(text, "?")
	lines := strings.FieldsFunc(strings.ReplaceAll(text, "\n", "\n\x00"),
		func(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' })
	for i, l := range lines {
		l = strings.TrimPrefix(l, "\x00")
		if strings.IndexByte(l, '>') >= 0 || strings.IndexByte(l, '|') >= 0 {
			l = quoting.ReplaceAllString(l, "")
		}
		lines[i] = l
	}
	if n := len(lines); n > maxLines {
		lines = append(lines[:maxLines/2:maxLines/2], lines[n-maxLines/2:]...)
	}
	return lines
}

var telltale = append(foreign["telltale"], "rror", "RROR", "ail", "AIL", "eject", "REJECT", "efus", "REFUS", "enied",
	"DENIED", "nknown", "NKNOWN", "said", "tatus")

// tells reports a line that looks like a reply: it has a code, or a word that replies have. A quick look, for texts of
// any length.
func tells(line string) bool {
	for i := range len(line) {
		if c := line[i]; c != '4' && c != '5' || i > 0 && isDigit(line[i-1]) || i+3 > len(line) {
			continue
		}
		if isDigit(line[i+1]) && isDigit(line[i+2]) || line[i+1] == '.' && isDigit(line[i+2]) {
			return true
		}
	}
	return slices.ContainsFunc(telltale, func(w string) bool { return strings.Contains(line, w) })
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// telling is the lines of a long text that look like a reply, with the line below each; of too many the first and the
// last.
func telling(text string) string {
	var out strings.Builder
	next := false
	for at := 0; at < len(text) && out.Len() < 4*headText; {
		line, after := lineAt(text, at)
		at = after
		hit := len(line) > maxUnit || tells(line)
		if hit || next {
			out.WriteString(line[:min(len(line), headText)] + "\n")
		} else if out.Len() > 0 {
			out.WriteByte('\n')
		}
		next = hit
	}
	text = out.String()
	if len(text) > headText+tailText {
		text = text[:headText] + "\n\n" + text[len(text)-tailText:]
	}
	return text
}

// joinLines puts a line's continuations to it: indented lines (folding), and the further lines of one SMTP reply.
func joinLines(lines []string) [][]string {
	var out [][]string
	code := "" // "550-": the line before is not the last of its reply
	for i, l := range lines {
		trimmed := strings.TrimLeft(l, " \t")
		more := i > 0 && len(trimmed) < len(l) && indent(lines[i-1]) <= indent(l)
		if code != "" && strings.HasPrefix(trimmed, code) && len(trimmed) > 3 && (trimmed[3] == '-' || trimmed[3] == ' ') {
			more = true
		}
		code = ""
		if m := firstCode.FindStringSubmatch(l); m != nil && m[2] == "-" {
			code = m[1]
		}
		if more && len(out) > 0 {
			out[len(out)-1] = append(out[len(out)-1], l)
			continue
		}
		out = append(out, []string{l})
	}
	return out
}

func indent(l string) int { return len(l) - len(strings.TrimLeft(l, " \t")) }

// newUnits joins lines into a unit; what is too long becomes several.
func newUnits(lines []string, paragraph bool) []Unit {
	u := Unit{Paragraph: paragraph}
	var b strings.Builder
	code := ""
	for _, l := range lines {
		p := withoutLabels(plain(l))
		if p == "" {
			continue
		}
		p, code = withoutRepeats(p, code)
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		u.lines, u.starts = append(u.lines, l), append(u.starts, b.Len())
		b.WriteString(p)
		if b.Len() > maxUnit*40 {
			break
		}
	}
	u.Text = b.String()
	if len(u.lines) > 1 && strings.Contains(u.Text, ". ") {
		u.Text = brokenDot.ReplaceAllString(u.Text, "$1$2")
	}
	switch {
	case u.Text == "":
		return nil
	case len(u.Text) <= maxUnit:
		return []Unit{u}
	}
	var out []Unit
	whole := u.Text
	for at := 0; at < len(whole) && len(out) < 40; at += maxUnit - 200 {
		piece := strings.ToValidUTF8(whole[at:min(len(whole), at+maxUnit)], "")
		out = append(out, Unit{Text: piece, Paragraph: paragraph, lines: []string{piece}, starts: []int{0}})
	}
	return out
}

// withoutRepeats takes out the codes that begin the further lines of a reply (RFC 5321 4.2.1) where its lines were
// joined, by somebody else or here. Code is that of the reply so far, or "".
func withoutRepeats(p, code string) (text, reply string) {
	from := 0
	if code == "" {
		m := firstCode.FindStringSubmatchIndex(p)
		if m == nil || p[m[4]:m[5]] != "-" {
			return p, ""
		}
		code, from = p[m[2]:m[3]], m[1]
	}
	rest := p[from:]
	for range 2 { // twice: a code may follow a code
		var out strings.Builder
		at := 0
		for _, m := range repeated.FindAllStringSubmatchIndex(rest, -1) {
			if rest[m[2]:m[3]] != code || m[0] == 0 && from > 0 && rest[0] != ' ' {
				continue
			}
			out.WriteString(rest[at:m[0]] + " ")
			at = m[1]
		}
		rest = out.String() + rest[at:]
	}
	return strings.TrimSpace(p[:from] + rest), code
}

var repeated = pattern.New(`(?:^|\s)([245]\d\d)[- ](?:#?[245]\.\d{1,3}\.\d{1,3}(?:[- ]|$))?`)
