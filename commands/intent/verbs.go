package intent

import (
	"slices"

	"signpost/commands/chat"
)

// Trait is what holds for a verb.
type Trait uint8

const (
	// OfBook: it is about the casebook, and no single case: no number follows.
	OfBook Trait = 1 << iota
	// FreeWords: free words follow, which may begin with a number.
	FreeWords
	// OnSeveral: it may be done to several cases at once.
	OnSeveral
	// GoesOn: for a case that was put into another it is done there.
	GoesOn
	// KnowsRevision: its buttons and forms carry the revision of the case that they show, so that who is slower than
	// somebody else is told.
	KnowsRevision
	// BareNumber: a number alone behind it says enough outside of a case's thread: "close 1".
	BareNumber
	// ForAdmins: where a workspace has administrators, it is for them alone.
	ForAdmins
)

// Verb is one thing that can be done with cases. What it is called, its help and its example are in the catalogue,
// under its name.
type Verb struct {
	Name   string
	Group  string // under which help lists it
	Traits Trait
	Form   []string // the fields that its form asks for; nil: it has none
	// Ends is the fields that may stand at the end of a typed line, as name=value; without them the line is kept as it is.
	Ends []string
}

// Verbs is all of them, in the order in which help lists them.
var Verbs = []Verb{
	{"open", "open", OfBook, []string{"domain", "title", "since", "provider", "priority", "tags"},
		[]string{"domain", "title", "since", "provider", "priority", "tags", "second"}},
	{"show", "open", BareNumber, nil, nil},
	{"list", "open", OfBook, nil, nil},
	{"mine", "open", OfBook, nil, nil},
	{"search", "open", OfBook, nil, nil},

	{"take", "work", OnSeveral | GoesOn | KnowsRevision | BareNumber, nil, nil},
	{"assign", "work", OnSeveral | GoesOn | BareNumber, nil, nil},
	{"state", "work", OnSeveral | GoesOn | KnowsRevision, []string{"state"}, nil},
	{"priority", "work", OnSeveral | GoesOn | BareNumber, nil, nil},
	{"note", "work", FreeWords | GoesOn | BareNumber, []string{"text"}, nil},
	{"tag", "work", FreeWords | OnSeveral | GoesOn | BareNumber, nil, nil},
	{"untag", "work", FreeWords | OnSeveral | GoesOn | BareNumber, nil, nil},
	{"follow", "work", OnSeveral | GoesOn | BareNumber, nil, nil},
	{"unfollow", "work", OnSeveral | BareNumber, nil, nil},
	{"merge", "work", BareNumber, []string{"into"}, nil},

	{"contact", "support", FreeWords | GoesOn | BareNumber, contactFields, contactFields},
	{"ticket", "support", FreeWords | GoesOn, nil, nil},
	{"answered", "support", FreeWords | GoesOn | BareNumber, nil, nil},
	{"draft", "support", GoesOn, nil, []string{"text"}},

	{"recheck", "time", GoesOn | BareNumber, nil, nil},
	{"remind", "time", FreeWords | GoesOn | BareNumber, []string{"when"}, nil},
	{"snooze", "time", FreeWords | GoesOn | BareNumber, nil, nil},
	{"reminders", "time", OfBook, nil, nil},

	{"solve", "end", FreeWords | OnSeveral | GoesOn | KnowsRevision | BareNumber, endFields, endFields},
	{"close", "end", FreeWords | OnSeveral | GoesOn | KnowsRevision | BareNumber, endFields, endFields},
	{"reopen", "end", FreeWords | OnSeveral | BareNumber, nil, nil},
	{"lesson", "end", FreeWords | GoesOn | KnowsRevision | BareNumber, []string{"resolution"}, nil},
	{"review", "end", BareNumber, nil, nil},

	{"stats", "book", OfBook, nil, nil},
	{"export", "book", OfBook | ForAdmins, nil, nil},
	{"import", "book", OfBook | ForAdmins, nil, nil},
	{"delete", "book", BareNumber | ForAdmins, nil, nil},
	{"forget", "book", OfBook | ForAdmins, nil, nil},
	{"audit", "book", OfBook, nil, nil},
}

var (
	contactFields = []string{"channel", "ticket", "gist", "answered", "next", "partner", "who", "at"}
	endFields     = []string{"resolution", "lesson"}
)

// OfBook reports whether the verb is about the casebook, and no single case.
func (v Verb) OfBook() bool { return v.Traits&OfBook != 0 }

// VerbOf is the verb of that name; without a name where there is none.
func VerbOf(name string) Verb {
	i := slices.IndexFunc(Verbs, func(v Verb) bool { return v.Name == name })
	if i < 0 {
		return Verb{}
	}
	return Verbs[i]
}

// Has reports whether a trait holds for the verb of that name.
func Has(name string, t Trait) bool { return VerbOf(name).Traits&t != 0 }

// verbCalled is the verb of that name, in any language.
func verbCalled(word string) string {
	for _, v := range Verbs {
		if word == v.Name || slices.Contains(chat.Words("case."+v.Name), word) {
			return v.Name
		}
	}
	return ""
}

// Order is what a line about cases says: what is to be done, with which case, and the words that follow.
type Order struct {
	Verb   string // "" where it names none
	Number int64  // 0: no case is named
	Plain  bool   // the number stands alone, without MAIL- or #: it may as well be the first of the words
	Words  string // what follows verb and number
	All    string // what follows the verb
	Wrong  string // what stands in the place of a number and can be none
	// More is the cases that are named behind the first, and Rest what follows them. Where Loose is set, the numbers may
	// as well be words.
	More  []int64
	Rest  string
	Loose bool
}
