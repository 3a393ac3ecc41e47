package diag

// Target is a domain to examine.
type Target struct {
	Domain  string // A-labels, lower case, no final dot
	Unicode string // U-labels, no final dot
}

// ParseTarget reads what a person types or pastes as a domain: a name, an address, a URL, Slack's <http://x|x> and
// <mailto:x|x>, with a trailing dot, upper case, full-width dots and letters, or an internationalised name (UTS 46). The
// error is an *InputError.
func ParseTarget(text string) (Target, error) { panic("contract") }

// InputError says why a text is not a domain. Reason is a word for catalogues: empty, address-literal, too-long,
// bad-label, single-label, bad-character, control.
type InputError struct{ Input, Reason string }

func (e *InputError) Error() string { return "diag: not a domain (" + e.Reason + "): " + e.Input }
