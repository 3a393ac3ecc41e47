package taglist_test

import (
	"fmt"

	"signpost/diag/protocol/taglist"
)

func ExampleParse() {
	list, faults := taglist.Parse("v=DMARC1; p=none; p=reject; rua")
	fmt.Println(list)
	for _, f := range faults {
		fmt.Println(f.Pos, f.Reason, f.Term)
	}
	// Output:
	// v=DMARC1; p=none; p=reject
	// 18 duplicate p=reject
	// 28 no-equals rua
}

func ExampleNearest() {
	fmt.Println(taglist.Nearest("quarantin", []string{"none", "quarantine", "reject"}))
	// Output:
	// quarantine
}
