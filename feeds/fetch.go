package feeds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"signpost/diag/guarded"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"golang.org/x/net/html"
)

// Bounds of a look.
const (
	lookTimeout  = 20 * time.Second
	maxRedirects = 3
	maxAddress   = 1000 // octets of an address
	maxPage      = 1 << 20
	leastPause   = 5 * time.Minute // after a failure, doubled with each
	mostPause    = 24 * time.Hour
)

// Errors of a look. Any other says that nothing could be told: the server was not reached.
var (
	ErrAddress  = errors.New("feeds: not an https address of a host, as in https://status.example.com/history.atom")
	ErrNoHost   = errors.New("feeds: there is no such host")
	ErrStatus   = errors.New("feeds: the server does not give it")
	ErrRedirect = errors.New("feeds: it leads elsewhere too often, or to no https address")
	ErrTooSoon  = errors.New("feeds: not asked, for the server wants peace or failed a moment ago")
)

// Looker fetches feeds. Net decides what may be connected to: public addresses alone.
type Looker struct {
	Net *resolve.Net
	Now func() time.Time
}

// CheckAddress reports an address that is not looked at, as ErrAddress. An address without a scheme is taken for one of
// https.
func CheckAddress(address string) (string, error) {
	address = strings.TrimSpace(address)
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil || len(address) > maxAddress || u.Scheme != "https" || u.User != nil || u.Port() != "" &&
		u.Port() != "443" ||
		!strings.Contains(u.Hostname(), ".") || net.ParseIP(u.Hostname()) != nil {
		return "", fmt.Errorf("%w: %s", ErrAddress, visible.Clip(visible.Text(address), 200))
	}
	u.Fragment = ""
	return u.String(), nil
}

// Look asks an address for what is new since the last look: with the validators of that (RFC 9110 13.1), following at
// most three redirects, and from a page to the feed that it names. After is to be kept whatever the error: it tells
// when to look again.
func (l *Looker) Look(ctx context.Context, address string, before Memory) (told []Told, f Feed, after Memory,
	err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	now := l.Now()
	if now.Before(before.NotUntil) {
		return nil, Feed{}, before, fmt.Errorf("%w: %s", ErrTooSoon, before.NotUntil.UTC().Format(time.RFC3339))
	}
	after = before
	got, err := l.fetch(ctx, address, before, true)
	if err == nil && got.unchanged {
		after.Looked, after.Failures, after.NotUntil = now, 0, time.Time{}
		return nil, Feed{}, after, nil
	}
	if err == nil {
		f, err = Read(got.body, got.kind, got.from)
	}
	if err != nil {
		after.Failures++
		after.NotUntil = now.Add(max(min(leastPause<<min(after.Failures-1, 10), mostPause), got.after))
		return nil, Feed{}, after, err
	}
	told, after = Fresh(before, f, now)
	after.From, after.ETag, after.Modified = got.from, got.etag, got.modified
	after.Looked, after.Failures, after.NotUntil = now, 0, time.Time{}
	if f.Link == "" {
		f.Link = got.from
	}
	return told, f, after, nil
}

// document is what a server gave.
type document struct {
	unchanged      bool
	body           []byte
	kind           string // Content-Type
	from           string // the address at the end of the redirects
	etag, modified string
	after          time.Duration // the server wants peace for so long
}

// fetch gets a document; from a page with a feed, where that is wanted, the feed.
func (l *Looker) fetch(ctx context.Context, address string, m Memory, follow bool) (document, error) {
	at := address
	for range maxRedirects + 1 {
		checked, err := CheckAddress(at)
		if err != nil {
			return document{}, err
		}
		d, next, err := l.once(ctx, checked, m)
		if err != nil || d.unchanged {
			return d, err
		}
		if next != "" {
			at = next
			continue
		}
		if follow && isPage(d.kind) {
			for _, feed := range behindPage(namedFeed(d.body, d.from), d.from) {
				if found, err := l.fetch(ctx, feed, m, false); err == nil && (found.unchanged || !isPage(found.kind)) {
					return found, nil
				}
			}
		}
		return d, nil
	}
	return document{}, fmt.Errorf("%w: %s", ErrRedirect, visible.Clip(visible.Text(at), 200))
}

