// Package pictures draws the numbers of an answer as PNG, for where Slack shows files. It knows no words: what a
// picture means stands beside it.
//
// What may enter: how numbers become a picture, within bounds.
package pictures

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strconv"
	"strings"

	"signpost/commands/chat"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

const (
	// Most is how many columns or bars are drawn: the last columns, the first bars.
	Most = 120

	// In pixels, twice those of a plain screen. Lying bars need more height where they are many.
	width, height = 1728, 768
	letters       = 26 // of text, from line to line
	perBar        = 40
	margin        = 16
	mark          = 10 // of an axis, at a number

	maxName    = 28 // characters
	shownDays  = 8  // that are named below the columns
	mostNumber = 6  // numbers at an axis, with the nought
)

// ErrNothing says that there is nothing to draw.
var ErrNothing = errors.New("pictures: nothing to draw")

// colours that people who see few of them tell apart, as their brightness differs too.
var colours = map[chat.Tone]color.Color{
	chat.Good: color.RGBA{R: 0x2e, G: 0x8b, B: 0x57, A: 0xff}, chat.Bad: color.RGBA{R: 0xc0, G: 0x39, B: 0x2b, A: 0xff},
	chat.Unsure: color.RGBA{R: 0xb4, G: 0xb8, B: 0xbd, A: 0xff},
}

var (
	ink  = color.Gray{Y: 0x22}
	line = color.Gray{Y: 0xe6}
)

// PNG draws a picture. Numbers below nothing are drawn as nothing, and a series that is shorter than the labels goes on
// with nothing.
func PNG(p chat.Picture) ([]byte, error) {
	p = bounded(p)
	if len(p.Labels) == 0 || len(p.Series) == 0 {
		return nil, ErrNothing
	}
	high := height
	if p.Lying {
		high = max(height, len(p.Labels)*perBar+letters+mark+3*margin)
	}
	c, err := newCanvas(width, high)
	if err != nil {
		return nil, fmt.Errorf("pictures: %w", err)
	}
	if p.Lying {
		c.lying(p)
	} else {
		c.standing(p)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, c.to); err != nil {
		return nil, fmt.Errorf("pictures: %w", err)
	}
	return out.Bytes(), nil
}

// canvas is a white picture, and the letters to write on it.
type canvas struct {
	to   *image.RGBA
	face font.Face
}

func newCanvas(w, h int) (*canvas, error) {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: letters * 0.9, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, err
	}
	c := &canvas{image.NewRGBA(image.Rect(0, 0, w, h)), face}
	c.fill(0, 0, w, h, color.White)
	return c, nil
}

// fill paints from a corner up to, and without, the opposite one.
func (c *canvas) fill(x0, y0, x1, y1 int, in color.Color) {
	draw.Draw(c.to, image.Rect(x0, y0, x1, y1), image.NewUniform(in), image.Point{}, draw.Src)
}

func (c *canvas) wide(text string) int { return font.MeasureString(c.face, text).Ceil() }

// write writes a line whose middle is at y, and which begins at x.
func (c *canvas) write(text string, x, y int) {
	m := c.face.Metrics()
	d := font.Drawer{Dst: c.to, Src: image.NewUniform(ink), Face: c.face,
		Dot: fixed.P(x, y+(m.Ascent.Round()-m.Descent.Round())/2)}
	d.DrawString(text)
}

// standing draws a column for each label, and names some of them.
func (c *canvas) standing(p chat.Picture) {
	ticks, most := numbers(p)
	left := mark + margin
	for _, t := range ticks {
		left = max(left, c.wide(t.text)+mark+2*margin)
	}
	top, foot, right := 2*margin, c.to.Rect.Dy()-letters-2*margin, c.to.Rect.Dx()-margin
	y := func(v float64) int { return foot - int(math.Round(v/most*float64(foot-top))) }
	for _, t := range ticks {
		c.fill(left, y(t.value), right, y(t.value)+1, line)
		c.fill(left-mark, y(t.value), left, y(t.value)+2, ink)
		c.write(t.text, left-mark-margin/2-c.wide(t.text), y(t.value))
	}
	every := max(1, (len(p.Labels)+shownDays-1)/shownDays)
	for i, label := range p.Labels {
		from, to := slot(i, len(p.Labels), left, right)
		stack(p, i, func(v0, v1 float64, in color.Color) { c.fill(from, y(v1), to, y(v0), in) })
		if i%every == 0 {
			x := min(max(margin/2, (from+to-c.wide(label))/2), c.to.Rect.Dx()-c.wide(label)-margin/2)
			c.write(label, x, foot+margin+letters/2)
		}
	}
	c.fill(left-2, top, left, foot+2, ink)
	c.fill(left, foot, right, foot+2, ink)
}

