package kb

import (
	"signpost/diag"

	"golang.org/x/text/language"
)

// Who has to act on a finding.
type Who string

const (
	DNS       Who = "dns"
	Registrar Who = "registrar"
	Provider  Who = "provider"
	Host      Who = "host"
	Sender    Who = "sender"
	Nobody    Who = "-"
)

// Record is a DNS record to publish (or, with Remove, to take away), exactly as it goes into a zone editor.
type Record struct {
	Name   string // fully qualified, no final dot
	Type   string
	Value  string // as typed into the DNS console: for MX "5 mx1.example.net", for TXT without quotes
	Remove bool
}

// Advice is a finding in words, in one language: what, why, who, how. Records is the exact change where it is known.
type Advice struct {
	Title   string
	Why     string
	Fix     string
	Who     Who
	WhoText string // "whoever runs the DNS zone (Alibaba Cloud DNS)"
	Records []Record
}

// Base is everything we know.
type Base struct{}

// Load reads the built-in knowledge and checks it (Validate).
func Load() (*Base, error) { panic("contract") }

// Advise puts a finding into words, with the report it came from as context (provider, DNS operator, other findings).
func (b *Base) Advise(lang language.Tag, r *diag.Report, f diag.Finding) Advice { panic("contract") }

// CheckTitle is the name of a check in words ("SPF", "MX records").
func (b *Base) CheckTitle(lang language.Tag, check string) string { panic("contract") }

// ProviderName is the provider's name in words; the id itself when it is not known.
func (b *Base) ProviderName(lang language.Tag, id string) string { panic("contract") }

// OperatorName is the DNS operator's name in words; the id itself when it is not known.
func (b *Base) OperatorName(lang language.Tag, id string) string { panic("contract") }

// Fingerprints is the providers as diag wants them.
func (b *Base) Fingerprints() []diag.Fingerprint { panic("contract") }

// Operators is the DNS operators as diag wants them.
func (b *Base) Operators() []diag.Operator { panic("contract") }

// Order says how much a finding blocks mail: lower comes first in an answer. It sorts errors that stop all mail before the rest.
func (b *Base) Order(f diag.Finding) int { panic("contract") }
