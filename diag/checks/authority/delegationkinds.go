package authority

import "signpost/diag"

// What the check may find.
var (
	DelegationNXDomain        = diag.Kind{Code: "delegation.nxdomain", Severity: diag.Error}
	DelegationBroken          = diag.Kind{Code: "delegation.broken", Severity: diag.Error}
	DelegationLame            = diag.Kind{Code: "delegation.lame", Severity: diag.Warning}
	DelegationNSTimeout       = diag.Kind{Code: "delegation.ns-timeout", Severity: diag.Warning}
	DelegationNSUnresolvable  = diag.Kind{Code: "delegation.ns-unresolvable", Severity: diag.Warning}
	DelegationNSCNAME         = diag.Kind{Code: "delegation.ns-cname", Severity: diag.Warning}
	DelegationNSMismatch      = diag.Kind{Code: "delegation.ns-mismatch", Severity: diag.Warning}
	DelegationGlueMismatch    = diag.Kind{Code: "delegation.glue-mismatch", Severity: diag.Warning}
	DelegationNSPrivate       = diag.Kind{Code: "delegation.ns-private", Severity: diag.Error}
	DelegationSingleNS        = diag.Kind{Code: "delegation.single-ns", Severity: diag.Warning}
	DelegationSameNetwork     = diag.Kind{Code: "delegation.same-network", Severity: diag.Notice}
	DelegationNoTCP           = diag.Kind{Code: "delegation.no-tcp", Severity: diag.Warning}
	DelegationSerialMismatch  = diag.Kind{Code: "delegation.serial-mismatch", Severity: diag.Notice}
	DelegationAnswersDiffer   = diag.Kind{Code: "delegation.answers-differ", Severity: diag.Error}
	DelegationTransferOpen    = diag.Kind{Code: "delegation.transfer-open", Severity: diag.Warning}
	DelegationNegativeTTLLong = diag.Kind{Code: "delegation.negative-ttl-long", Severity: diag.Notice}
	DelegationTypeUnanswered  = diag.Kind{Code: "delegation.type-unanswered", Severity: diag.Warning}
	DelegationIPv6Only        = diag.Kind{Code: "delegation.ipv6-only", Severity: diag.Warning}
	DelegationGlueMissing     = diag.Kind{Code: "delegation.glue-missing", Severity: diag.Notice}
	DelegationParentsDiffer   = diag.Kind{Code: "delegation.parents-differ", Severity: diag.Warning}
	DelegationNSSetsDiffer    = diag.Kind{Code: "delegation.ns-sets-differ", Severity: diag.Warning}
	DelegationSharedAddress   = diag.Kind{Code: "delegation.shared-address", Severity: diag.Notice}
	DelegationSOAMismatch     = diag.Kind{Code: "delegation.soa-mismatch", Severity: diag.Notice}
)
