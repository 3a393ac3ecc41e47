package diag

import (
	"encoding/json"
	"testing"
)

type addressFacts struct {
	Hosts []string `json:"hosts"`
}

// TestFacts reads facts in their own type, also from a report that has been JSON in between.
func TestFacts(t *testing.T) {
	a, b := &Check{Name: "a"}, &Check{Name: "b"}
	r := &Report{Results: []Result{{Check: "a", Status: Passed, Facts: &addressFacts{[]string{"x.test"}}},
		{Check: "b", Status: Unknown}}}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var again Report
	if err := json.Unmarshal(raw, &again); err != nil {
		t.Fatal(err)
	}
	if _, ok := Facts[*addressFacts](&again, b); ok {
		t.Error("facts of a check that learned nothing, from JSON")
	}
	for _, report := range []*Report{r, &again} {
		if f, ok := Facts[*addressFacts](report, a); !ok || f == nil || len(f.Hosts) != 1 || f.Hosts[0] != "x.test" {
			t.Errorf("%+v, %v", f, ok)
		}
		if f, ok := Facts[addressFacts](report, a); !ok || len(f.Hosts) != 1 {
			t.Errorf("by value: %+v, %v", f, ok)
		}
		if _, ok := Facts[*addressFacts](report, &Check{Name: "c"}); ok {
			t.Error("facts of a check that was not made")
		}
	}
	if f, ok := Facts[*addressFacts](r, b); ok {
		t.Errorf("facts of a check that learned nothing: %+v", f)
	}
	if _, ok := Facts[int](r, a); ok {
		t.Error("facts of another type")
	}
}
