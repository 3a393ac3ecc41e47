package cases_test

import (
	"fmt"
	"time"

	"signpost/cases"
	"signpost/cases/event"
)

// A rule changes a case in place, or says by a code why it does not.
func ExampleCase_Take() {
	c := &cases.Case{Number: 42, Rev: 3, State: cases.New}
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

	_, err := c.Take(cases.Act{By: "U1", At: at, Seen: 3})
	fmt.Println(c.Assignee, c.State, err)

	// Somebody who still sees the revision before that is told who was faster.
	_, err = c.Take(cases.Act{By: "U2", At: at, Seen: 3})
	why := cases.Why(err)
	fmt.Println(why.Reason, why.By)
	// Output:
	// U1 waiting-us <nil>
	// taken U1
}

// What is to happen later is a value that a queue keeps; its key tells a repetition.
func ExampleCase_RemindEvent() {
	c := &cases.Case{Team: "T1", Number: 42}
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	raw, err := c.RemindEvent(cases.Reminder{ID: "r1", At: at}).Encode()
	fmt.Println(string(raw), err)

	e, err := event.Decode(raw)
	fmt.Println(e.Key(), err)
	// Output:
	// {"kind":"reminder","team":"T1","due":"2026-11-24T09:00:00Z","case":42,"reminder":"r1"} <nil>
	// MAIL-42 remind r1 <nil>
}
