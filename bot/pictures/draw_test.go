package pictures

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
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

// TestNumbers: an axis has whole numbers, few of them, in round steps from nought on, and all that is drawn below its
// end.
func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		values []int64
		want   string
		most   float64
	}{
		{[]int64{0}, "0 1", 1}, {[]int64{1}, "0 1", 1}, {[]int64{3, 5}, "0 1 2 3 4 5", 5}, {[]int64{6}, "0 2 4 6", 6},
		{[]int64{949, 2}, "0 200 400 600 800", 949}, {[]int64{-4, 1000}, "0 200 400 600 800 1000", 1000},
		{[]int64{24}, "0 5 10 15 20", 24}, {[]int64{1_200_000}, "0 500000 1000000", 1_200_000},
	} {
		labels := make([]string, len(c.values))
		ticks, most := numbers(chat.Picture{Labels: labels, Series: []chat.Series{{Values: c.values}}})
		var said []string
		for _, tick := range ticks {
			said = append(said, tick.text)
		}
		if got := strings.Join(said, " "); got != c.want || most != c.most {
			t.Errorf("%v: %s up to %g, want %s up to %g", c.values, got, most, c.want, c.most)
		}
	}
}

// TestManyLying: each of many lying bars has room for its name, the first stands on top.
func TestManyLying(t *testing.T) {
	p := chat.Picture{Lying: true, Series: []chat.Series{{Tone: chat.Good}}}
	for i := range 2 * Most {
		p.Labels = append(p.Labels, "a.example")
		p.Series[0].Values = append(p.Series[0].Values, int64(2*Most-i))
	}
	raw, err := PNG(p)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(raw))
	if err != nil || m.Bounds().Dy() < Most*perBar || m.Bounds().Dx() != width {
		t.Fatal(m.Bounds(), err)
	}
	lengths := []int{}
	for y, in := 0, false; y < m.Bounds().Dy(); y++ {
		n := 0
		for x := range m.Bounds().Dx() {
			if color.RGBAModel.Convert(m.At(x, y)) == colours[chat.Good] {
				n++
			}
		}
		if n > 0 && !in {
			lengths = append(lengths, n)
		}
		in = n > 0
	}
	if len(lengths) != Most || !slices.IsSortedFunc(lengths, func(a, b int) int { return b - a }) {
		t.Errorf("%d bars of %v", len(lengths), lengths)
	}
}
