// Package pattern is regular expressions that are compiled when they are first used: a program with hundreds of them
// starts at once, and a command that ends soon compiles the few that it needs.
//
// What may enter: how expressions are compiled and held to what they can match. An expression stands where it is used.
package pattern

import (
	"regexp"
	"sync"
)

// Pattern is a regular expression, safe for concurrent use. Its methods are those of [regexp.Regexp], and panic where
// the expression is not one.
type Pattern struct {
	text     string
	once     sync.Once
	compiled *regexp.Regexp
}

// New is a pattern that is compiled when it is first used.
func New(text string) *Pattern { return &Pattern{text: text} }

// Regexp is the expression itself.
func (p *Pattern) Regexp() *regexp.Regexp {
	p.once.Do(func() { p.compiled = regexp.MustCompile(p.text) })
	return p.compiled
}

// String is the expression as it was given.
func (p *Pattern) String() string { return p.text }

func (p *Pattern) MatchString(s string) bool            { return p.Regexp().MatchString(s) }
func (p *Pattern) FindString(s string) string           { return p.Regexp().FindString(s) }
func (p *Pattern) FindStringIndex(s string) []int       { return p.Regexp().FindStringIndex(s) }
func (p *Pattern) FindStringSubmatch(s string) []string { return p.Regexp().FindStringSubmatch(s) }
func (p *Pattern) FindStringSubmatchIndex(s string) []int {
	return p.Regexp().FindStringSubmatchIndex(s)
}
func (p *Pattern) FindAllString(s string, n int) []string { return p.Regexp().FindAllString(s, n) }
func (p *Pattern) FindAllStringIndex(s string, n int) [][]int {
	return p.Regexp().FindAllStringIndex(s, n)
}
func (p *Pattern) FindAllStringSubmatch(s string, n int) [][]string {
	return p.Regexp().FindAllStringSubmatch(s, n)
}
func (p *Pattern) FindAllStringSubmatchIndex(s string, n int) [][]int {
	return p.Regexp().FindAllStringSubmatchIndex(s, n)
}
func (p *Pattern) ReplaceAllString(s, by string) string { return p.Regexp().ReplaceAllString(s, by) }
func (p *Pattern) ReplaceAllStringFunc(s string, by func(string) string) string {
	return p.Regexp().ReplaceAllStringFunc(s, by)
}
func (p *Pattern) Split(s string, n int) []string { return p.Regexp().Split(s, n) }
