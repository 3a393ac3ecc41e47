package bounce

import (
	"encoding/json"
	"slices"
	"strings"
)

// Sending services report bounces as JSON, each with its own names for the same things. The names are compared without case, blanks and marks.
var jsonFields = map[string]string{
	"emailaddress": "Final-Recipient: rfc822; ", "recipient": "Final-Recipient: rfc822; ", "rcptto": "Final-Recipient: rfc822; ", "email": "Final-Recipient: rfc822; ",
	"failedrecipient": "Final-Recipient: rfc822; ", "action": "Action: ", "remotemta": "Remote-MTA: dns; ", "mxhost": "Remote-MTA: dns; ", "reportingmta": "Reporting-MTA: dns; ",
	"diagnosticcode": "Diagnostic-Code: smtp; ", "smtpresponse": "Diagnostic-Code: smtp; ", "response": "Diagnostic-Code: smtp; ", "reason": "Diagnostic-Code: smtp; ",
	"rawreason": "Diagnostic-Code: smtp; ", "bouncereason": "Diagnostic-Code: smtp; ", "bouncedescription": "Diagnostic-Code: smtp; ", "description": "Diagnostic-Code: smtp; ",
	"details": "Diagnostic-Code: smtp; ", "error": "Diagnostic-Code: smtp; ", "errormessage": "Diagnostic-Code: smtp; ", "message": "Diagnostic-Code: smtp; ",
}

const maxNodes = 2000

// fromJSON is the fields of a report that stand in a text as JSON; false: there is none.
func fromJSON(text string) (string, bool) {
	begin := strings.IndexByte(text, '{')
	if begin < 0 || !strings.ContainsRune(text, ':') || begin > 8<<10 {
		return "", false
	}
	if before := strings.TrimRight(text[:begin], " \t\r\n"); strings.HasSuffix(before, "[") {
		begin = len(before) - 1
	}
	values := decodeJSON(clip(text[begin:]))
	if values == nil { // a mail may have broken the lines
		values = decodeJSON(strings.NewReplacer("\n", "", "\r", "").Replace(clip(text[begin:])))
	}
	var out strings.Builder
	left := maxNodes
	flatten(&out, values, 0, &left)
	return out.String(), strings.Contains(out.String(), "Diagnostic-Code") || strings.Contains(out.String(), "Status:")
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

func flatten(out *strings.Builder, v any, depth int, left *int) {
	if *left--; *left < 0 || depth > maxDepth {
		return
	}
	switch t := v.(type) {
	case []any:
		for _, x := range t {
			flatten(out, x, depth+1, left)
		}
	case map[string]any:
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
				name := strings.NewReplacer("-", "", "_", "", " ", "", ".", "").Replace(strings.ToLower(k))
				field := jsonFields[name]
				if m := statusCode.FindString(s); field == "" && m != "" && (name == "status" || strings.HasSuffix(name, "code")) {
					field, s = "Status: ", m
				}
				if field != "" && s != "" {
					lines = append(lines, field+strings.Join(strings.Fields(s), " "))
				}
			}
		}
		slices.SortStableFunc(lines, func(a, b string) int { // the recipient first, who reports before all
			return order(a) - order(b)
		})
		if len(lines) > 0 {
			out.WriteString(strings.Join(lines, "\n") + "\n\n")
		}
		for _, x := range inner {
			flatten(out, x, depth+1, left)
		}
	}
}

func order(line string) int {
	switch {
	case strings.HasPrefix(line, "Reporting-MTA"):
		return 0
	case strings.HasPrefix(line, "Final-Recipient"):
		return 1
	}
	return 2
}
