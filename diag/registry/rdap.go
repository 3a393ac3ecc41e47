package registry

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"signpost/diag/resolve"

	"github.com/openrdap/rdap"
)

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(req)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	}
	return resp, err
}

// askRDAP asks the servers in turn.
func (d *Directory) askRDAP(ctx context.Context, s *resolve.Session, urls []string, name string) (*Registration,
	error) {
	ctx, cancel := context.WithTimeout(ctx, rdapTimeout)
	defer cancel()
	var last error
	for _, base := range urls[:min(len(urls), 3)] {
		if d.isDown(base) {
			last = errors.Join(last, fmt.Errorf("%w: %s", ErrUnreachable, base))
			continue
		}
		if err := d.pace.Wait(ctx, base); err != nil {
			return nil, err
		}
		reg, err := d.askOne(ctx, s, base, name)
		if err == nil || errors.Is(err, ErrNotRegistered) {
			return reg, err
		}
		if !errors.Is(err, ErrAnswer) {
			d.markDown(base)
		}
		last = errors.Join(last, err)
	}
	return nil, last
}

func (d *Directory) askOne(ctx context.Context, s *resolve.Session, base, name string) (*Registration, error) {
	url := strings.TrimSuffix(base, "/") + "/domain/" + name
	status, body, err := d.get(ctx, s, url)
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusNotFound:
		return nil, fmt.Errorf("%w: %s", ErrNotRegistered, url)
	case status != http.StatusOK:
		return nil, fmt.Errorf("%w: %s: status %d", ErrAnswer, url, status)
	}
	reg, err := ReadRDAP(body)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(strings.TrimSuffix(reg.Domain, "."), name) {
		return nil, fmt.Errorf("%w: %s: it is about another domain", ErrAnswer, url)
	}
	reg.Source, reg.Asked = url, "GET "+url
	return reg, nil
}

// ReadRDAP reads a domain object (RFC 9083 5.3). The error is an ErrAnswer.
func ReadRDAP(body []byte) (reg *Registration, err error) {
	defer func() {
		if v := recover(); v != nil { // a parser of strangers' answers must not take the program with it
			reg, err = nil, fmt.Errorf("%w: %v", ErrAnswer, v)
		}
	}()
	object, err := rdap.NewDecoder(body).Decode()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	dom, ok := object.(*rdap.Domain)
	if !ok || dom == nil {
		return nil, fmt.Errorf("%w: not a domain", ErrAnswer)
	}
	reg = &Registration{Domain: clean(strings.ToLower(dom.LDHName)), Status: []string{}}
	for _, s := range dom.Status[:min(len(dom.Status), maxStatus)] {
		reg.Status = append(reg.Status, eppStatus(s))
	}
	for _, e := range dom.Events {
		at, ok := readTime(e.Date)
		if !ok {
			continue
		}
		switch e.Action {
		case "expiration":
			reg.Expires = at
		case "registration":
			reg.Created = at
		}
	}
	for _, e := range dom.Entities {
		if !slices.Contains(e.Roles, "registrar") {
			continue
		}
		if e.VCard != nil {
			reg.Registrar = clean(e.VCard.Name())
			if reg.Registrar == "" {
				reg.Registrar = clean(e.VCard.Org())
			}
		}
		if reg.Registrar == "" {
			reg.Registrar = clean(e.Handle)
		}
		for _, l := range e.Links {
			if (l.Rel == "about" || l.Rel == "related") && strings.HasPrefix(l.Href, "https://") {
				reg.RegistrarURL = clean(l.Href)
			}
		}
	}
	return reg, nil
}

// eppStatus is an RDAP status as EPP writes it (RFC 8056 2): "client hold" is clientHold.
func eppStatus(s string) string {
	words := strings.Fields(clean(s))
	for i, w := range words {
		if i == 0 {
			words[i] = strings.ToLower(w[:1]) + w[1:]
		} else {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "")
}

func (d *Directory) ask(ctx context.Context, s *resolve.Session, name string) (*Registration, error) {
	tld := name[strings.LastIndexByte(name, '.')+1:]
	if host := d.whois[tld]; host != "" {
		return d.askWhois(ctx, s, host, name)
	}
	urls := d.urls(name)
	if len(urls) == 0 && d.refresh(ctx, s) {
		urls = d.urls(name)
	}
	if len(urls) > 0 {
		return d.askRDAP(ctx, s, urls, name)
	}
	if !d.refreshes {
		return nil, ErrNoServer
	}
	host, err := d.findWhois(ctx, s, tld)
	if err != nil {
		return nil, err
	}
	return d.askWhois(ctx, s, host, name)
}

// Lookup asks for a domain's registration. Times out by itself within 8 s.
func (d *Directory) Lookup(ctx context.Context, s *resolve.Session, domain string) (*Registration, error) {
	name, err := Registrable(domain)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	if k, ok := d.kept[name]; ok && d.now().Before(k.till) {
		d.mu.Unlock()
		return k.reg, k.err
	}
	d.mu.Unlock()
	reg, err := d.ask(ctx, s, name)
	if err == nil || errors.Is(err, ErrNotRegistered) {
		d.mu.Lock()
		for n := range d.kept {
			if len(d.kept) < keepMost {
				break
			}
			delete(d.kept, n)
		}
		d.kept[name] = kept{reg, err, d.now().Add(keepFor)}
		d.mu.Unlock()
	}
	return reg, err
}
