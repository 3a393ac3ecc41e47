package pattern

import (
	"regexp"
	"slices"
	"sync"
	"testing"
)

// TestPattern holds every method to that of the expression itself.
func TestPattern(t *testing.T) {
	const text = `([a-z])(\d)`
	re := regexp.MustCompile(text)
	for _, s := range []string{"", "a1", "x a1 b2 c3", "1a", "日a9本b8"} {
		p := New(text) // not compiled yet
		up := func(s string) string { return "<" + s + ">" }
		same := p.MatchString(s) == re.MatchString(s) && p.FindString(s) == re.FindString(s) &&
			slices.Equal(p.FindStringIndex(s), re.FindStringIndex(s)) &&
			slices.Equal(p.FindStringSubmatch(s), re.FindStringSubmatch(s)) &&
			slices.Equal(p.FindStringSubmatchIndex(s), re.FindStringSubmatchIndex(s)) &&
			slices.Equal(p.FindAllString(s, 2), re.FindAllString(s, 2)) &&
			slices.EqualFunc(p.FindAllStringIndex(s, -1), re.FindAllStringIndex(s, -1), slices.Equal[[]int]) &&
			slices.EqualFunc(p.FindAllStringSubmatch(s, -1), re.FindAllStringSubmatch(s, -1), slices.Equal[[]string]) &&
			slices.EqualFunc(p.FindAllStringSubmatchIndex(s, -1), re.FindAllStringSubmatchIndex(s, -1), slices.Equal[[]int]) &&
			p.ReplaceAllString(s, "$2$1") == re.ReplaceAllString(s, "$2$1") &&
			p.ReplaceAllStringFunc(s, up) == re.ReplaceAllStringFunc(s, up) &&
			slices.Equal(p.Split(s, -1), re.Split(s, -1))
		if !same {
			t.Errorf("%q: differs from the expression", s)
		}
	}
}

// TestCompiledOnce uses one pattern from many goroutines at once.
func TestCompiledOnce(t *testing.T) {
	p := New(`^a+$`)
	seen := make([]*regexp.Regexp, 20)
	var wg sync.WaitGroup
	for i := range seen {
		wg.Go(func() { seen[i] = p.Regexp() })
	}
	wg.Wait()
	if len(slices.Compact(seen)) != 1 || !seen[0].MatchString("aaa") {
		t.Error("compiled more than once")
	}
}
