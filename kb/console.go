package kb

import (
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/authority"

	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/language"
)

const maxEntries = 6 // records of one finding of which it is told how they are entered

// entry says how the records of a finding are entered in the console of the domain's DNS operator, where that has a
// field of its own for each part: a name that is entered in full there gets the zone's name appended once more.
func (b *Base) entry(lang language.Tag, r *diag.Report, f diag.Finding) []string {
	i := slices.IndexFunc(b.operators, func(o Operator) bool { return o.ID == r.Operator.ID && o.Fields })
	zone := zoneOf(r)
	if i < 0 || zone == "" {
		return nil
	}
	var lines []string
	for _, rec := range f.Records {
		host, inside := hostIn(rec.Name, zone)
		if rec.Remove || !inside || len(lines) == maxEntries {
			continue
		}
		args := map[string]any{"host": host, "type": rec.Type, "priority": "", "value": ""}
		if preference, target, ok := strings.Cut(rec.Value, " "); ok && rec.Type == "MX" {
			args["priority"], args["value"] = preference, strings.TrimSuffix(target, ".")
			if target == "." {
				args["value"] = target
			}
		}
		if line := b.texts.Text(lang, "console.entry", args); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return []string{b.texts.Text(lang, "console.entries", map[string]any{
		"operator": b.OperatorName(lang, r.Operator.ID), "entries": strings.Join(lines, "; "),
		"text": slices.ContainsFunc(f.Records, func(x Record) bool { return x.Type == "TXT" && !x.Remove }),
	})}
}

// zoneOf is the zone that a report's domain is in: as the delegation has it, or else the registered domain; empty where
// neither is known.
func zoneOf(r *diag.Report) string {
	if f, ok := diag.Facts[*authority.DelegationFacts](r, authority.Delegation); ok && f.Zone != "" {
		return strings.ToLower(f.Zone)
	}
	zone, err := publicsuffix.EffectiveTLDPlusOne(r.Domain)
	if err != nil {
		return ""
	}
	return zone
}

// hostIn is a name without the zone's own, as consoles have it; "@" for the zone itself. False: it is not inside.
func hostIn(name, zone string) (string, bool) {
	name = strings.ToLower(name)
	if name == zone {
		return "@", true
	}
	return strings.CutSuffix(name, "."+zone)
}

// Record is a DNS record to publish (or, with Remove, to take away), as it goes into a zone editor.
type Record = diag.Record
