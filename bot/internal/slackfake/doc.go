// Package slackfake is a Slack for tests, stricter than Slack itself: a Web API, Socket Mode and signed HTTP deliveries
// over real sockets. It refuses every payload over a documented limit, and notes as a Fault what Slack would let pass
// but a reader would suffer from: a mention that was not escaped, edits faster than one a second, a message without
// text, an acknowledgement that came late. A test ends with no Faults, or it fails.
//
// What may enter: a rule of Slack's with its page, or a fault of Slack's that was seen. Nothing of this program's.
package slackfake
