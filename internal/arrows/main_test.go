package main

import (
	"slices"
	"testing"
)

// TestUpward: the order is the best one, and what runs up in it is told.
func TestUpward(t *testing.T) {
	uses := func(pairs ...[2]int) []map[int][]string {
		out := make([]map[int][]string, 4)
		for i := range out {
			out[i] = map[int][]string{}
		}
		for _, p := range pairs {
			out[p[0]][p[1]] = append(out[p[0]][p[1]], "x")
		}
		return out
	}
	files := []string{"a.go", "b.go", "c.go", "d.go"}
	for _, c := range []struct {
		uses []map[int][]string
		want []string
	}{
		{uses([2]int{0, 1}, [2]int{1, 2}, [2]int{0, 3}), nil},
		{uses([2]int{0, 1}, [2]int{1, 0}, [2]int{0, 1}), []string{"  b.go uses x of a.go"}},
		{uses([2]int{3, 0}, [2]int{3, 1}, [2]int{3, 2}, [2]int{0, 1}, [2]int{1, 2}, [2]int{2, 3}),
			[]string{"  c.go uses x of d.go"}},
	} {
		if got := (room{files, c.uses}).upward(); !slices.Equal(got, c.want) {
			t.Errorf("%v: %q, want %q", c.uses, got, c.want)
		}
	}
}
