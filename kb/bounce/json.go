package bounce

import (
	"encoding/json"
	"slices"
	"strings"

	"signpost/diag/pattern"
)

// Sending services report bounces as JSON, each with its own names for the same things. The names are compared without
// case, blanks and marks.
var jsonFields = map[string]string{
	"emailaddress": "Final-Recipient: rfc822; ", "recipient": "Final-Recipient: rfc822; ",
	"rcptto": "Final-Recipient: rfc822; ", "email": "Final-Recipient: rfc822; ",
	"failedrecipient": "Final-Recipient: rfc822; ", "action": "Action: ", "remotemta": "Remote-MTA: dns; ",
	"mxhost": "Remote-MTA: dns; ", "reportingmta": "Reporting-MTA: dns; ",
	"diagnosticcode": "Diagnostic-Code: smtp; ", "smtpresponse": "Diagnostic-Code: smtp; ",
	"response": "Diagnostic-Code: smtp; ", "reason": "Diagnostic-Code: smtp; ",
	"rawreason": "Diagnostic-Code: smtp; ", "bouncereason": "Diagnostic-Code: smtp; ",
	"bouncedescription": "Diagnostic-Code: smtp; ", "description": "Diagnostic-Code: smtp; ",
	"details": "Diagnostic-Code: smtp; ", "error": "Diagnostic-Code: smtp; ", "errormessage": "Diagnostic-Code: smtp; ",
	"message": "Diagnostic-Code: smtp; ",
	"smtpmsg": "Diagnostic-Code: smtp; ", "smtpmessage": "Diagnostic-Code: smtp; ", "smtperror": "Diagnostic-Code: smtp; ",
	"smtpreply": "Diagnostic-Code: smtp; ",
}

const maxNodes = 2000

// Events name themselves: that a person complained, or that the mail arrived.
var (
	jsonKinds      = []string{"event", "eventtype", "notificationtype", "recordtype", "type"}
	jsonComplaints = []string{"complaint", "complained", "spamreport", "spamcomplaint", "spam", "emailcomplained"}
	jsonArrivals   = []string{"delivered", "delivery", "emaildelivered"}
)

// bare is a name in JSON as it is compared.
func bare(name string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "", ".", "").Replace(strings.ToLower(name))
}

// fromJSON is the fields of a report that stand in a text as JSON, and whether they are a complaint; false: there is
// none.
func fromJSON(text string) (fields string, complaint, ok bool) {
	begin := strings.IndexByte(text, '{')
	if begin < 0 || !strings.ContainsRune(text, ':') || begin > 8<<10 {
		return "", false, false
	}
	if before := strings.TrimRight(text[:begin], " \t\r\n"); strings.HasSuffix(before, "[") {
		begin = len(before) - 1
	}
	values := decodeJSON(clip(text[begin:]))
	if values == nil { // a mail may have broken the lines
		values = decodeJSON(strings.NewReplacer("\n", "", "\r", "").Replace(clip(text[begin:])))
	}
	e := events{left: maxNodes}
	e.flatten(values, 0)
	fields = e.out.String()
	told := e.complaint || e.arrived
	if e.arrived && !e.complaint {
		fields = strings.ReplaceAll(fields, "Final-Recipient:", "Action: delivered\nFinal-Recipient:")
	}
	return fields, e.complaint, strings.Contains(fields, "Diagnostic-Code") || strings.Contains(fields, "Status:") ||
		told && strings.Contains(fields, "Final-Recipient:")
}

// decodeJSON is the values that stand one behind the other, down to what is none.
func decodeJSON(text string) (out []any) {
	for d := json.NewDecoder(strings.NewReader(text)); len(out) < maxNodes; {
		var v any
		if d.Decode(&v) != nil {
			break
		}
		out = append(out, v)
	}
	return out
}

// events is how far events were read.
type events struct {
	out                strings.Builder
	left               int    // values that are still read
	kind               string // the bounce's kind, for recipients of whom nothing else is said
	complaint, arrived bool
}

func (e *events) flatten(v any, depth int) {
	if e.left--; e.left < 0 || depth > maxDepth {
		return
	}
	switch t := v.(type) {
	case []any:
		for _, x := range t {
			e.flatten(x, depth+1)
		}
	case map[string]any:
		e.object(t, depth)
	}
}

func (e *events) object(t map[string]any, depth int) {
	var lines []string
	var inner []any
	keys := make([]string, 0, len(t))
	for k := range t {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		s, isText := t[k].(string)
		switch s = strings.TrimSpace(s); {
		case !isText:
			inner = append(inner, t[k])
		case strings.HasPrefix(s, "{"): // JSON within a string
			var x any
			if json.Unmarshal([]byte(clip(s)), &x) == nil {
				inner = append(inner, x)
			}
		default:
			if line := e.field(bare(k), strings.Join(strings.Fields(s), " ")); line != "" {
				lines = append(lines, line)
			}
		}
	}
	about := func(line string) bool { return strings.HasPrefix(line, "Final-Recipient: ") }
	if slices.ContainsFunc(lines, about) && !slices.ContainsFunc(lines, isWhy) && len(inner) == 0 && e.kind != "" {
		lines = append(lines, "Diagnostic-Code: "+e.kind)
	}
	if lines = inOrder(lines); len(lines) > 0 {
		e.out.WriteString(strings.Join(lines, "\n") + "\n\n")
	}
	for _, x := range inner {
		e.flatten(x, depth+1)
	}
}

// field is the line of a report that a field of an event stands for, or "".
func (e *events) field(name, s string) string {
	switch {
	case s == "":
		return ""
	case name == "bouncesubtype":
		e.kind = "bounce type " + s
	case slices.Contains(jsonKinds, name):
		e.complaint = e.complaint || slices.Contains(jsonComplaints, bare(s))
		e.arrived = e.arrived || slices.Contains(jsonArrivals, bare(s))
	}
	field := jsonFields[name]
	if m := statusCode.FindString(s); field == "" && m != "" && (name == "status" || strings.HasSuffix(name, "code")) {
		field, s = "Status: ", m
	}
	if said, ok := strings.CutPrefix(s, "smtp;"); ok && strings.HasSuffix(field, "smtp; ") {
		s = strings.TrimSpace(said)
	}
	if field == "" {
		return ""
	}
	return field + s
}

// inOrder puts the recipient first, and who reports before all. Where a field has the code of a server, the others
// that tell why are the service's own words around it, and go.
func inOrder(lines []string) []string {
	slices.SortStableFunc(lines, func(a, b string) int { return order(a) - order(b) })
	said := func(line string) bool { return isWhy(line) && serverSaid.MatchString(line) }
	if slices.ContainsFunc(lines, said) {
		lines = slices.DeleteFunc(lines, func(line string) bool { return isWhy(line) && !said(line) })
	}
	return lines
}

// isWhy reports a line that tells why.
func isWhy(line string) bool { return strings.HasPrefix(line, "Diagnostic-Code: ") }

var serverSaid = pattern.New(`: smtp; [45]\d\d[ -]`)

func order(line string) int {
	switch {
	case strings.HasPrefix(line, "Reporting-MTA"):
		return 0
	case strings.HasPrefix(line, "Final-Recipient"):
		return 1
	}
	return 2
}
