package reports

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// saidTLS is a TLS report in lines.
func saidTLS(t *TLS) string {
	out := fmt.Sprintf("%s %s %s\n", t.Org, t.Begin.Format(time.DateOnly), t.End.Format(time.DateOnly))
	for _, p := range t.Policies {
		out += fmt.Sprintf("%s %s %d %d %s\n", p.Type, p.Domain, p.Success, p.Failure, strings.Join(p.Hosts, ","))
		for _, f := range p.Failures {
			out += fmt.Sprintf(" %s %d %s %s %s\n", f.Type, f.Sessions, f.From, f.Host, f.To)
		}
	}
	for _, n := range t.Notes {
		out += fmt.Sprintf("note %s %d\n", n.Code, n.Count)
	}
	return out
}

// TestTLSDialects reads TLS reports as several senders write them.
func TestTLSDialects(t *testing.T) {
	for name, x := range map[string]struct{ text, want string }{
		"google": {`{"organization-name":"Google Inc.","date-range":{"start-datetime":"2026-09-30T00:00:00Z","end-datetime":"2026-09-30T23:59:59Z"},"contact-info":"smtp-tls-reporting@google.com","report-id":"2026-09-30T00:00:00Z_example.com",
"policies":[{"policy":{"policy-type":"sts","policy-string":["version: STSv1","mode: enforce","mx: mx1.example.com","max_age: 86400"],"policy-domain":"example.com","mx-host":["mx1.example.com"]},"summary":{"total-successful-session-count":120,"total-failure-session-count":0}}]}`,
			"Google Inc. 2026-09-30 2026-09-30\nsts example.com 120 0 mx1.example.com\n"},
		"microsoft": {`{"organization-name":"Microsoft Corporation","date-range":{"start-datetime":"2026-09-30T00:00:00Z","end-datetime":"2026-09-30T23:59:59Z"},"contact-info":"tlsrpt-noreply@microsoft.com","report-id":"1","policies":[
{"policy":{"policy-type":"sts","policy-string":["version: STSv1"],"policy-domain":"example.com"},"summary":{"total-successful-session-count":2,"total-failure-session-count":3},"failure-details":[
 {"result-type":"certificate-expired","sending-mta-ip":"192.0.2.1","receiving-mx-hostname":"MX1.example.com.","receiving-ip":"::ffff:192.0.2.9","failed-session-count":2},
 {"result-type":"starttls-not-supported","failed-session-count":1}]},
{"policy":{"policy-type":"tlsa","policy-domain":"example.com"},"summary":{"total-successful-session-count":5,"total-failure-session-count":0},"failure-details":null}]}`,
			"Microsoft Corporation 2026-09-30 2026-09-30\nsts example.com 2 3 \n certificate-expired 2 192.0.2.1 mx1.example.com 192.0.2.9\n starttls-not-supported 1   \ntlsa example.com 5 0 \n"},
		"loose": {"\ufeff" + `{"organization-name":"loose","date-range":{"start-datetime":"2026-09-30","end-datetime":1790812799},"report-id":7,"policies":[
{"policy":{"policy-type":"no-policy-found","policy-string":"","policy-domain":"example.com","mx-host":"mx1.example.com","mx-host-pattern":["mx2.example.com"]},"summary":{"total-successful-session-count":"11"},"failure-details":[{"result-type":"validation-failure","failed-session-count":"4"},{"result-type":"dnssec-invalid","failed-session-count":"-1"}]}]} trailing`,
			"loose 2026-09-30 2026-09-30\nno-policy-found example.com 11 4 mx1.example.com,mx2.example.com\n validation-failure 4   \n dnssec-invalid 0   \nnote count-unread 1\n"},
	} {
		for as, raw := range map[string][]byte{
			"r.json": []byte(x.text), "r.json.gz": gzipped(t, []byte(x.text)),
			"r.eml":    mailed("application/tlsrpt+gzip", "r.json.gz", gzipped(t, []byte(x.text))),
			"bare.eml": mailed("application/tlsrpt+json", "r.json", []byte(x.text)),
		} {
			b := read(t, as, raw)
			if len(b.TLS) != 1 || len(b.Faults) != 0 {
				t.Errorf("%s %s: %d reports, faults %+v", name, as, len(b.TLS), b.Faults)
				continue
			}
			if got := saidTLS(b.TLS[0]); got != x.want {
				t.Errorf("%s %s:\n%s\nwant\n%s", name, as, got, x.want)
			}
		}
	}
}

// TestOneForList reads a report whose lists of one are given as what they hold.
func TestOneForList(t *testing.T) {
	b := read(t, "one.json", []byte(`{"organization-name":"O","report-id":"1",
		"date-range":{"start-datetime":"2026-01-09T00:00:00Z","end-datetime":"2026-01-09T23:59:59Z"},
		"policies":{"policy":{"policy-type":"tlsa","policy-string":"3 1 1 AB","policy-domain":"example.com"},
		"summary":{"total-successful-session-count":1,"total-failure-session-count":2},
		"failure-details":{"result-type":"dane-required","failed-session-count":2}}}`))
	if len(b.TLS) != 1 || len(b.Faults) != 0 {
		t.Fatalf("%d reports, faults %+v", len(b.TLS), b.Faults)
	}
	p := b.TLS[0].Policies
	if len(p) != 1 || p[0].Failure != 2 || len(p[0].Failures) != 1 || p[0].Failures[0].Type != "dane-required" {
		t.Errorf("%+v", p)
	}
}
