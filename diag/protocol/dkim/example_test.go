package dkim_test

import (
	"fmt"

	"signpost/diag/protocol/dkim"
)

func ExampleParse() {
	key := dkim.Parse("v=DKIM1; k=ed25519; t=y; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
	fmt.Println(key.Type, key.Bits, key.Usable(), key.Testing())
	fmt.Println(dkim.Parse("v=DKIM1; p=").Revoked)
	// Output:
	// ed25519 256 true true
	// true
}
