package bounce

import (
	"slices"
	"strings"

	"signpost/diag/pattern"
)

// Who spoke. Only a host of which the text says that it answered, made the report or was being talked to has spoken; a
// host or an address that is merely named has not.
const aHost = `([a-z0-9_-]+(?:\.[a-z0-9_-]+)+)`

var spokePatterns = []*pattern.Pattern{
	// Postfix, and those that write like it: "host mx.example.org[192.0.2.1] said: 550"
	pattern.New(`(?i)\b(?:host|server) ` + aHost +
		`\.?(?: ?[\[(][^\])]{0,60}[\])])?(?::\d+)?,? ?:?(?: has)? ?(?:said|refused|replied|responded|returned|rejected|answered|says|reported)\b`),
	// Exim: "SMTP error from remote mail server after RCPT TO:<..>: host mx.example.org [192.0.2.1]: 550", and the same
	// the other way round
	pattern.New(`(?i)\bhost ` + aHost + ` \[[^\]]{1,60}\](?::| smtp error)`),
	// sendmail: "... while talking to mx.example.org.:"
	pattern.New(`(?i)\btalking to ` + aHost),
	// Gmail: "rejected by the server for the recipient domain example.org by mx.example.org. [192.0.2.1]"
	pattern.New(`(?i)recipient domain \S+ by ` + aHost),
	// "the mta server of example.org - mx.example.org(192.0.2.1) reply:550"
	pattern.New(`(?i)\bmta server of [^ ]+ ?-? ?` + aHost + ` ?\(`),
	pattern.New(`(?i)^` + aHost +
		` (?:rejected your message|gave this error|returned the following error|said|reply|replied)`),
	pattern.New(`(?i)\b` + aHost + ` ?(?:\[[^\]]{1,60}\])? (?:said:|gave this error|rejected your message|reply: ?\d)`),
	pattern.New(`(?i)(?:^|[; ])remote[- ]mta ?: ?(?:dns ?; ?)?` + aHost),
	pattern.New(`(?i)\brelay=` + aHost),
	pattern.New(`(?i)\b(?:to|by) (?:mail ?server|server|host) ` + aHost + ` (?:in |for |but |failed|port )`),
	pattern.New(`(?i)response from ` + aHost),
	pattern.New(`(?i)(?:^|[:;>] ?)[245]\d\d-` + aHost + ` `), // a greeting: "554-mx.example.org"
	pattern.New(`(?i)(?:generating server|` + foreign.either("generator") + `) ?[:\x{FF1A}] ?` + aHost),
	pattern.New(`(?i)(?:^|[; ])reporting[- ]mta ?: ?(?:dns ?; ?)?` + aHost),
}

// speakers is the hosts of which a text says that they spoke, the one that refused before the one that reports it.
func speakers(text string) []string {
	text = strings.Join(strings.Fields(text[:min(len(text), 8<<10)]), " ")
	var out []string
	for _, p := range spokePatterns {
		for _, m := range p.FindAllStringSubmatch(text, 5) {
			if h := strings.ToLower(strings.Trim(m[1], ".")); len(out) < 12 && !slices.Contains(out, h) {
				out = append(out, h)
			}
		}
	}
	return out
}

// Speakers is the hosts of which the unit says that they spoke, the one that refused first.
func (u Unit) Speakers() []string { return speakers(u.Text) }
