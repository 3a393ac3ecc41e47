package view

import "testing"

func TestAuthorises(t *testing.T) {
	for record, want := range map[string]bool{
		"v=spf1 -all": false, "v=spf1": false, "v=spf1 ~all": false, "v=spf1 ?all": false, "V=SPF1 -ALL": false,
		"v=spf1 -all exp=e.test": false,
		"v=spf1 +all":            true, "v=spf1 all": true, "v=spf1 mx -all": true, "v=spf1 include:a.test -all": true,
		"v=spf1 redirect=a.test":             true,
		"v=spf1 exists:%{i}.a.test?x=y -all": true, "v=spf10 mx": false, "other mx": false, "": false,
	} {
		if got := Authorises(record); got != want {
			t.Errorf("%q: %v", record, got)
		}
	}
}
