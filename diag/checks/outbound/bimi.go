package outbound

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

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/view"
	"signpost/diag/protocol/bimi"
	"signpost/diag/protocol/dmarc"
	"signpost/diag/protocol/taglist"
	"signpost/diag/protocol/txt"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// BIMI finds the record that names the domain's logo, and looks whether receivers may show it
// (draft-brand-indicators-for-message- identification, draft-svg-tiny-ps-abrotman).
var BIMI = &diag.Check{
	Name: "bimi", HiddenBy: authority.DeadDelegation, Run: view.With(checkBIMI),
	DecidedBy: func(t diag.Touched) bool { return t.Below("_bimi") || t.Below("_dmarc") }, Uses: []*diag.Check{DMARC},
	Codes: []diag.Kind{
		BIMINone, BIMISyntax, BIMILogoUnreachable, BIMILogoInvalid, BIMIDMARCTooWeak,
		BIMICertificate, BIMIMisplaced, BIMIMarkUnreachable, BIMIMarkInvalid,
		BIMIMarkExpired, BIMIMarkExpiring, BIMIMarkName, BIMIMarkLogo,
		BIMIMarkUntrusted,
	},
}

// What the check may find.
var (
	BIMINone            = diag.Kind{Code: "bimi.none", Severity: diag.Info}
	BIMISyntax          = diag.Kind{Code: "bimi.syntax", Severity: diag.Warning}
	BIMILogoUnreachable = diag.Kind{Code: "bimi.logo-unreachable", Severity: diag.Warning}
	BIMILogoInvalid     = diag.Kind{Code: "bimi.logo-invalid", Severity: diag.Warning}
	BIMIDMARCTooWeak    = diag.Kind{Code: "bimi.dmarc-too-weak", Severity: diag.Warning}
	BIMICertificate     = diag.Kind{Code: "bimi.certificate", Severity: diag.Notice}
	BIMIMisplaced       = diag.Kind{Code: "bimi.misplaced", Severity: diag.Warning}
	BIMIMarkUnreachable = diag.Kind{Code: "bimi.mark-unreachable", Severity: diag.Warning}
	BIMIMarkInvalid     = diag.Kind{Code: "bimi.mark-invalid", Severity: diag.Warning}
	BIMIMarkExpired     = diag.Kind{Code: "bimi.mark-expired", Severity: diag.Warning}
	BIMIMarkExpiring    = diag.Kind{Code: "bimi.mark-expiring", Severity: diag.Notice}
	BIMIMarkName        = diag.Kind{Code: "bimi.mark-name", Severity: diag.Warning}
	BIMIMarkLogo        = diag.Kind{Code: "bimi.mark-logo", Severity: diag.Warning}
	BIMIMarkUntrusted   = diag.Kind{Code: "bimi.mark-untrusted", Severity: diag.Warning}
)

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

func checkBIMI(ctx context.Context, p *view.Pass) (any, error) {
	facts := &BIMIFacts{}
	name := "default._bimi." + p.Domain
	a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT)
	if err != nil {
		return facts, err
	}
	// A subdomain has its organisation's logo.
	if org := view.RegistrableOf(p.Domain); !slices.ContainsFunc(a.TXT(), bimi.Meant) && org != "" && org != p.Domain {
		above, err := p.DNS.Lookup(ctx, "default._bimi."+org, dns.TypeTXT)
		if err == nil && slices.ContainsFunc(above.TXT(), bimi.Meant) {
			a, name = above, "default._bimi."+org
		}
	}
	var records, meant []string
	for _, t := range a.TXT() {
		switch {
		case bimi.IsRecord(t):
			records = append(records, t)
		case bimi.Meant(t):
			meant = append(meant, t)
		}
	}
	if len(records) == 0 {
		records = meant
	}
	fault := func(f taglist.Fault) {
		severity := diag.Warning
		if f.Harmless {
			severity = diag.Notice
		}
		p.FoundAs(severity, BIMISyntax, name, map[string]any{
			"term": visible.Clip(f.Term, 200), "position": f.Pos, "reason": f.Reason,
			"suggestion": visible.Clip(f.Suggestion, 500), "record": visible.Clip(records[0], 500),
			"discarded": f.Harmless,
		}, diag.Said(a))
	}
	switch len(records) {
	case 0:
		p.Missing(ctx, view.Expected{Label: "default._bimi", Is: txt.Begins("v=bimi"), None: BIMINone,
			Misplaced: BIMIMisplaced, Near: []string{"_bimi", "bimi", "default.bimi"}}, a)
		return facts, nil
	case 1:
	default:
		fault(taglist.Fault{Term: records[1], Reason: "twice"})
		return facts, nil
	}
	r := bimi.Read(records[0])
	facts.Record, facts.Logo, facts.Authority, facts.Declined = visible.Clip(records[0], 1000), visible.Clip(r.Logo, 500),
		visible.Clip(r.Authority, 500), r.Declined
	for _, f := range r.Faults {
		fault(f)
	}
	if r.Declined || r.Logo == "" && r.Authority == "" {
		return facts, nil
	}
	judgeBIMIPolicy(ctx, p, diag.Said(a))
	if r.Authority == "" {
		p.Found(BIMICertificate, name, nil, diag.Said(a))
	}
	return facts, judgeArtwork(ctx, p, facts, name, r.Logo, r.Authority, diag.Said(a))
}

// judgeBIMIPolicy looks whether DMARC is strict enough: receivers show a logo only where the policies of the domain and
// of its organisational domain come to quarantine or reject, for all of the mail, subdomains included
// (draft-brand-indicators-for-message-identification 7.1).
func judgeBIMIPolicy(ctx context.Context, p *view.Pass, said diag.Evidence) {
	res := p.Await(ctx, DMARC)
	if res == nil || res.Status == diag.Unknown || res.Status == diag.Skipped {
		return
	}
	facts, ok := diag.FactsOf[DMARCFacts](res)
	if !ok || slices.ContainsFunc(res.Findings, func(f diag.Finding) bool { return f.Code == DMARCInDispute.Code }) {
		return
	}
	term, weak := facts.applied.weakness()
	at := ""
	if !weak && facts.above.record != nil {
		term, weak = facts.above.weakness()
		at = facts.above.at
	}
	if weak {
		p.Found(BIMIDMARCTooWeak, p.Domain, map[string]any{"policy": facts.Policy, "term": term, "at": at}, said)
	}
}

// weakness is the term of the record because of which receivers show no logo; empty where that is none in particular.
func (r ruling) weakness() (term string, weak bool) {
	if r.record == nil {
		return "", true
	}
	stated := r.record.Stated(r.stated)
	switch policy := r.record.Effective(r.stated); {
	case stated == "":
		return "", true
	case stated == dmarc.None:
		return r.tag + "=none", true
	case policy == dmarc.None:
		return "t=y", true
	case r.record.Percent < 100:
		return fmt.Sprintf("pct=%d", r.record.Percent), true
	case r.record.Sub == dmarc.None:
		return "sp=none", true
	}
	return "", false
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

func query(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	return "?" + u.RawQuery
}

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
