package distance_test

import (
	"fmt"
	"strings"
	"testing"

	"signpost/diag/distance"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"spf", "", 3}, {"include", "inlcude", 1}, {"quarantine", "qurantien", 2}, {"redirect", "redirct", 1},
		{"解决", "解诀", 1}, {"über", "uber", 1}, {strings.Repeat("邮", 30), strings.Repeat("邮", 30), 0},
		{strings.Repeat("a", 31), strings.Repeat("a", 31), 99}, {"a", strings.Repeat("a", 1<<20), 99},
	} {
		if got := distance.Of(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %d, want %d", c.a, c.b, got, c.want)
		}
		if got := distance.Of(c.b, c.a); got != c.want {
			t.Errorf("%q and %q: %d, want %d", c.b, c.a, got, c.want)
		}
	}
}

func ExampleOf() {
	fmt.Println(distance.Of("quarantine", "qurantine"), distance.Of("quarantine", "quarnatine"))
	// Output: 1 1
}
