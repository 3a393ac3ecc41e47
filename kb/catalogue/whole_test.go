package catalogue

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestWhole: a language that lacks a text, has one that English has not, or names other arguments, is told by its name
// and the text's.
func TestWhole(t *testing.T) {
	const english = "hello: 'Hello {{.name}}'\nbye: 'Bye'\n"
	for want, chinese := range map[string]string{
		"":                                   "hello: '{{.name}}，您好'\nbye: '再见'\n",
		"zh lacks bye":                       "hello: '{{.name}}，您好'\n",
		"zh lacks hello":                     "hello: '  '\nbye: '再见'\n",
		"zh has more, which English has not": "hello: '{{.name}}，您好'\nbye: '再见'\nmore: '更多'\n",
		"zh names other arguments in hello":  "hello: '{{.who}}，您好'\nbye: '再见'\n",
		"active.zh.yaml":                     "hello: [\n",
	} {
		_, err := Load(fstest.MapFS{"active.en.yaml": {Data: []byte(english)},
			"active.zh.yaml": {Data: []byte(chinese)}}, ".")
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", chinese, err, want)
		}
	}
}
