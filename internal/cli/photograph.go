package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// browsers are the names under which a Chromium is installed.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

var errNoBrowser = errors.New("no Chromium in PATH")

// The bounds of a photograph: time, and the window, of which the empty part at the end is cut off.
const (
	photographTime                 = 30 * time.Second
	photographWide, mostTall       = 1200, 12_000
	photographMargin               = 16
	mostPhotograph           int64 = 64 << 20
)

// photograph makes a picture of a page with a Chromium that is installed, within bounded time. The page is shown
// without network: it holds all that it needs.
func photograph(ctx context.Context, page, to string) error {
	browser := ""
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		return errNoBrowser
	}
	page, err := filepath.Abs(page)
	if err != nil {
		return err
	}
	home, err := os.MkdirTemp("", "signpost-preview-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	raw := filepath.Join(home, "raw.png")
	ctx, cancel := context.WithTimeout(ctx, photographTime)
	defer cancel()
	args := []string{"--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--user-data-dir=" + home,
		"--host-resolver-rules=MAP * ~NOTFOUND", fmt.Sprintf("--window-size=%d,%d", photographWide, mostTall),
		"--screenshot=" + raw, (&url.URL{Scheme: "file", Path: filepath.ToSlash(page)}).String()}
	if os.Geteuid() == 0 { // Chromium's sandbox refuses to run as root
		args = append([]string{"--no-sandbox"}, args...)
	}
	cmd := exec.CommandContext(ctx, browser, args...)
	cmd.WaitDelay = 2 * time.Second
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %.300s", filepath.Base(browser), err, bytes.TrimSpace(said))
	}
	info, err := os.Stat(raw)
	if err != nil || info.Size() > mostPhotograph {
		return fmt.Errorf("%s gave no picture that can be used", filepath.Base(browser))
	}
	return crop(raw, to)
}

// crop writes a picture without the empty rows at its end.
func crop(from, to string) error {
	in, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	whole, err := png.Decode(bytes.NewReader(in))
	if err != nil {
		return err
	}
	frame := image.Rect(0, 0, whole.Bounds().Dx(), whole.Bounds().Dy())
	flat := image.NewRGBA(frame)
	draw.Draw(flat, frame, whole, whole.Bounds().Min, draw.Src)
	row := func(y int) []byte { return flat.Pix[y*flat.Stride : y*flat.Stride+4*frame.Dx()] }
	last, end := row(frame.Dy()-1), frame.Dy()
	for end > 1 && bytes.Equal(row(end-1), last) {
		end--
	}
	frame.Max.Y = min(end+photographMargin, frame.Max.Y)
	var out bytes.Buffer
	if err := png.Encode(&out, flat.SubImage(frame)); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o644)
}
