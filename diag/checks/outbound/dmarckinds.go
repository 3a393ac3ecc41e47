package outbound

import "signpost/diag"

// What the check may find.
var (
	DMARCNone                = diag.Kind{Code: "dmarc.none", Severity: diag.Error}
	DMARCMultiple            = diag.Kind{Code: "dmarc.multiple", Severity: diag.Error}
	DMARCSyntax              = diag.Kind{Code: "dmarc.syntax", Severity: diag.Error}
	DMARCPolicyNone          = diag.Kind{Code: "dmarc.policy-none", Severity: diag.Warning}
	DMARCSubdomainNone       = diag.Kind{Code: "dmarc.subdomain-none", Severity: diag.Warning}
	DMARCNoReports           = diag.Kind{Code: "dmarc.no-reports", Severity: diag.Notice}
	DMARCReportUnauthorized  = diag.Kind{Code: "dmarc.report-unauthorized", Severity: diag.Warning}
	DMARCReportUndeliverable = diag.Kind{Code: "dmarc.report-undeliverable", Severity: diag.Warning}
	DMARCMisplaced           = diag.Kind{Code: "dmarc.misplaced", Severity: diag.Warning}
	DMARCRemovedTag          = diag.Kind{Code: "dmarc.removed-tag", Severity: diag.Notice}
	DMARCPartial             = diag.Kind{Code: "dmarc.partial", Severity: diag.Notice}
	DMARCInherited           = diag.Kind{Code: "dmarc.inherited", Severity: diag.Info}
	DMARCUnsupported         = diag.Kind{Code: "dmarc.unsupported", Severity: diag.Error}
	DMARCPSDClaimed          = diag.Kind{Code: "dmarc.psd-claimed", Severity: diag.Warning}
	DMARCTesting             = diag.Kind{Code: "dmarc.testing", Severity: diag.Notice}
	DMARCInDispute           = diag.Kind{Code: "dmarc.in-dispute", Severity: diag.Notice}
)
