package batch

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestScoreKB counts what is right, vague, wrong and unknown by family, and tells whether it is enough.
func TestScoreKB(t *testing.T) {
	b, err := loadKB()
	if err != nil {
		t.Fatal(err)
	}
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	dir := fstest.MapFS{
		"bounces.tsv":    file("file\tright_causes\tsaid\na1.txt\tno-user\nbounces-here/a2.txt\tmailbox-full,too-large\nb1.txt\tspf-failed\nb2.txt\tno-user\nb3.txt\t@unknown\n"),
		"a1.txt":         file("550 5.2.1 The mailbox is disabled"), // a kind of no-user
		"bounces/b1.txt": file("554 5.7.1 refused by policy"),
		"bounces/b2.txt": file("552 mailbox full"), "b3.txt": file("554"), "bounces-here/a2.txt": file("hello"),
	}
	var out strings.Builder
	enough, err := ScoreKB(&out, b, dir, 40)
	if err != nil || !enough {
		t.Fatalf("%v, %v\n%s", enough, err, out.String())
	}
	for _, want := range []string{"a      1      0      0        1    2   50 %",
		"b      1      1      1        0    3   33 %", "all      2      1      1        1    5   40 %",
		`unknown: bounces-here/a2.txt: nothing, not mailbox-full or too-large: ""`,
		`vague: b1.txt: policy, not spf-failed: "554 5.7.1 refused by policy"`, `wrong: b2.txt: mailbox-full, not no-user`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if enough, err := ScoreKB(&out, b, dir, 41); err != nil || enough {
		t.Errorf("40 %% are at least 41 %%: %v", err)
	}
	for name, dir := range map[string]fstest.MapFS{"no list": {}, "no file": {"bounces.tsv": file("x.txt\tno-user\n")},
		"no causes": {"bounces.tsv": file("x.txt\n")}} {
		if _, err := ScoreKB(&out, b, dir, 0); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
