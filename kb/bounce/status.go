package bounce

import (
	"slices"
	"strings"

	"signpost/diag/pattern"
)

// group is the fields about one recipient (RFC 3464 2.3), with those about the message that it came with.
type group struct {
	recipient, original string
	action, status      string
	diagnostic          []string // lines, as they stand
	remote, reporting   string   // hosts
	local               bool     // the diagnostic is the reporting system's own words
}

var (
	statusField = pattern.New(`(?i)^(final-recipient|original-recipient|original-rcpt|action|status|diagnostic-code|remote-mta|reporting-mta|received-from-mta|arrival-date|last-attempt-date|will-retry-until|final-log-id|original-envelope-id|dsn-gateway|x-postfix-[a-z-]+|x-display-name|x-supplementary-info|x-actual-recipient|x-notes)[ \t]*[:\x{FF1A}](.*)$`)
	statusCode  = pattern.New(`\b([245])\s*\.\s*(\d{1,3})\s*\.\s*(\d{1,3})\b`)
)

// readGroups reads the body of a message/delivery-status.
func readGroups(body string) []group {
	groups, rest := takeGroups(body)
	if len(groups) > 0 {
		if words := strings.TrimSpace(rest); words != "" { // not what the RFC has there, but somebody's words
			groups[len(groups)-1].diagnostic = append(groups[len(groups)-1].diagnostic, strings.Split(words, "\n")...)
		}
	}
	return groups
}

// takeGroups takes the fields of a report out of a text. Rest is the other lines.
func takeGroups(text string) (groups []group, rest string) {
	lower := strings.ToLower(text)
	if !strings.Contains(lower, "recipient") && !strings.Contains(lower, "diagnostic") &&
		!strings.Contains(lower, "-mta") && !strings.Contains(lower, "status") {
		return nil, text
	}
	var in groupReader
	for at := 0; at < len(text); {
		whole, next := lineAt(text, at)
		at = next
		line := whole
		if strings.ContainsAny(line, ">|") {
			line = quoting.ReplaceAllString(line, "")
		}
		if m := statusField.FindStringSubmatch(strings.TrimLeft(line, " \t")); m != nil {
			in.field(line, strings.ToLower(m[1]), strings.TrimSpace(m[2]))
		} else {
			in.other(whole, line)
		}
	}
	in.flush()
	groups = in.groups
	if !in.strong && in.fields < 2 || len(groups) == 0 && in.reporting == "" {
		return nil, text
	}
	if len(groups) == 0 {
		groups = []group{{}}
	}
	for i := range groups {
		groups[i].reporting = in.reporting
		if groups[i].recipient == "" {
			groups[i].recipient = groups[i].original
		}
	}
	return groups, in.rest.String()
}

// groupReader is how far the fields of a report have been read.
type groupReader struct {
	groups    []group
	g         group  // the one that is being read
	open      bool   // g has a field
	last      string // the field that a folded line goes on with, or ""
	reporting string // who reports
	fields    int    // how many there were
	strong    bool   // one of them stands in reports only
	rest      strings.Builder
}

func (r *groupReader) flush() {
	if r.open && len(r.groups) < 200 {
		r.groups = append(r.groups, r.g)
	}
	r.g, r.open, r.last = group{}, false, ""
}

// other takes a line that is no field: one that goes on with the field before, or one of somebody's words.
func (r *groupReader) other(whole, line string) {
	switch {
	case strings.TrimSpace(line) == "":
		if !r.open || r.last == "diagnostic-code" { // not open: after the fields about the message
			r.last = ""
		}
		r.rest.WriteByte('\n')
	case r.last == "diagnostic-code" && len(r.g.diagnostic) < 60 && !isOtherField(line):
		r.g.diagnostic = append(r.g.diagnostic, line)
	case r.last != "" && (line[0] == ' ' || line[0] == '\t'):
	default:
		r.last = ""
		r.rest.WriteString(whole + "\n")
	}
}

// field takes a field of the report.
func (r *groupReader) field(line, name, value string) {
	r.fields++
	if name != "status" && name != "action" && name != "arrival-date" {
		r.strong = true
	}
	r.last = name
	switch name {
	case "reporting-mta":
		r.flush()
		r.reporting, r.last = hostOf(value), name
	case "final-recipient", "original-recipient", "original-rcpt", "x-actual-recipient":
		r.address(name, addressOf(value))
	case "action":
		if r.g.action != "" {
			r.flush()
		}
		r.open, r.last = true, name
		r.g.action = strings.ToLower(strings.Trim(strings.Fields(value + " -")[0], ".,;()"))
	case "status":
		r.open = true
		if m := statusCode.FindStringSubmatch(value); m != nil {
			r.g.status = m[1] + "." + m[2] + "." + m[3]
		}
		if strings.IndexByte(value, '(') >= 0 { // a comment: "5.1.1 (user unknown)"
			r.g.diagnostic = append(r.g.diagnostic, line)
		}
	case "diagnostic-code", "x-supplementary-info", "x-notes":
		r.open, r.last = true, "diagnostic-code"
		r.g.diagnostic = append(r.g.diagnostic, line)
		if lower := strings.ToLower(value); strings.HasPrefix(lower, "x-") || strings.HasPrefix(lower, "notes") {
			r.g.local = true
		}
	case "remote-mta":
		r.open = true
		r.g.remote = hostOf(value)
	}
}

