// Package dmarc reads DMARC records (RFC 7489 6.3, RFC 9989 4.7) and finds the one that applies to a domain by the DNS
// tree walk (RFC 9989 4.10).
//
// Parse never fails: receivers ignore what they do not understand, and so does Parse, which names it. Names gives the
// names of the walk, Choose what the records found there mean; whoever asks the DNS stands between them.
//
// What may enter: what the RFCs say of a record and of the domain that it holds for.
package dmarc
