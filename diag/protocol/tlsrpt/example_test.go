package tlsrpt_test

import (
	"fmt"

	"signpost/diag/protocol/tlsrpt"
)

func ExampleParse() {
	r := tlsrpt.Parse("v=TLSRPTv1; rua=mailto:tls@example.com,tls@example.net")
	fmt.Println(r.RUA)
	for _, f := range r.Faults {
		fmt.Println(f.Reason, f.Term, "->", f.Suggestion)
	}
	// Output:
	// [mailto:tls@example.com]
	// no-scheme tls@example.net -> mailto:tls@example.net
}
