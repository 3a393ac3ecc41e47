package chat

// The names of the commands, without the slash: what a Request and a button ask for.
const (
	Check  = "mailcheck"  // diagnoses a domain
	Help   = "mailhelp"   // recommends a support channel, and lists all commands
	Ask    = "mailask"    // answers a question
	Ticket = "mailticket" // drafts a ticket
	Bounce = "mailbounce" // explains a bounce
	Case   = "mailcase"   // does what is done with cases
	Report = "mailreport" // tells what DMARC and TLS reports say
	Watch  = "mailwatch"  // watches domains, and tells what changes
	Set    = "mailset"    // what a channel and its workspace have chosen

	Handover = "handover"        // hands a conversation to people
	Thanks   = "you-are-welcome" // answers who says thank you
	Quiet    = "nothing-asked"   // small talk
	Demo     = "demo"            // the lab, where there is one
)

// Names is every command that people know by its name, in the order in which help lists them.
var Names = []string{Check, Help, Ask, Ticket, Bounce, Case, Report, Watch, Set, Handover, Thanks, Quiet, Demo}

// Pastes reports whether a command's text may be long, and keeps its lines.
func Pastes(command string) bool { return command == Ticket || command == Bounce || command == Case }

// How many octets of a request's text are read: of a command, and of what is pasted into one that takes long texts.
const (
	MaxText  = 4000
	MaxPaste = 160_000
)
