package preview

import (
	_ "embed"
	"encoding/base64"
	"io"

	"signpost/commands/chat"

	"golang.org/x/text/language"
)

//go:embed style.css
var style string

// name is who speaks, as the app's manifest has it.
const name = "Signpost"

// Write writes lines and what they show as one page of HTML, each in light and in dark colours, for a wide window and
// for a telephone. The page holds no script and loads nothing: pictures stand in it.
func Write(w io.Writer, lang language.Tag, all []Shown) error {
	p := &page{lang: lang}
	p.tag(`<!DOCTYPE html>
<html lang="`)
	p.text(lang.String())
	p.tag(`">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
`)
	title := chat.Text(lang, "preview.title", map[string]any{"count": len(all)})
	p.within(`<title>`, title, "</title>\n<style>\n")
	p.tag(style, "</style>\n</head>\n<body>\n")
	p.within(`<h1>`, title, "</h1>\n")
	p.within(`<p class="about">`, chat.Text(lang, "preview.about", nil), "</p>\n")
	for _, x := range all {
		p.tag(`<section lang="`)
		p.text(x.Lang.String())
		p.within(`"><h2>`, x.Line, `</h2><div class="pair">`)
		for _, colours := range []string{"light", "dark"} {
			p.tag(`<div class="`, colours, `">`)
			for _, s := range x.Surfaces {
				p.lang = x.Lang
				if err := p.surface(s); err != nil {
					return err
				}
			}
			p.tag(`</div>`)
		}
		p.tag("</div></section>\n")
	}
	p.tag("</body>\n</html>\n")
	_, err := io.WriteString(w, p.String())
	return err
}

// surface writes a message, a modal or a page with what stands around its blocks.
func (p *page) surface(s Surface) error {
	p.tag(`<div class="surface `, string(s.Kind), `">`)
	if s.Private {
		p.within(`<div class="private">👁 `, chat.Text(p.lang, "preview.only-you", nil), `</div>`)
	}
	if s.Kind == Modal {
		p.within(`<div class="who">`, s.Title, `</div>`)
	} else {
		p.within(`<div class="who">`, name, ` <small>APP</small></div>`)
	}
	if err := p.blocks(s.Blocks); err != nil {
		return err
	}
	if s.File != "" {
		p.within(`<div class="file">📄 `, s.File, `</div>`)
	}
	if len(s.Drawn) > 0 {
		if s.Note != "" {
			p.within(`<div class="private">👁 `, s.Note, `</div>`)
		}
		p.within(`<div class="section">`, s.Alt, `</div>`)
		p.tag(`<img class="drawn" src="data:image/png;base64,`, base64.StdEncoding.EncodeToString(s.Drawn), `" alt="`)
		p.text(s.Alt)
		p.tag(`"/>`)
	}
	if s.Kind == Modal {
		p.tag(`<div class="ends">`)
		if s.Close != "" {
			p.within(`<span class="button">`, s.Close, `</span>`)
		}
		if s.Submit != "" {
			p.within(`<span class="button primary">`, s.Submit, `</span>`)
		}
		p.tag(`</div>`)
	}
	p.tag("</div>\n")
	return nil
}
