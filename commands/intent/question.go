package intent

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/checks/inbound"
	"signpost/diag/resolve"

	"golang.org/x/text/language"
)

// Question is a mailcheck request, read.
type Question struct {
	Target   diag.Target
	Options  diag.Options
	Evidence bool
	why      string      // the one check to explain; empty: the whole report
	Was      []diag.Mark // what a check before found, code and subject, to be compared with
	Since    string      // when that was, UTC
	through  []string    // name servers to examine the zone through, as they were written
}

// CheckOptions is the options of a check that are written as name=value.
var CheckOptions = []string{"selector", "ip", "ns", "lang"}

// ReadQuestion reads the words behind /mailcheck. Wrong is what is wrong with them, for the asker; empty: nothing.
func ReadQuestion(text string, lang language.Tag) (q Question, wrong string) {
	var domain string
	words := strings.Fields(text)
	for i := 0; i < len(words); i++ {
		w := words[i]
		key, value, ok := strings.Cut(w, "=")
		switch optionNamed(key) {
		case "why":
			if i++; i < len(words) {
				q.why = strings.ToLower(words[i])
			}
			if !slices.ContainsFunc(checks.All(), func(c *diag.Check) bool { return c.Name == q.why }) {
				return q, chat.Text(lang, "bad-check", map[string]any{"check": chat.Clip(q.why, 40), "checks": checkNames()})
			}
			q.Options.Only, q.Evidence = []string{q.why}, true
			q.Options.Beside = []string{inbound.MX.Name} // whose mailboxes they are decides what is advised
			continue
		case "was":
			if ok {
				for mark := range strings.SplitSeq(value, ",") {
					if mark != "" {
						q.Was = append(q.Was, diag.ParseMark(mark))
					}
				}
				continue
			}
		case "since":
			if _, err := time.Parse(SinceLayout, value); err == nil {
				q.Since = value
				continue
			}
		case "selector", "ip":
			if !ok || value == "" {
				return q, chat.Text(lang, "bad-option", map[string]any{"option": chat.Clip(w, 60)})
			}
			if strings.EqualFold(key, "selector") {
				q.Options.Selectors = append(q.Options.Selectors, chat.Clip(value, 253))
				continue
			}
			ip, err := netip.ParseAddr(value)
			if err != nil {
				return q, chat.Text(lang, "bad-ip", map[string]any{"ip": chat.Clip(value, 60)})
			}
			q.Options.SourceIPs = append(q.Options.SourceIPs, ip)
			continue
		case "ns":
			if !ok || value == "" {
				return q, chat.Text(lang, "bad-option", map[string]any{"option": chat.Clip(w, 60)})
			}
			q.through = append(q.through, strings.Split(value, ",")...)
			continue
		case "evidence":
			q.Evidence = true
			continue
		}
		if domain != "" {
			domain += " " + w // ParseTarget says what is wrong with it
			continue
		}
		domain = w
	}
	if len(q.Options.Selectors)+len(q.Options.SourceIPs) > 20 {
		return q, chat.Text(lang, "too-many-options", nil)
	}
	if q.Options.Through, wrong = readThrough(q.through, lang); wrong != "" {
		return q, wrong
	}
	target, err := diag.ParseTarget(domain)
	var bad *diag.InputError
	if errors.As(err, &bad) {
		return q, chat.Text(lang, inputID(bad.Reason), map[string]any{"input": bad.Input})
	}
	q.Target = target
	return q, ""
}

// optionNamed is an option of a check by its own name, whatever it is called in a language.
func optionNamed(word string) string {
	word = strings.ToLower(word)
	for _, name := range []string{"why", "evidence"} {
		if slices.Contains(chat.Words("option."+name), word) {
			return name
		}
	}
	return word
}

// readThrough reads the name servers that a zone is to be examined through.
func readThrough(servers []string, lang language.Tag) (out []resolve.NameServer, wrong string) {
	out, err := diag.ParseThrough(servers, false)
	var bad *diag.InputError
	switch {
	case !errors.As(err, &bad):
		return out, ""
	case bad.Reason == "private", bad.Reason == "too-many":
		return nil, chat.Text(lang, "bad-ns."+bad.Reason, map[string]any{"input": bad.Input})
	}
	return nil, chat.Text(lang, "bad-ns", map[string]any{"input": bad.Input})
}

const SinceLayout = "2006-01-02T15:04Z"

func checkNames() []string {
	var out []string
	for _, c := range checks.All() {
		out = append(out, c.Name)
	}
	return out
}
