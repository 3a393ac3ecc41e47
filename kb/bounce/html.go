package bounce

import (
	"strings"

	"signpost/diag/pattern"

	"golang.org/x/net/html"
)

var (
	isHTML   = pattern.New(`(?i)^\s*(?:<!doctype html|<html|<head|<body|<meta|<div|<table|<p[ >])`)
	someTags = pattern.New(`(?i)</(?:p|div|td|tr|table|body|html|span|b|font)>`)
)

// looksHTML reports a text that is HTML, or a good part of which is.
func looksHTML(text string) bool {
	head := text[:min(len(text), 4096)]
	return isHTML.MatchString(head) || len(someTags.FindAllString(head, 6)) >= 4
}

// fromHTML is the words of a page, a line for each block.
func fromHTML(page string) string {
	var out strings.Builder
	z := html.NewTokenizer(strings.NewReader(clip(page)))
	z.SetMaxBuf(maxPart)
	hidden := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			return out.String()
		case html.TextToken:
			if hidden == 0 {
				out.WriteString(strings.Join(strings.FieldsFunc(string(z.Text()),
					func(r rune) bool { return r == '\n' || r == '\r' }), " "))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "script", "style", "title":
				hidden++
			case "br", "p", "div", "tr", "li", "table", "h1", "h2", "h3", "h4", "pre", "blockquote", "hr":
				out.WriteByte('\n')
			case "td", "th":
				out.WriteByte(' ')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "script", "style", "title":
				hidden = max(0, hidden-1)
			case "p", "div", "table", "h1", "h2", "h3", "h4", "pre", "blockquote":
				out.WriteString("\n")
			}
		}
	}
}
