package template

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func testSlots() map[string]Slot {
	return map[string]Slot{
		"number": {Pattern: `[0-9]{1,15}\b`, Folded: true, Example: "42"},
		"state":  {Accept: func(s string) bool { return strings.Contains("solved 已解决 waiting for dns", strings.ToLower(s)) }},
		"rest":   {Rest: true},
		"behind": {Raw: true},
		"any":    {},
	}
}

var testRules = map[string]string{
	"please": "(please[,]|(can|could) you [please])", "case": "(MAIL[-]{number}|case {number}|案例{number}|{number}号案例)",
}

// TestMatch: what a template reads, and what it does not.
func TestMatch(t *testing.T) {
	for _, c := range []struct{ template, text, want string }{
		{"[<please>] set {case} to {state}", "set MAIL-42 to solved", "number=42 state=solved"},
		{"[<please>] set {case} to {state}", "Please, SET mail42 TO Solved!", "number=42 state=Solved"},
		{"[<please>] set {case} to {state}", "could you please set\tcase 7\nto waiting for DNS?",
			"number=7 state=waiting for DNS"},
		{"[<please>] set {case} to {state}", "ｓｅｔ　ＭＡＩＬ－４２　ｔｏ　solved。", "number=42 state=solved"},
		{"[<please>] set {case} to {state}", "set 案例 42 to 已解决", "number=42 state=已解决"},
		{"[<please>] set {case} to {state}", "set MAIL-42 to something", ""},
		{"[<please>] set {case} to {state}", "setMAIL-42 to solved", ""},
		{"[<please>] set {case} to {state}", "set MAIL-42x to solved", ""},
		{"[<please>] set {case} to {state}", "reset MAIL-42 to solved", ""},
		{"[<please>] set {case} to {state}", "set MAIL-42 tosolved", ""},
		{"[请]把{case}[的]状态改为{state}", "请把案例42的状态改为已解决。", "number=42 state=已解决"},
		{"[请]把{case}[的]状态改为{state}", "把 MAIL-42 的 状态改为 solved", "number=42 state=solved"},
		{"[请]把{case}[的]状态改为{state}", "把42号案例状态改为已解决", "number=42 state=已解决"},
		{"report[s|ed] {any}", "reported it", "any=it"}, {"report[s|ed] {any}", "report it", "any=it"},
		{"report[s|ed] {any}", "reporter it", ""},
		{"open [a] case [{rest}]", "open case: it's slow.", "rest=it's slow."}, {"open [a] case [{rest}]", "open a case", ""},
		{"open [a] case [{rest}]", "open casework", "no"}, {"what's {any}", "what’s up?", "any=up"},
		{"#{number}{behind}", "#42: x", "behind=: x number=42"}, {"no. {number}", "no.7", "number=7"},
		{"a ((b|c) [d]|e) {any}", "a c d x", "any=x"}, {"a ((b|c) [d]|e) {any}", "a d x", ""},
		{"и {any}", "иногда", ""}, {"и {any}", "и 42", "any=42"}, {"[{any}] à {rest}", "voilà x", ""},
		{"[{any}] à {rest}", "on va à Lyon", "any=on va rest=Lyon"},
		{"закрыть {case}", "Закрыть MAIL-7.", "number=7"},
		{"{any}的", "今天解决的", "any=今天解决"},
	} {
		one, err := New(c.template, testRules, testSlots())
		if err != nil {
			t.Errorf("%s: %v", c.template, err)
			continue
		}
		v, ok := one.Match(Ready(c.text))
		var got []string
		for _, name := range []string{"any", "behind", "number", "rest", "state"} {
			if x := v[name]; x != "" {
				got = append(got, name+"="+x)
			}
		}
		if strings.Join(got, " ") != strings.TrimPrefix(c.want, "no") || ok && c.want == "no" {
			t.Errorf("%s: %q gives %q %v, want %q", c.template, c.text, strings.Join(got, " "), ok, c.want)
		}
	}
}

