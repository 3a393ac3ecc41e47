package inbound

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/lab"
)

// TestMailHostsAreNotTroubled counts the connections that one report makes to a mail host: one visit, two probes where
// the host is the domain's own, a third only where an answer leaves a question open, and none where it shows that it
// wants to be left alone.
func TestMailHostsAreNotTroubled(t *testing.T) {
	const own, foreign = "@ MX 10 mail\nmail A 192.0.2.80\n", "@ MX 10 mx.hoster.test.\n"
	for _, c := range []struct {
		name   string
		zone   string
		host   string // how it behaves
		probes diag.MailProbes
		most   int
		facts  string // Probes
	}{
		{"own, healthy", own, "", diag.ProbeOwn, 3, probesMade},
		{"own, healthy, nobody asked", own, "", diag.ProbeNone, 1, probesLeftOut},
		{"own, 3DES: is there worse?", own, "weak-cipher=3des", diag.ProbeOwn, 4, probesMade},
		{"own, RC4: worse need not be asked for", own, "weak-cipher=rc4", diag.ProbeOwn, 3, probesMade},
		{"own, no forward secrecy: is there DHE?", own, "no-forward-secrecy weak-cipher=3des", diag.ProbeOwn, 4, probesMade},
		{"own, turns everybody away", own, "banner=554 no", diag.ProbeOwn, 1, ""},
		{"own, silent", own, "silent", diag.ProbeOwn, 1, ""},
		{"own, slow", own, "3100ms", diag.ProbeOwn, 1, probesSlow},
		{"somebody else's", foreign, "", diag.ProbeOwn, 1, probesNotOwn},
		{"somebody else's, asked for", foreign, "", diag.ProbeAll, 3, probesMade},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, err := lab.Start(lab.Zones(map[string]string{"shop.test": c.zone + ";! smtp 192.0.2.80: " + c.host + "\n",
				"hoster.test": "mx A 192.0.2.80\n"}))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			n := l.Net()
			dial := n.Dial
			var mu sync.Mutex
			calls := 0
			n.Dial = func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
				if to.Port() == 25 {
					mu.Lock()
					calls++
					mu.Unlock()
				}
				return dial(ctx, network, to)
			}
			r := diag.Run(t.Context(), n, []*diag.Check{MTASTS, SMTP}, diag.Target{Domain: "shop.test"},
				diag.Options{MailProbes: c.probes}, nil)
			facts, ok := r.Result("smtp").Facts.(*SMTPFacts)
			mu.Lock()
			defer mu.Unlock()
			if calls != c.most {
				t.Errorf("%d connections, want %d", calls, c.most)
			}
			if !ok || len(facts.Hosts) != 1 && c.facts != "" || len(facts.Hosts) == 1 && facts.Hosts[0].Probes != c.facts {
				t.Errorf("facts %+v, want probes %q", facts, c.facts)
			}
		})
	}
}

// TestOwnHosts: a host is the domain's own where both stand under one registrable name.
func TestOwnHosts(t *testing.T) {
	for _, c := range []struct {
		domain, host string
		want         string
	}{
		{"shop.com.cn.", "mail.shop.com.cn", probesMade}, {"shop.com.cn.", "MAIL.Shop.com.cn", probesMade},
		{"shop.com.cn.", "mail.other.com.cn", probesNotOwn},
		{"unit.shop.test.", "mx.shop.test", probesMade}, {"shop.test.", "shop.test", probesMade},
		{"shop.test.", "mx.shop.test.evil.example", probesNotOwn},
		{"com.cn.", "mail.shop.com.cn", probesNotOwn},
	} {
		p := &view.Pass{Pass: &diag.Pass{Domain: c.domain}}
		if got := probesOf(p, c.host); got != c.want {
			t.Errorf("%s for %s: %s, want %s", c.host, c.domain, got, c.want)
		}
	}
}
