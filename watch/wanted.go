package watch

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"signpost/diag"
	"signpost/diag/pattern"
)

// Wanted is a record that is to come, or with Gone one that is to go: by a text that it holds, or by what Digest gives
// for it.
type Wanted struct {
	// Name is where it stands, below the domain ("_dmarc"); empty: the domain itself, or where its type has it.
	Name   string `json:"name,omitempty"`
	Type   string `json:"type"` // one of Types
	Holds  string `json:"holds,omitempty"`
	Digest string `json:"digest,omitempty"`
	Gone   bool   `json:"gone,omitempty"`
	// Set says that Digest is that of all records that stand there together; empty: of those that the first look shows.
	Set bool `json:"set,omitempty"`
	// Done says that the domain's own servers had it so at the last look.
	Done bool `json:"done,omitempty"`
}

// Types is the types of records that can be wanted by a text that they hold: dmarc is a TXT where such a policy stands.
// Of name servers and DS records it counts what the zone above has.
var Types = []string{"mx", "txt", "dmarc", "ns", "ds"}

// whole is those of them of which a text is looked for by whole words: a host's name or a domain above it, a key's tag.
var whole = []string{"mx", "ns", "ds"}

// digested is the types of records that can be wanted by their digest. Name servers are not among them: which are
// recommended may concern the zone itself or the one above.
var digested = []string{"mx", "txt", "cname", "a", "aaaa", "caa", "tlsa"}

const policyName = "_dmarc"

var (
	wantedName = pattern.New(`^[a-z0-9_*](?:[a-z0-9_.-]{0,200}[a-z0-9_])?$`)
	aDigest    = pattern.New(`^[0-9a-z]{1,13}$`)
)

// Digest names a record of a type in few signs, whatever the case of a host's name, the quotes around a text and how it
// is cut into strings.
func Digest(kind, value string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(plainValue(kind, value)))
	return strconv.FormatUint(h.Sum64(), 36)
}

// plainValue is a record without what two ways of writing it differ in. In a text capitals count: a key has them.
func plainValue(kind, value string) string {
	value = strings.ReplaceAll(strings.Join(strings.Fields(value), " "), `" "`, "")
	if kind == "txt" {
		return strings.TrimSuffix(strings.TrimPrefix(value, `"`), `"`)
	}
	return strings.TrimSuffix(strings.ToLower(value), ".")
}

// plainText is a text in which a part is looked for: capitals do not count.
func plainText(value string) string { return strings.ToLower(plainValue("txt", value)) }

// Place is where the record stands, or is to stand.
func (w Wanted) Place(domain string) diag.Place {
	kind, name := w.Type, w.Name
	if kind == "dmarc" {
		kind, name = "txt", policyName
	}
	if name != "" {
		domain = name + "." + domain
	}
	return diag.Place{Name: strings.ToLower(strings.TrimSuffix(domain, ".")), Type: strings.ToUpper(kind)}
}

// Above reports whether the zone above decides about the record.
func (w Wanted) Above() bool { return w.Type == "ns" || w.Type == "ds" }

// None reports whether no record at all is wanted any more.
func (w Wanted) None() bool { return w.Gone && !w.Set && w.Holds+w.Digest == "" }

// fulfilled reports whether records are as is wanted.
func (w Wanted) fulfilled(records []string) bool {
	if w.Set {
		return w.Gone != (w.setDigest(records) == w.Digest)
	}
	return w.Gone != slices.ContainsFunc(records, func(r string) bool {
		if w.Digest != "" {
			return Digest(strings.ToLower(w.Place("").Type), r) == w.Digest
		}
		has, wanted := plainText(strings.TrimSuffix(r, ".")), plainText(strings.TrimSuffix(w.Holds, "."))
		if slices.Contains(whole, w.Type) && wanted != "" {
			return strings.Contains(" "+has+" ", " "+wanted+" ") || strings.Contains(has+" ", "."+wanted+" ")
		}
		return strings.Contains(has, wanted)
	})
}

