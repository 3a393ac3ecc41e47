package diag

// Checks is every check, in the order in which a report shows them.
func Checks() []*Check {
	return []*Check{Delegation, Registration, Propagation, DNSSEC, MX, SPF, DKIM, DMARC, MTASTS, TLSRPT, BIMI, SMTP, DANE, CAA, PTR, DNSBL, Client, Zone}
}
