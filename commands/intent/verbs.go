package intent

import "slices"

// trait is what holds for a verb.
type trait uint8

const (
	// ofBook: it is about the casebook, and no single case: no number follows.
	ofBook trait = 1 << iota
	// freeWords: free words follow, which may begin with a number.
	FreeWords
	// onSeveral: it may be done to several cases at once.
	onSeveral
	// goesOn: for a case that was put into another it is done there.
	GoesOn
	// knowsRevision: its buttons and forms carry the revision of the case that they show, so that who is slower than somebody else is told.
	KnowsRevision
	// bareNumber: a number alone behind it says enough outside of a case's thread: "close 1".
	bareNumber
)

// Verb is one thing that can be done with cases. What it is called, its help and its example are in the catalogue, under its name.
type Verb struct {
	Name   string
	Group  string // under which help lists it; "": only the program itself may ask it
	traits trait
	Form   []string // the fields that its form asks for; nil: it has none
	// ends is the fields that may stand at the end of a typed line, as name=value; without them the line is kept as it is.
	Ends []string
}

// Verbs is all of them, in the order in which help lists them.
var Verbs = []Verb{
	{"open", "open", ofBook, []string{"domain", "title", "since", "provider", "priority", "tags"}, []string{"domain", "title", "since", "provider", "priority", "tags", "second"}},
	{"show", "open", bareNumber, nil, nil},
	{"list", "open", ofBook, nil, nil},
	{"mine", "open", ofBook, nil, nil},
	{"search", "open", ofBook, nil, nil},

	{"take", "work", onSeveral | GoesOn | KnowsRevision | bareNumber, nil, nil},
	{"assign", "work", onSeveral | GoesOn | bareNumber, nil, nil},
	{"state", "work", onSeveral | GoesOn | KnowsRevision, []string{"state"}, nil},
	{"priority", "work", onSeveral | GoesOn | bareNumber, nil, nil},
	{"note", "work", FreeWords | GoesOn | bareNumber, []string{"text"}, nil},
	{"tag", "work", FreeWords | onSeveral | GoesOn | bareNumber, nil, nil},
	{"untag", "work", FreeWords | onSeveral | GoesOn | bareNumber, nil, nil},
	{"follow", "work", onSeveral | GoesOn | bareNumber, nil, nil},
	{"unfollow", "work", onSeveral | bareNumber, nil, nil},
	{"merge", "work", bareNumber, []string{"into"}, nil},

	{"contact", "support", FreeWords | GoesOn | bareNumber, contactFields, contactFields},
	{"ticket", "support", FreeWords | GoesOn, nil, nil},
	{"answered", "support", FreeWords | GoesOn | bareNumber, nil, nil},
	{"draft", "support", GoesOn, nil, []string{"text"}},

	{"recheck", "time", GoesOn | bareNumber, nil, nil},
	{"remind", "time", FreeWords | GoesOn | bareNumber, []string{"when"}, nil},
	{"snooze", "time", FreeWords | GoesOn | bareNumber, nil, nil},
	{"reminders", "time", ofBook, nil, nil},

	{"solve", "end", FreeWords | onSeveral | GoesOn | KnowsRevision | bareNumber, endFields, endFields},
	{"close", "end", FreeWords | onSeveral | GoesOn | KnowsRevision | bareNumber, endFields, endFields},
	{"reopen", "end", FreeWords | onSeveral | bareNumber, nil, nil},
	{"lesson", "end", FreeWords | GoesOn | KnowsRevision | bareNumber, []string{"resolution"}, nil},
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

// VerbOf is the verb of that name; without a name where there is none.
func VerbOf(name string) Verb {
	i := slices.IndexFunc(Verbs, func(v Verb) bool { return v.Name == name })
	if i < 0 {
		return Verb{}
	}
	return Verbs[i]
}

// Has reports whether a trait holds for the verb of that name.
func Has(name string, t trait) bool { return VerbOf(name).traits&t != 0 }

// InsideOnly reports whether only the program itself may ask the verb of that name.
func InsideOnly(name string) bool { v := VerbOf(name); return v.Name != "" && v.Group == "" }
