package kb

import (
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/dmarc"
	"signpost/diag/spf"
)

// mendsSPF lists the findings that one new SPF record can mend. All that a report holds are mended together: whoever publishes the
// record is done with every one of them.
var mendsSPF = []diag.Code{
	"spf.syntax", "spf.strings-joined", "spf.provider-missing", "spf.source-not-covered", "spf.pass-all", "spf.neutral-all", "spf.no-all",
	"spf.terms-after-all", "spf.duplicate-term", "spf.too-many-lookups",
}

// mendedSPF is the domain's SPF record with what the report found in it mended; empty where a mistake can only be mended by somebody
// who knows what was meant.
func (b *Base) mendedSPF(r *diag.Report) string {
	res := r.Result("spf")
	if res == nil {
		return ""
	}
	facts, ok := res.Facts.(diag.SPFFacts)
	if !ok || facts.Record == "" {
		return ""
	}
	words := strings.Fields(facts.Record)
	for _, f := range res.Findings {
		if f.Code != "spf.strings-joined" {
			continue
		}
		before, after := strings.Fields(text(f, "before")), strings.Fields(text(f, "after"))
		if at := slices.Index(words, text(f, "joined")); at > 0 && len(before) > 0 && len(after) > 0 {
			words = slices.Replace(words, at, at+1, before[len(before)-1], after[0])
		}
	}
	for _, f := range res.Findings {
		if f.Code != "spf.syntax" {
			continue
		}
		at := slices.Index(words, text(f, "term"))
		switch {
		case at < 0: // mended with the strings
		case text(f, "suggestion") == "":
			return ""
		default:
			words = slices.Replace(words, at, at+1, strings.Fields(text(f, "suggestion"))...)
		}
	}
	words = b.mendedTerms(r, res, words)
	record := strings.Join(words, " ")
	if parsed, bad := spf.Parse(record); len(bad) > 0 || parsed.Text == "" {
		return ""
	}
	return record
}

// mendedTerms mends what is said with lawful terms.
func (b *Base) mendedTerms(r *diag.Report, res *diag.Result, words []string) []string {
	isAll := func(w string) bool { return strings.ToLower(strings.TrimLeft(w, "+-~?")) == "all" }
	for _, f := range res.Findings {
		switch f.Code {
		case "spf.provider-missing":
			if inc := b.include(text(f, "provider"), r); inc != "" {
				words = inserted(words, "include:"+inc)
			}
		case "spf.source-not-covered":
			if term := text(f, "term"); term != "" {
				words = inserted(words, term)
			}
		case "spf.terms-after-all":
			for _, t := range stringsOf(f.Args["terms"]) {
				if at := slices.Index(words, t); at > slices.IndexFunc(words, isAll) {
					words = slices.Delete(words, at, at+1)
				}
			}
		case "spf.duplicate-term":
			for _, t := range stringsOf(f.Args["terms"]) {
				for i := len(words) - 1; i > 0; i-- {
					if words[i] == t {
						words = slices.Delete(words, i, i+1)
						break
					}
				}
			}
		case "spf.too-many-lookups":
			words = shortened(f, words)
		case "spf.pass-all", "spf.neutral-all", "spf.no-all":
			words = append(slices.DeleteFunc(words, isAll), "~all")
			if f.Code == "spf.pass-all" { // as long as everyone passes, nobody misses the provider
				words = b.withProvider(r, res, words)
			}
		}
	}
	return words
}

// shortened takes terms out of a record, or puts addresses in their place, as the check found that they can be: where the check's shorter
// record keeps the limit.
func shortened(f diag.Finding, words []string) []string {
	shorter := strings.Fields(text(f, "shorter"))
	for _, term := range append(stringsOf(f.Args["dropped"]), stringsOf(f.Args["replaced"])...) {
		if at := slices.Index(words, term); at > 0 {
			words = slices.Delete(words, at, at+1)
		}
	}
	for _, w := range shorter {
		if lower := strings.TrimLeft(w, "+-~?"); !slices.Contains(words, w) && (strings.HasPrefix(lower, "ip4:") || strings.HasPrefix(lower, "ip6:")) {
			words = inserted(words, w)
		}
	}
	return words
}

