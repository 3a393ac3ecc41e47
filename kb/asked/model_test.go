package asked_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"signpost/kb/asked"
)

func same(word string) string { return word }

func learnt(lines ...string) *asked.Model {
	var out []asked.Example
	for _, l := range lines {
		label, text, _ := strings.Cut(l, ": ")
		out = append(out, asked.Example{Label: label, Features: asked.Features(text, same)})
	}
	return asked.Learn(out, nil)
}

// TestModel learns of a few questions, and tells others by them.
func TestModel(t *testing.T) {
	m := learnt("full: the mailbox is full", "full: no space left for mail", "full: 邮箱满了", "full: 空间不够",
		"late: mail comes hours late", "late: why is mail so slow today", "late: 邮件来得太慢", "late: 第二天才到")
	for text, want := range map[string]string{
		"his mailbox is full again": "full", "mail is very slow": "late", "空间快满了": "full", "来得很慢": "late",
	} {
		g := m.Guess(asked.Features(text, same))
		if g[0].Label != want || g[0].P <= 0.5 {
			t.Errorf("%q: %+v, want %s", text, g, want)
		}
		if sum := g[0].P + g[1].P; math.Abs(sum-1) > 1e-9 {
			t.Errorf("%q: the guesses add up to %v", text, sum)
		}
	}
	if g := m.Guess(asked.Features("zzz 鑫", same)); math.Abs(g[0].P-g[1].P) > 0.2 {
		t.Errorf("what no example has is no sure guess: %+v", g)
	}
	if g := asked.Learn(nil, nil).Guess([]string{"w x"}); g != nil {
		t.Errorf("without examples: %+v", g)
	}
	if a, b := fmt.Sprint(m.Guess([]string{"w mail"})), fmt.Sprint(learnt("a: x", "b: y").Guess([]string{"w x"})); a == b {
		t.Errorf("two models say the same: %s", a)
	}
}

// TestFeatures bounds what a text can cost.
func TestFeatures(t *testing.T) {
	if got := strings.Join(asked.Features("it's smtp 邮箱x", same), "|"); got !=
		"g <its|g its>|g <its>|w its|b ^ its|g <smt|g smtp|g mtp>|g <smtp|g smtp>|w smtp|b its smtp|c 邮|c 箱|c 邮箱|w x|b smtp x" {
		t.Errorf("%s", got)
	}
	if n := len(asked.Features(strings.Repeat("邮箱 mail ", 5000), same)); n > 800 {
		t.Errorf("%d features", n)
	}
	if n := len(asked.Features(strings.Repeat("邮", 5000), same)); n > 800 {
		t.Errorf("%d features of one word", n)
	}
}

func ExampleModel_Guess() {
	m := learnt("full: the mailbox is full", "full: no space left", "late: mail comes late", "late: it took hours")
	fmt.Println(m.Guess(asked.Features("my mailbox has no space", same))[0].Label)
	// Output: full
}

// TestStored keeps a model and reads it back: the same guesses, and nothing of a file that is cut, or of other
// questions.
func TestStored(t *testing.T) {
	m := learnt("full: the mailbox is full", "late: mail comes hours late")
	var out bytes.Buffer
	if err := m.Write(&out, []byte("of"), []string{"mail"}); err != nil {
		t.Fatal(err)
	}
	back, words, err := asked.Read(out.Bytes(), []byte("of"))
	if err != nil || len(words) != 1 {
		t.Fatal(words, err)
	}
	f := asked.Features("my mailbox is late", same)
	if a, b := fmt.Sprint(m.Guess(f)), fmt.Sprint(back.Guess(f)); a != b {
		t.Errorf("%s is learnt, %s is read", a, b)
	}
	for what, raw := range map[string][]byte{"cut": out.Bytes()[:out.Len()/2], "nothing": nil, "no model": []byte("x")} {
		if m, _, err := asked.Read(raw, []byte("of")); err == nil || m != nil {
			t.Errorf("%s: %v, %v", what, m, err)
		}
	}
	if _, _, err := asked.Read(out.Bytes(), []byte("others")); err == nil {
		t.Error("a model of other questions is taken")
	}
}
