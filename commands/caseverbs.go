package commands

import (
	"slices"

	"signpost/commands/chat"
)

// trait is what holds for a verb.
type trait uint8

const (
	// ofBook: it is about the casebook, and no single case: no number follows.
	ofBook trait = 1 << iota
	// freeWords: free words follow, which may begin with a number.
	freeWords
	// onSeveral: it may be done to several cases at once.
	onSeveral
	// goesOn: for a case that was put into another it is done there.
	goesOn
	// knowsRevision: its buttons and forms carry the revision of the case that they show, so that who is slower than somebody else is told.
	knowsRevision
	// bareNumber: a number alone behind it says enough outside of a case's thread: "close 1".
	bareNumber
)

// caseVerb is one thing that can be done with cases. What it is called, its help and its example are in the catalogue, under its name.
type caseVerb struct {
	name   string
	group  string // under which help lists it; "": only the program itself may ask it
	traits trait
	form   []string // the fields that its form asks for; nil: it has none
	// ends is the fields that may stand at the end of a typed line, as name=value; without them the line is kept as it is.
	ends []string
}

// caseVerbs is all of them, in the order in which help lists them.
var caseVerbs = []caseVerb{
	{"open", "open", ofBook, []string{"domain", "title", "since", "provider", "priority", "tags"}, []string{"domain", "title", "since", "provider", "priority", "tags", "second"}},
	{"show", "open", bareNumber, nil, nil},
	{"list", "open", ofBook, nil, nil},
	{"mine", "open", ofBook, nil, nil},
	{"search", "open", ofBook, nil, nil},

	{"take", "work", onSeveral | goesOn | knowsRevision | bareNumber, nil, nil},
	{"assign", "work", onSeveral | goesOn | bareNumber, nil, nil},
	{"state", "work", onSeveral | goesOn | knowsRevision, []string{"state"}, nil},
	{"priority", "work", onSeveral | goesOn | bareNumber, nil, nil},
	{"note", "work", freeWords | goesOn | bareNumber, []string{"text"}, nil},
	{"tag", "work", freeWords | onSeveral | goesOn | bareNumber, nil, nil},
	{"untag", "work", freeWords | onSeveral | goesOn | bareNumber, nil, nil},
	{"follow", "work", onSeveral | goesOn | bareNumber, nil, nil},
	{"unfollow", "work", onSeveral | bareNumber, nil, nil},
	{"merge", "work", bareNumber, []string{"into"}, nil},

	{"contact", "support", freeWords | goesOn | bareNumber, contactFields, contactFields},
	{"ticket", "support", freeWords | goesOn, nil, nil},
	{"answered", "support", freeWords | goesOn | bareNumber, nil, nil},
	{"draft", "support", goesOn, nil, []string{"text"}},

	{"recheck", "time", goesOn | bareNumber, nil, nil},
	{"remind", "time", freeWords | goesOn | bareNumber, []string{"when"}, nil},
	{"snooze", "time", freeWords | goesOn | bareNumber, nil, nil},
	{"reminders", "time", ofBook, nil, nil},

	{"solve", "end", freeWords | onSeveral | goesOn | knowsRevision | bareNumber, endFields, endFields},
	{"close", "end", freeWords | onSeveral | goesOn | knowsRevision | bareNumber, endFields, endFields},
	{"reopen", "end", freeWords | onSeveral | bareNumber, nil, nil},
	{"lesson", "end", freeWords | goesOn | knowsRevision | bareNumber, []string{"resolution"}, nil},
	{"review", "end", bareNumber, nil, nil},

	{"stats", "book", ofBook, nil, nil},
	{"export", "book", ofBook, nil, nil},
	{"import", "book", ofBook, nil, nil},
	{"delete", "book", bareNumber, nil, nil},
	{"forget", "book", ofBook, nil, nil},
	{"audit", "book", ofBook, nil, nil},

	{"root", "", 0, nil, nil},       // the case's message as it stands now
	{"posted", "", 0, nil, nil},     // where that message stands
	{"home", "", ofBook, nil, nil},  // a person's own page
	{"heard", "", ofBook, nil, nil}, // a reply in a thread
	{"react", "", ofBook, nil, nil}, // a reaction to a message
}

var (
	contactFields = []string{"channel", "ticket", "gist", "answered", "next", "partner", "who", "at"}
	endFields     = []string{"resolution", "lesson"}
)

// verbOf is the verb of that name; without a name where there is none.
func verbOf(name string) caseVerb {
	i := slices.IndexFunc(caseVerbs, func(v caseVerb) bool { return v.name == name })
	if i < 0 {
		return caseVerb{}
	}
	return caseVerbs[i]
}

// has reports whether a trait holds for the verb of that name.
func has(name string, t trait) bool { return verbOf(name).traits&t != 0 }

// insideOnly reports whether only the program itself may ask the verb of that name.
func insideOnly(name string) bool { v := verbOf(name); return v.name != "" && v.group == "" }

// formOf is the fields that the form of a verb asks for; nil where it has none.
func formOf(name string) []chat.Input { return inputsNamed(verbOf(name).form...) }
