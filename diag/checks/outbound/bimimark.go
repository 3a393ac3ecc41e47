package outbound

import (
	"context"
	"errors"
	"time"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/protocol/bimi"
	"signpost/diag/visible"
)

// markExpiringWithin is how early the end of a mark certificate is named: its issuer looks into the right to the mark
// again, which takes weeks.
const markExpiringWithin = 30 * 24 * time.Hour

// judgeArtwork fetches the logo and the mark certificate side by side, and judges each and whether they belong
// together.
func judgeArtwork(ctx context.Context, p *view.Pass, facts *BIMIFacts, name, logo, authority string,
	said diag.Evidence) error {
	var file *view.Page
	var fileErr error
	var g guarded.Group
	if bimi.IsHTTPS(authority) {
		g.Go(func() { file, fileErr = fetchURL(ctx, p, authority, bimi.MaxFile) })
	}
	var served []byte
	var err error
	if bimi.IsHTTPS(logo) {
		served, err = judgeLogo(ctx, p, logo, said)
	}
	g.Wait()
	if bimi.IsHTTPS(authority) {
		err = errors.Join(err, judgeMark(p, facts, markFile{name: name, url: authority, page: file, err: fileErr, said: said},
			logo, served))
	}
	return err
}

// markFile is what came of fetching a mark certificate.
type markFile struct {
	name string // of the record
	url  string
	page *view.Page
	err  error
	said diag.Evidence
}

// judgeMark judges a mark certificate as receivers do: that it is one, for this domain and this logo, valid now, and of
// an authority that is known.
func judgeMark(p *view.Pass, facts *BIMIFacts, f markFile, logo string, served []byte) error {
	args := func(more ...any) map[string]any {
		m := map[string]any{"url": visible.Clip(f.url, 300)}
		for i := 0; i+1 < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	var web *view.WebError
	switch {
	case errors.As(f.err, &web) && web.Stage == "size":
		p.Found(BIMIMarkInvalid, f.name, args("reason", "mark-too-large"), f.said, web.Said)
		return nil
	case errors.As(f.err, &web):
		p.Found(BIMIMarkUnreachable, f.name, args("reason", web.Stage, "detail", visible.Clip(web.Detail, 200)), f.said,
			web.Said)
		return nil
	case f.err != nil:
		return f.err
	}
	f.page.Said.Answer = visible.Clip(f.page.Said.Answer, 300)
	evidence := []diag.Evidence{f.said, f.page.Said}
	m, err := bimi.Parse(f.page.Body)
	var fault bimi.Fault
	switch {
	case errors.As(err, &fault) && fault == bimi.PrivateKey:
		evidence[1].Answer = "a private key"
		p.FoundAs(diag.Error, BIMIMarkInvalid, f.name, args("reason", "mark-"+string(fault)), evidence...)
		return nil
	case errors.As(err, &fault):
		p.Found(BIMIMarkInvalid, f.name, args("reason", "mark-"+string(fault)), evidence...)
		return nil
	case err != nil:
		return err
	}
	names := visible.ClipAll(m.Names)
	issuer := visible.Clip(m.Issuer, 100)
	facts.Mark = &BIMIMark{Kind: visible.Clip(m.Kind, 100), Issuer: issuer, Names: append([]string{}, names...),
		Expires: m.NotAfter.UTC().Format(time.RFC3339)}
	for _, fault := range m.Faults {
		p.Found(BIMIMarkInvalid, f.name, args("reason", "mark-"+string(fault)), evidence...)
	}
	org := view.RegistrableOf(p.Domain)
	if !m.For("default", p.Domain, org) {
		p.Found(BIMIMarkName, f.name, args("names", names, "wanted", p.Name()), evidence...)
	}
	switch {
	case m.NotAfter.Before(p.Now):
		p.Found(BIMIMarkExpired, f.name, args("expired", facts.Mark.Expires), evidence...)
	case m.NotBefore.After(p.Now):
		p.Found(BIMIMarkInvalid, f.name, args("reason", "mark-not-yet-valid"), evidence...)
	case m.NotAfter.Sub(p.Now) < markExpiringWithin:
		p.Found(BIMIMarkExpiring, f.name, args("expires", facts.Mark.Expires, "days", view.DaysUntil(m.NotAfter, p.Now)),
			evidence...)
	}
	roots := p.DNS.MarkAuthorities()
	if roots == nil {
		roots = bimi.Roots()
	}
	trust := m.Chain(roots, p.Now)
	facts.Mark.Chain = string(trust)
	switch trust {
	case bimi.Trusted:
	case bimi.Unknown: // receivers may know it
		p.FoundAs(diag.Info, BIMIMarkUntrusted, f.name, args("chain", string(trust), "issuer", issuer), evidence...)
	default:
		p.Found(BIMIMarkUntrusted, f.name, args("chain", string(trust), "issuer", issuer), evidence...)
	}
	if len(m.Logo) > 0 && served != nil {
		if facts.Mark.Logo = "equal"; !bimi.SameLogo(served, m.Logo) {
			facts.Mark.Logo = "differs"
			p.Found(BIMIMarkLogo, f.name, args("logo", visible.Clip(logo, 300)), evidence...)
		}
	}
	return nil
}
