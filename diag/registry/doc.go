// Package registry asks who registered a domain, until when, and in what state: over RDAP (RFC 9082, RFC 9083) at the
// server that IANA's bootstrap file names for the top-level domain (RFC 9224), or over WHOIS on port 43 (RFC 3912)
// where a registry has no RDAP, as .cn.
//
// The bootstrap file is built in, and fetched anew from IANA once a day (Keep), or when a top-level domain is missing
// in it. What a registry answered is kept for some minutes, and a server that could not be reached is left alone for
// half a minute, so that many questions do not become a burden.
//
// What may enter: how a registry is asked, and what its answer says.
package registry
