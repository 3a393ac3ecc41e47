// Package caa reads CAA records: which authorities may issue certificates for a name (RFC 8659).
//
// What may enter: what RFC 8659 says of a property. Which authorities there are is given.
package caa

import (
	"net/url"
	"slices"
	"strings"
)

// Property is one CAA record.
type Property struct {
	Flags  uint8
	Tag    string // lower case
	Stands string // the tag as it stands there
	Value  string
	Issuer string  // of issue, issuewild and issuevmc: whom it names, lower case; empty: nobody
	Faults []Fault // reserved flags, a tag that is none, a value that breaks the grammar
}

// Fault is what is wrong with a record, as a word.
type Fault string

// The faults of a record.
const (
	BadFlags   Fault = "caa-flags"  // flags that mean nothing are set; only 128, critical, does (RFC 8659 4.1)
	BadTag     Fault = "caa-tag"    // the tag is not made of letters and digits
	UnknownTag Fault = "caa-unread" // the tag is none that authorities know
	BadIssuer  Fault = "caa-issuer" // whom it names is no domain name: it then names nobody (RFC 8659 4.2)
	BadParams  Fault = "caa-params" // what follows the name is no list of tag=value: it then names nobody
	NearIssuer Fault = "caa-near"   // no authority that is known goes by the name, and one by a name like it: see Near
	BadIodef   Fault = "caa-iodef"  // no mailto:, http: or https: address (RFC 8659 4.4)
)

const critical = 128

// tags is those of the IANA registry.
var tags = []string{"issue", "issuewild", "iodef", "contactemail", "contactphone", "issuemail", "issuevmc"}

// Parse reads one record.
func Parse(flags uint8, tag, value string) Property {
	p := Property{Flags: flags, Tag: strings.ToLower(tag), Stands: tag, Value: value}
	fault := func(f Fault) { p.Faults = append(p.Faults, f) }
	if flags&^critical != 0 {
		fault(BadFlags)
	}
	switch {
	case p.Tag == "" || strings.Trim(p.Tag, "abcdefghijklmnopqrstuvwxyz0123456789") != "":
		fault(BadTag)
	case !slices.Contains(tags, p.Tag):
		fault(UnknownTag)
	}
	switch p.Tag {
	case "issue", "issuewild", "issuevmc":
		var f Fault
		if p.Issuer, f = readIssuer(value); f != "" {
			fault(f)
		}
	case "iodef":
		if u, err := url.Parse(value); err != nil || strings.ContainsAny(value, " \t") ||
			!(u.Scheme == "mailto" && strings.Contains(u.Opaque, "@") || (u.Scheme == "http" || u.Scheme == "https") &&
				u.Host != "") {
			fault(BadIodef)
		}
	}
	return p
}

// readIssuer reads the value of issue and issuewild (RFC 8659 4.2): a domain name, and parameters behind a semicolon. A
// name of one label is no authority's.
func readIssuer(value string) (issuer string, fault Fault) {
	name, rest, _ := strings.Cut(value, ";")
	name = strings.Trim(name, " \t")
	for part := range strings.SplitSeq(rest, ";") {
		if part = strings.Trim(part, " \t"); part == "" {
			continue
		}
		tag, v, ok := strings.Cut(part, "=")
		if !ok || strings.Trim(strings.ToLower(strings.Trim(tag, " \t")), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" ||
			strings.ContainsAny(strings.Trim(v, " \t"), " \t") {
			return "", BadParams
		}
	}
	if name == "" {
		return "", ""
	}
	if name = strings.ToLower(strings.TrimSuffix(name, ".")); !isName(name) || !strings.Contains(name, ".") {
		return "", BadIssuer
	}
	return name, ""
}

// isName reports a domain name of letters, digits and hyphens, in small letters.
func isName(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return len(name) <= 253
}

// Set is the records that hold for a name.
type Set []Property

// Refuses is the tags that bind an authority to refuse because it does not know them: marked critical, and not
// registered (RFC 8659 4.1).
func (s Set) Refuses() (unknown []string) {
	for _, p := range s {
		if p.Flags&critical != 0 && !slices.Contains(tags, p.Tag) {
			unknown = append(unknown, p.Tag)
		}
	}
	return unknown
}

// MarkIssuers is whom the set lets issue mark certificates (BIMI). Restricted is false where it lets anybody.
func (s Set) MarkIssuers() (names []string, restricted bool) { return s.allowed("issuevmc") }

// Issuers is whom the set lets issue, for a wildcard name or another. Restricted is false where it lets anybody (RFC
// 8659 4.2, 4.3): it has no property for this.
func (s Set) Issuers(wildcard bool) (names []string, restricted bool) {
	tag := "issue"
	if wildcard && slices.ContainsFunc(s, func(p Property) bool { return p.Tag == "issuewild" }) {
		tag = "issuewild"
	}
	return s.allowed(tag)
}

// allowed is whom the properties of a tag name. Restricted: there are some.
func (s Set) allowed(tag string) (names []string, restricted bool) {
	names = []string{}
	for _, p := range s {
		if p.Tag != tag {
			continue
		}
		restricted = true
		if p.Issuer != "" && !slices.Contains(names, p.Issuer) {
			names = append(names, p.Issuer)
		}
	}
	return names, restricted
}
