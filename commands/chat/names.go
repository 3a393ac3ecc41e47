package chat

// The names of the commands, without the slash: what a Request and a button ask for.
const (
	Check  = "mailcheck"  // diagnoses a domain
	Help   = "mailhelp"   // recommends a support channel, and lists all commands
	Ask    = "mailask"    // answers a question
	Ticket = "mailticket" // drafts a ticket
	Bounce = "mailbounce" // explains a bounce
	Case   = "mailcase"   // does what is done with cases
	Set    = "mailset"    // what a channel and its workspace have chosen

	Handover = "handover"        // hands a conversation to people
	Thanks   = "you-are-welcome" // answers who says thank you
	Quiet    = "nothing-asked"   // small talk
)
