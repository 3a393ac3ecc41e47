package txt_test

import (
	"fmt"

	"signpost/diag/protocol/txt"
)

// A TXT record is of the sort that its text begins like; of some sorts a name has one at most.
func ExampleKindOf() {
	fmt.Printf("%q %q %q\n", txt.KindOf("v=spf1 -all"), txt.KindOf("v=DMARC1; p=none"), txt.KindOf("verification=1"))
	// Output:
	// "spf" "dmarc" ""
}
