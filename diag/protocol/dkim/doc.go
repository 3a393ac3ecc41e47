// Package dkim reads DKIM key records (RFC 6376 3.6.1, RFC 8301, RFC 8463) and says what is wrong with them.
//
// Parse never fails: a record that cannot serve is a Key with faults. Those of its text (Faults) are apart from that of
// the key within (Bad), for they have different remedies: the one is typed anew, the other is exported anew.
//
// What may enter: what the RFCs say of a key record. Where keys are looked for stands in checks.
package dkim
