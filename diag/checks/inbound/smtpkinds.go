package inbound

import (
	"crypto/x509"

	"signpost/diag"
)

// What the check may find.
var (
	SMTPRefused          = diag.Kind{Code: "smtp.refused", Severity: diag.Error}
	SMTPTimeout          = diag.Kind{Code: "smtp.timeout", Severity: diag.Error}
	SMTPGreeting         = diag.Kind{Code: "smtp.greeting", Severity: diag.Error}
	SMTPNoSTARTTLS       = diag.Kind{Code: "smtp.no-starttls", Severity: diag.Warning}
	SMTPCertExpired      = diag.Kind{Code: "smtp.cert-expired", Severity: diag.Warning}
	SMTPCertExpiring     = diag.Kind{Code: "smtp.cert-expiring", Severity: diag.Notice}
	SMTPCertName         = diag.Kind{Code: "smtp.cert-name", Severity: diag.Warning}
	SMTPCertUntrusted    = diag.Kind{Code: "smtp.cert-untrusted", Severity: diag.Warning}
	SMTPTLSOld           = diag.Kind{Code: "smtp.tls-old", Severity: diag.Warning}
	SMTPSlow             = diag.Kind{Code: "smtp.slow", Severity: diag.Notice}
	SMTPTLSLegacy        = diag.Kind{Code: "smtp.tls-legacy", Severity: diag.Notice}
	SMTPWeakCipher       = diag.Kind{Code: "smtp.weak-cipher", Severity: diag.Warning}
	SMTPNoForwardSecrecy = diag.Kind{Code: "smtp.no-forward-secrecy", Severity: diag.Warning}
	SMTPTLSUnprobed      = diag.Kind{Code: "smtp.tls-unprobed", Severity: diag.Info}
	SMTPIPv6Unreachable  = diag.Kind{Code: "smtp.ipv6-unreachable", Severity: diag.Warning}
	SMTPIPv6Untested     = diag.Kind{Code: "smtp.ipv6-untested", Severity: diag.Info}
)

// SMTPHost is one visit. TLS is the version, such as "TLS 1.3", and Suite the cipher suite that were agreed to; Expires
// the end of the certificate's life. Error is why the visit ended early. Probes tells whether further connections asked
// what the host would agree to: made, not-own (it is not the domain's host), left-out, slow (it took long to greet, so
// it was left alone); empty where it never came to that. OldTLS is then the version below TLS 1.2, and WeakSuite the
// weak cipher suite that it agrees to: "refused", or "unknown" where that was not learned.
type SMTPHost struct {
	Host      string `json:"host"`
	Address   string `json:"address"`
	Banner    string `json:"banner"`
	STARTTLS  bool   `json:"starttls"`
	TLS       string `json:"tls"`
	Suite     string `json:"suite"`
	Expires   string `json:"expires"`
	Probes    string `json:"probes"`
	OldTLS    string `json:"old_tls"`
	WeakSuite string `json:"weak_suite"`
	Error     string `json:"error"`
	Visited   string `json:"visited,omitempty"` // when, where that was for another domain
}

// SMTPFacts is what the smtp check learned.
type SMTPFacts struct {
	Hosts []SMTPHost `json:"hosts"`
	IPv6  []SixHost  `json:"ipv6"` // of the domain's own hosts that have both kinds of address

	certificates map[string][]*x509.Certificate // by host that was met: what it showed; none where it offers no TLS
}

// SixHost is whether a mail host that has both kinds of address answers over IPv6: yes, refused, silent, greeting (it
// turns senders away there), or untested where IPv6 does not get out of here.
type SixHost struct {
	Host    string `json:"host"`
	Address string `json:"address"`
	Answers string `json:"answers"`
}
