package checks

import "signpost/diag"

// All is every check, in the order in which a report shows them.
func All() []*diag.Check {
	return []*diag.Check{Delegation, Registration, Propagation, DNSSEC, MX, SPF, DKIM, DMARC, MTASTS, TLSRPT, BIMI, SMTP, DANE, CAA, PTR, DNSBL, Client, Zone}
}
