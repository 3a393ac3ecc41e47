package index_test

import (
	"fmt"

	"signpost/cases/index"
)

func ExampleWords() {
	fmt.Printf("%q\n", index.Words("Mail bounces: 退信了"))
	// Output: ["mail" "bounces" "退信" "信了"]
}
