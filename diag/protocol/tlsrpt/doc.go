// Package tlsrpt reads TLS-RPT records (RFC 8460 3), and says what is wrong in them, and where.
package tlsrpt
