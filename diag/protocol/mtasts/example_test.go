package mtasts_test

import (
	"fmt"

	"signpost/diag/protocol/mtasts"
)

func ExampleParsePolicy() {
	p := mtasts.ParsePolicy("version: STSv1\nmode: enforce\nmx: *.example.net\nmax_age: 604800\n")
	fmt.Println(p.Mode, p.MaxAge, p.Matches("mx1.example.net"), p.Matches("mx1.eu.example.net"))
	// Output:
	// enforce 604800 true false
}
