// Package mtasts reads MTA-STS records and policies (RFC 8461), and says what is wrong in them, and where.
//
// What may enter: what RFC 8461 says of a record and a policy. Fetching the policy stands in checks.
package mtasts
