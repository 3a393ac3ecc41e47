package feeds

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"unicode"

	"signpost/diag/visible"

	"codeberg.org/readeck/go-readability/v2"
)

const (
	minPage  = 40  // letters of text that a page has at least
	maxParts = 400 // paragraphs that are compared

	maxElements = 20_000 // of a page
	shortPart   = 60     // letters of a paragraph below which numbers do not count: counters, dates of a last change
)

// readPage takes the main text of a page apart: each paragraph is an item, so that what is new is shown, and what
// merely stands elsewhere is not. A page whose text is drawn by scripts alone is no feed.
func readPage(body []byte, contentType, from string) (Feed, error) {
	at, err := url.Parse(from)
	if err != nil {
		at = nil
	}
	parser := readability.NewParser()
	parser.MaxElemsToParse = maxElements
	article, err := parser.Parse(bytes.NewReader(decoded(body, contentType)), at)
	if err != nil {
		return Feed{}, ErrNotAFeed
	}
	var text bytes.Buffer
	if err := article.RenderText(&text); err != nil {
		return Feed{}, ErrNotAFeed
	}
	out := Feed{Format: Page, Title: article.Title(), Link: from}
	letters := 0
	for part := range strings.SplitSeq(text.String(), "\n") {
		part = strings.Join(strings.Fields(part), " ")
		if part == "" || len(out.Items) >= maxParts {
			continue
		}
		letters += len([]rune(part))
		sum := sha256.Sum256([]byte(sameAs(part)))
		out.Items = append(out.Items, Item{ID: hex.EncodeToString(sum[:16]), Kind: News, Title: visible.Clip(part, maxTitle),
			Text: part, Link: from})
	}
	if letters < minPage {
		return Feed{}, ErrNotAFeed
	}
	return out, nil
}

// sameAs is what two readings of a paragraph have in common.
func sameAs(part string) string {
	part = strings.ToLower(part)
	if len([]rune(part)) >= shortPart {
		return part
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, part)
}
