// Package tlsrpt reads TLS-RPT records (RFC 8460 3), and says what is wrong in them, and where.
//
// What may enter: what RFC 8460 says of a record. The reports themselves are read by reports.
package tlsrpt
