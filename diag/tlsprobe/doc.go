// Package tlsprobe asks a TLS server what it would agree to, without agreeing: it sends a ClientHello (RFC 5246
// 7.4.1.2) of its own making, reads the ServerHello or the alert that answers it, and leaves. So it can offer what
// crypto/tls cannot: export-grade, NULL and DES cipher suites, SSL 3.0. No key is exchanged and nothing is sent under
// the chosen suite.
//
// What the server says is read defensively: a few records, a few kilobytes, every length checked.
//
// What may enter: what a handshake tells of a server before any key is agreed.
package tlsprobe
