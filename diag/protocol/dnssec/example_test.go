package dnssec_test

import (
	"fmt"

	"signpost/diag/protocol/dnssec"

	"github.com/miekg/dns"
)

func ExampleWeak() {
	for _, text := range []string{
		"example.com. DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
		"example.com. DS 60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A",
	} {
		rr, err := dns.NewRR(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q\n", dnssec.Weak(rr))
	}
	// Output:
	// "DS SHA1"
	// ""
}
