// Package authority examines who answers for a domain: its registration, its delegation, the name servers and whether
// they agree, what caches still hold, and what DNSSEC proves. Others ask it whether the servers are at odds about a
// record before they build on one.
package authority
