package registry

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"signpost/diag/guarded"
	"signpost/diag/resolve"

	"github.com/openrdap/rdap"
)

// client reaches web servers through the session: by its DNS, never at a private address, with bounded answers and few
// redirects.
func client(s *resolve.Session, now time.Time) *http.Client {
	return &http.Client{
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects || req.URL.Scheme != "https" {
				return errors.New("registry: redirected too far")
			}
			return nil
		},
		Transport: bounded{&http.Transport{
			DisableKeepAlives: true, MaxResponseHeaderBytes: 32 << 10,
			DialContext: guarded.Dial(func(context.Context, string, string) (net.Conn, error) {
				return nil, errors.New("registry: https only")
			}),
			DialTLSContext: guarded.Dial(func(ctx context.Context, _, addr string) (net.Conn, error) {
				host, port, err := net.SplitHostPort(addr)
				if err != nil || port != "443" {
					return nil, fmt.Errorf("registry: %s: port 443 only", addr)
				}
				conn, err := connect(ctx, s, host, 443)
				if err != nil {
					return nil, err
				}
				return s.Secure(ctx, conn, host, now)
			}),
		}},
	}
}

// connect tries the addresses of a host in turn.
func connect(ctx context.Context, s *resolve.Session, host string, port uint16) (net.Conn, error) {
	addrs, _, err := s.Addrs(ctx, host+".")
	if len(addrs) == 0 {
		return nil, errors.Join(fmt.Errorf("%w: %s has no address here", ErrUnreachable, host), err)
	}
	conn, _, err := s.ConnectAny(ctx, addrs, port)
	if err == nil {
		return conn, nil
	}
	return nil, fmt.Errorf("%w: %s: %w", ErrUnreachable, host, err)
}

// bounded cuts bodies that go on for too long.
type bounded struct{ http.RoundTripper }

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

// get fetches a page, whatever its status. The error is an ErrUnreachable, or an ErrAnswer where the URL is none.
func (d *Directory) get(ctx context.Context, s *resolve.Session, url string) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	req.Header.Set("Accept", "application/rdap+json, application/json") // RFC 7480 4.2
	req.Header.Set("User-Agent", "Signpost (mail diagnosis)")
	resp, err := client(s, d.now()).Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %s: %w", ErrUnreachable, url, err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		return 0, nil, fmt.Errorf("%w: %s: %w", ErrUnreachable, url, err)
	}
	return resp.StatusCode, body, nil
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
