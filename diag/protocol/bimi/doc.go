// Package bimi reads mark certificates: what a BIMI record's a= leads to (draft-fetch-validation-vmc-wchuang). A
// certificate of a verified mark (VMC) or a common mark (CMC) says who looked into the right to a logo, for which
// domain, and holds the logo itself in its logotype extension (RFC 9399, before it RFC 3709).
//
// What a stranger serves is read defensively: counts, lengths and what a compressed logo unpacks to are bounded.
//
// What may enter: what the drafts of BIMI say of a record, a logo and a mark certificate.
package bimi
