package inbound

import "signpost/diag"

// What the check may find.
var (
	MXNone               = diag.Kind{Code: "mx.none", Severity: diag.Error}
	MXImplicit           = diag.Kind{Code: "mx.implicit", Severity: diag.Warning}
	MXNull               = diag.Kind{Code: "mx.null", Severity: diag.Info}
	MXNullWithOthers     = diag.Kind{Code: "mx.null-with-others", Severity: diag.Error}
	MXNullButSends       = diag.Kind{Code: "mx.null-but-sends", Severity: diag.Notice}
	MXTargetUnresolvable = diag.Kind{Code: "mx.target-unresolvable", Severity: diag.Error}
	MXTargetCNAME        = diag.Kind{Code: "mx.target-cname", Severity: diag.Warning}
	MXTargetIP           = diag.Kind{Code: "mx.target-ip", Severity: diag.Error}
	MXTargetPrivate      = diag.Kind{Code: "mx.target-private", Severity: diag.Error}
	MXRelativeName       = diag.Kind{Code: "mx.relative-name", Severity: diag.Error}
	MXMixedProviders     = diag.Kind{Code: "mx.mixed-providers", Severity: diag.Error}
	MXProviderIncomplete = diag.Kind{Code: "mx.provider-incomplete", Severity: diag.Notice}
	MXProviderRetired    = diag.Kind{Code: "mx.provider-retired", Severity: diag.Warning}
	MXDuplicate          = diag.Kind{Code: "mx.duplicate", Severity: diag.Notice}
	MXSingle             = diag.Kind{Code: "mx.single", Severity: diag.Info}
	MXOwnershipRecord    = diag.Kind{Code: "mx.ownership-record", Severity: diag.Notice}
	MXMisplaced          = diag.Kind{Code: "mx.misplaced", Severity: diag.Warning}
	MXInDispute          = diag.Kind{Code: "mx.in-dispute", Severity: diag.Notice}
	MXIPv6Only           = diag.Kind{Code: "mx.ipv6-only", Severity: diag.Warning}
	MXTargetMalformed    = diag.Kind{Code: "mx.target-malformed", Severity: diag.Error}
	MXNullPreference     = diag.Kind{Code: "mx.null-preference", Severity: diag.Notice}
)
