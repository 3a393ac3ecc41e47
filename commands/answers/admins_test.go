package answers

import (
	"errors"
	"slices"
	"testing"
)

func TestReadAdmins(t *testing.T) {
	got, err := ReadAdmins(" U0123ABCD, W0456EFGH，U0123ABCD;T1/U0567ABCD,<@U0789>\nT2/U0678ABCD ")
	if err != nil || !slices.Equal(got.of("T3"), []string{"U0123ABCD", "W0456EFGH", "U0789"}) ||
		!slices.Equal(got.of("T1")[3:], []string{"U0567ABCD"}) || len(got.of("T2")) != 4 {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := ReadAdmins(" , "); err != nil || len(got.of("T1")) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"boss@example.com", "@bob", "U0123ABCD/T1", "X1/U0123ABCD", "t1/U0123ABCD", "/U0123ABCD",
		"U0123ABCD,everybody", "T{1}/U0123ABCD"} {
		if got, err := ReadAdmins(text); !errors.Is(err, ErrAdmins) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}