// lying draws a bar for each label, the first on top, with its name before it.
func (c *canvas) lying(p chat.Picture) {
	ticks, most := numbers(p)
	left := margin
	for _, label := range p.Labels {
		left = max(left, c.wide(label)+2*margin)
	}
	last := c.wide(ticks[len(ticks)-1].text)
	top, foot, right := margin, c.to.Rect.Dy()-letters-mark-2*margin, c.to.Rect.Dx()-max(2*margin, last/2+margin)
	x := func(v float64) int { return left + int(math.Round(v/most*float64(right-left))) }
	for _, t := range ticks {
		c.fill(x(t.value), top, x(t.value)+1, foot, line)
		c.fill(x(t.value), foot, x(t.value)+2, foot+mark, ink)
		c.write(t.text, x(t.value)-c.wide(t.text)/2, foot+mark+margin/2+letters/2)
	}
	for i, label := range p.Labels {
		from, to := slot(i, len(p.Labels), top, foot)
		stack(p, i, func(v0, v1 float64, in color.Color) { c.fill(x(v0), from, x(v1), to, in) })
		c.write(label, left-margin-c.wide(label), (from+to)/2)
	}
	c.fill(left-2, top, left, foot+2, ink)
	c.fill(left, foot, right, foot+2, ink)
}

// slot is from where to where the column or bar of that place goes, of n between two ends.
func slot(i, n, from, to int) (int, int) {
	each := float64(to-from) / float64(n)
	begin := float64(from) + (float64(i)+0.2)*each
	return int(math.Round(begin)), int(math.Round(begin + 0.6*each))
}

// stack gives the parts of a column or bar, from the axis on.
func stack(p chat.Picture, i int, part func(from, to float64, in color.Color)) {
	at := 0.0
	for _, s := range p.Series {
		in := colours[s.Tone]
		if in == nil {
			in = color.Gray{Y: 0x60}
		}
		if v := number(s, i); v > 0 {
			part(at, at+v, in)
			at += v
		}
	}
}

func number(s chat.Series, i int) float64 {
	if i >= len(s.Values) {
		return 0
	}
	return float64(max(s.Values[i], 0))
}

// tick is a number at an axis.
type tick struct {
	value float64
	text  string
}

// numbers are those at the axis, whole ones, as there is no half message: nought and steps of one, two or five times a
// power of ten. Most is where the axis ends, at the last of them or beyond.
func numbers(p chat.Picture) (ticks []tick, most float64) {
	for i := range p.Labels {
		sum := 0.0
		for _, s := range p.Series {
			sum += number(s, i)
		}
		most = max(most, sum)
	}
	most = max(most, 1)
	step := 1.0
	for factors := []float64{2, 2.5, 2}; most/step > mostNumber-1; factors = append(factors[1:], factors[0]) {
		step *= factors[0]
	}
	for v := 0.0; v <= most; v += step {
		ticks = append(ticks, tick{v, strconv.FormatFloat(v, 'f', 0, 64)})
	}
	return ticks, most
}

// bounded is the picture with what is drawn of it: names without what the font does not have.
func bounded(p chat.Picture) chat.Picture {
	from, to := 0, min(len(p.Labels), Most)
	if !p.Lying {
		from, to = max(0, len(p.Labels)-Most), len(p.Labels)
	}
	out := chat.Picture{Lying: p.Lying}
	for _, label := range p.Labels[from:to] {
		label = strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '?'
			}
			return r
		}, label[:min(len(label), 4*maxName)])
		if len(label) > maxName {
			label = label[:maxName-3] + "..."
		}
		out.Labels = append(out.Labels, label)
	}
	for _, s := range p.Series {
		out.Series = append(out.Series, chat.Series{Tone: s.Tone,
			Values: s.Values[min(from, len(s.Values)):min(to, len(s.Values))]})
	}
	return out
}
