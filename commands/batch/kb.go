package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"signpost/diag/resolve"
	"signpost/diag/visible"
	"signpost/kb"
)

// DescribeKB counts what a knowledge base holds, and names the facts that are old.
func DescribeKB(w io.Writer, b *kb.Base, now time.Time) error {
	providers, channels, unconfirmed := 0, 0, 0
	for _, p := range b.Providers() {
		providers++
		for _, c := range p.Channels {
			channels++
			if c.Unconfirmed() {
				unconfirmed++
			}
			if c.Stale(now) {
				fmt.Fprintf(w, "old: %s: %s %s, seen %s\n", p.ID, c.Kind, reach(c), c.Seen)
			}
		}
	}
	_, err := fmt.Fprintf(w, "whole: %d providers, %d support channels, %d of them unconfirmed\n", providers, channels,
		unconfirmed)
	return err
}

func reach(c kb.Channel) string {
	for _, s := range []string{c.Number, c.URL, c.Address} {
		if s != "" {
			return s
		}
	}
	return "in the console"
}

const (
	verifyAtOnce  = 6
	verifyTimeout = 20 * time.Second
	maxPage       = 4 << 20 // octets of a page that are looked at
)

// PublicClient fetches pages of the public web: never from a private address, whatever a name leads to.
func PublicClient() *http.Client {
	d := net.Dialer{Timeout: verifyTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || resolve.Unroutable(to.Addr()) {
			return errors.New("batch: a private address is not connected to")
		}
		return nil
	}}
	return &http.Client{Timeout: verifyTimeout,
		Transport: &http.Transport{DialContext: d.DialContext, TLSHandshakeTimeout: verifyTimeout}}
}

// page is a source page, and the contacts that must stand on it.
type page struct {
	url      string
	contacts []string
	verdict  string
	bad      bool
}

// VerifyKB fetches the page that each support channel is known from, once each, and says which are gone, which no
// longer show the contact, and which could not be fetched. Exit code 0: all stand, 1: something is gone or changed, 3:
// something could not be fetched.
func VerifyKB(ctx context.Context, w io.Writer, b *kb.Base, client *http.Client) int {
	var pages []*page
	byURL := map[string]*page{}
	offline := 0
	for _, p := range b.Providers() {
		for _, c := range p.Channels {
			url := firstURL.FindString(c.Source)
			if url == "" {
				offline++
				continue
			}
			if byURL[url] == nil {
				byURL[url] = &page{url: url}
				pages = append(pages, byURL[url])
			}
			byURL[url].contacts = append(byURL[url].contacts, c.Number)
		}
	}
	slots := make(chan struct{}, verifyAtOnce)
	var wg sync.WaitGroup
	for _, p := range pages {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			p.verify(ctx, client)
		})
	}
	wg.Wait()
	code := ExitOK
	for _, p := range pages {
		fmt.Fprintf(w, "%-9s %s\n", p.verdict, visible.Text(p.url))
		switch {
		case p.bad:
			code = ExitFound
		case p.verdict == "unknown" && code == ExitOK:
			code = ExitUnknown
		}
	}
	fmt.Fprintf(w, "%d pages; %d channels are known from sources that are no pages\n", len(pages), offline)
	return code
}

var firstURL = regexp.MustCompile(`https://[^\s,;()]+`)

var notDigits = regexp.MustCompile(`[^0-9]+`)

func (p *page) verify(ctx context.Context, client *http.Client) {
	p.verdict = "unknown"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, http.NoBody)
	if err != nil {
		return
	}
	req.Header.Set("User-Agent", "Signpost (knowledge check)")
	resp, err := client.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	switch {
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		p.verdict, p.bad = "gone", true
		return
	case err != nil || resp.StatusCode != http.StatusOK:
		return
	}
	p.verdict = "stands"
	digits := notDigits.ReplaceAllString(string(body), "")
	for _, c := range p.contacts {
		if want := notDigits.ReplaceAllString(c, ""); want != "" && !strings.Contains(digits, want) {
			p.verdict, p.bad = "changed", true
		}
	}
}
