package cli

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"signpost/bot/doctor"
	"signpost/diag/lab"
	"signpost/diag/resolve"
	"signpost/kb"
)

// TestDoctorNetwork tries the ways to the outside on a lab where they are open, and where they are shut.
func TestDoctorNetwork(t *testing.T) {
	base, err := kb.Load()
	if err != nil {
		t.Fatal(err)
	}
	control := base.ControlHosts()[0]
	zones := map[string]string{"iana.org": "data A 192.0.2.80\n", control: "@ A 192.0.2.99\n"}
	for name, c := range map[string]struct {
		options []lab.Option
		chosen  bool // its resolver alone
		cut     bool // no root server answers
		want    map[string]string
	}{
		"open": {[]lab.Option{lab.Mail("192.0.2.99", lab.MailHost{})}, false, false,
			map[string]string{"dns": "ok root", "resolvers": "ok resolver", "port25": "ok port25", "kb": "ok kb"}},
		"a chosen resolver": {nil, true, false, map[string]string{"dns": "ok root-not-needed", "resolvers": "ok resolver"}},
		"no root servers": {nil, false, true,
			map[string]string{"dns": "warning root-behind-resolver", "resolvers": "ok resolver"}},
		"mail hosts silent": {[]lab.Option{lab.Mail("192.0.2.99", lab.MailHost{Refuse: true})}, false, false,
			map[string]string{"port25": "warning port25-shut"}},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := lab.Start(append(c.options, lab.Zones(zones))...)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			g := ground{kb: base, net: l.Net()}
			if c.cut {
				g.net.Roots = []resolve.NameServer{{Name: "gone.", Glue: []netip.Addr{netip.MustParseAddr("203.0.113.250")}}}
			}
			g.net.Resolvers, g.net.ResolversOnly = []netip.AddrPort{netip.MustParseAddrPort("203.0.113.53:53")}, c.chosen
			found := doctor.Examine(t.Context(), g.examinations())
			for check, want := range c.want {
				i := slices.IndexFunc(found, func(f doctor.Finding) bool { return f.Check == check })
				if i < 0 || string(found[i].Status)+" "+found[i].Code != want {
					t.Errorf("%s: %+v, want %s", check, found[max(i, 0)], want)
				}
			}
		})
	}
}

// TestDoctor: without tokens the command says what is lacking, and ends with 1.
func TestDoctor(t *testing.T) {
	for _, name := range []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "REDIS_URL",
		"SIGNPOST_REPORTS_IMAP"} {
		t.Setenv(name, "")
	}
	at := resolver(t)
	code, out, errs := call(t, "", "doctor", "--json", "--resolver", at)
	var said struct {
		Status   doctor.Status    `json:"status"`
		Findings []doctor.Finding `json:"findings"`
	}
	if err := json.Unmarshal([]byte(out), &said); err != nil || code != 1 || said.Status != doctor.Failed {
		t.Fatalf("exit %d, %v\n%s%s", code, err, out, errs)
	}
	if f := said.Findings[0]; f.Check != "slack" || f.Code != "no-bot-token" {
		t.Errorf("%+v", f)
	}
	t.Setenv("SIGNPOST_REPORTS_IMAP", "imaps://dmarc:my-secret@127.0.0.1:1/INBOX")
	for _, args := range [][]string{{"doctor", "--resolver", at}, {"doctor", "--json", "--resolver", at}} {
		code, out, errs := call(t, "", args...)
		if code != 1 || !strings.Contains(out, "SLACK_BOT_TOKEN") || !strings.Contains(out, "mailbox") &&
			!strings.Contains(out, "Mailbox for reports") || strings.Contains(out+errs, "secret") {
			t.Errorf("%q: exit %d\n%s%s", args, code, out, errs)
		}
	}
	if code, _, _ := call(t, "", "doctor", "--manifest", "no-such-file.json", "--resolver", at); code != 2 {
		t.Errorf("exit %d for a manifest that is not there", code)
	}
}
