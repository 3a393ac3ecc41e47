// Package bounce reads what a mail system says about mail that it did not deliver: a report (RFC 3464), an old notice
// in plain words, an SMTP reply, a line of a log, or whatever of these a person pasted. It tells the recipients, what
// was said about each and who said it; what that means is not known here.
//
// What is worth more is read first: the fields of the report, the words beside them, the header of the returned letter.
// The letter itself is never taken for the report: it holds the sender's words. Everything is bounded, and no input is
// an error: what cannot be read is left out.
//
// What may enter: a form in which mail systems say that mail was not delivered. What it means is known by kb.
package bounce
