package kb

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	_ "time/tzdata"

	"signpost/diag"

	"golang.org/x/net/idna"
	"golang.org/x/text/language"
)

// Fingerprints is the providers as diag recognises them.
func (b *Base) Fingerprints() []diag.Fingerprint { return b.fingerprints }

// Operators is the DNS operators as diag recognises them.
func (b *Base) Operators() []diag.Operator { return b.known }

// ControlHosts is mail hosts of large mailbox providers, one of each: by them a blocked port 25 is told from a dead
// host.
func (b *Base) ControlHosts() []string {
	var out []string
	for _, p := range b.providers {
		if p.Role == "mailbox" && len(p.MXSets) > 0 && len(p.MXSets[0].Hosts) > 0 &&
			!strings.ContainsAny(p.MXSets[0].Hosts[0].Host, "*<{") {
			out = append(out, p.MXSets[0].Hosts[0].Host)
		}
	}
	return out
}

// Provider is the provider of that id, or nil.
func (b *Base) Provider(id string) *Provider {
	for i := range b.providers {
		if b.providers[i].ID == id {
			return &b.providers[i]
		}
	}
	return nil
}

// ProviderName is the provider's name in words; the id itself when it is not known.
func (b *Base) ProviderName(lang language.Tag, id string) string {
	p := b.Provider(id)
	if p == nil {
		return id
	}
	base, _ := b.texts.Match(lang).Base()
	if n := p.Names[base.String()]; n != "" {
		return n
	}
	return p.Names["en"]
}

// OperatorName is the DNS operator's name; the id itself when it is not known.
func (b *Base) OperatorName(_ language.Tag, id string) string {
	for _, o := range b.operators {
		if o.ID == id {
			return o.Name
		}
	}
	return id
}

// CheckTitle is the name of a check in words.
func (b *Base) CheckTitle(lang language.Tag, check string) string {
	return b.texts.Text(lang, "check."+check, nil)
}

// Codes is every code that has a meaning here, sorted.
func (b *Base) Codes() []string {
	var out []string
	for code := range b.who {
		out = append(out, string(code))
	}
	slices.Sort(out)
	return out
}

// AnnouncesAt is the providers that announce at a link: on a page of theirs, or on one below it.
func (b *Base) AnnouncesAt(link string) (ids []string) {
	for _, p := range b.providers {
		if slices.ContainsFunc(p.Channels, func(c Channel) bool { return c.announcesAt(link) }) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// announcesAt reports whether a link is the page on which a provider announces, or below it.
func (c Channel) announcesAt(link string) bool {
	if c.Kind != Status && c.Kind != Announcements {
		return false
	}
	page, err := url.Parse(c.URL)
	at, failed := url.Parse(link)
	return err == nil && failed == nil && at.Host != "" && strings.EqualFold(page.Hostname(), at.Hostname()) &&
		(strings.HasPrefix(at.Path, page.Path) || at.Path+"/" == page.Path)
}

// ConcernsMail reports whether what is announced at an address may concern mail: it stands on a page that tells of
// nothing else, or names mail.
func (b *Base) ConcernsMail(address, text string) bool {
	for _, p := range b.providers {
		for _, c := range p.Channels {
			if c.announcesAt(address) && !c.Broad {
				return true
			}
		}
	}
	return anyWord(heard(text), b.words.Services)
}

// inBothForms is a title's arguments with each internationalised name among them as people read it, and as DNS has it
// behind. What is not wholly a name, such as a term of a record, stays as it is: it is looked for in the zone.
func inBothForms(args map[string]any) map[string]any {
	out := maps.Clone(args)
	for k, v := range args {
		switch v := v.(type) {
		case string:
			out[k] = bothForms(v)
		case []string:
			names := make([]string, len(v))
			for i := range v {
				names[i] = bothForms(v[i])
			}
			out[k] = names
		}
	}
	return out
}

const maxNameText = 253 // characters of a name (RFC 1035 2.3.4)

// bothForms is an internationalised name with its U-labels first: the name as people read it, and "(xn--fiq228c.com)".
// Any other text is given back.
func bothForms(name string) string {
	if len(name) > maxNameText || !strings.Contains(strings.ToLower(name), "xn--") ||
		strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		return name
	}
	labels := strings.Split(name, ".")
	for i, l := range labels {
		if len(l) > 4 && strings.EqualFold(l[:4], "xn--") {
			if u, err := idna.Display.ToUnicode(l); err == nil {
				labels[i] = u
			}
		}
	}
	if shown := strings.Join(labels, "."); shown != name {
		return shown + " (" + name + ")"
	}
	return name
}
