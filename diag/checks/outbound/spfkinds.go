package outbound

import "signpost/diag"

// What the check may find.
var (
	SPFNone             = diag.Kind{Code: "spf.none", Severity: diag.Error}
	SPFMultiple         = diag.Kind{Code: "spf.multiple", Severity: diag.Error}
	SPFSyntax           = diag.Kind{Code: "spf.syntax", Severity: diag.Error}
	SPFTooManyLookups   = diag.Kind{Code: "spf.too-many-lookups", Severity: diag.Error}
	SPFLookupBudget     = diag.Kind{Code: "spf.lookup-budget", Severity: diag.Notice}
	SPFTooManyVoids     = diag.Kind{Code: "spf.too-many-voids", Severity: diag.Error}
	SPFTooManyMX        = diag.Kind{Code: "spf.too-many-mx", Severity: diag.Error}
	SPFLoop             = diag.Kind{Code: "spf.loop", Severity: diag.Error}
	SPFIncludeNone      = diag.Kind{Code: "spf.include-none", Severity: diag.Error}
	SPFIncludeBroken    = diag.Kind{Code: "spf.include-broken", Severity: diag.Error}
	SPFPassAll          = diag.Kind{Code: "spf.pass-all", Severity: diag.Error}
	SPFTooBroad         = diag.Kind{Code: "spf.too-broad", Severity: diag.Warning}
	SPFNeutralAll       = diag.Kind{Code: "spf.neutral-all", Severity: diag.Warning}
	SPFNoAll            = diag.Kind{Code: "spf.no-all", Severity: diag.Warning}
	SPFSoftfailAll      = diag.Kind{Code: "spf.softfail-all", Severity: diag.Info}
	SPFPTR              = diag.Kind{Code: "spf.ptr", Severity: diag.Warning}
	SPFTermsAfterAll    = diag.Kind{Code: "spf.terms-after-all", Severity: diag.Notice}
	SPFDuplicateTerm    = diag.Kind{Code: "spf.duplicate-term", Severity: diag.Notice}
	SPFStringsJoined    = diag.Kind{Code: "spf.strings-joined", Severity: diag.Warning}
	SPFTooLong          = diag.Kind{Code: "spf.too-long", Severity: diag.Warning}
	SPFLeftoverType     = diag.Kind{Code: "spf.leftover-type", Severity: diag.Notice}
	SPFSenderID         = diag.Kind{Code: "spf.sender-id", Severity: diag.Notice}
	SPFProviderMissing  = diag.Kind{Code: "spf.provider-missing", Severity: diag.Error}
	SPFSourceNotCovered = diag.Kind{Code: "spf.source-not-covered", Severity: diag.Error}
	SPFMisplaced        = diag.Kind{Code: "spf.misplaced", Severity: diag.Warning}
	SPFNobody           = diag.Kind{Code: "spf.nobody", Severity: diag.Error}
	SPFEmptyMX          = diag.Kind{Code: "spf.empty-mx", Severity: diag.Warning}
	SPFPrivateRange     = diag.Kind{Code: "spf.private-range", Severity: diag.Warning}
	SPFInDispute        = diag.Kind{Code: "spf.in-dispute", Severity: diag.Notice}
)
