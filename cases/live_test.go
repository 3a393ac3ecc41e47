package cases

import (
	"slices"
	"testing"
	"time"

	"signpost/watch"
)

// TestLive: a case moves on when the change that it waits for ended, well or not; what it does not wait for is noted.
func TestLive(t *testing.T) {
	live := &watch.Live{Domain: "a.example", State: watch.Everywhere, Current: 3, Total: 3, Ended: monday}
	undone := &watch.Live{Domain: "a.example", State: watch.GivenUp, Current: 1, Total: 3, Ended: monday}
	try(t, map[string]rule{
		"live": {a(func(c *Case) { c.State = WaitingDNS }), func(c *Case) (Edit, error) { return c.Live(act, live) }, "",
			"live", func(c *Case) bool { return c.State == WaitingUs && c.StateRev == 8 && c.Spent[WaitingDNS] == time.Hour }},
		"live, waiting for others": {a(nil), func(c *Case) (Edit, error) { return c.Live(act, live) }, "", "live",
			func(c *Case) bool { return c.State == WaitingProvider && c.StateRev == 0 }},
		"live nowhere": {a(func(c *Case) { c.State, c.Domain, c.Domains = WaitingDNS, "b.example", []string{"a.example"} }),
			func(c *Case) (Edit, error) { return c.Live(act, undone) }, "", "live",
			func(c *Case) bool { return c.State == WaitingUs }},
		"not live yet": {a(func(c *Case) { c.State = WaitingDNS }),
			func(c *Case) (Edit, error) { return c.Live(act, &watch.Live{Domain: "a.example"}) }, Invalid, "", nil},
		"another's live": {a(func(c *Case) { c.Domain = "b.example" }),
			func(c *Case) (Edit, error) { return c.Live(act, live) }, Invalid, "", nil},
		"live too late": {a(ended), func(c *Case) (Edit, error) { return c.Live(act, live) }, Ended, "", nil},
	})
}

// try tries rules on their cases.
func try(t *testing.T, rules map[string]rule) {
	t.Helper()
	for name, x := range rules {
		was := *x.of
		was.Tags, was.Reminders, was.Followers = slices.Clone(was.Tags), slices.Clone(was.Reminders),
			slices.Clone(was.Followers)
		e, err := x.do(x.of)
		if why := Why(err).Reason; why != x.why || (err == nil) != (x.why == "") {
			t.Errorf("%s: %v, want %q", name, err, x.why)
		}
		if err != nil {
			if len(e.Entries) > 0 || e.Contact != nil || len(e.Measures) > 0 || !same(&was, x.of) {
				t.Errorf("%s: refused, and changed all the same: %+v\n%+v\n%+v", name, e, was, *x.of)
			}
			continue
		}
		if kind := ""; len(e.Entries) > 0 {
			if kind = e.Entries[0].Kind; kind != x.kind || e.Entries[0].By != "U2" {
				t.Errorf("%s: %+v, want %q by U2", name, e.Entries, x.kind)
			}
		} else if x.kind != "" {
			t.Errorf("%s: no entry", name)
		}
		if x.is != nil && !x.is(x.of) {
			t.Errorf("%s: %+v", name, *x.of)
		}
	}
}
