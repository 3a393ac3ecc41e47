// Package authority examines who answers for a domain: its registration, its delegation, the name servers and whether
// they agree, what caches still hold, and what DNSSEC proves. Others ask it whether the servers are at odds about a
// record before they build on one.
//
// What may enter: a check of who answers for a domain, and what such checks share.
package authority
