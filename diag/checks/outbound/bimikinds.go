package outbound

import "signpost/diag"

// What the check may find.
var (
	BIMINone            = diag.Kind{Code: "bimi.none", Severity: diag.Info}
	BIMISyntax          = diag.Kind{Code: "bimi.syntax", Severity: diag.Warning}
	BIMILogoUnreachable = diag.Kind{Code: "bimi.logo-unreachable", Severity: diag.Warning}
	BIMILogoInvalid     = diag.Kind{Code: "bimi.logo-invalid", Severity: diag.Warning}
	BIMIDMARCTooWeak    = diag.Kind{Code: "bimi.dmarc-too-weak", Severity: diag.Warning}
	BIMICertificate     = diag.Kind{Code: "bimi.certificate", Severity: diag.Notice}
	BIMIMisplaced       = diag.Kind{Code: "bimi.misplaced", Severity: diag.Warning}
	BIMIMarkUnreachable = diag.Kind{Code: "bimi.mark-unreachable", Severity: diag.Warning}
	BIMIMarkInvalid     = diag.Kind{Code: "bimi.mark-invalid", Severity: diag.Warning}
	BIMIMarkExpired     = diag.Kind{Code: "bimi.mark-expired", Severity: diag.Warning}
	BIMIMarkExpiring    = diag.Kind{Code: "bimi.mark-expiring", Severity: diag.Notice}
	BIMIMarkName        = diag.Kind{Code: "bimi.mark-name", Severity: diag.Warning}
	BIMIMarkLogo        = diag.Kind{Code: "bimi.mark-logo", Severity: diag.Warning}
	BIMIMarkUntrusted   = diag.Kind{Code: "bimi.mark-untrusted", Severity: diag.Warning}
)