// once asks a host once.
func (l *Looker) once(ctx context.Context, address string, m Memory) (d document, next string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return d, "", fmt.Errorf("%w: %w", ErrAddress, err)
	}
	host := u.Hostname()
	session := l.Net.NewSession(host)
	defer session.Close()
	addrs, _, err := session.Addrs(ctx, host+".")
	if len(addrs) == 0 {
		if err == nil {
			err = fmt.Errorf("%w: %s has no address", ErrNoHost, host)
		}
		return d, "", err
	}
	client := http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DisableKeepAlives: true, MaxResponseHeaderBytes: 32 << 10, ResponseHeaderTimeout: lookTimeout,
			DialTLSContext: guarded.Dial(func(ctx context.Context, _, _ string) (net.Conn, error) {
				conn, _, err := session.ConnectAny(ctx, addrs, 443)
				if err != nil {
					return nil, err
				}
				return session.Secure(ctx, conn, host, l.Now())
			}),
		},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return d, "", fmt.Errorf("%w: %w", ErrAddress, err)
	}
	r.Header.Set("User-Agent", "Signpost (announcements of mail providers)")
	r.Header.Set("Accept", "application/atom+xml, application/rss+xml, application/feed+json, application/json, "+
		"application/xml;q=0.9, text/html;q=0.8, */*;q=0.5")
	if m.ETag != "" && m.From == address {
		r.Header.Set("If-None-Match", m.ETag)
	}
	if m.Modified != "" && m.From == address {
		r.Header.Set("If-Modified-Since", m.Modified)
	}
	resp, err := client.Do(r)
	if err != nil {
		return d, "", err
	}
	defer resp.Body.Close()
	return received(resp, address, l.Now())
}

// received reads an answer.
func received(resp *http.Response, address string, now time.Time) (d document, next string, err error) {
	d = document{kind: resp.Header.Get("Content-Type"), from: address, etag: bounded(resp.Header.Get("ETag")),
		modified: bounded(resp.Header.Get("Last-Modified")), after: retryAfter(resp.Header.Get("Retry-After"), now)}
	switch code := resp.StatusCode; {
	case code == http.StatusNotModified:
		d.unchanged = true
		return d, "", nil
	case code >= 300 && code < 400 && resp.Header.Get("Location") != "":
		to, err := resp.Location()
		if err != nil {
			return d, "", fmt.Errorf("%w: %w", ErrRedirect, err)
		}
		if to.Scheme != "https" {
			return d, "", ErrRedirect
		}
		return d, to.String(), nil
	case code != http.StatusOK:
		return d, "", fmt.Errorf("%w: %s", ErrStatus, visible.Clip(visible.Text(resp.Status), 100))
	}
	most := MaxBody
	if isPage(d.kind) {
		most = maxPage
	}
	if d.body, err = io.ReadAll(io.LimitReader(resp.Body, int64(most)+1)); err != nil {
		return d, "", err
	}
	if len(d.body) > most {
		return d, "", ErrTooLarge
	}
	return d, "", nil
}

// bounded is a validator as it came, or nothing where it is no reasonable one.
func bounded(s string) string {
	if len(s) > 256 {
		return ""
	}
	return visible.Text(s)
}

// retryAfter reads seconds or a date (RFC 9110 10.2.3), a day at most.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return min(time.Duration(min(n, 1<<20))*time.Second, mostPause)
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(0, min(at.Sub(now), mostPause))
	}
	return 0
}

func isPage(contentType string) bool {
	kind, _, _ := mime.ParseMediaType(contentType)
	return kind == "text/html" || kind == "application/xhtml+xml"
}

// behindPage is where what a page tells stands for programs, the best first: a history of incidents is named by status
// pages that have the Statuspage interface beside it, which tells what goes on (https://metastatuspage.com/api).
func behindPage(feed, from string) (out []string) {
	if feed == "" || feed == from {
		return nil
	}
	for _, history := range []string{"/history.atom", "/history.rss"} {
		if base, ok := strings.CutSuffix(feed, history); ok {
			out = append(out, base+"/api/v2/summary.json")
		}
	}
	return append(out, feed)
}

// namedFeed is the first feed that a page names in its head (https://blog.whatwg.org/feed-autodiscovery).
func namedFeed(body []byte, from string) string {
	z := html.NewTokenizer(bytes.NewReader(body))
	z.SetMaxBuf(64 << 10)
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return ""
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		t := z.Token()
		if t.Data == "body" {
			return ""
		}
		if t.Data != "link" {
			continue
		}
		attr := map[string]string{}
		for _, a := range t.Attr {
			attr[a.Key] = a.Val
		}
		switch media, _, _ := mime.ParseMediaType(attr["type"]); media {
		case "application/rss+xml", "application/atom+xml", "application/feed+json":
			if strings.Contains(" "+strings.ToLower(attr["rel"])+" ", " alternate ") {
				return webLink(attr["href"], from)
			}
		}
	}
}

// Read reads a document. From is its address, against which relative links are resolved. The error is ErrNotAFeed or
// ErrTooLarge.
func Read(body []byte, contentType, from string) (Feed, error) {
	if len(body) > MaxBody {
		return Feed{}, ErrTooLarge
	}
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n")
	var out Feed
	var err error
	switch {
	case len(body) == 0:
		return Feed{}, ErrNotAFeed
	case body[0] == '{' || body[0] == '[':
		out, err = readJSON(body)
	case looksXML(body):
		out, err = readXML(body)
	default:
		out, err = readPage(body, contentType, from)
	}
	if err != nil {
		return Feed{}, err
	}
	return finished(out, from), nil
}
