package preview

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// page is HTML as it grows, for a reader of a language. What comes from a block goes through text alone.
type page struct {
	strings.Builder
	lang language.Tag
}

// tag writes markup of our own.
func (p *page) tag(markup ...string) {
	for _, m := range markup {
		p.WriteString(m)
	}
}

// text writes words as words, whatever they hold.
func (p *page) text(s string) {
	p.WriteString(html.EscapeString(strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) || r == utf8.RuneError || r == 0xfffe || r == 0xffff {
			return '�'
		}
		return r
	}, strings.ToValidUTF8(s, "�"))))
}

// within writes words between markup of our own.
func (p *page) within(open, words, end string) {
	p.tag(open)
	p.text(words)
	p.tag(end)
}

// entity is what stands for the three characters that mrkdwn keeps for itself.
var entity = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// mrkdwn writes a text in Slack's own markup: code blocks first, in which nothing else is read, then lines.
func (p *page) mrkdwn(s string) {
	for n, part := range strings.Split(s, "```") {
		part = strings.Trim(part, "\n")
		if n%2 == 1 {
			p.within(`<pre>`, entity.Replace(part), `</pre>`)
		} else {
			p.lines(part)
		}
	}
}

func (p *page) lines(s string) {
	if s == "" {
		return
	}
	for n, line := range strings.Split(s, "\n") {
		if n > 0 {
			p.tag("<br>")
		}
		if quoted, ok := strings.CutPrefix(line, "&gt;"); ok {
			p.tag(`<span class="quote">`)
			p.styled(quoted)
			p.tag(`</span>`)
			continue
		}
		p.styled(line)
	}
}

// marks are the signs that style a run of words, and the tags for them.
var marks = map[byte]string{'*': "b", '_': "i", '~': "s", '`': "code"}

// styled writes one line: runs in bold, italics, struck out or code, and what stands in angle brackets.
func (p *page) styled(s string) {
	before := ' '
	for s != "" {
		if tag, ok := marks[s[0]]; ok && !isWord(before) {
			if inner, rest, ok := run(s); ok {
				p.tag("<", tag, ">")
				if tag == "code" {
					p.text(entity.Replace(inner))
				} else {
					p.styled(inner)
				}
				p.tag("</", tag, ">")
				before, s = rune(s[0]), rest
				continue
			}
		}
		if inner, rest, ok := strings.Cut(s[1:], ">"); s[0] == '<' && ok {
			p.bracketed(inner)
			before, s = '>', rest
			continue
		}
		next := strings.IndexAny(s[1:], "*_~`<") + 1
		if next == 0 {
			next = len(s)
		}
		p.text(entity.Replace(s[:next]))
		before, _ = utf8.DecodeLastRuneInString(s[:next])
		s = s[next:]
	}
}

// run is the words between a sign and the next of the same that ends it.
func run(s string) (inner, rest string, ok bool) {
	sign := s[0]
	for at := 1; at < len(s); {
		i := strings.IndexByte(s[at:], sign)
		if i < 0 {
			return "", "", false
		}
		end := at + i
		inner, rest = s[1:end], s[end+1:]
		after, _ := utf8.DecodeRuneInString(rest)
		if inner != "" && (sign == '`' || inner[0] != ' ' && inner[len(inner)-1] != ' ' && !isWord(after)) {
			return inner, rest, true
		}
		at = end + 1
	}
	return "", "", false
}

func isWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// isDate reports whether a bracket holds a time, behind which stands what is shown where it cannot be read.
func isDate(s string) bool { return strings.HasPrefix(s, "!date^") }

// bracketed writes what Slack gives a meaning of its own: a person, a channel, a time, a link. Nothing is linked to:
// what is shown is shown only.
func (p *page) bracketed(s string) {
	target, label, has := strings.Cut(s, "|")
	switch {
	case target == "@"+person:
		p.within(`<span class="mention">`, "@"+chat.Text(p.lang, "preview.you", nil), `</span>`)
	case strings.HasPrefix(target, "@"), strings.HasPrefix(target, "#"):
		p.within(`<span class="mention">`, entity.Replace(target), `</span>`)
	case isDate(target):
		p.within(`<span class="time">`, entity.Replace(label), `</span>`)
	case strings.HasPrefix(target, "!"):
		p.within(`<span class="alarm">`, "@"+entity.Replace(target[1:]), `</span>`)
	case has:
		p.within(`<span class="link">`, entity.Replace(label), `</span>`)
	default:
		p.within(`<span class="link">`, entity.Replace(target), `</span>`)
	}
}
