package diag

// Checks is every check, in the order in which a report shows them.
func Checks() []*Check {
	return []*Check{Delegation, MX, SPF, DKIM, DMARC, MTASTS, TLSRPT, BIMI, SMTP, PTR, Client}
}