// setDigest names all records that stand there together.
func (w Wanted) setDigest(records []string) string {
	kind := strings.ToLower(w.Place("").Type)
	var all []string
	for _, r := range records {
		all = append(all, Digest(kind, r))
	}
	slices.Sort(all)
	return Digest("txt", strings.Join(all, "."))
}

// underWay is the digest of no records: a change began before somebody asked for it.
const underWay = "-"

// String is what is wanted as a button's line of command has it, for what is named by its digest: is=mx:DIGEST,
// is=_dmarc/txt:DIGEST, gone=txt:DIGEST.
func (w Wanted) String() string {
	verb, name := "is", ""
	if w.Gone {
		verb = "gone"
	}
	if w.Name != "" {
		name = w.Name + "/"
	}
	return verb + "=" + name + w.Type + ":" + w.Digest
}

// ParseWanted reads what String writes, with or without a place.
func ParseWanted(text string) (w Wanted, ok bool) {
	verb, rest, _ := strings.Cut(strings.ToLower(text), "=")
	rest, w.Digest, _ = strings.Cut(rest, ":")
	if name, kind, below := strings.Cut(rest, "/"); below {
		w.Name, rest = name, kind
	}
	w.Type, w.Gone = rest, verb == "gone"
	if strings.Contains(text, "=/") {
		return w, false
	}
	known := slices.Contains(digested, w.Type) || w.Type == "dmarc" && w.Name == ""
	return w, (verb == "is" || w.Gone) && known && aDigest.MatchString(w.Digest) &&
		(w.Name == "" || wantedName.MatchString(w.Name))
}

// Recommended is what a report recommends, as it can be waited for: the changes of its findings, the gravest first, as
// far as none of them touches what another does. Of what is only worth a notice nothing is waited for beside what is
// wrong.
func Recommended(r *diag.Report) (out []Wanted) {
	findings := slices.DeleteFunc(r.Findings(), func(f diag.Finding) bool { return len(f.Records) == 0 })
	slices.SortStableFunc(findings, func(a, b diag.Finding) int { return int(b.Severity) - int(a.Severity) })
	var changes [][]diag.Record
	for _, f := range findings {
		if f.Severity < diag.Warning && findings[0].Severity >= diag.Warning {
			break
		}
		changes = append(changes, f.Records)
	}
	return Together(r.Domain, changes)
}

// Restoring is what is recommended for what was told of a domain.
func Restoring(domain string, told []Change) []Wanted {
	var changes [][]diag.Record
	for _, c := range told {
		if c.Kind == Appeared {
			changes = append(changes, c.Finding.Records)
		} else if c.Back != nil {
			changes = append(changes, c.Back.Records)
		}
	}
	return Together(domain, changes)
}

// Together is several changes to a domain's zone as they can be waited for: one that touches what an earlier one does
// is the same again, or another way to mend it, and is left out.
func Together(domain string, changes [][]diag.Record) (out []Wanted) {
	var touched []diag.Place
	for _, records := range changes {
		change := Expected(domain, records)
		if slices.ContainsFunc(change, func(w Wanted) bool { return slices.Contains(touched, w.Place(domain)) }) {
			continue
		}
		for _, w := range change {
			if len(out) < maxWanted {
				out, touched = append(out, w), append(touched, w.Place(domain))
			}
		}
	}
	return out
}

// Expected is a change to a domain's zone as it can be waited for; what stands outside of it, or is the zone above's,
// is left out.
func Expected(domain string, records []diag.Record) (out []Wanted) {
	for _, r := range records {
		kind, name := strings.ToLower(r.Type), strings.ToLower(strings.TrimSuffix(r.Name, "."))
		name, below := strings.CutSuffix(name, strings.ToLower(strings.TrimSuffix(domain, ".")))
		name, dotted := strings.CutSuffix(name, ".")
		w := Wanted{Name: name, Type: kind, Digest: Digest(kind, r.Value), Gone: r.Remove}
		if !below || dotted != (name != "") || !slices.Contains(digested, kind) ||
			name != "" && !wantedName.MatchString(name) || len(out) == maxWanted || slices.Contains(out, w) {
			continue
		}
		out = append(out, w)
	}
	return out
}

const maxWanted = 8
