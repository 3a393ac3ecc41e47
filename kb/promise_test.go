package kb

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"signpost/diag"

	"golang.org/x/text/unicode/norm"
)

// worse is what is wrong after a change was published for a finding: the finding is still there, or there is an error
// or a warning that was not there before. Done is all that was published.
func worse(before, after *diag.Report, f diag.Finding, done []diag.Record) (out []string) {
	there := func(list []diag.Finding, g diag.Finding, args ...string) bool {
		return slices.ContainsFunc(list, func(x diag.Finding) bool {
			same := x.Code == g.Code && x.Subject == g.Subject && x.Severity >= g.Severity
			for _, a := range args {
				same = same && fmt.Sprint(x.Args[a]) == fmt.Sprint(g.Args[a])
			}
			return same
		})
	}
	for _, g := range after.Findings() {
		if there([]diag.Finding{f}, g, "term", "to", "name", "host", "at", "ip") && g.Severity == f.Severity {
			out = append(out, fmt.Sprintf("there is still %s %v", g.Code, g.Args))
		} else if g.Severity >= diag.Warning && !there(before.Findings(), g) && !deserved(g, done) {
			out = append(out, fmt.Sprintf("there is now %s %v", g.Code, g.Args))
		}
	}
	return out
}

// deserved reports a warning about what the text that goes said already, though nobody could read it.
func deserved(g diag.Finding, done []diag.Record) bool {
	said := func(words ...string) bool {
		return slices.ContainsFunc(done, func(r diag.Record) bool {
			low := folded(r.Value)
			return r.Remove && r.Type == "TXT" &&
				slices.ContainsFunc(words, func(w string) bool { return strings.Contains(low, w) })
		})
	}
	switch g.Code {
	case "dmarc.policy-none", "dmarc.subdomain-none":
		return g.Severity == diag.Warning && said("non")
	case "dmarc.testing":
		return said("pct=0")
	case "spf.neutral-all":
		return said("?all")
	case "spf.no-all":
		return said("spf") && !said("all")
	}
	return false
}

var escape = regexp.MustCompile(`\\(\d\d\d|.)`)

// folded is a record's value in small letters, without whatever is no ASCII and has no ASCII form.
func folded(value string) string {
	raw := escape.ReplaceAllStringFunc(value, func(s string) string {
		if n, err := strconv.ParseUint(s[1:], 10, 8); err == nil && len(s) == 4 {
			return string([]byte{byte(n)})
		}
		return s[1:]
	})
	var b strings.Builder
	for _, c := range norm.NFKC.String(raw) {
		if c < 0x7f {
			b.WriteRune(c)
		}
	}
	return strings.ToLower(b.String())
}

// policyOf are the findings about what a record says of everybody, and the tags in question.
var policyOf = map[diag.Code]string{
	"spf.pass-all": "all", "spf.neutral-all": "all", "spf.no-all": "all", "dmarc.policy-none": "p",
}

var (
	allTerm = regexp.MustCompile(`(?i)(?:([-~?+])|^|[\s,;"'])all(?:[\s,;"'.\\]|$)`)
	tagTerm = regexp.MustCompile(`(?i)(?:^|[;\s])(p|sp|np|adkim|aspf)\s*=\s*([a-z]+)`)
)

// unpromised is what is wrong in a report's records by themselves, read without the diagnosis: two of one sort at one
// name, one that is not plain, one that is there already, a policy that changed where it is not the matter, a network
// or a host that got lost.
func unpromised(r *diag.Report) (out []string) {
	wrong := func(f diag.Finding, format string, args ...any) {
		out = append(out, string(f.Code)+": "+fmt.Sprintf(format, args...))
	}
	sorts := map[string]string{}
	for _, f := range r.Findings() {
		if len(f.Records) == 0 {
			continue
		}
		var gone []string
		for _, rec := range f.Records {
			if rec.Remove {
				gone = append(gone, rec.Value)
				continue
			}
			if strings.ContainsFunc(rec.Value, func(c rune) bool { return c < ' ' || c > '~' }) {
				wrong(f, "not plain: %q", rec.Value)
			}
			if slices.ContainsFunc(f.Records, func(x diag.Record) bool {
				return x.Remove && x.Value == rec.Value && x.Name == rec.Name && x.Type == rec.Type
			}) {
				wrong(f, "it is there: %q", rec.Value)
			}
			if rec.Type == "TXT" {
				version, _, _ := strings.Cut(strings.ToLower(rec.Value), " ")
				key := rec.Name + " " + strings.TrimRight(version, ";")
				if sorts[key] != "" && sorts[key] != rec.Value {
					wrong(f, "two for one name: %q and %q", sorts[key], rec.Value)
				}
				sorts[key] = rec.Value
			}
		}
		for _, rec := range f.Records {
			if low := strings.ToLower(rec.Value); rec.Type == "TXT" && !rec.Remove && len(gone) > 0 {
				switch {
				case strings.HasPrefix(low, "v=spf1"):
					promisedSPF(f, rec.Value, gone, wrong)
				case strings.HasPrefix(low, "v=dmarc1"):
					promisedDMARC(f, rec.Value, gone, wrong)
				}
			}
		}
	}
	return out
}

func promisedSPF(f diag.Finding, now string, gone []string, wrong func(diag.Finding, string, ...any)) {
	var endings []string
	for _, old := range gone {
		if m := allTerm.FindStringSubmatch(old); m != nil {
			endings = append(endings, m[1])
		}
		// A mark that is not seen may stand within the word.
		if m := allTerm.FindStringSubmatch(folded(old)); m != nil && m[1] != "" {
			endings = append(endings, m[1])
		}
	}
	m := allTerm.FindStringSubmatch(now)
	if len(endings) > 0 && policyOf[f.Code] != "all" && (m == nil || !slices.Contains(endings, m[1])) {
		wrong(f, "all changed: %q to %q", gone, now)
	}
}

func promisedDMARC(f diag.Finding, now string, gone []string, wrong func(diag.Finding, string, ...any)) {
	read := func(text string) map[string]string {
		out := map[string]string{}
		for _, m := range tagTerm.FindAllStringSubmatch(text, -1) {
			out[strings.ToLower(m[1])] = strings.ToLower(m[2])
		}
		return out
	}
	after := read(now)
	for _, old := range gone {
		if !strings.Contains(strings.ToLower(old), "dmarc") {
			continue
		}
		for tag, value := range read(old) {
			known := slices.Contains([]string{"none", "quarantine", "reject"}, value)
			if strings.HasPrefix(tag, "a") {
				known = value == "r" || value == "s"
			}
			if known && after[tag] != value && !slices.Contains(strings.Fields(policyOf[f.Code]), tag) {
				wrong(f, "%s changed: %q to %q", tag, old, now)
			}
		}
	}
}
