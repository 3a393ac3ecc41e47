package pictures

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"

	"signpost/commands/chat"
)

// share is how much of a picture has a tone's colour.
func share(t *testing.T, p chat.Picture, tone chat.Tone) float64 {
	t.Helper()
	raw, err := PNG(p)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	want, n := color.RGBAModel.Convert(colours[tone]), 0
	var at image.Point
	for at.Y = m.Bounds().Min.Y; at.Y < m.Bounds().Max.Y; at.Y++ {
		for at.X = m.Bounds().Min.X; at.X < m.Bounds().Max.X; at.X++ {
			if color.RGBAModel.Convert(m.At(at.X, at.Y)) == want {
				n++
			}
		}
	}
	return float64(n) / float64(m.Bounds().Dx()*m.Bounds().Dy())
}

// TestStacked: what is drawn in a colour is in proportion to its numbers, standing and lying.
func TestStacked(t *testing.T) {
	for _, lying := range []bool{false, true} {
		p := chat.Picture{Lying: lying, Labels: []string{"a", "b", "c"}, Series: []chat.Series{
			{Tone: chat.Good, Values: []int64{30, 60, 90}}, {Tone: chat.Bad, Values: []int64{30, 0, 30}},
		}}
		good, bad := share(t, p, chat.Good), share(t, p, chat.Bad)
		if bad == 0 || math.Abs(good/bad-3) > 0.15 || share(t, p, chat.Unsure) != 0 {
			t.Errorf("lying %v: %.3f and %.3f, want three to one", lying, good, bad)
		}
	}
}

// TestBounds: whatever the numbers and names are, something is drawn, in bounded size; nothing is not drawn.
func TestBounds(t *testing.T) {
	for _, p := range []chat.Picture{{}, {Labels: []string{"a"}}, {Series: []chat.Series{{Values: []int64{1}}}}} {
		if _, err := PNG(p); err != ErrNothing { //nolint:errorlint // itself
			t.Errorf("%+v: %v", p, err)
		}
	}
	many := chat.Picture{Series: []chat.Series{{Tone: chat.Good}, {Tone: chat.Unsure, Values: []int64{-1, math.MaxInt64}}}}
	for i := range 5000 {
		many.Labels = append(many.Labels, strings.Repeat("名\x00", i))
		many.Series[0].Values = append(many.Series[0].Values, int64(i))
	}
	for _, lying := range []bool{false, true} {
		many.Lying = lying
		raw, err := PNG(many)
		if err != nil || len(raw) == 0 || len(raw) > 1<<20 {
			t.Errorf("lying %v: %d octets, %v", lying, len(raw), err)
		}
	}
}