// TestFaulty plants every fault that a template can have: each is told with what is wrong.
func TestFaulty(t *testing.T) {
	for text, want := range map[string]string{
		"set ({case}": "not closed", "set {case": "not closed", "set <please": "not closed", "[a": "not closed",
		"set (a]": "closes", "set a)": "closes nothing", "a } b": "closes nothing",
		"set {cse} to {state}": "no slot {cse}; there are {any}",
		"[<plese>] set":        "no rule <plese>; there are <case>, <loop>", "": "empty", "  ": "empty", "{A}": "no name",
		"{}":     "no name",
		"<loop>": "holds itself", "a|b": "outside of parentheses", "\xff": "not UTF-8",
		strings.Repeat("a", 2000):                               "longer than",
		strings.Repeat("(", 40) + "a" + strings.Repeat(")", 40): "within each other",
	} {
		rules := maps.Clone(testRules)
		rules["loop"] = "a <loop>"
		if _, err := New(text, rules, testSlots()); !errors.Is(err, ErrTemplate) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
	rules := map[string]string{"a0": "x"}
	for i := range 12 { // each doubles the one before
		rules["a"+strings.Repeat("a", i)] = strings.Repeat("(x|y) ", 8) + strings.Repeat("<a"+strings.Repeat("a", i-1+1)+"> ",
			8)
	}
	rules["a"+strings.Repeat("a", 12)] = "x"
	if _, err := New("<a>", rules, testSlots()); !errors.Is(err, ErrTemplate) {
		t.Errorf("parts that grow without bound: %v", err)
	}
}

// TestLoad: a fault is told with its language, its list and its place, and so is a list that a language lacks.
func TestLoad(t *testing.T) {
	g := Grammar{Names: []string{"set", "show"}, Slots: testSlots()}
	good := "everywhere: {case: ['MAIL-{number}']}\nsentences:\n  set: ['set {case} to {state}']\n  show: []\n"
	set, err := g.Load(fstest.MapFS{"s/en.yaml": {Data: []byte(good)},
		"s/zh.yaml": {Data: []byte("sentences: {set: ['把{case}改为{state}'], show: []}")}}, "s")
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := set.Match("set", Ready("把MAIL-3改为已解决")); !ok || v["number"] != "3" || len(set.Languages()) != 2 {
		t.Errorf("%v %v %v", v, ok, set.Languages())
	}
	_, err = g.Load(fstest.MapFS{
		"s/en.yaml": {Data: []byte(good)},
		"s/zh.yaml": {Data: []byte("sentences: {set: ['把{case}改为{state}', '把{cse}改为'], sho: []}")},
		"s/eo.yaml": {Data: []byte("sentence: {}")}, "s/english words.yaml": {Data: []byte(good)},
	}, "s")
	for _, want := range []string{
		`s/zh.yaml: template: cannot be read: nobody asks for the sentences "sho"`,
		`set, template 2: "把{cse}改为": template: cannot be read: no slot {cse}`,
		`a right one: "[please] (show|see) {number}" reads "please show 42"`,
		`the sentences "show" are lacking`, "s/eo.yaml: ", "s/english words.yaml: ",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
	if _, err := g.Load(fstest.MapFS{}, "s"); err == nil {
		t.Error("no files")
	}
}

// TestLinear: a text made to be hard is refused in no time.
func TestLinear(t *testing.T) {
	one, err := New("[{any}] [a|aa] [{any}] (a|aa) [{any}] b {any}", nil, testSlots())
	if err != nil {
		t.Fatal(err)
	}
	from := time.Now()
	if _, ok := one.Match(Ready(strings.Repeat("a ", 1999))); ok || time.Since(from) > 2*time.Second {
		t.Errorf("%v in %v", ok, time.Since(from))
	}
	if _, ok := one.Match(Ready(strings.Repeat("a ", 5000) + "b c")); ok {
		t.Error("a text without bound")
	}
}

// FuzzNew: no template does harm, and one that is read can be matched against anything.
func FuzzNew(f *testing.F) {
	f.Add("[<please>] (set|change) {case} to {state}", "set case 1 to solved")
	f.Add("把{case}[的]状态改为{state}", "把案例 42 改为 x")
	f.Add("report[s|ed][s] (a|) {any}{rest}", "reports ï»¿")
	f.Fuzz(func(t *testing.T, text, said string) {
		one, err := New(text, testRules, testSlots())
		if err != nil {
			if !errors.Is(err, ErrTemplate) {
				t.Error(err)
			}
			return
		}
		if _, err := regexp.Compile(one.re.String()); err != nil {
			if !strings.Contains(err.Error(), "expression nests too deeply") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		v, _ := one.Match(Ready(said))
		for name, value := range v {
			if !testSlots()[name].Folded && !strings.Contains(said, value) {
				t.Errorf("%q of %q: %q is not in it", name, said, value)
			}
		}
	})
}

func Example() {
	slots := map[string]Slot{"case": {Pattern: `MAIL-[0-9]+`}, "state": {}}
	one, err := New("[please] (set|change) {case} to {state}", nil, slots)
	if err != nil {
		fmt.Println(err)
		return
	}
	v, ok := one.Match(Ready("Please set MAIL-42 to solved."))
	fmt.Println(ok, v["case"], v["state"])
	_, err = New("[please] set {case} to {stat}", nil, slots)
	fmt.Println(err)
	// Output:
	// true MAIL-42 solved
	// template: cannot be read: no slot {stat}; there are {case}, {state}
}
