// Package reports reads what receivers write about a domain's mail: DMARC aggregate reports (RFC 9990, and the older
// form of RFC 7489 appendix C) and SMTP TLS reports (RFC 8460), however they come: bare, in gzip or zip, in a mail
// with either, many at once.
//
// Reports are written by hundreds of programs, few of which keep to the schema, and anybody may send one. So the
// reading is lenient in form and strict in bounds: what can be understood is taken, what had to be mended or left out
// is noted by a code, and size, count, depth, ratio of compression and time have an end. No sentence for a person
// stands here, and no advice.
//
// The sums come after the reading: Add puts reports together by domain, source and day, and Ready judges by a stated
// rule whether a stricter policy is safe. "Unknown" is a result of its own all the way: a receiver that did not say
// whether a message was aligned has not said that it was not.
//
// What may enter: a form in which receivers report, and what its numbers add up to. What is advised stands in kb and
// commands.
package reports
