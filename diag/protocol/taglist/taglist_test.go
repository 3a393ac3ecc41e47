package taglist

import (
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text, printed string
		faults        []Fault
	}{
		{"v=DKIM1; k=rsa; p=AB CD ;", "v=DKIM1; k=rsa; p=AB CD", nil},
		{" v = DMARC1 ;\tp= none", "v=DMARC1; p=none", nil},
		{"p=", "p=", nil},
		{"", "", nil},
		{"a=1;;b=2", "a=1; b=2", []Fault{{";", 4, "empty", "", "", true}}},
		{"v=DMARC1; p:none; x", "v=DMARC1",
			[]Fault{{"p:none", 10, "no-equals", "p=none", "p", false}, {"x", 18, "no-equals", "", "", false}}},
		{`k=rsa\; p=AA`, "k=rsa; p=AA", []Fault{{`k=rsa\`, 0, "escaped-semicolon", "k=rsa", "k", false}}},
		{"a=1; a=2", "a=1; a=2", []Fault{{"a=2", 5, "duplicate", "", "a", false}}},
		{"1a=1; b c=2", "", []Fault{{"1a=1", 0, "bad-name", "", "1a", false}, {"b c=2", 6, "bad-name", "", "b c", false}}},
		{"p=none；sp=none", "p=none；sp=none", []Fault{{"p=none；sp=none", 0, "bad-character", "", "p", false}}},
	} {
		list, faults := Parse(c.text)
		if list.String() != c.printed || !slices.Equal(faults, c.faults) {
			t.Errorf("%q: %q %v, want %q %v", c.text, list, faults, c.printed, c.faults)
		}
	}
	if tag, ok := (List{{"a", "1", 0}, {"a", "2", 5}}).Get("a"); !ok || tag.Value != "1" {
		t.Errorf("Get: %v %v", tag, ok)
	}
	if _, ok := (List{{"a", "1", 0}}).Get("A"); ok {
		t.Error("Get minds no case")
	}
}

func TestParseIsBounded(t *testing.T) {
	text := ""
	for range 5000 {
		text += "a=1;b;"
	}
	list, faults := Parse(text)
	if len(list) != maxTags || len(faults) != maxFaults {
		t.Errorf("%d tags, %d faults", len(list), len(faults))
	}
}

func TestNearest(t *testing.T) {
	names := []string{"p", "sp", "rua", "ruf", "adkim", "aspf", "pct"}
	for s, want := range map[string]string{"rau": "rua", "adkm": "adkim", "adikm": "adkim", "ru": "", "policy": "",
		"spf": "", "foo": ""} {
		if got := Nearest(s, names); got != want {
			t.Errorf("%s: %q, want %q", s, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"v=DKIM1; k=rsa; p=AB CD ;", "a=1;;b", `k=rsa\; p=A`, "p:none", "v=\xff;\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, _ := Parse(s)
		again, faults := Parse(list.String())
		if len(again) != len(list) {
			t.Fatalf("%q became %q became %q", s, list, again)
		}
		for i := range list {
			if list[i].Name != again[i].Name || list[i].Value != again[i].Value {
				t.Fatalf("%q became %q", list[i], again[i])
			}
		}
		for _, f := range faults {
			if f.Reason != "duplicate" && f.Reason != "bad-character" {
				t.Fatalf("%q, printed as %q, has %v", s, list, f)
			}
		}
	})
}
