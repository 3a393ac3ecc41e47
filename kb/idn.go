package kb

import (
	"maps"
	"strings"

	"golang.org/x/net/idna"
)

// inBothForms is a title's arguments with each internationalised name among them as people read it, and as DNS has it behind. What is not
// wholly a name, such as a term of a record, stays as it is: it is looked for in the zone.
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

// bothForms is an internationalised name with its U-labels first: "中文.com (xn--fiq228c.com)". Any other text is given back.
func bothForms(name string) string {
	if len(name) > maxNameText || !strings.Contains(strings.ToLower(name), "xn--") || strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
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
