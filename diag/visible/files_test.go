package visible

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
)

func TestJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":"b"}`:                         `{"a":"b"}`,
		"{\n\t\"a\": \"域名 é\"\n}\n":         "{\n\t\"a\": \"域名 é\"\n}\n",
		"{\"a\":\"x\u202ey\u00a0z\u200b\"}": `{"a":"x\u202ey\u00a0z\u200b"}`,
		"{\"a\":\"\U000e0041\"}":            `{"a":"\udb40\udc41"}`,
	} {
		got := string(JSON([]byte(in)))
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
		var x, y any
		if json.Unmarshal([]byte(in), &x) != nil || json.Unmarshal([]byte(got), &y) != nil ||
			x.(map[string]any)["a"] != y.(map[string]any)["a"] {
			t.Errorf("%q says something else than %q", got, in)
		}
	}
}

func TestCSV(t *testing.T) {
	cells := []string{"", "plain", "域名", "=1+1", "＝1+1", "＋1", "－1", "＠x", "+1", "-1", "@x", " =1", "\u00a0=1", "\u200b＝1",
		"\t=1", "\r=1", "\n=1", "a=b", "1-1", "a;=1", "a\t=1", `say "x"`, "a,b", "line\nline", "﹦1"}
	want := []string{"", "plain", "域名", "'=1+1", "'＝1+1", "'＋1", "'－1", "'＠x", "'+1", "'-1", "'@x", "' =1", "'\u00a0=1",
		"'\u200b＝1", "'\t=1", "'\r=1", "'\n=1", "a=b", "1-1", "a;=1", "a\t=1", `say "x"`, "a,b", "line\nline", "'﹦1"}
	line := CSV(cells)
	got, err := csv.NewReader(strings.NewReader(line)).ReadAll()
	if err != nil || len(got) != 1 {
		t.Fatal(err, line)
	}
	for i := range want {
		if w := strings.ReplaceAll(want[i], "\r\n", "\n"); got[0][i] != w {
			t.Errorf("%q becomes %q, want %q", cells[i], got[0][i], w)
		}
	}
	if !strings.Contains(line, `"a;=1"`) || !strings.Contains(line, "\"a\t=1\"") {
		t.Errorf("what parts cells elsewhere is not quoted: %s", line)
	}
}

func TestMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"plain 域名 spf.none":                 "plain 域名 spf.none",
		"[log in](https://evil.example/)":   `\[log in\]\(https\:\/\/evil.example/\)`,
		"![x](//evil.example/p.png)":        `\!\[x\]\(//evil.example/p.png\)`,
		"<img src=x> &lt;":                  `&lt;img src=x&gt; &amp;lt;`,
		"see www.evil.example":              `see www\.evil.example`,
		"a|b\nc\u202e":                      `a\|b c\226\128\174`,
		"`code` **b** _i_ # h ~~s~~ $x$ \\": "\\`code\\` \\*\\*b\\*\\* \\_i\\_ \\# h \\~\\~s\\~\\~ \\$x\\$ \\\\",
	} {
		// What the door shows is written with backslashes, which are escaped like all others.
		want = strings.ReplaceAll(want, `\226\128\174`, `\\226\\128\\174`)
		if got := Markdown(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
