// Package outbound examines who sends for a domain and how receivers see it: SPF, DKIM, DMARC, BIMI, the reverse names
// of its addresses, and blocklists.
//
// What may enter: a check of what sends mail, and what such checks share.
package outbound
