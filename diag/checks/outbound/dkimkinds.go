package outbound

import "signpost/diag"

// What the check may find.
var (
	DKIMNoneFound        = diag.Kind{Code: "dkim.none-found", Severity: diag.Warning}
	DKIMSelectorMissing  = diag.Kind{Code: "dkim.selector-missing", Severity: diag.Error}
	DKIMMultiple         = diag.Kind{Code: "dkim.multiple", Severity: diag.Error}
	DKIMSyntax           = diag.Kind{Code: "dkim.syntax", Severity: diag.Error}
	DKIMBadKey           = diag.Kind{Code: "dkim.bad-key", Severity: diag.Error}
	DKIMWeakKey          = diag.Kind{Code: "dkim.weak-key", Severity: diag.Warning}
	DKIMPrivateKey       = diag.Kind{Code: "dkim.private-key", Severity: diag.Error}
	DKIMRevoked          = diag.Kind{Code: "dkim.revoked", Severity: diag.Warning}
	DKIMTesting          = diag.Kind{Code: "dkim.testing", Severity: diag.Notice}
	DKIMSHA1Only         = diag.Kind{Code: "dkim.sha1-only", Severity: diag.Warning}
	DKIMWrongRecord      = diag.Kind{Code: "dkim.wrong-record", Severity: diag.Warning}
	DKIMCNAMEDangling    = diag.Kind{Code: "dkim.cname-dangling", Severity: diag.Error}
	DKIMNoEmailService   = diag.Kind{Code: "dkim.no-email-service", Severity: diag.Error}
	DKIMSenderWithoutKey = diag.Kind{Code: "dkim.sender-without-key", Severity: diag.Notice}
	DKIMMisplaced        = diag.Kind{Code: "dkim.misplaced", Severity: diag.Warning}
	DKIMEd25519Only      = diag.Kind{Code: "dkim.ed25519-only", Severity: diag.Warning}
	DKIMInDispute        = diag.Kind{Code: "dkim.in-dispute", Severity: diag.Notice}
)

// DKIMKey is one key as it was found.
type DKIMKey struct {
	Selector string `json:"selector"`
	Type     string `json:"type"`
	Bits     int    `json:"bits"`
	Testing  bool   `json:"testing"`
	Revoked  bool   `json:"revoked"`
	CNAME    string `json:"cname"`
}
