// Package inbound examines the hosts that take a domain's mail: where mail goes, what the hosts say and how they
// encrypt it, and the policies and certificates that senders hold them to (MTA-STS, DANE, TLS-RPT).
//
// What may enter: a check of what takes mail, and what such checks share.
package inbound
