package kb

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"signpost/diag"
	"signpost/diag/gate"
	"signpost/diag/lab"
)

// hold diagnoses the zone, publishes what is recommended in it, and tells every broken promise.
func (g *generated) hold(t *testing.T, b *Base, m *lab.Memory) (mended, why, wrong []string) {
	var sources []netip.Addr
	if g.source != "" {
		sources = append(sources, netip.MustParseAddr(g.source))
	}
	run := func(m *lab.Memory) *diag.Report {
		return offlineWith(t.Context(), m, generatedDomain, diag.Options{Providers: b.Fingerprints(), SourceIPs: sources})
	}
	before := offline(t, b, m, generatedDomain, sources...)
	wrong = unpromised(before)
	seen := map[string]*diag.Report{}
	var all []diag.Record
	for _, f := range before.Findings() {
		for _, n := range f.Notes {
			if why = append(why, n.Code); n.Code == gate.NoteRemains {
				why = append(why, n.Code+" "+fmt.Sprint(n.Args["code"]))
			}
		}
		if len(f.Records) == 0 {
			if recordable(f.Code) && len(f.Notes) == 0 {
				wrong = append(wrong, fmt.Sprintf("%s has neither a record nor a reason", f.Code))
			}
			continue
		}
		mended = append(mended, string(f.Code))
		wrong = append(wrong, g.lost(f)...)
		key := fmt.Sprint(f.Records)
		if seen[key] == nil {
			now, err := m.Publish(published(f.Records))
			if err != nil {
				wrong = append(wrong, fmt.Sprintf("%s: %v", f.Code, err))
				continue
			}
			seen[key] = run(now)
			for _, r := range f.Records {
				if !slices.Contains(all, r) {
					all = append(all, r)
				}
			}
		}
		for _, w := range worse(before, seen[key], f, f.Records) {
			wrong = append(wrong, fmt.Sprintf("after %v was published for %s: %s", f.Records, f.Code, w))
		}
	}
	if len(seen) > 1 {
		now, err := m.Publish(published(all))
		if err != nil {
			return mended, why, append(wrong, fmt.Sprintf("all together: %v", err))
		}
		after := run(now)
		for _, f := range before.Findings() {
			if len(f.Records) > 0 {
				for _, w := range worse(before, after, f, all) {
					wrong = append(wrong, fmt.Sprintf("after %v was published, %s: %s", all, f.Code, w))
				}
			}
		}
	}
	return mended, why, wrong
}

// recordable are the findings for which a record is given, or said why not.
func recordable(code diag.Code) bool {
	return slices.Contains(slices.Concat(mendsSPF, endsSPF, mendsDMARC, stepsDMARC,
		[]diag.Code{"dmarc.none", "dmarc.multiple", "dmarc.misplaced"}), code)
}

// lost is who would not be let in any more, or not get reports, and which policy changed: against what the record was
// meant to be.
func (g *generated) lost(f diag.Finding) (out []string) {
	for _, n := range f.Notes { // what ran together with another word is another name, which has no record
		if n.Code == gate.NoteDropped && slices.ContainsFunc(stringsOf(n.Args["terms"]), func(term string) bool {
			return !strings.Contains(term, "gone.") && !strings.Contains(term, "empty.") &&
				!slices.Contains(g.senders, strings.ToLower(term))
		}) {
			return nil
		}
	}
	for _, r := range f.Records {
		low := strings.ReplaceAll(strings.ToLower(r.Value)+" ", ". ", " ")
		switch {
		case r.Remove || r.Type != "TXT":
		case strings.HasPrefix(low, "v=spf1") && r.Name == generatedDomain:
			words := strings.Fields(low)
			for _, s := range g.senders {
				if !slices.Contains(words, s) && !g.covered(s, words) {
					out = append(out, fmt.Sprintf("%s lost %s: %q", f.Code, s, r.Value))
				}
			}
			if last := words[len(words)-1]; len(g.senders) > 0 && !g.ends && last != g.ending &&
				!strings.Contains(g.text, "all "+"\"") && policyOf[f.Code] != "all" {
				out = append(out, fmt.Sprintf("%s: %s became %s", f.Code, g.ending, last))
			}
		case strings.HasPrefix(low, "v=dmarc1") && strings.HasPrefix(r.Name, "_dmarc.") && len(g.policies) > 0:
			for _, a := range g.reports {
				if !strings.Contains(low, a) {
					out = append(out, fmt.Sprintf("%s lost %s: %q", f.Code, a, r.Value))
				}
			}
		}
	}
	return out
}

// covered are the terms that others stand for, in the world of these zones, and those that ran together with another
// word.
func (g *generated) covered(term string, words []string) bool {
	by := map[string][]string{
		"include:s1.senders.example": {"include:twice.senders.example"},
		"include:s2.senders.example": {"include:twice.senders.example"},
		"mx":                         {"a", "a:mail.d.example", "include:spf.qiye.aliyun.com", "ip4:198.51.100.0/25"},
		"a":                          {"mx", "a:mail.d.example"}, "a:mail.d.example": {"mx", "a"},
	}
	there := ""
	for line := range strings.Lines(g.text) {
		if _, text, ok := strings.Cut(line, " TXT "); ok {
			there += folded(text) + "\n"
		}
	}
	if term == "a" || term == "mx" {
		if !regexp.MustCompile(`[\s",;]` + term + `[\s",;]`).MatchString(there) {
			return true
		}
	} else if regexp.MustCompile(strings.Replace(regexp.QuoteMeta(term), ":", "[:=]", 1)+`[a-z0-9]`).MatchString(there) &&
		!regexp.MustCompile(regexp.QuoteMeta(term)+`(include|ip4|ip6|exists):`).MatchString(there) {
		return true
	}
	own := term == "a" || strings.HasPrefix(term, "a:") || term == "mx" && !strings.Contains(g.text, "mx1.qiye")
	if own && slices.Contains(words, "ip4:192.0.2.80") {
		return true
	}
	return slices.ContainsFunc(by[term], func(x string) bool { return slices.Contains(words, x) })
}
