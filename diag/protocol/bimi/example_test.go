package bimi_test

import (
	"fmt"

	"signpost/diag/protocol/bimi"
)

func ExampleRead() {
	r := bimi.Read("v=BIMI1; l=http://example.com/logo.svg; a=https://example.com/vmc.pem")
	fmt.Println(r.Authority, r.Declined)
	for _, f := range r.Faults {
		fmt.Println(f.Reason, f.Term)
	}
	// Output:
	// https://example.com/vmc.pem false
	// not-https l=http://example.com/logo.svg
}
