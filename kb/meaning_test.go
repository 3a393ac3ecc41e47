package kb

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func searching(t *testing.T) (*Base, *searcher) {
	t.Helper()
	b := load(t)
	s, err := b.searcher()
	if err != nil {
		t.Fatal(err)
	}
	return b, s
}

// TestMeanings holds the table together: every guide and meaning that it names is there, every meaning is used and has
// words of both languages or a number, and no set asks for two guides.
func TestMeanings(t *testing.T) {
	b, s := searching(t)
	m := s.meanings
	used, sets := map[string]bool{}, map[string]string{}
	for _, guide := range slices.Sorted(maps.Keys(m.Asked)) {
		if b.Guide(guide) == nil {
			t.Errorf("%s is no guide", guide)
		}
		for _, set := range m.Asked[guide] {
			parts := strings.Fields(set)
			slices.Sort(parts)
			key := strings.Join(parts, " ")
			if other, ok := sets[key]; ok && other != guide {
				t.Errorf("%q asks for %s and for %s", set, other, guide)
			}
			sets[key] = guide
			for _, p := range parts {
				p = strings.TrimPrefix(p, "!")
				if used[p] = true; !slices.Contains([]string{ofMail, ofCountry, ofProvider, ofProviders}, p) && m.Words[p] == nil {
					t.Errorf("%s: %q is no meaning", guide, p)
				}
			}
		}
	}
	for meaning := range m.Words {
		if !used[meaning] && meaning != ofElsewhere {
			t.Errorf("%s is asked for nowhere", meaning)
		}
	}
	for _, meaning := range m.Mail {
		if m.Words[meaning] == nil {
			t.Errorf("mail: %q is no meaning", meaning)
		}
	}
}

// TestWordForms: a meaning is found in any form of its words, and with a slip in a long one.
func TestWordForms(t *testing.T) {
	_, s := searching(t)
	for text, want := range map[string]string{
		"the printers": "device", "it was disappearing": "disappear", "prnter": "device", "it dizapears": "disappear",
		"relayed": "relay", "can't": "fail", "can\u2019t": "fail", "打印机": "device",
		"????": "weird", "e-mail on 5.7.1": "code5",
	} {
		if got := s.meanings.of(s.meanings.spelled(text)); !got[want] {
			t.Errorf("%q means %v, not %s", text, got, want)
		}
	}
	for _, text := range []string{"president", "gender", "police", "strangely"} {
		if got := s.meanings.spelled(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestSlips(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"relay", "relay", 0}, {"relay", "rleay", 1}, {"printer", "prnter", 1}, {"outlook", "outlok", 1}, {"mail", "nail", 1},
		{"dizapear", "disappear", 2}, {"mail", "bounce", many}, {"", "ab", 2},
		{strings.Repeat("a", 25), strings.Repeat("a", 25), many},
	} {
		if got := slipsBetween(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %d slips, want %d", c.a, c.b, got, c.want)
		}
	}
}

func FuzzSearch(f *testing.F) {
	b, err := Load()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("prnter gives relay access denied")
	f.Add("\xff\u2019'..@@\u4fe1")
	f.Fuzz(func(t *testing.T, text string) {
		if found, err := b.Search(text); err != nil || len(found) > 3 {
			t.Errorf("%q: %d, %v", text, len(found), err)
		}
	})
}
