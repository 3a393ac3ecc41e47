package diag

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"signpost/diag/protocol/dmarc"
	"signpost/diag/protocol/taglist"
	"signpost/diag/protocol/txt"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// BIMI finds the record that names the domain's logo, and looks whether receivers may show it (draft-brand-indicators-for-message-
// identification, draft-svg-tiny-ps-abrotman).
var BIMI = &Check{
	Name: "bimi", HiddenBy: deadDelegation, Run: with(checkBIMI),
	DecidedBy: func(t Touched) bool { return t.Below("_bimi") || t.Below("_dmarc") }, Uses: []*Check{DMARC},
	Codes: []Spec{
		{"bimi.none", Info}, {"bimi.syntax", Warning}, {"bimi.logo-unreachable", Warning}, {"bimi.logo-invalid", Warning}, {"bimi.dmarc-too-weak", Warning},
		{"bimi.certificate", Notice}, {"bimi.misplaced", Warning}, {"bimi.mark-unreachable", Warning}, {"bimi.mark-invalid", Warning},
		{"bimi.mark-expired", Warning}, {"bimi.mark-expiring", Notice}, {"bimi.mark-name", Warning}, {"bimi.mark-logo", Warning},
		{"bimi.mark-untrusted", Warning},
	},
}

// BIMIFacts is what the bimi check learned. Declined: the domain says that it has no logo.
type BIMIFacts struct {
	Record    string `json:"record"`
	Logo      string `json:"logo"`
	Authority string `json:"authority"` // where the certificate is
	Declined  bool   `json:"declined"`

	Mark *BIMIMark `json:"mark,omitempty"` // the certificate, where it could be read
}

const (
	maxLogo = 32 << 10 // octets that receivers take
	maxXML  = 5000     // elements of a logo that are looked at
)

func checkBIMI(ctx context.Context, p *pass) (any, error) {
	facts := &BIMIFacts{}
	name := "default._bimi." + p.Domain
	a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT)
	if err != nil {
		return facts, err
	}
	if org := registrableOf(p.Domain); a.Empty() && org != "" && org != p.Domain { // a subdomain has its organisation's logo
		if above, err := p.DNS.Lookup(ctx, "default._bimi."+org, dns.TypeTXT); err == nil && !above.Empty() {
			a, name = above, "default._bimi."+org
		}
	}
	var records, meant []string
	for _, t := range a.TXT() {
		switch {
		case isBIMI(t):
			records = append(records, t)
		case meantAsBIMI(t):
			meant = append(meant, t)
		}
	}
	if len(records) == 0 {
		records = meant
	}
	fault := func(f taglist.Fault) {
		severity := Warning
		if f.Harmless {
			severity = Notice
		}
		p.FoundAs(severity, "bimi.syntax", name, map[string]any{
			"term": visible.Clip(f.Term, 200), "position": f.Pos, "reason": f.Reason, "suggestion": visible.Clip(f.Suggestion, 500), "record": visible.Clip(records[0], 500),
			"discarded": f.Harmless,
		}, Said(a))
	}
	switch len(records) {
	case 0:
		p.missing(ctx, "default._bimi", txt.Begins("v=bimi"), a)
		return facts, nil
	case 1:
	default:
		fault(taglist.Fault{Term: records[1], Reason: "twice"})
		return facts, nil
	}
	r := readBIMI(records[0])
	facts.Record, facts.Logo, facts.Authority, facts.Declined = visible.Clip(records[0], 1000), visible.Clip(r.logo, 500), visible.Clip(r.authority, 500), r.declined
	for _, f := range r.faults {
		fault(f)
	}
	if r.declined || r.logo == "" && r.authority == "" {
		return facts, nil
	}
	judgeBIMIPolicy(ctx, p, Said(a))
	if r.authority == "" {
		p.Found("bimi.certificate", name, nil, Said(a))
	}
	return facts, judgeArtwork(ctx, p, facts, name, r.logo, r.authority, Said(a))
}

// judgeBIMIPolicy looks whether DMARC is strict enough: receivers show a logo only for p=quarantine or reject, for all of the mail.
func judgeBIMIPolicy(ctx context.Context, p *pass, said Evidence) {
	res := p.Await(ctx, DMARC)
	if res == nil || res.Status == Unknown || res.Status == Skipped {
		return
	}
	facts, ok := res.Facts.(DMARCFacts)
	if !ok || slices.ContainsFunc(res.Findings, func(f Finding) bool { return f.Code == "dmarc.in-dispute" }) {
		return
	}
	term := "" // the part of the DMARC record that is to blame
	weak := facts.Policy == dmarc.None || facts.Policy == ""
	for _, f := range res.Findings {
		switch f.Code {
		case "dmarc.policy-none":
			term, _ = f.Args["term"].(string)
		case "dmarc.testing":
			if weak {
				term = "t=y"
			}
		case "dmarc.subdomain-none":
			if f.Args["tag"] == "sp" {
				weak, term = true, "sp=none"
			}
		case "dmarc.partial":
			weak, term = true, fmt.Sprintf("pct=%v", f.Args["percent"])
		}
	}
	if weak {
		p.Found("bimi.dmarc-too-weak", p.Domain, map[string]any{"policy": facts.Policy, "term": term}, said)
	}
}

// judgeLogo fetches the logo and looks whether it is an SVG that receivers take. What was served is nil where nothing was.
func judgeLogo(ctx context.Context, p *pass, address string, said Evidence) (served []byte, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	page, err := p.fetchURL(ctx, address, maxLogo)
	var web *webError
	switch {
	case errors.As(err, &web) && web.stage == "size":
		p.Found("bimi.logo-invalid", u.Hostname(), map[string]any{"url": visible.Clip(address, 300), "reason": "too-large"}, said, web.said)
		return nil, nil
	case errors.As(err, &web):
		p.Found("bimi.logo-unreachable", u.Hostname(), map[string]any{"url": visible.Clip(address, 300), "reason": web.stage, "detail": visible.Clip(web.detail, 200)}, said, web.said)
		return nil, nil
	case err != nil:
		return nil, err
	}
	if reason := logoFault(page.body); reason != "" {
		page.said.Answer = visible.Clip(page.said.Answer, 300)
		p.Found("bimi.logo-invalid", u.Hostname(), map[string]any{"url": visible.Clip(address, 300), "reason": reason}, said, page.said)
	}
	return page.body, nil
}

func query(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	return "?" + u.RawQuery
}

// logoFault is why receivers refuse an SVG, as a word; empty where they take it. SVG Tiny Portable/Secure: version 1.2, base profile tiny-ps, a
// title, and nothing that acts or reaches out.
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
