// Package pictures draws the numbers of an answer as PNG, for where Slack shows files. It knows no words: what a
// picture means stands beside it.
package pictures

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"slices"
	"strconv"
	"strings"

	"signpost/commands/chat"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

const (
	// Most is how many columns or bars are drawn: the last columns, the first bars.
	Most = 120

	width, height = 9 * vg.Inch, 4 * vg.Inch
	maxName       = 28 // characters
	shownDays     = 8  // that are named below the columns
)

// ErrNothing says that there is nothing to draw.
var ErrNothing = errors.New("pictures: nothing to draw")

// colours that people who see few of them tell apart, as their brightness differs too.
var colours = map[chat.Tone]color.Color{
	chat.Good: color.RGBA{R: 0x2e, G: 0x8b, B: 0x57, A: 0xff}, chat.Bad: color.RGBA{R: 0xc0, G: 0x39, B: 0x2b, A: 0xff},
	chat.Caution: color.RGBA{R: 0xe6, G: 0x9f, A: 0xff}, chat.Unsure: color.RGBA{R: 0xb4, G: 0xb8, B: 0xbd, A: 0xff},
}

// PNG draws a picture. Numbers below nothing are drawn as nothing, and a series that is shorter than the labels goes on
// with nothing.
func PNG(p chat.Picture) ([]byte, error) {
	p = bounded(p)
	n := len(p.Labels)
	if n == 0 || len(p.Series) == 0 {
		return nil, ErrNothing
	}
	x := plot.New()
	var below *plotter.BarChart
	for _, s := range p.Series {
		values := make(plotter.Values, n)
		for i := range values {
			if i < len(s.Values) {
				values[i] = float64(max(s.Values[i], 0))
			}
		}
		across := width
		if p.Lying {
			across = height
		}
		bars, err := plotter.NewBarChart(values, across*vg.Length(0.6)/vg.Length(n))
		if err != nil {
			return nil, fmt.Errorf("pictures: %w", err)
		}
		bars.LineStyle.Width, bars.Horizontal = 0, p.Lying
		if bars.Color = colours[s.Tone]; bars.Color == nil {
			bars.Color = color.Gray{Y: 0x60}
		}
		if below != nil {
			bars.StackOn(below)
		}
		x.Add(bars)
		below = bars
	}
	names := make([]string, n)
	for i, label := range p.Labels {
		if p.Lying || i%max(1, (n+shownDays-1)/shownDays) == 0 {
			names[i] = label
		}
	}
	if p.Lying {
		x.NominalY(names...)
		x.X.Min, x.X.Tick.Marker, x.Y.Min, x.Y.Max = 0, wholeNumbers{}, -0.5, float64(n)-0.5
	} else {
		x.NominalX(names...)
		x.Y.Min, x.Y.Tick.Marker, x.X.Min, x.X.Max = 0, wholeNumbers{}, -0.5, float64(n)-0.5
	}
	canvas := vgimg.New(width, height)
	x.Draw(draw.Crop(draw.New(canvas), vg.Points(6), -vg.Points(12), vg.Points(6), -vg.Points(6)))
	var out bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: canvas}).WriteTo(&out); err != nil {
		return nil, fmt.Errorf("pictures: %w", err)
	}
	return out.Bytes(), nil
}

// bounded is the picture with what is drawn of it: names without what the fonts do not have.
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
		values := s.Values[min(from, len(s.Values)):min(to, len(s.Values))]
		if p.Lying { // the first is on top
			values = append(slices.Clone(values), make([]int64, len(out.Labels)-len(values))...)
			slices.Reverse(values)
		}
		out.Series = append(out.Series, chat.Series{Tone: s.Tone, Values: values})
	}
	if p.Lying {
		slices.Reverse(out.Labels)
	}
	return out
}

// wholeNumbers marks an axis by numbers that can be: there is no half message.
type wholeNumbers struct{}

// Ticks implements plot.Ticker.
func (wholeNumbers) Ticks(low, high float64) []plot.Tick {
	var out []plot.Tick
	for _, t := range (plot.DefaultTicks{}).Ticks(low, high) {
		if t.Label != "" {
			if t.Value != float64(int64(t.Value)) {
				continue
			}
			t.Label = strconv.FormatInt(int64(t.Value), 10)
		}
		out = append(out, t)
	}
	return out
}
