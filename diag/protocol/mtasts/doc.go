// Package mtasts reads MTA-STS records and policies (RFC 8461), and says what is wrong in them, and where.
package mtasts
