package cases

import (
	"strconv"
	"strings"
)

// Every key of this package is made here. The workspace's id is the hash tag: its records live in one slot of a cluster, so that a script may
// touch several of them, also those that it names itself, behind the team's prefix.

func teamKey(team string, parts ...string) string {
	return "signpost:{" + plainID(team) + "}:" + strings.Join(parts, ":")
}

func numberKey(team, kind string, number int64) string {
	return teamKey(team, kind, strconv.FormatInt(number, 10))
}

func caseKey(team string, number int64) string     { return numberKey(team, "case", number) }
func contactsKey(team string, number int64) string { return numberKey(team, "contacts", number) }
func timelineKey(team string, number int64) string { return numberKey(team, "timeline", number) }

// shelfKey is the part of the index for cases of neighbouring numbers, and floorKey that for neighbouring shelves.
func (b *Book) shelfKey(team string, number int64) string {
	return numberKey(team, "shelf", number/b.shelf)
}

func (b *Book) floorKey(team string, number int64) string {
	return numberKey(team, "floor", number/b.shelf/b.shelf)
}

// places is where a case stands on its shelf, and that on its floor.
func (b *Book) places(number int64) (onShelf, onFloor int64) {
	return number % b.shelf, number / b.shelf % b.shelf
}

func lastKey(team string) string           { return teamKey(team, "last") }    // the last number given
func indexKey(team string) string          { return teamKey(team, "index") }   // the version of the index
func countsKey(team string) string         { return teamKey(team, "counts") }  // hash: cases by state
func domainsKey(team string) string        { return teamKey(team, "domains") } // hash: the open case of a domain
func threadsKey(team string) string        { return teamKey(team, "threads") } // hash: the case of a thread
func auditKey(team string) string          { return teamKey(team, "audit") }   // stream
func measuresKey(team, what string) string { return teamKey(team, "measures", what) }
func measureNamesKey(team string) string   { return teamKey(team, "measures") } // set of what is measured
func doneKey(team, request string) string  { return teamKey(team, "done", plainID(request)) }
func talkKey(w Where) string               { return teamKey(w.Team, "talk", plainID(w.Channel), w.thread()) }
func lastSpokenKey(w Where) string {
	return teamKey(w.Team, "spoken", plainID(w.Channel), plainID(w.User))
}

// stagedKey is where a part of a case is laid ready.
func stagedKey(team, name, part string) string { return teamKey(team, "staged", name, part) }

func settingsKey(team string) string        { return teamKey(team, "settings") }
func threadField(channel, ts string) string { return channel + " " + ts }

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
