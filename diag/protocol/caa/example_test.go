package caa_test

import (
	"fmt"

	"signpost/diag/protocol/caa"
)

func ExampleParse() {
	p := caa.Parse(0, "issue", "letsencrypt.org; validationmethods=dns-01")
	fmt.Println(p.Tag, p.Issuer, len(p.Faults))
	fmt.Println(caa.Parse(0, "issue", "letsencrypt.org,sectigo.com").Faults)
	// Output:
	// issue letsencrypt.org 0
	// [caa-issuer]
}
