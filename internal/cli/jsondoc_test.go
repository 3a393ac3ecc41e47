package cli

import (
	"bytes"
	"encoding"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/bot/console"
	"signpost/commands/answers"
	"signpost/diag"
	"signpost/diag/protocol/spf"
)

//go:generate go test . -run ^TestJSONPage$ -update-json

var updateJSON = flag.Bool("update-json", false, "write docs/json.md")

// schema is a JSON Schema, as far as it is needed here.
type schema map[string]any

// choices is the words of types that have few.
var choices = map[reflect.Type][]string{
	reflect.TypeFor[diag.Verdict](): {string(diag.OK), string(diag.Problems), string(diag.Broken),
		string(diag.Uncertain)},
	reflect.TypeFor[diag.Status](): {string(diag.Passed), string(diag.Found), string(diag.Unknown),
		string(diag.Skipped)},
	reflect.TypeFor[diag.Severity](): {diag.Info.String(), diag.Notice.String(), diag.Warning.String(),
		diag.Error.String()},
	reflect.TypeFor[spf.Result](): {
		string(spf.Pass), string(spf.Fail), string(spf.SoftFail), string(spf.Neutral), string(spf.None),
		string(spf.PermError), string(spf.TempError),
	},
}

// schemaOf is the schema of what a type is written as.
func schemaOf(of reflect.Type) schema {
	if words := choices[of]; words != nil {
		return schema{"type": "string", "enum": words}
	}
	text := reflect.TypeFor[encoding.TextMarshaler]()
	switch {
	case of == reflect.TypeFor[time.Time]():
		return schema{"type": "string", "format": "date-time"}
	case of.Implements(text) || reflect.PointerTo(of).Implements(text):
		return schema{"type": "string"}
	}
	switch of.Kind() {
	case reflect.Pointer:
		return schemaOf(of.Elem())
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Uint:
		return schema{"type": "integer"}
	case reflect.Float64:
		return schema{"type": "number"}
	case reflect.Slice, reflect.Array:
		return schema{"type": "array", "items": schemaOf(of.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": schemaOf(of.Elem())}
	case reflect.Struct:
		return objectOf(of)
	}
	return schema{} // anything
}

// objectOf is the schema of a struct.
func objectOf(of reflect.Type) schema {
	properties, required := map[string]schema{}, []string{}
	for i := range of.NumField() {
		name, options, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		if f := of.Field(i); f.Anonymous && name == "" { // its fields stand among the others
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			part := objectOf(inner)
			maps.Copy(properties, part["properties"].(map[string]schema))
			required = append(required, part["required"].([]string)...)
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		properties[name] = schemaOf(of.Field(i).Type)
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	if of == reflect.TypeFor[diag.Evidence]() { // which writes its round trip itself
		properties["rtt_ms"] = schema{"type": "number"}
		required = append(required, "rtt_ms")
	}
	return schema{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// outputs is what is written with --json, by the command line that writes it.
var outputs = []struct {
	title, says, call string
	of                any
}{
	{"signpost check DOMAIN... --json",
		"One object a line and domain, as each is done. What facts and args hold depends on check and code; codes are those of [codes.md](codes.md).", "check", (*diag.Report)(nil).Shape()},
	{"A domain that is none", "In place of a report, where what was given is no domain: exit code 2 at the end.", "bad",
		struct {
			Domain string `json:"domain"`
			Error  string `json:"error"`
		}{}},
	{"signpost spf --json", "", "spf", spf.Outcome{}},
	{"signpost reports FILE... --json",
		"One object. Codes of faults and notes are those of [reports.md](reports.md); facts count messages.", "reports",
		answers.ReportsRead{}},
	{"signpost console --json", "One object a line and answer. Data is what the answer is made from: for /mailcheck the report above.", "console", console.Shape()},
}

// TestJSONPage: docs/json.md is the schemas of all that is written with --json. With -update-json it is written.
func TestJSONPage(t *testing.T) {
	const name = "../../docs/json.md"
	var page strings.Builder
	page.WriteString("# JSON\n\n<!-- generated: go generate ./internal/cli -->\n\n" +
		"What is written with `--json`, as JSON Schemas. Names are stable: other programs read them. Fields are added, none is renamed;\n" +
		"read leniently what you do not know. Control characters, marks of direction and other unseen characters are written as `\\uXXXX`.\n")
	for _, o := range outputs {
		fmt.Fprintf(&page, "\n## %s\n\n", o.title)
		if o.says != "" {
			fmt.Fprintf(&page, "%s\n\n", o.says)
		}
		text, err := json.MarshalIndent(schemaOf(reflect.TypeOf(o.of)), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&page, "```json\n%s\n```\n", text)
	}
	if *updateJSON {
		if err := os.WriteFile(name, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if raw, err := os.ReadFile(name); err != nil || string(raw) != page.String() {
		t.Errorf("%s is out of date (%v): run go generate ./internal/cli", name, err)
	}
}

// faults is how a value differs from a schema.
func faults(at string, value any, of schema) (out []string) {
	kind, _ := of["type"].(string)
	switch v := value.(type) {
	case map[string]any:
		properties, _ := of["properties"].(map[string]schema)
		if kind != "" && kind != "object" {
			return []string{at + ": an object in place of " + kind}
		}
		required, _ := of["required"].([]string)
		for _, name := range required {
			if _, ok := v[name]; !ok {
				out = append(out, at+"."+name+" is missing")
			}
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			each, known := properties[name]
			if !known && properties != nil {
				out = append(out, at+"."+name+" is not in the schema")
			}
			out = append(out, faults(at+"."+name, v[name], each)...)
		}
		return out
	case []any:
		if kind != "" && kind != "array" {
			return []string{at + ": a list in place of " + kind}
		}
		items, _ := of["items"].(schema)
		for i, each := range v {
			out = append(out, faults(fmt.Sprintf("%s[%d]", at, i), each, items)...)
		}
		return out
	}
	words, _ := of["enum"].([]string)
	text, isText := value.(string)
	number, isNumber := value.(float64)
	_, isBool := value.(bool)
	switch {
	case kind == "", kind == "boolean" && isBool, kind == "number" && isNumber, kind == "integer" && isNumber &&
		number == float64(int64(number)):
	case kind == "string" && isText && (words == nil || slices.Contains(words, text)):
	default:
		out = append(out, fmt.Sprintf("%s: %v in place of %s %q", at, value, kind, words))
	}
	return out
}

// TestJSONOutputs holds what is written against the schemas, for domains of every sort.
func TestJSONOutputs(t *testing.T) {
	at := resolver(t, "shop.test. TXT v=spf1 include:s.shop.test a:x.shop.test -all", "shop.test. MX mx.shop.test.",
		"mx.shop.test. A 192.0.2.80", "s.shop.test. TXT v=spf1 ip4:192.0.2.0/24 -all")
	calls := map[string][]string{
		"check": {"check", "shop.test", "nowhere.test", "--json", "--no-smtp", "--resolver", at},
		"bad":   {"check", "192.0.2.1", "a b", "--json", "--resolver", at},
		"spf":   {"spf", "--ip", "203.0.113.9", "--json", "--resolver", at, "shop.test"},
		"reports": {"reports", "--json", "--resolver", at, "testdata/reports/tls.json",
			"testdata/reports/receiver.example!example.com!1790812800!1790899199.xml", "testdata/reports/note.txt"},
		"console": {"console", "--demo", "--json"},
	}
	typed := strings.Join([]string{
		"/mailcheck healthy.example", "/mailcheck missing-dot.example evidence", "/mailcheck txt-servfail.example",
		"/mailhelp no mail since yesterday",
		"/mailcase open spf-none.example no mail", "/mailcase show 1", "/mailcase solve 1", "/mailset", "nonsense", "/demo",
	}, "\n") + "\n"
	for _, o := range outputs {
		code, out, errs := call(t, typed, calls[o.call]...)
		lines := bytes.Split(bytes.TrimSpace([]byte(out)), []byte("\n"))
		for _, line := range lines {
			var v any
			if err := json.Unmarshal(line, &v); err != nil {
				t.Fatalf("%s: exit %d: %v: %s%s", o.title, code, err, out, errs)
			}
			for _, f := range faults(o.call, v, schemaOf(reflect.TypeOf(o.of))) {
				t.Errorf("%s: %s in %.300s", o.title, f, line)
			}
			if report, ok := v.(map[string]any)["data"].(map[string]any); ok && report["checks"] != nil {
				for _, f := range faults("data", report, schemaOf(reflect.TypeOf(outputs[0].of))) {
					t.Errorf("%s: %s in %.300s", o.title, f, line)
				}
			}
		}
	}
	if planted := faults("x", map[string]any{"domain": 1.0, "more": true},
		schemaOf(reflect.TypeOf(outputs[1].of))); len(planted) != 3 {
		t.Errorf("of three faults these were found: %q", planted)
	}
}
