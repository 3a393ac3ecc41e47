package checks

import (
	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/inbound"
	"signpost/diag/checks/outbound"
)

// All is every check, in the order in which a report shows them.
func All() []*diag.Check {
	return []*diag.Check{
		authority.Delegation, authority.Registration, authority.Propagation, authority.DNSSEC,
		inbound.MX,
		outbound.SPF, outbound.DKIM, outbound.DMARC,
		inbound.MTASTS, inbound.TLSRPT,
		outbound.BIMI,
		inbound.SMTP, inbound.DANE, CAA,
		outbound.PTR, outbound.DNSBL,
		Client, Zone,
	}
}
