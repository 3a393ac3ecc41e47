// Package dnssec follows the chain of trust to a zone and verifies what the zone signed (RFC 4033 to 4035, RFC 5155,
// RFC 6840): the DS records that the zone above holds, the keys that match them, and the signatures over sets of
// records. It tells each fault apart instead of giving up at the first.
//
// The root's own key is taken as it is served: what is examined are mistakes of the domain, not attacks on the one who
// asks. Of a denial the signatures are verified, and that a matching kind of record is there (NSEC, NSEC3), but not
// that its range covers the name.
//
// What may enter: what the RFCs say of signatures, keys and denials. What is asked goes through a Source.
package dnssec
