package preview

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/language"
)

// pictureWidth is how wide a picture is, in pixels: what a page of documentation shows without shrinking it.
const pictureWidth = 640

// Picture is a surface as SVG, in the reader's own colours, light or dark: what Page draws, in a frame of known height.
// No letter is measured, so that the same words make the same picture everywhere; the height is what a usual font
// needs, and a little more.
func Picture(lang language.Tag, s Surface) ([]byte, error) {
	height, err := s.height()
	if err != nil {
		return nil, err
	}
	p := &page{lang: lang}
	size := strconv.Itoa(pictureWidth) + ` ` + strconv.Itoa(height)
	p.tag(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 `, size, `" width="`, strconv.Itoa(pictureWidth),
		`" height="`, strconv.Itoa(height), `">`, "\n<style>\n", pictureStyle(), "</style>\n",
		`<foreignObject width="100%" height="100%">`,
		`<div xmlns="http://www.w3.org/1999/xhtml" class="picture">`, "\n")
	if err := p.surface(s); err != nil {
		return nil, err
	}
	p.tag("</div></foreignObject>\n</svg>\n")
	return []byte(xhtml.Replace(p.String())), nil
}

// xhtml closes the tags that HTML leaves open.
var xhtml = strings.NewReplacer("<br>", "<br/>", "<hr>", "<hr/>")

// pictureStyle is the page's style, with the dark colours where the reader's system asks for them.
func pictureStyle() string {
	s := strings.Replace(style, "body {", ".picture {", 1)
	s = strings.Replace(s, "padding: 16px; background: #eceef1;", "height: 100%;", 1)
	s = strings.Replace(s, "\n.light {", "\n.picture {", 1)
	from := strings.Index(s, "\n.dark {")
	to := from + strings.Index(s[from:], "}\n") + 2
	dark := strings.Replace(s[from+1:to], ".dark", ".picture", 1)
	return s[:from+1] + "@media (prefers-color-scheme: dark) { " + strings.TrimSpace(dark) + " }\n" +
		s[to:] + ".surface { height: 100%; margin: 0; overflow: hidden; }\n"
}

// What lines and gaps take, in pixels, and how many columns of half a wide letter a line holds.
const (
	lineHigh, codeHigh, smallHigh, headHigh = 22, 18, 19, 25
	blockGap                                = 6
	lineColumns, codeColumns, headColumns   = 80, 82, 62
)

// height is how high a surface is at the picture's width.
func (s Surface) height() (int, error) {
	var all []block
	if err := json.Unmarshal(s.Blocks, &all); err != nil {
		return 0, err
	}
	h := 2*15 + lineHigh + 16
	if s.Private {
		h += smallHigh
	}
	if s.Kind == Modal {
		h += 60
	}
	if s.File != "" {
		h += 50
	}
	if len(s.Drawn) > 0 {
		h += pictureWidth*4/9 + rows(s.Alt, lineColumns)*lineHigh
	}
	for _, b := range all {
		h += b.height() + blockGap
	}
	return h, nil
}

func (b block) height() int {
	switch b.Type {
	case "header":
		return rows(b.Text.Text, headColumns) * headHigh
	case "context":
		h := 0
		for _, e := range b.Elements {
			h += rows(e.Text.Text, lineColumns*15/13) * smallHigh
		}
		return h
	case "actions":
		columns := 0
		for _, e := range b.Elements {
			columns += ansi.StringWidth(e.Text.Text) + 5
			for _, o := range e.Options {
				columns += ansi.StringWidth(o.Text.Text) + 3
			}
		}
		return (columns/lineColumns+1)*38 - 8
	case "input":
		h := lineHigh + 34
		if b.Element != nil && b.Element.Lines {
			h = lineHigh + max(74, rows(b.Element.Value, lineColumns)*lineHigh+12)
		}
		if b.Hint.Text != "" {
			h += rows(b.Hint.Text, lineColumns*15/13) * smallHigh
		}
		return h
	case "table":
		return b.tableHeight()
	}
	h := 0
	for n, part := range strings.Split(entity.Replace(labels(b.Text.Text)), "```") {
		part = strings.Trim(part, "\n")
		switch {
		case n%2 == 1:
			h += rows(part, codeColumns)*codeHigh + 18
		case part != "":
			h += rows(part, lineColumns) * lineHigh
		}
	}
	return h
}

// tableHeight is how high a table is whose columns share the picture's width by what they hold.
func (b block) tableHeight() int {
	most := map[int]int{}
	total := 0
	for _, row := range b.Rows {
		for i, c := range row {
			most[i] = max(most[i], ansi.StringWidth(c.said()))
		}
	}
	for _, n := range most {
		total += n + 2
	}
	h := 0
	for _, row := range b.Rows {
		high := 1
		for i, c := range row {
			share := max(most[i]*lineColumns/max(total, lineColumns), 4)
			high = max(high, rows(c.said(), share))
		}
		h += 9 + high*20
	}
	return h
}

// rows is how many rows a text takes that is broken at so many columns.
func rows(s string, columns int) int {
	n := 0
	for line := range strings.SplitSeq(s, "\n") {
		n += max(1, (ansi.StringWidth(line)+columns-1)/columns)
	}
	return n
}

// labels is a text with what stands in brackets as it is shown.
func labels(s string) string {
	var b strings.Builder
	for {
		head, rest, open := strings.Cut(s, "<")
		b.WriteString(head)
		inner, after, closed := strings.Cut(rest, ">")
		if !open || !closed {
			b.WriteString(rest)
			return b.String()
		}
		target, label, has := strings.Cut(inner, "|")
		if !has {
			label = target
		}
		b.WriteString(label)
		s = after
	}
}