// address takes a recipient, which may begin a new group.
func (r *groupReader) address(name, a string) {
	g := &r.g
	switch {
	case name == "final-recipient" && g.recipient != "",
		name == "original-recipient" && g.original != "" && !strings.EqualFold(a, g.original):
		r.flush()
	case name == "original-recipient" && g.recipient != "" && g.original == "" && (g.action != "" || g.status != "") &&
		!sameBox(a, g.recipient) && g.diagnostic != nil:
		r.flush()
	}
	r.open, r.last = true, name
	switch name {
	case "final-recipient":
		g.recipient = a
	case "original-recipient", "original-rcpt":
		g.original = a
	}
}

// isOtherField reports a line that is a field of another kind: it does not go on with a reply.
func isOtherField(line string) bool {
	name, value, ok := cutField(line)
	return ok && strings.HasPrefix(value, " ") &&
		(mailFields[strings.ToLower(name)] || strings.HasPrefix(strings.ToLower(name), "x-"))
}

// addressOf is the address of "rfc822; kim@example.org", or of what others write there.
func addressOf(v string) string {
	if a := firstAddress(v); a != "" {
		return a
	}
	if _, after, ok := strings.Cut(v, ";"); ok {
		v = after
	}
	v = strings.Trim(strings.TrimSpace(v), "<>\"'")
	return strings.ToValidUTF8(v[:min(len(v), 254)], "?")
}

func hostOf(v string) string {
	if _, after, ok := strings.Cut(v, ";"); ok {
		v = after
	}
	fields := strings.Fields(v)
	if len(fields) == 0 {
		return ""
	}
	return strings.ToLower(strings.Trim(fields[0], ".[]()<>"))
}

// units is what the fields say, the reply before the code.
func (g group) units() []Unit {
	var out []Unit
	if len(g.diagnostic) > 0 {
		logical := joinLines(g.diagnostic)
		if len(logical) > 1 {
			out = append(out, newUnits(g.diagnostic, true)...)
		}
		for _, l := range logical {
			out = append(out, newUnits(l, false)...)
		}
	}
	if g.status != "" {
		out = append(out, newUnits([]string{"Status: " + g.status}, false)...)
	}
	return out
}

// speakers is who spoke of this recipient: the remote host, unless the words are the reporting system's own.
func (g group) speakers(words, reporting string) []string {
	var out []string
	out = appendNew(out, speakers(plainLines(g.diagnostic))...)
	if !g.local && g.remote != "" {
		out = appendNew(out, g.remote)
	}
	if g.local {
		out = appendNew(out, reporting)
	}
	out = appendNew(out, speakers(words)...)
	return appendNew(out, reporting)
}

func plainLines(lines []string) string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = plain(l)
	}
	return strings.Join(out, " ")
}

// failedGroups is the groups about mail that did not arrive; where all arrived, all.
func failedGroups(all []group) []group {
	var failed []group
	for _, g := range all {
		switch g.action {
		case "delivered", "relayed", "expanded":
		default:
			if g.recipient == "" && g.status == "" && len(g.diagnostic) == 0 && len(all) > 1 {
				continue
			}
			failed = append(failed, g)
		}
	}
	if len(failed) == 0 {
		return all
	}
	return merged(failed)
}

// merged puts together what is said of one recipient twice: in a part of its own, and in the words beside it.
func merged(groups []group) []group {
	var out []group
	for _, g := range groups {
		known := false
		for i := range out {
			o := &out[i]
			if !sameBox(o.recipient, g.recipient) {
				continue
			}
			known = true
			o.diagnostic = append(o.diagnostic, g.diagnostic...)
			if o.status == "" {
				o.status = g.status
			}
			if o.action == "" {
				o.action = g.action
			}
			if o.remote == "" {
				o.remote = g.remote
			}
		}
		if !known {
			out = append(out, g)
		}
	}
	return out
}

// appendNew appends what is not there yet.
func appendNew(list []string, more ...string) []string {
	for _, m := range more {
		if m != "" && !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}
