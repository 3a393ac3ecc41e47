package diag

import (
	"context"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	run := func(context.Context, *Pass) (any, error) { return nil, nil }
	check := func(name string, codes ...Code) *Check {
		c := &Check{Name: name, Run: run}
		for _, s := range codes {
			c.Codes = append(c.Codes, Kind{s, Notice})
		}
		return c
	}
	a, b, c := check("a", "a.x"), check("b", "b.x"), check("c")
	b.Requires, c.Uses, c.HiddenBy = []*Check{a}, []*Check{b}, []Code{"a.x"}
	if err := Validate([]*Check{a, b, c}); err != nil {
		t.Errorf("a good list: %v", err)
	}
	if err := Validate(nil); err != nil {
		t.Errorf("an empty list: %v", err)
	}
	one, two := check("one"), check("two")
	one.Uses, two.Uses = []*Check{two}, []*Check{one}
	self := check("self")
	self.Uses = []*Check{self}
	hides := check("hides")
	hides.HiddenBy = []Code{"no.such"}
	for want, list := range map[string][]*Check{
		"requires a, which is not listed before": {b, a},
		"uses b, which is not listed":            {a, c},
		"two checks are called a":                {a, check("a")},
		"code a.x of check z is already a's":     {a, check("z", "a.x")},
		"one -> two -> one":                      {one, two},
		"self -> self":                           {self},
		"hidden by no.such":                      {hides},
		"no name or no function":                 {{Name: "empty"}},
	} {
		if err := Validate(list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
