package dmarc_test

import (
	"fmt"

	"signpost/diag/protocol/dmarc"
)

// A tag that is missing has its default; what is wrong is told, and the rest of the record holds (RFC 9989 4.8).
func ExampleParse() {
	r := dmarc.Parse("v=DMARC1; p=quarantine; rua=reports@example.com")
	fmt.Println(r.Policy, r.ForSubdomains(), r.SPF)
	for _, f := range r.Faults {
		fmt.Println(f.Reason, "->", f.Suggestion)
	}
	// Output:
	// quarantine quarantine r
	// no-scheme -> mailto:reports@example.com
}

func ExampleMendRecord() {
	fmt.Println(dmarc.MendRecord("v=DMARC1, p=none, rua=mailto:a@example.com").Record)
	// Output:
	// v=DMARC1; p=none; rua=mailto:a@example.com
}
