package cases

import "strings"

// Every key of this package is made here. The workspace's id is the hash tag: its records live in one slot of a cluster.

func teamKey(team string, parts ...string) string {
	return "signpost:{" + plainID(team) + "}:" + strings.Join(parts, ":")
}

func talkKey(w Where) string { return teamKey(w.Team, "talk", w.Channel, w.thread()) }

func settingsKey(team string) string { return teamKey(team, "settings") }

// plainID keeps what comes from outside from ending a hash tag.
func plainID(s string) string {
	if s == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if r == '{' || r == '}' || r <= ' ' {
			return '_'
		}
		return r
	}, s)
}
