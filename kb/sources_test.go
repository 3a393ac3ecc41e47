package kb

import (
	"slices"
	"strings"
	"testing"

	"signpost/reports"
)

// TestSender names a source by what is known of its address before what its mail says of itself.
func TestSender(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		t    Traces
		want reports.Label
	}{
		"listed by an include": {Traces{Term: "include:spf.mail.qq.com"},
			reports.Label{Kind: "provider", ID: "tencent-exmail", By: "spf"}},
		"by envelope": {Traces{MailFroms: []string{"eu-west-1.amazonses.com"}},
			reports.Label{Kind: "provider", ID: "amazon-ses", By: "spf"}},
		"by reverse name": {Traces{Hosts: []string{"mail-yw1-f1.google.com"}},
			reports.Label{Kind: "provider", ID: "google-workspace", By: "ptr"}},
		"by signature": {Traces{Signers: []string{"example.com", "example-com.20230601.gappssmtp.com"}},
			reports.Label{Kind: "provider", ID: "google-workspace", By: "dkim"}},
		"a tenant's own signature": {Traces{Signers: []string{"contoso.onmicrosoft.com"}},
			reports.Label{Kind: "provider", ID: "microsoft365", By: "dkim"}},
		"forwarded by another": {Traces{Hosts: []string{"out.forwarder.example"},
			MailFroms: []string{"forwarder.example"}, Signers: []string{"x.sendgrid.net"}},
			reports.Label{Kind: "provider", ID: "sendgrid", By: "dkim"}},
		"nobody that is known": {Traces{Hosts: []string{"mx.stranger.co.uk"}},
			reports.Label{Kind: "name", ID: "stranger.co.uk", By: "ptr"}},
		"own host": {Traces{Hosts: []string{"mx1.example.com"}},
			reports.Label{Kind: "name", ID: "example.com", By: "ptr"}},
		"listed by its address": {Traces{Term: "ip4:192.0.2.0/24"},
			reports.Label{Kind: "name", ID: "example.com", By: "spf"}},
		"everybody is listed": {Traces{Term: "+all"}, reports.Label{Kind: "address", ID: "192.0.2.1"}},
		"nothing known":       {Traces{}, reports.Label{Kind: "address", ID: "192.0.2.1"}},
		"its name only ends alike": {Traces{Hosts: []string{"mail.notgoogle.com"}},
			reports.Label{Kind: "name", ID: "notgoogle.com", By: "ptr"}},
		"a provider's own domain": {Traces{Domain: "google.com", Hosts: []string{"mail.google.com"}},
			reports.Label{Kind: "name", ID: "google.com", By: "ptr"}},
		"two senders share nothing": {Traces{MailFroms: []string{"mail.dm.aliyun.com"}},
			reports.Label{Kind: "provider", ID: "alibaba-directmail", By: "spf"}},
	} {
		if x.t.Domain == "" {
			x.t.Domain = "example.com"
		}
		if got := b.Sender("192.0.2.1", x.t); got != x.want {
			t.Errorf("%s: %+v, want %+v", name, got, x.want)
		}
	}
}

// TestReportWords has words for everything that reports can say, and no words for what they cannot.
func TestReportWords(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	words := reports.Words()
	for _, id := range words {
		if !b.HasReportText(id) {
			t.Errorf("report.%s has no words", id)
		}
	}
	for _, id := range b.texts.IDs() {
		if rest, ok := strings.CutPrefix(
			id,
			"report.",
		); ok && !strings.HasPrefix(rest, "tls.") &&
			!slices.Contains(words, rest) {
			t.Errorf("%s is never said", id)
		}
	}
}
