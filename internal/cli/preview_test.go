package cli

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/bot/preview"

	"golang.org/x/text/language"
)

// TestPreview writes a page of what Slack would show; without a browser it says that no picture was made.
func TestPreview(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	dir := filepath.Join(t.TempDir(), "new", "folder")
	code, out, errs := call(t, "", "preview", "--demo", "--lang", "en", "--out", dir, "/mailcheck", "spf-none.example",
		"/mailticket", "form")
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil || code != 0 {
		t.Fatalf("exit %d, %v\n%s", code, err, errs)
	}
	if !strings.Contains(out, "index.html") || strings.Contains(out, "png") ||
		!strings.Contains(errs, "No picture was made") {
		t.Errorf("said: %s %s", out, errs)
	}
	for _, want := range []string{"<h2>/mailcheck spf-none.example</h2>", "<h2>/mailticket form</h2>",
		"spf-none.example  TXT  v=spf1 mx -all", `class="light"`, `class="dark"`, "width=device-width"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, bad := range [][]string{{}, {"--all", "/mailcheck"}} {
		if code, _, errs := call(t, "", append([]string{"preview"}, bad...)...); code != 2 ||
			!strings.Contains(errs, "For example") {
			t.Errorf("%q: exit %d: %s", bad, code, errs)
		}
	}
}

func TestPreviewLines(t *testing.T) {
	for _, x := range []struct{ args, want []string }{
		{[]string{"/mailcheck", "a.example", "/mailhelp", "no", "mail"},
			[]string{"/mailcheck a.example", "/mailhelp no mail"}},
		{[]string{"check a.example", "is b ok?"}, []string{"check a.example", "is b ok?"}},
		{[]string{"check", "a.example"}, []string{"check a.example"}},
		{[]string{"", " "}, nil},
	} {
		if got := previewLines(x.args); !slices.Equal(got, x.want) {
			t.Errorf("%q: %q", x.args, got)
		}
	}
}

// TestPhotograph: a browser that fails is told of, and of what it gives the empty end is cut off.
func TestPhotograph(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir+":/bin:/usr/bin")
	page := filepath.Join(dir, "page.html")
	raw, out := filepath.Join(dir, "given.png"), filepath.Join(dir, "out.png")
	picture := image.NewGray(image.Rect(0, 0, 10, 400))
	picture.Set(5, 100, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("given.png", b.String(), 0o600)
	write("chromium", "#!/bin/sh\nfor a; do case $a in --screenshot=*) cp "+raw+" ${a#*=};; esac; done\n", 0o700)
	if err := photograph(t.Context(), page, out); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if size, err := png.DecodeConfig(in); err != nil || size.Height != 101+photographMargin {
		t.Errorf("%+v, %v", size, err)
	}
	write("chromium", "#!/bin/sh\necho no display\nexit 3\n", 0o700)
	if err := photograph(t.Context(), page, out); err == nil || !strings.Contains(err.Error(), "no display") {
		t.Errorf("%v", err)
	}
}

// TestPictures: the pictures of the README are what the bot sends now, but for the time of a diagnosis. With -update
// they are drawn.
func TestPictures(t *testing.T) {
	at := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	words := map[language.Tag]string{language.English: "no mail since 9:00, 40 people affected",
		language.Chinese: "从 9:00 起收不到邮件，影响 40 人"}
	for lang, suffix := range map[language.Tag]string{language.English: "", language.Chinese: ".zh-CN"} {
		var d dnsFlags
		g, err := d.open(&System{Err: os.Stderr}, lang.String())
		if err != nil {
			t.Fatal(err)
		}
		deps, stop, err := g.demo()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		deps.Now = func() time.Time { return at }
		shown, err := previewAsked(t.Context(), deps, []string{"/mailcheck missing-dot.example",
			"/mailcase open missing-dot.example", "/mailcase ticket 1 0003Y5YJCP", "/mailcase remind 1 2h",
			"/mailticket missing-dot.example " + words[lang] + " form"}, lang)
		if err != nil {
			t.Fatal(err)
		}
		for name, line := range map[string]int{"diagnosis": 0, "case": 2, "form": 4} {
			surfaces := shown[line].Surfaces
			which := surfaces[0]
			for _, other := range surfaces {
				if name == "case" && len(other.Blocks) > len(which.Blocks) { // its message, brought up to date
					which = other
				}
			}
			picture, err := preview.Picture(lang, which)
			if err != nil {
				t.Fatal(err)
			}
			file := "docs/pictures/" + name + suffix + ".svg"
			path := filepath.Join("..", "..", filepath.FromSlash(file))
			written, err := os.ReadFile(path)
			plain := func(b []byte) string { return changing.ReplaceAllString(string(b), "#") }
			if err == nil && plain(written) == plain(picture) { // the clock of a diagnosis apart
				continue
			}
			if !*update {
				t.Errorf("%s is not what the bot sends: go test ./internal/cli -run Pictures -update", file)
				continue
			}
			if err := os.WriteFile(path, picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
