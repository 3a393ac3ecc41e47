package gate

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/plain"
	"signpost/diag/protocol/dkim"
	"signpost/diag/protocol/txt"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// bound are the addresses, URLs and keys in a record.
var bound = regexp.MustCompile(`[^\s;,"':=<>]+@[^\s;,"':=<>!]+|https?://[^\s;,"'<>]+|[A-Za-z0-9+/]{40,}`)

// keepsWords holds a record of another sort against what it takes the place of: no address, URL or key is lost.
func (g *gate) keepsWords(ctx context.Context, z *zone, name string) *diag.Note {
	before, err := g.Session().Lookup(ctx, name, dns.TypeTXT)
	if err != nil {
		return unknownNote("", err)
	}
	after, err := z.session.Lookup(ctx, name, dns.TypeTXT)
	if err != nil {
		return unknownNote("", err)
	}
	now := strings.Join(after.TXT(), "\n")
	if len(after.TXT()) == 0 {
		return nil // taken out on purpose
	}
	for _, text := range before.TXT() {
		if slices.ContainsFunc(keyForms(text), func(form string) bool { return slices.Contains(after.TXT(), form) }) {
			continue // the same key in the form that it must have
		}
		for _, word := range bound.FindAllString(plain.Of(text).Plain, -1) {
			id := strings.HasPrefix(name, "_mta-sts.") && !strings.ContainsAny(word, "@:") // any will do
			if !id && !strings.Contains(now, word) {
				return &diag.Note{Code: NoteReports, Args: map[string]any{"addresses": []string{visible.Clip(word, 200)}}}
			}
		}
	}
	return nil
}

// keyForms is a key record as it must be, where it is spoilt as a whole or in its key.
func keyForms(text string) []string {
	k := dkim.Parse(text)
	out := []string{}
	if k.Meant != "" {
		out = append(out, k.Meant)
	}
	for _, f := range k.Faults {
		if f.Suggestion != "" && txt.WholeRecord(f.Suggestion) {
			out = append(out, f.Suggestion)
		}
	}
	return out
}
