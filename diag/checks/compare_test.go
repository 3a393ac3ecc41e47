package checks

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/inbound"
	"signpost/diag/checks/outbound"
	"signpost/diag/lab"
)

// TestCompare mends a zone in the lab and compares, with the first report as it comes back from JSON.
func TestCompare(t *testing.T) {
	zone := "@ MX 10 mail\nmail A 192.0.2.80\n_dmarc TXT \"v=DMARC1; p=none; rua=mailto:a@shop.test\"\n"
	l, err := lab.Start(lab.Zones(map[string]string{"shop.test": zone + "@ TXT \"v=spf1 inlude:a.test mx ?all\"\n"}))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	run := func() *diag.Report {
		return diag.Run(t.Context(), l.Net(), []*diag.Check{authority.Delegation, inbound.MX, outbound.SPF, outbound.DMARC},
			diag.Target{Domain: "shop.test", Unicode: "shop.test"}, diag.Options{}, nil)
	}
	raw, err := json.Marshal(run())
	if err != nil {
		t.Fatal(err)
	}
	before := &diag.Report{}
	if err := json.Unmarshal(raw, before); err != nil {
		t.Fatal(err)
	}
	codes := func(list []diag.Mark) string {
		var out []string
		for _, m := range list {
			out = append(out, string(m.Code))
		}
		return strings.Join(out, " ")
	}
	show := func(d diag.Difference) string {
		return fmt.Sprintf("fixed [%s] new [%s] same [%s] unsure [%s]", codes(d.Fixed), codes(d.New), codes(d.Same),
			codes(d.Unsure))
	}
	if got, want := show(diag.Compare(before.Outcome(), before.Outcome())),
		"fixed [] new [] same [spf.syntax spf.neutral-all dmarc.policy-none] unsure []"; got != want {
		t.Errorf("with itself: %s, want %s", got, want)
	}
	for _, c := range []struct{ zone, want string }{
		{zone + "@ TXT \"v=spf1 mx -all\"\n", "fixed [spf.syntax spf.neutral-all] new [] same [dmarc.policy-none] unsure []"},
		{zone + "@ TXT \"v=spf1 inclde:b.test mx ?all\"\n",
			"fixed [spf.syntax] new [spf.syntax] same [spf.neutral-all dmarc.policy-none] unsure []"},
		{zone + ";! server 192.0.2.11 @ TXT: SERVFAIL\n;! server 198.51.100.12 @ TXT: SERVFAIL\n",
			"fixed [] new [] same [dmarc.policy-none] unsure [spf.syntax spf.neutral-all]"},
	} {
		if err := l.Change("shop.test", c.zone); err != nil {
			t.Fatal(err)
		}
		if got := show(diag.Compare(before.Outcome(), run().Outcome())); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.zone, got, c.want)
		}
	}
}
