package spf_test

import (
	"fmt"

	"signpost/diag/protocol/spf"
)

func ExampleParse() {
	record, faults := spf.Parse("v=spf1 inlude:_spf.example.net ip4:192.0.2.0/24 -all")
	for _, f := range faults {
		fmt.Println(f.Reason, f.Term, "->", f.Suggestion)
	}
	fmt.Println(record.Terms[len(record.Terms)-1].String())
	// Output:
	// unknown-mechanism inlude:_spf.example.net -> include:_spf.example.net
	// -all
}

// What an editor made of a record is read as it was meant; what cannot be told is not guessed.
func ExampleMendRecord() {
	fmt.Println(spf.MendRecord("“v=spf1 ip4: 192.0.2.1 –all”").Record)
	// Output:
	// v=spf1 ip4:192.0.2.1 -all
}
