package datetime_test

import (
	"errors"
	"fmt"
	"time"

	"signpost/commands/intent/datetime"
)

var monday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC) // ten in the morning in Shanghai

func ExampleNext() {
	for _, text := range []string{"tomorrow 9:00 call them", "3天后上午9点", "in half an hour", "24/12"} {
		at, rest, err := datetime.Next(text, monday, "Asia/Shanghai")
		fmt.Println(datetime.In(at, "Asia/Shanghai").Format("Mon 15:04"), rest, err)
	}
	_, _, err := datetime.Next("1/12 call", monday, "Asia/Shanghai")
	fmt.Println(errors.Is(err, datetime.ErrUnclear))
	// Output:
	// Tue 09:00 call them <nil>
	// Thu 09:00  <nil>
	// Mon 10:30  <nil>
	// Thu 09:00  <nil>
	// true
}

func ExamplePast() {
	at, rest, err := datetime.Past("20分钟前 他们在查", monday, "Asia/Shanghai")
	fmt.Println(at.Format("15:04"), rest, err)
	// Output: 01:40 他们在查 <nil>
}

func ExampleDays() {
	from, till, n := datetime.Days([]string{"last", "week", "solved"}, monday)
	fmt.Println(from.Format(time.DateOnly), till.Format(time.DateOnly), n)
	// Output: 2026-11-16 2026-11-23 2
}
