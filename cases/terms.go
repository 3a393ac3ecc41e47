package cases

import (
	"slices"
	"strings"
	"time"

	"signpost/cases/index"
)

// Terms is the index terms of a case's record: words as they are, and fields as name:value.
func (c *Case) Terms() []string {
	out := []string{"all:", "s:" + string(c.State), "o:" + c.Opened.UTC().Format(time.DateOnly), "o:" +
		c.Opened.UTC().Format("2006-01")}
	add := func(field, value string) {
		if value != "" {
			out = append(out, field+":"+strings.ToLower(value))
		}
	}
	if c.State.Open() {
		out = append(out, "open:")
		add("oa", c.Assignee)
	}
	if !c.SolvedAt.IsZero() && c.Merged == 0 {
		out = append(out, "solved:", "so:"+c.SolvedAt.UTC().Format(time.DateOnly))
	}
	add("d", c.Domain)
	for _, d := range c.Domains {
		add("d", d)
	}
	for _, m := range c.Reminders {
		add("rem", m.By)
		out = append(out, "rem:")
	}
	add("p", c.Provider)
	add("a", c.Assignee)
	add("pr", string(c.Priority))
	add("by", c.By)
	for _, t := range c.Tags {
		add("tag", t)
	}
	for _, t := range c.Tickets {
		add("t", t)
	}
	for _, code := range c.First.Codes() {
		add("c", code)
	}
	for _, code := range c.Latest.Codes() {
		add("c", code)
	}
	if c.Lesson != "" {
		out = append(out, "lesson:")
	}
	for _, text := range []string{c.Title, c.Resolution, c.Lesson, strings.Join(c.AllDomains(), " "),
		strings.ReplaceAll(strings.Join(c.AllDomains(), " "), ".", " ")} {
		words := index.Words(text)
		out = append(out, words[:min(len(words), maxSpoken)]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

const maxSpoken = 24 // words of one text by which its case is found

// spoken is the kinds of entries whose words are indexed: what people wrote, not what the program recorded.
var spoken = []string{"opened", "asked", "note", "reply", "contact", "answered", "solved", "closed", "reopened",
	"lesson"}

// spokenTerms is the index terms of entries and contacts.
func spokenTerms(entries []Entry, contacts []Contact) []string {
	var out []string
	add := func(text string) {
		words := index.Words(text)
		out = append(out, words[:min(len(words), maxSpoken)]...)
	}
	for _, e := range entries {
		if slices.Contains(spoken, e.Kind) {
			add(e.Text)
		}
	}
	for _, c := range contacts {
		add(c.Gist)
		add(c.Next)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// allTerms is all index terms of a case.
func allTerms(c *Case, entries []Entry, contacts []Contact) []string {
	out := append(c.Terms(), spokenTerms(entries, contacts)...)
	slices.Sort(out)
	return slices.Compact(out)
}

// Words is the words by which a text is found, each once, in their order.
func Words(text string) []string { return index.Words(text) }
