package feeds

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"signpost/diag/visible"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
)

// Format is how announcements came.
type Format string

// The formats that are read.
const (
	RSS        Format = "rss"
	Atom       Format = "atom"
	JSONFeed   Format = "json-feed"  // https://www.jsonfeed.org/version/1.1/
	StatusPage Format = "statuspage" // summary.json or incidents.json of the Statuspage API, version 2
	Dashboard  Format = "dashboard"  // incidents.json of Google's status dashboards
	Page       Format = "page"       // a page without a feed: its main text
)

// Kind is what sort of announcement an item is, as far as its format says.
type Kind string

// The kinds.
const (
	Incident    Kind = "incident"
	Maintenance Kind = "maintenance"
	News        Kind = "news" // the format does not say
)

// Feed is what one address announces.
type Feed struct {
	Format Format `json:"format"`
	Title  string `json:"title"`
	Link   string `json:"link,omitempty"` // the page for people
	Items  []Item `json:"items"`          // newest first; those without a date last
	lists  []Kind // of these all that goes on stands in it: what stands there no longer has ended
}

// Item is one announcement. Times are zero where the feed does not say them.
type Item struct {
	ID      string    `json:"id"`    // the same at every reading: the feed's own, otherwise made from link and title
	State   string    `json:"state"` // of an incident or maintenance, in the feed's own word: investigating, resolved
	Kind    Kind      `json:"kind"`
	Over    bool      `json:"over"` // of an incident or maintenance: it has ended
	Title   string    `json:"title"`
	Text    string    `json:"text,omitempty"` // plain, at most MaxText characters
	Link    string    `json:"link,omitempty"` // https or http, or empty
	At      time.Time `json:"at"`
	Updated time.Time `json:"updated"`
}

// Bounds of a reading.
const (
	MaxBody  = 4 << 20 // octets of a document
	MaxItems = 200     // of a feed, the newest
	MaxText  = 2000    // characters of an item's text
	maxTitle = 300
)

// Errors of a reading.
var (
	ErrNotAFeed = errors.New("feeds: neither a feed, nor a status page's interface, nor a page with text")
	ErrTooLarge = fmt.Errorf("feeds: over %d octets", MaxBody)
)

// looksXML tells a feed from a page: both begin with a mark.
func looksXML(body []byte) bool {
	switch gofeed.DetectFeedType(bytes.NewReader(body)) {
	case gofeed.FeedTypeRSS, gofeed.FeedTypeAtom:
		return true
	}
	return false
}

func readXML(body []byte) (Feed, error) {
	return fromFeed(gofeed.NewParser().Parse(bytes.NewReader(body)))
}

// fromFeed takes over what the parser understood.
func fromFeed(f *gofeed.Feed, err error) (Feed, error) {
	if err != nil {
		return Feed{}, fmt.Errorf("%w: %w", ErrNotAFeed, err)
	}
	out := Feed{Format: Format(f.FeedType), Title: f.Title, Link: f.Link}
	if f.FeedType == "json" {
		out.Format = JSONFeed
	}
	for _, x := range f.Items {
		item := Item{ID: x.GUID, Title: x.Title, Text: x.Description, Link: x.Link, Kind: News}
		if item.Text == "" {
			item.Text = x.Content
		}
		if x.PublishedParsed != nil {
			item.At = *x.PublishedParsed
		}
		if x.UpdatedParsed != nil {
			item.Updated = *x.UpdatedParsed
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

// finished is a feed as it is shown: texts plain and bounded, items in order, each with an identifier of its own.
func finished(f Feed, from string) Feed {
	f.Title, f.Link = plainText(f.Title, maxTitle), webLink(f.Link, from)
	if f.Link != "" { // what links are relative to
		from = f.Link
	}
	seen := map[string]bool{}
	items := f.Items
	f.Items = []Item{}
	for _, x := range items {
		x.Title, x.Text, x.Link = plainText(x.Title, maxTitle), plainText(x.Text, MaxText), webLink(x.Link, from)
		if x.Title == "" {
			x.Title = visible.Clip(x.Text, 100)
		}
		if x.Title == "" && x.Link == "" {
			continue
		}
		if x.ID = strings.TrimSpace(x.ID); x.ID == "" {
			x.ID = x.Link + " " + x.Title
		}
		if len(x.ID) > 64 || !plainID(x.ID) {
			sum := sha256.Sum256([]byte(x.ID))
			x.ID = hex.EncodeToString(sum[:16])
		}
		x.State = visible.Clip(visible.Text(x.State), 40)
		x.At, x.Updated = x.At.UTC(), x.Updated.UTC()
		if !seen[x.ID] {
			seen[x.ID] = true
			f.Items = append(f.Items, x)
		}
	}
	slices.SortStableFunc(f.Items, func(a, b Item) int { return b.latest().Compare(a.latest()) })
	f.Items = f.Items[:min(len(f.Items), MaxItems)]
	return f
}

// latest is when the item last changed.
func (x Item) latest() time.Time {
	if x.Updated.After(x.At) {
		return x.Updated
	}
	return x.At
}

// plainID reports letters, digits and marks that can stand in a key as they are.
func plainID(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// plainText is a text without markup, on one line, cut.
func plainText(s string, most int) string {
	if strings.ContainsAny(s, "<&") {
		s = textOf(s)
	}
	return visible.Clip(visible.Text(strings.Join(strings.Fields(s), " ")), most)
}

// textOf is the text of HTML, without what nobody reads.
func textOf(s string) string {
	var b strings.Builder
	hidden := 0
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if hidden == 0 {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			if slices.Contains([]string{"script", "style", "template", "noscript"}, string(name)) {
				switch {
				case kind == html.StartTagToken:
					hidden++
				case kind == html.EndTagToken && hidden > 0:
					hidden--
				}
			}
			b.WriteByte(' ')
		}
	}
}

// decoded is a page in UTF-8, by its header or its own words.
func decoded(body []byte, contentType string) []byte {
	e, _, _ := charset.DetermineEncoding(body[:min(len(body), 1024)], contentType)
	out, err := e.NewDecoder().Bytes(body)
	if err != nil {
		return body
	}
	return out
}

// webLink is a link that may be shown: http or https, absolute, without a name and password in it.
func webLink(link, from string) string {
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil || link == "" || len(link) > 2000 {
		return ""
	}
	if base, err := url.Parse(from); err == nil && !u.IsAbs() {
		u = base.ResolveReference(u)
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	return visible.Text(u.String())
}
