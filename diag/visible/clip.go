package visible

import "strings"

// OneLine is a text of several lines, as policies and mail hosts' answers are, in one.
func OneLine(s string) string {
	s = strings.ReplaceAll(strings.TrimRight(s, "\r\n"), "\r\n", "\n")
	return strings.ReplaceAll(s, "\n", " | ")
}

// Clip cuts a text to so many characters. What is no UTF-8 in it stays; the door shows it.
func Clip(s string, runes int) string {
	for i := range s {
		if runes--; runes < 0 {
			return s[:i] + "…"
		}
	}
	return s
}

// ClipAll is Clip for the first of many.
func ClipAll(in []string) []string {
	out := make([]string, 0, min(len(in), 40))
	for _, s := range in[:min(len(in), 40)] {
		out = append(out, Clip(s, 500))
	}
	return out
}
