package outbound

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/protocol/bimi"
	"signpost/diag/visible"
)

// BIMIFacts is what the bimi check learned. Declined: the domain says that it has no logo.
type BIMIFacts struct {
	Record    string `json:"record"`
	Logo      string `json:"logo"`
	Authority string `json:"authority"` // where the certificate is
	Declined  bool   `json:"declined"`

	Mark *BIMIMark `json:"mark,omitempty"` // the certificate, where it could be read
}

// BIMIMark is what the bimi check learned of the mark certificate. Chain is whether it leads to a known authority
// (trusted, unknown-authority, self-signed, broken-chain). Logo compares the logo in it with the one that is served:
// equal, differs; empty where one of them is not to be had.
type BIMIMark struct {
	Kind    string   `json:"kind"`
	Issuer  string   `json:"issuer"`
	Names   []string `json:"names"`
	Expires string   `json:"expires"`
	Chain   string   `json:"chain"`
	Logo    string   `json:"logo"`
}

// judgeLogo fetches the logo and looks whether it is an SVG that receivers take. What was served is nil where nothing
// was.
func judgeLogo(ctx context.Context, p *view.Pass, address string, said diag.Evidence) (served []byte, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	page, err := fetchURL(ctx, p, address, maxLogo)
	var web *view.WebError
	switch {
	case errors.As(err, &web) && web.Stage == "size":
		p.Found(BIMILogoInvalid, u.Hostname(), map[string]any{"url": visible.Clip(address, 300), "reason": "too-large"}, said,
			web.Said)
		return nil, nil
	case errors.As(err, &web):
		p.Found(BIMILogoUnreachable, u.Hostname(),
			map[string]any{"url": visible.Clip(address, 300), "reason": web.Stage, "detail": visible.Clip(web.Detail, 200)},
			said, web.Said)
		return nil, nil
	case err != nil:
		return nil, err
	}
	reason := "not-svg"
	if logo, err := bimi.Unpack(page.Body); err == nil {
		reason = logoFault(logo)
	}
	if reason != "" {
		page.Said.Answer = visible.Clip(page.Said.Answer, 300)
		p.Found(BIMILogoInvalid, u.Hostname(), map[string]any{"url": visible.Clip(address, 300), "reason": reason}, said,
			page.Said)
	}
	return page.Body, nil
}

// fetchURL is fetch of an address as a record has it.
func fetchURL(ctx context.Context, p *view.Pass, address string, limit int64) (*view.Page, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	return p.Fetch(ctx, strings.ToLower(u.Hostname()), u.EscapedPath()+query(u), limit)
}

const maxLogo = 32 << 10 // octets that receivers take

// logoFault is why receivers refuse an SVG, as a word; empty where they take it. SVG Tiny Portable/Secure: version 1.2,
// base profile tiny-ps, a title, and nothing that acts or reaches out.
func logoFault(data []byte) string {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = true
	d.Entity = map[string]string{} // none but XML's own: no bombs
	titled, first := false, true
	for range maxXML {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			switch {
			case first:
				return "not-svg"
			case !titled:
				return "no-title"
			}
			return ""
		}
		if err != nil {
			return "not-svg"
		}
		switch t := token.(type) {
		case xml.Directive:
			if strings.Contains(string(t), "ENTITY") {
				return "entity"
			}
		case xml.StartElement:
			if first {
				if reason := rootFault(t); reason != "" {
					return reason
				}
				first = false
				continue
			}
			if reason := elementFault(t); reason != "" {
				return reason
			}
			titled = titled || t.Name.Local == "title"
		}
	}
	return "too-complex"
}

func query(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	return "?" + u.RawQuery
}

func rootFault(t xml.StartElement) string {
	if t.Name.Local != "svg" || t.Name.Space != "http://www.w3.org/2000/svg" {
		return "not-svg"
	}
	profile, version := "", ""
	for _, a := range t.Attr {
		switch a.Name.Local {
		case "baseProfile":
			profile = a.Value
		case "version":
			version = a.Value
		case "x", "y":
			return "not-tiny-ps"
		}
	}
	if profile != "tiny-ps" || version != "1.2" {
		return "not-tiny-ps"
	}
	return ""
}

func elementFault(t xml.StartElement) string {
	switch strings.ToLower(t.Name.Local) {
	case "script", "foreignobject", "handler", "listener":
		return "script"
	case "image", "audio", "video", "iframe":
		return "embedded"
	case "animate", "animatetransform", "animatemotion", "animatecolor", "set":
		return "animated"
	}
	for _, a := range t.Attr {
		switch name := strings.ToLower(a.Name.Local); {
		case name == "href" && !strings.HasPrefix(strings.TrimSpace(a.Value), "#"):
			return "reference"
		case strings.HasPrefix(name, "on"):
			return "script"
		}
	}
	return ""
}

const (
	maxXML = 5000 // elements of a logo that are looked at
)
