package lab

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Published is one change of a zone: a record that is entered in place of those it replaces, or taken out.
type Published struct {
	Name   string // fully qualified, no final dot
	Type   string // MX or TXT
	Value  string // for MX "5 mx1.example.net.", for TXT the text without quotes
	Remove bool
}

var quotedStrings = regexp.MustCompile(`"([^"]*)"`)

// Publish makes changes as an administrator would at the DNS console: a TXT record replaces one of its own sort, an MX that of the same host. Undo brings
// back what stood there before.
func (l *Lab) Publish(changes []Published) (undo func() error, err error) {
	l.mu.Lock()
	texts := maps.Clone(l.texts)
	l.mu.Unlock()
	changed := map[string]string{}
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, func(a, b Published) int { // what goes, goes first
		switch {
		case a.Remove == b.Remove:
			return 0
		case a.Remove:
			return -1
		}
		return 1
	})
	for _, r := range changes {
		origin := ""
		for z := range texts {
			if (r.Name == z || strings.HasSuffix(r.Name, "."+z)) && len(z) > len(origin) {
				origin = z
			}
		}
		if origin == "" {
			return nil, fmt.Errorf("lab: no zone for %s", r.Name)
		}
		if _, ok := changed[origin]; !ok {
			changed[origin] = unfold(texts[origin], origin)
		}
		changed[origin] = edit(changed[origin], origin, r)
	}
	for origin, text := range changed {
		if err := l.Change(origin, text); err != nil {
			return nil, err
		}
	}
	return func() error {
		for origin := range changed {
			if err := l.Change(origin, texts[origin]); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// edit makes one change in a zone's text.
func edit(text, origin string, r Published) string {
	owner := strings.TrimSuffix(strings.TrimSuffix(r.Name, origin), ".")
	if owner == "" {
		owner = "@"
	}
	var kept []string
	for line := range strings.Lines(text) {
		if !replaced(line, owner, r) {
			kept = append(kept, strings.TrimRight(line, "\n"))
		}
	}
	if !r.Remove {
		value := r.Value
		if r.Type == "TXT" {
			value = `"` + value + `"`
		}
		kept = append(kept, owner+" "+r.Type+" "+value)
	}
	return strings.Join(kept, "\n") + "\n"
}

// replaced reports whether a line of a zone goes with a change.
func replaced(line, owner string, r Published) bool {
	f := strings.Fields(line)
	if len(f) < 3 || f[0] != owner || f[1] != r.Type {
		return false
	}
	switch r.Type {
	case "TXT":
		value := strings.ReplaceAll(strings.Join(quotedStrings.FindAllString(line, -1), ""), `"`, "")
		if r.Remove {
			return value == r.Value
		}
		return sort(value) == sort(r.Value)
	case "MX":
		if r.Remove {
			return strings.HasPrefix(strings.TrimSuffix(r.Value, "."), strings.TrimSuffix(strings.Join(f[2:], " "), "."))
		}
		host := strings.Fields(r.Value)
		return len(f) > 3 && len(host) > 1 && f[3] == host[1]
	}
	return false
}

// sort is what sort of record a TXT is: only one of a sort may stand at a name.
func sort(value string) string {
	v, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(value)), " ")
	v, _, _ = strings.Cut(v, ";")
	return v
}

// unfold writes the healthy parts of a zone out, so that they can be replaced.
func unfold(text, origin string) string {
	for part, records := range map[string]string{
		"spf": "@ TXT \"v=spf1 mx -all\"\n", "dmarc": "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:postmaster@" + origin + "\"\n",
	} {
		re := regexp.MustCompile(`(?m)^(;! with:.*) ` + part + `\b`)
		if re.MatchString(text) {
			text = re.ReplaceAllString(text, "$1") + records
		}
	}
	return text
}
