// Package taglist reads the "tag=value; tag=value" lists of which DKIM keys, DMARC, TLS-RPT and BIMI records are made
// (RFC 6376 3.2).
//
// A list is read to its end whatever is wrong in it: what can be understood becomes tags, and every fault is named with
// its place, its reason and, where it can be told, what was meant. What a tag means is for the packages that use the
// list.
//
// What may enter: what the grammars of tag lists share. What a tag means stands beside.
package taglist
