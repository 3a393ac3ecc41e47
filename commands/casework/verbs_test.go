package casework

import (
	"slices"
	"strings"
	"testing"

	"signpost/commands/intent"
)

// TestVerbs: the verbs are whole, and one that is not is told at start, with what it lacks.
func TestVerbs(t *testing.T) {
	if err := Validate(); err != nil {
		t.Fatal(err)
	}
	for want, faulty := range map[string]intent.Verb{
		`"frobnicate" lacks a handler`:                           {Name: "frobnicate", Group: "work"},
		`"frobnicate" lacks the sentence words.case.frobnicate`:  {Name: "frobnicate", Group: "work"},
		`"frobnicate" lacks the sentence case.help.frobnicate`:   {Name: "frobnicate", Group: "work"},
		`"frobnicate" lacks the sentence case.help.group.nobody`: {Name: "frobnicate", Group: "nobody"},
		`"frobnicate" lacks the sentence form.mailcase.frobnicate.tit`: {Name: "frobnicate", Group: "work",
			Form: []string{"text"}},
		`"frobnicate" lacks the field colour`: {Name: "frobnicate", Group: "work",
			Ends: []string{"colour"}},
		`"hidden" lacks a handler`: {Name: "hidden"},
	} {
		if err := validate(append(slices.Clone(intent.Verbs), faulty)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", faulty, err, want)
		}
	}
	if err := validate(intent.Verbs[1:]); err == nil ||
		!strings.Contains(err.Error(), `"open" is carried out and is no verb`) {
		t.Errorf("a handler without a verb: %v", err)
	}
	other := slices.Clone(intent.Verbs)
	for i := range other {
		if other[i].Name == "list" {
			other[i] = intent.Verb{Name: "list", Group: "open"} // said to be of one case
		}
	}
	if err := validate(other); err == nil || !strings.Contains(err.Error(), `"list" lacks a handler of its kind`) {
		t.Errorf("a handler of another kind: %v", err)
	}
}