// withProvider adds the include of the provider that the MX names, where the record reaches none of its includes.
func (b *Base) withProvider(r *diag.Report, res *diag.Result, words []string) []string {
	p := b.Provider(mailbox(r))
	if p == nil {
		return words
	}
	facts, _ := res.Facts.(diag.SPFFacts)
	reached := strings.Join(facts.Tree, "\n")
	for _, inc := range p.SPFIncludes {
		if strings.Contains(reached, ":"+inc) {
			return words
		}
	}
	if inc := b.include(p.ID, r); inc != "" {
		return inserted(words, "include:"+inc)
	}
	return words
}

// inserted is a record's words with a term put in before its end.
func inserted(words []string, term string) []string {
	at := len(words)
	for i, w := range words {
		lower := strings.ToLower(strings.TrimLeft(w, "+-~?"))
		if i > 0 && (lower == "all" || strings.HasPrefix(lower, "redirect=")) {
			at = i
			break
		}
	}
	if slices.Contains(words, term) {
		return words
	}
	return slices.Insert(slices.Clone(words), at, term)
}

// mendsDMARC lists the findings that one new DMARC record can mend.
var mendsDMARC = []diag.Code{"dmarc.syntax", "dmarc.policy-none", "dmarc.subdomain-none", "dmarc.no-reports", "dmarc.removed-tag", "dmarc.partial"}

// mendedDMARC is the domain's DMARC record with what the report found in it mended; empty where it cannot be told.
func (b *Base) mendedDMARC(r *diag.Report) string {
	res := r.Result("dmarc")
	if res == nil {
		return ""
	}
	facts, ok := res.Facts.(diag.DMARCFacts)
	if !ok || facts.Record == "" || facts.From != r.Domain {
		return ""
	}
	parts := strings.Split(facts.Record, ";")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	find := func(tag string) int {
		return slices.IndexFunc(parts, func(p string) bool {
			name, _, _ := strings.Cut(p, "=")
			return strings.EqualFold(strings.TrimSpace(name), tag)
		})
	}
	drop := func(tag string) {
		if at := find(tag); at >= 0 {
			parts = slices.Delete(parts, at, at+1)
		}
	}
	for _, f := range res.Findings {
		switch f.Code {
		case "dmarc.syntax":
			term, suggestion := text(f, "term"), text(f, "suggestion")
			at := slices.IndexFunc(parts, func(p string) bool { return strings.Contains(p, term) })
			if term == "" || suggestion == "" || at < 0 {
				return ""
			}
			parts[at] = strings.Replace(parts[at], term, suggestion, 1)
		case "dmarc.subdomain-none":
			drop("sp")
		case "dmarc.removed-tag", "dmarc.partial":
			drop("pct")
			drop("rf")
			drop("ri")
		case "dmarc.no-reports":
			drop("rua")
			parts = append(parts, "rua=mailto:postmaster@"+r.Domain)
		}
	}
	// Asking receivers to act is safe only where our own mail passes.
	if at := find("p"); at >= 0 && has(r, "dmarc", "dmarc.policy-none") && strings.EqualFold(strings.ReplaceAll(parts[at], " ", ""), "p=none") && sound(r) {
		parts[at] = "p=quarantine"
	}
	record := strings.Join(parts, "; ")
	if parsed := dmarc.Parse(record); len(parsed.Faults) > 0 {
		return ""
	}
	return record
}

func has(r *diag.Report, check string, code diag.Code) bool {
	res := r.Result(check)
	return res != nil && slices.ContainsFunc(res.Findings, func(f diag.Finding) bool { return f.Code == code })
}

// sound reports that SPF and DKIM were examined and hold no error.
func sound(r *diag.Report) bool {
	for _, name := range []string{"spf", "dkim"} {
		res := r.Result(name)
		if res == nil || res.Status == diag.Unknown || res.Status == diag.Skipped ||
			slices.ContainsFunc(res.Findings, func(f diag.Finding) bool { return f.Severity == diag.Error }) {
			return false
		}
	}
	return true
}
