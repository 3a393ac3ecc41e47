package diag

import (
	"errors"
	"fmt"
	"slices"
)

// Validate refuses a list of checks that cannot work: a name or a code used twice, a check without a function, a
// requirement that is not listed before, a used check that is not listed at all, a hiding code that nobody reports, and
// checks that wait for each other in a circle. The error tells everything that is wrong.
func Validate(checks []*Check) error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf("diag: "+format, args...)) }
	at, codes := map[string]int{}, map[Code]string{}
	for i, c := range checks {
		if c.Name == "" || c.Run == nil {
			wrong("check %d (%q) has no name or no function", i, c.Name)
		}
		if _, twice := at[c.Name]; twice {
			wrong("two checks are called %s", c.Name)
		}
		at[c.Name] = i
		for _, s := range c.Codes {
			if by, twice := codes[s.Code]; twice {
				wrong("code %s of check %s is already %s's", s.Code, c.Name, by)
			}
			codes[s.Code] = c.Name
		}
		for _, need := range c.Requires {
			if !slices.Contains(checks[:i], need) {
				wrong("check %s requires %s, which is not listed before it", c.Name, need.Name)
			}
		}
		for _, used := range c.Uses {
			if !slices.Contains(checks, used) {
				wrong("check %s uses %s, which is not listed", c.Name, used.Name)
			}
		}
	}
	for _, c := range checks {
		for _, code := range slices.Concat(c.HiddenBy, c.SkippedBy) {
			if codes[code] == "" {
				wrong("check %s is hidden by %s, which no check reports", c.Name, code)
			}
		}
	}
	if circle := findCircle(checks); circle != "" {
		wrong("checks wait for each other: %s", circle)
	}
	return errors.Join(errs...)
}

// findCircle is a circle of Requires and Uses in words; empty where there is none.
func findCircle(checks []*Check) string {
	const under, done = 1, 2
	state := map[*Check]int{}
	var visit func(c *Check) string
	visit = func(c *Check) string {
		switch state[c] {
		case under:
			return c.Name
		case done:
			return ""
		}
		state[c] = under
		for _, next := range slices.Concat(c.Requires, c.Uses) {
			if path := visit(next); path != "" {
				return c.Name + " -> " + path
			}
		}
		state[c] = done
		return ""
	}
	for _, c := range checks {
		if path := visit(c); path != "" {
			return path
		}
	}
	return ""
}
