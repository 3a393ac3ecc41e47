package cases

import (
	"strconv"
	"strings"

	"signpost/cases/index"
)

// Every key of this package is made here. The workspace's id is the hash tag: its records live in one slot of a
// cluster, so that a script may touch several of them. Where a script finds out a number by itself, it is given what
// the key begins with.

func teamKey(team string, parts ...string) string {
	return "signpost:{" + plainID(team) + "}:" + strings.Join(parts, ":")
}

func numberKey(team, kind string, number int64) string {
	return teamKey(team, kind, strconv.FormatInt(number, 10))
}

func caseKey(team string, number int64) string     { return numberKey(team, "case", number) }
func contactsKey(team string, number int64) string { return numberKey(team, "contacts", number) }
func timelineKey(team string, number int64) string { return numberKey(team, "timeline", number) }

// indexKeys is where the index stands. In Redis a block is called a shelf and a superblock a floor, as they were in
// the first version.
func indexKeys(team string) index.Keys {
	return index.Keys{Last: lastKey(team), Version: indexKey(team), Block: teamKey(team, "shelf", ""),
		Superblock: teamKey(team, "floor", "")}
}

func blockKey(team string, p index.Place) string      { return numberKey(team, "shelf", p.Block) }
func superblockKey(team string, p index.Place) string { return numberKey(team, "floor", p.Superblock) }

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

// stagedKey is where contacts or entries of a large case are collected before they are put into it.
func stagedKey(team, name, part string) string { return teamKey(team, "staged", name, part) }

// forgottenKey is the set of the cases out of which a request takes a person.
func forgottenKey(team, request string) string { return teamKey(team, "forgotten", plainID(request)) }

// Sums of the reports that receivers write.
func mailSumKey(team, domain, day string) string {
	return teamKey(team, "mailsum", plainID(domain), plainID(day))
}
func mailTLSKey(team, domain, day string) string {
	return teamKey(team, "mailtls", plainID(domain), plainID(day))
}
func mailReportKey(team, id string) string { return teamKey(team, "mailreport", plainID(id)) }
func mailDomainsKey(team string) string    { return teamKey(team, "maildomains") } // sorted set, by last day

// Domains that are watched, and changes whose spreading is followed, by channel and domain.
func livesKey(team string) string         { return teamKey(team, "lives") }
func watchesKey(team string) string       { return teamKey(team, "watches") }
func watchField(channel, d string) string { return plainID(channel) + " " + plainID(d) }

// Addresses whose announcements are followed, and what goes on there by the last look, by their ID.
func feedsKey(team string) string   { return teamKey(team, "feeds") }
func ongoingKey(team string) string { return teamKey(team, "ongoing") }

func settingsKey(team string) string        { return teamKey(team, "settings") }
func threadField(channel, ts string) string { return channel + " " + ts }

// plainID keeps a string from outside from closing a hash tag.
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

// Where identifies a conversation: a thread of a channel, or outside of threads one person in a channel.
type Where struct{ Team, Channel, Thread, User string }

// thread names the conversation within its channel.
func (w Where) thread() string {
	if w.Thread != "" {
		return plainID(w.Thread)
	}
	return plainID(w.User)
}
